"""Stopping the clock of a case, and letting it run on: while the next step waits for somebody outside.

Only where nobody else's date is at stake: what is carried out is extended instead, and an observation has its window.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Person
from reminders import deadlines
from reminders.models import Deadline
from reminders.policies import ground_of

from .errors import Invalid, Stale
from .lifecycle import change, hold, run_on, tell
from .limits import LOOP_KIND
from .models import Incident
from .stages import Stage

#: The stages whose clock can stand.
PAUSABLE = (Stage.IDENTIFY, Stage.CONFIRM, Stage.ANALYSE, Stage.PLAN, Stage.IMPROVE)


@transaction.atomic
def pause(incident: Incident, *, by: Person, version: int | None, reason: str, note: str) -> Incident:
    """Stop the clock of the present stage and of the whole loop; everybody sees why, and since when."""
    row = hold(incident, "pause", by=by, version=version)
    if row.stage not in PAUSABLE or row.paused_since is not None:
        raise Stale()
    wrong = {}
    if reason not in Deadline.PauseReason.values:
        wrong["reason"] = _("Say what the case waits for.")
    if not note.strip():
        wrong["note"] = _("Say in a few words what has to come, and from whom.")
    if wrong:
        raise Invalid(wrong)
    now = timezone.now()
    deadlines.pause(
        row.case,
        (row.stage, LOOP_KIND),
        reason=reason,
        note=note.strip(),
        work=ground_of(row.unit).work,
        at=now,
    )
    row.paused_since, row.due_at = now, None
    return change(row, "pause", by=by, reason=note.strip(), after={"waiting_for": reason})


@transaction.atomic
def resume(incident: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """What the case waited for has come: the clock runs on with what was left."""
    row = hold(incident, "resume", by=by, version=version)
    if row.paused_since is None:
        raise Stale()
    run_on(row, at=timezone.now())
    change(row, "resume", by=by, reason=note.strip(), after={"due": row.due_at})
    if row.owner != by:
        tell(row, [row.owner], "resumed", due=row.due_at.isoformat())
    return row
