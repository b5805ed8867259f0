"""Acts on the organisation tree."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from .models import Unit


@transaction.atomic
def found(*, name: str, code: str, parent: Unit | None = None) -> Unit:
    """Add a unit below `parent`, or a company when there is none."""
    unit = Unit(name=name, code=code, parent=parent, path=f"new:{code}")
    unit.save()
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


@transaction.atomic
def move_below(unit: Unit, parent: Unit) -> None:
    """Hang a unit, with everything below it, under another parent of the same company.

    Raises ValidationError when the new parent lies below the unit itself or in another company.
    """
    units = {row.pk: row for row in Unit.objects.select_for_update().filter(pk__in=[unit.pk, parent.pk])}
    unit, parent = units[unit.pk], units[parent.pk]
    if parent.path.startswith(unit.path):
        raise ValidationError(_("A unit can't belong to itself or to a unit below it."))
    if parent.company_id != unit.company_id:
        raise ValidationError(_("A unit can't move to another company."))
    old, new = unit.path, f"{parent.path}{unit.pk}/"
    Unit.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    Unit.objects.filter(pk=unit.pk).update(parent=parent)
    unit.refresh_from_db()
