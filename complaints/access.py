"""Who may see a complaint, kept as one indexed array on its row, in the same tokens as an incident's."""

from collections.abc import Iterable

from incidents.access import BATCH, person_token, renewed_with
from people.models import Person, Unit

from .models import Complaint


def readers_of(complaint, participants: Iterable[Person | None] = ()) -> list[str]:
    """Tokens of everybody with sight of it: holders of a case role at or above its unit, and participants.

    A sensitive complaint has the tokens of its named people and no others: taking part in it admits nobody
    (`restricting` and `succession` name them). Participants of any other once added stay.
    """
    people = {token for token in complaint.readers if token.startswith("p")}
    if complaint.sensitive:
        return sorted(people)
    units = complaint.unit.lineage
    people |= {person_token(person) for person in participants if person is not None}
    return sorted(f"u{pk}" for pk in units) + sorted(people)


def admit(complaint, *participants: Person | None) -> None:
    """Let these people see it from now on (sets the field; the caller saves)."""
    complaint.readers = readers_of(complaint, participants)


@renewed_with
def recompute_readers(unit: Unit) -> int:
    """After a unit was moved: renew who may see the complaints of it and below. Gives how many were changed."""
    rows = (
        Complaint.objects.filter(unit__path__startswith=unit.path, sensitive=False)
        .select_for_update(of=("self",))
        .select_related("unit")
        .only("readers", "sensitive", "unit__path")
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
        Complaint.objects.bulk_update(changed, ["readers"])
        renewed += len(changed)
    return renewed
