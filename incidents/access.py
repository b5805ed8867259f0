"""Who may see an incident, kept as one indexed array on its row."""

from collections.abc import Callable, Iterable

from django.db.models import Q

from people.models import Person, Unit

from .models import Incident

#: Rows that are rewritten with one statement.
BATCH = 1000


def person_token(person: Person) -> str:
    return f"p{person.pk}"


def readers_of(incident, participants: Iterable[Person | None] = ()) -> list[str]:
    """Tokens of everybody with sight of the incident: holders of a case role at or above its units, and participants.

    Participants once added stay: who worked on a case may look it up later.
    """
    units = set(incident.unit.lineage)
    if incident.responsible_unit_id:
        units |= set(incident.responsible_unit.lineage)
    people = {token for token in incident.readers if token.startswith("p")}
    people |= {person_token(person) for person in participants if person is not None}
    return sorted(f"u{pk}" for pk in units) + sorted(people)


def admit(incident, *participants: Person | None) -> None:
    """Let these people see the incident from now on (sets the field; the caller saves)."""
    incident.readers = readers_of(incident, participants)


#: The same for the cases of the apps above.
_RENEWED_WITH: list[Callable[[Unit], int]] = []


def renewed_with(renew: Callable[[Unit], int]) -> Callable[[Unit], int]:
    """Registers what renews the readers of another kind of case, when a unit was moved; it gives how many."""
    _RENEWED_WITH.append(renew)
    return renew


def recompute_readers(unit: Unit) -> int:
    """After a unit was moved: renew who may see the cases of it and below, also those it answers for.

    Must run inside the transaction of the move. Gives the number of cases whose readers changed.
    """
    return _renew_incidents(unit) + sum(renew(unit) for renew in _RENEWED_WITH)


def _renew_incidents(unit: Unit) -> int:
    below = Q(unit__path__startswith=unit.path) | Q(responsible_unit__path__startswith=unit.path)
    rows = (
        Incident.objects.filter(below)
        .select_for_update(of=("self",))
        .select_related("unit", "responsible_unit")
        .only("readers", "unit__path", "responsible_unit__path")
        .order_by("pk")
    )
    renewed, last = 0, 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        changed = []
        for row in batch:
            if (readers := readers_of(row)) != row.readers:
                row.readers = readers
                changed.append(row)
        Incident.objects.bulk_update(changed, ["readers"])
        renewed += len(changed)
    return renewed
