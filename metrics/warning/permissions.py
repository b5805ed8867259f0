"""Who sees an early warning, and who may do something with it."""

from django.db.models import Q, QuerySet

from metrics import access
from metrics.models import Signal
from people.models import Person


def visible_to(person: Person) -> QuerySet[Signal]:
    """The warnings of the units whose figures this person reads, and those that are theirs to look into."""
    if not person.is_authenticated or not person.is_active:
        return Signal.objects.none()
    scope = Q(unit__in=access.units_of(person)) | Q(owner=person)
    return Signal.objects.filter(scope).select_related("unit", "owner", "incident")


def may_act(person: Person, signal: Signal) -> bool:
    """Its owner, and the quality managers of the unit."""
    return person.is_active and (signal.owner_id == person.pk or access.keeps(person, signal.unit))


def may_answer(person: Person, signal: Signal) -> bool:
    """Can it be handed over to this person? To anybody who reads the figures of the unit."""
    return access.sees(person, signal.unit)
