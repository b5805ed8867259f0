"""The short path of minor incidents: put right on the spot, reviewed by a quality manager, closed.

The case still walks through every state, with an Event for each step; only the gates ask for one thing, the correction.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid
from incidents.lifecycle import change, hold_in, move, refresh_owner, tell, tell_whose_turn
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person

from . import library

STEPS = ("confirm", "conclude", "approve", "complete", "judge_effective", "archive")


@transaction.atomic
def accept(incident: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """The correction is good: walk the case to its close, in one go."""
    row = _hold(incident, by=by, version=version)
    for step in STEPS:
        row = move(row, step, by=by, version=row.version, note=note, announce=False)
    library.enter(row)
    tell(row, [row.reporter], "closed-on-the-spot")
    return row


@transaction.atomic
def refuse(incident: Incident, *, by: Person, version: int | None, reason: str) -> Incident:
    """The correction isn't enough: the case takes the whole loop, from confirming responsibility on."""
    row = _hold(incident, by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say why the correction isn't enough.")})
    row.short_path = False
    refresh_owner(row)
    change(
        row,
        "refuse_short_path",
        by=by,
        reason=reason,
        before={"short_path": True},
        after={"short_path": False},
    )
    tell(row, [row.reporter], "short-path-refused", reason=reason)
    tell_whose_turn(row, but=by)
    return row


def _hold(incident: Incident, *, by: Person, version: int | None) -> Incident:
    row = hold_in(Stage.CONFIRM, incident, "review_short_path", by=by, version=version)
    if not row.short_path:
        raise Invalid({"version": _("This case doesn't take the short path.")})
    return row
