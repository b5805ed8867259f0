"""Stopping the clock of a complaint while something has to come from the customer, and letting it run on."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid, Stale
from people.models import Person
from reminders import deadlines
from reminders.models import Deadline
from reminders.policies import ground_of

from .lifecycle import change, hold, run_on, tell
from .limits import KINDS
from .masking import impersonal
from .models import Complaint
from .states import State

#: The states whose clock can stand: the next step may need an answer of the customer's.
PAUSABLE = (State.ACKNOWLEDGED, State.CLASSIFIED, State.INVESTIGATING)


@transaction.atomic
def pause(complaint: Complaint, *, by: Person, version: int | None, reason: str, note: str) -> Complaint:
    """Stop the clock; everybody sees why, and since when. What the customer writes lets it run on by itself."""
    row = hold(complaint, "pause", by=by, version=version)
    if row.state not in PAUSABLE or row.paused_since is not None:
        raise Stale()
    wrong = {}
    if reason not in Deadline.PauseReason.values:
        wrong["reason"] = _("Say what the complaint waits for.")
    if not note.strip():
        wrong["note"] = _("Say in a few words what has to come, and from whom.")
    if wrong:
        raise Invalid(wrong)
    now = timezone.now()
    deadlines.pause(
        row.case, [KINDS[row.state]], reason=reason, note=impersonal(row, note.strip())[:300],
        work=ground_of(row.unit).work, at=now,
    )  # fmt: skip
    row.paused_since, row.due_at = now, None
    return change(row, "pause", by=by, reason=note.strip(), after={"waiting_for": reason})


@transaction.atomic
def resume(complaint: Complaint, *, by: Person, version: int | None, note: str = "") -> Complaint:
    """What it waited for has come: the clock runs on with what was left."""
    row = hold(complaint, "resume", by=by, version=version)
    if row.paused_since is None:
        raise Stale()
    run_on(row, by=by, at=timezone.now(), note=note.strip())
    row.version += 1
    row.save()
    tell(row, {row.owner} - {by}, "complaint-resumed", due=row.due_at.isoformat() if row.due_at else "")
    return row
