"""Units: adding, renaming, closing, reopening. Moving one changes who sees which case: see `incidents.reorganise`."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from history.recording import record
from people import units as tree
from people.models import Person, Unit

from .scope import refuse_unless_administers_unit


def record_about(unit: Unit, act: str, *, by: Person | None, **details) -> None:
    """Write the unit's own chain of events."""
    record(unit.case, act, label=unit.name, by=by, unit=unit, **details)


@transaction.atomic
def found(*, name: str, code: str, parent: Unit, by: Person) -> Unit:
    """Add a unit below `parent`. Raises PermissionDenied, ValidationError (by field)."""
    refuse_unless_administers_unit(by, parent)
    if parent.closed_on:
        raise ValidationError({"parent": _("This unit is closed.")})
    Unit(name=name, code=code, parent=parent, path=f"new:{code}").full_clean()
    unit = tree.found(name=name.strip(), code=code.strip(), parent=parent)
    record_about(unit, "unit.found", by=by, after={"name": name, "code": code, "parent": parent.code})
    return unit


@transaction.atomic
def rename(unit: Unit, *, name: str, by: Person) -> Unit:
    """Give a unit another name. Its code stays: posters and imports name it."""
    refuse_unless_administers_unit(by, unit)
    row = Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    name, old = name.strip(), row.name
    if name == old:
        return row
    row.name = name
    row.full_clean()
    row.save(update_fields=["name"])
    record_about(row, "unit.rename", by=by, before={"name": old}, after={"name": name})
    return row


@transaction.atomic
def close(unit: Unit, *, by: Person, reason: str = "") -> None:
    """Take a unit out of use. Raises ValidationError while it holds posts, people or open units."""
    refuse_unless_administers_unit(by, unit)
    tree.close(unit)
    record_about(unit, "unit.close", by=by, reason=reason, after={"closed_on": unit.closed_on})


@transaction.atomic
def reopen(unit: Unit, *, by: Person) -> None:
    refuse_unless_administers_unit(by, unit)
    tree.reopen(unit)
    record_about(unit, "unit.reopen", by=by)
