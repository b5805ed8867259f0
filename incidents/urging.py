"""Urging whom a case waits for, by hand: told to them, kept in the history, limited so that it keeps its weight."""

from django.db import transaction

from history.recording import record
from people.models import Person
from reminders import nudging
from reminders.models import Deadline

from .errors import Invalid, Stale
from .lifecycle import hold
from .models import Incident


@transaction.atomic
def nudge(incident: Incident, *, by: Person, version: int | None = None, words: str = "") -> Incident:
    """Urge the owner of the present stage. It changes nothing about the case, so an older page is as good."""
    row = hold(incident, "nudge", by=by, version=None)
    deadline = Deadline.objects.filter(
        subject=row.case, kind=row.stage, cycle=row.cycle, closed_at=None
    ).first()
    if deadline is None or row.owner_id in (None, by.pk) or row.paused_since is not None:
        raise Stale()
    try:
        nudging.nudge(deadline, by=by, words=words, url=row.get_absolute_url())
    except nudging.TooOften as refused:
        raise Invalid({"words": str(refused)}) from refused
    record(
        row.case, "incident.nudge", label=row.number, by=by, unit=row.unit, reason=words.strip(),
        after={"owner": row.owner.display_name},
    )  # fmt: skip
    return row


def can_be_urged(incident: Incident, person: Person) -> bool:
    """Is there somebody else to urge?"""
    return incident.paused_since is None and incident.owner_id not in (None, person.pk)
