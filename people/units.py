"""The organisation tree itself. Who may change it, and its history: `history.administration.units`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
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

    Raises ValidationError when the new parent is closed, lies below the unit itself or in another company.
    """
    units = {row.pk: row for row in Unit.objects.select_for_update().filter(pk__in=[unit.pk, parent.pk])}
    unit_now, parent = units[unit.pk], units[parent.pk]
    if parent.path.startswith(unit_now.path):
        raise ValidationError(_("A unit can't belong to itself or to a unit below it."))
    if parent.company_id != unit_now.company_id:
        raise ValidationError(_("A unit can't move to another company."))
    if parent.closed_on:
        raise ValidationError(_("%(unit)s is closed."), params={"unit": parent})
    old, new = unit_now.path, f"{parent.path}{unit.pk}/"
    Unit.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    Unit.objects.filter(pk=unit.pk).update(parent=parent)
    unit.refresh_from_db()


@transaction.atomic
def close(unit: Unit) -> None:
    """Take a unit out of use; what happened there stays. Raises ValidationError while it still holds something."""
    unit_now = Unit.objects.select_for_update().get(pk=unit.pk)
    problems = []
    if unit_now.closed_on:
        problems.append(_("This unit is closed already."))
    if unit_now.children.active().exists():
        problems.append(_("It still has units below it. Close or move them first."))
    if unit_now.posts.filter(Q(ends_on=None) | Q(ends_on__gt=timezone.localdate())).exists():
        problems.append(_("Somebody still holds a post in it. End the posts first."))
    if unit_now.staff.active().exists():
        problems.append(_("People still belong to it. Give them another unit first."))
    if problems:
        raise ValidationError(problems)
    unit.closed_on = timezone.localdate()
    unit.save(update_fields=["closed_on"])


def reopen(unit: Unit) -> None:
    """Use a closed unit again. Raises ValidationError while the unit above it is closed."""
    if unit.parent and unit.parent.closed_on:
        raise ValidationError(_("The unit above it is closed. Reopen that first."))
    unit.closed_on = None
    unit.save(update_fields=["closed_on"])


@dataclass
class Branch:
    """A unit of the tree with those below it, in alphabetical order."""

    unit: Unit
    branches: list["Branch"] = field(default_factory=list)

    def walk(self) -> Iterator["Branch"]:
        yield self
        for branch in self.branches:
            yield from branch.walk()


def as_tree(units: Iterable[Unit]) -> list[Branch]:
    """The given units as a tree. A unit whose parent isn't among them stands at the top."""
    branches = {unit.pk: Branch(unit) for unit in units}
    tops = []
    for branch in sorted(branches.values(), key=lambda branch: branch.unit.name.casefold()):
        above = branches.get(branch.unit.parent_id)
        (above.branches if above else tops).append(branch)
    return tops


def in_tree_order(units: Iterable[Unit]) -> Iterator[Unit]:
    """The given units, each followed by those below it."""
    for top in as_tree(units):
        for branch in top.walk():
            yield branch.unit
