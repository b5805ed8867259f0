"""Who may see an incident, kept as one indexed array on its row."""

from collections.abc import Iterable

from people.models import Person


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
