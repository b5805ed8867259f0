"""The seven states of a complaint as the rail on top of its page: since when, who is waited for, where it came back."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from incidents.rail import Stop
from reminders.durations import moment_in_words
from reminders.models import Deadline

from . import limits
from .models import Complaint
from .reading import approval_of
from .states import WAY, State

STOPS = (*WAY, State.CLOSED)


def stops(complaint: Complaint, deadlines: Iterable[Deadline]) -> list[Stop]:
    """The seven stops of `parts/_rail.html`."""
    deadlines = list(deadlines)
    when, holder = _moments(complaint, deadlines), approval_of(deadlines) or complaint
    here = STOPS.index(complaint.state) if complaint.state in STOPS else None
    found = []
    for number, state in enumerate(STOPS, start=1):
        place, at = _place(number - 1, here, when.get(state), complaint), when.get(state)
        sub, until = "", ""
        if place == "now" and complaint.is_open:
            who = holder.owner.display_name if holder.owner else ""
            sub = _("waiting for %(who)s") % {"who": who} if who else _("nobody is named yet")
            until = _until(complaint, holder)
        elif place == "back":
            sub = _("round %(round)s") % {"round": complaint.round - 1}
        elif at:
            sub = moment_in_words(at)
        found.append(Stop(state.value, str(state.label), number, place, sub=sub, until=until))
    return found


def _moments(complaint: Complaint, deadlines: list[Deadline]) -> dict[str, dt.datetime | None]:
    """When it came to each state, as far as is known from the row and from what was due."""
    closed = {row.kind: row.closed_at for row in sorted(deadlines, key=lambda row: row.pk) if row.closed_at}
    found = {
        State.RECEIVED: complaint.received_at,
        State.ACKNOWLEDGED: complaint.acknowledged_at,
        State.CLASSIFIED: closed.get(limits.KINDS[State.ACKNOWLEDGED]),
        State.REPLIED: complaint.replied_at,
        State.FOLLOWED_UP: closed.get(limits.KINDS[State.REPLIED]),
        State.CLOSED: complaint.closed_at if complaint.state == State.CLOSED else None,
    }
    return found | {complaint.state: complaint.state_since}


def _place(index: int, here: int | None, at: dt.datetime | None, complaint: Complaint) -> str:
    if here is None:  # it has ended on another way
        return "done" if at else "todo"
    if complaint.state == State.CLOSED or index < here:
        return "done"
    if index == here:
        return "now"
    return (
        "back"
        if complaint.round > 1 and STOPS[index] in (State.REPLIED, State.FOLLOWED_UP) and at
        else "todo"
    )


def _until(complaint: Complaint, holder: Complaint | Deadline) -> str:
    if complaint.paused_since:
        return _("paused")
    return _("by %(moment)s") % {"moment": moment_in_words(holder.due_at)} if holder.due_at else ""


def loops(complaint: Complaint) -> list[dict]:
    """That it came back from its answer to the investigation: one arc, with the round."""
    if complaint.round < 2:
        return []
    text = _("not solved, back to the investigation (round %(round)s)") % {"round": complaint.round}
    return [{"from": 5, "to": 4, "text": text}]
