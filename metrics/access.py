"""Whose figures somebody sees: of the units where a post gives sight of cases and of all below them; never another's."""

from django.db.models import QuerySet
from django.http import Http404

from people.models import CASE_ROLES, Person, Role, Unit


def units_of(person: Person) -> QuerySet[Unit]:
    """The units whose figures this person may read."""
    if not person.is_authenticated or not person.is_active:
        return Unit.objects.none()
    return person.units(*CASE_ROLES)


def sees_figures(person: Person) -> bool:
    return person.is_authenticated and person.is_active and person.has_any_role(*CASE_ROLES)


def sees(person: Person, unit: Unit) -> bool:
    return any(person.has_role(role, unit) for role in CASE_ROLES) and person.is_active


def keeps(person: Person, unit: Unit) -> bool:
    """May this person set targets, enter volumes and write on the charts of the unit? Quality managers there may."""
    return person.is_active and person.has_role(Role.QUALITY, unit)


def kept_units(person: Person) -> QuerySet[Unit]:
    """The units of which `keeps` holds."""
    if not person.is_authenticated or not person.is_active:
        return Unit.objects.none()
    return person.units(Role.QUALITY)


def topmost(person: Person) -> Unit | None:
    """The unit that a page begins with: the highest whose figures the person sees, the first by the tree."""
    return min(person.posted_units(*CASE_ROLES), key=lambda unit: (unit.depth, unit.path), default=None)


def unit_named(person: Person, code: str) -> Unit | None:
    """The unit of this code, if the person may read its figures. What an address can't mean is none."""
    if not code or "\x00" in code:  # PostgreSQL takes that in no text
        return None
    return units_of(person).filter(code=code).first()


def chosen_unit(person: Person, code: str | None) -> Unit:
    """The unit of an address, or the one that a page begins with. Raises Http404 for one that isn't theirs."""
    unit = unit_named(person, code) if code else topmost(person)
    if unit is None:
        raise Http404
    return unit
