"""Who may see a complaint, kept as one indexed array on its row, in the same tokens as an incident's."""

from collections.abc import Iterable

from incidents.access import person_token
from people.models import Person


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
