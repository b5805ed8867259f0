"""How long each step of a complaint may take, and who is waited for.

The defaults hold where no unit has said otherwise (`reminders.policies`). ISO 10002 §7.4 asks for a prompt receipt and
§7.8 for a decision without delay; the days are ours.
"""

import datetime as dt

from history.models import Event
from incidents import limits
from people.models import Person, Role
from reminders.models import DeadlinePolicy
from reminders.policies import WORKING, Due, Ground, Limit, ground_of

from .states import Priority, State

#: What is due in each state, as a kind of deadline.
KINDS: dict[str, str] = {
    State.RECEIVED: "receipt",
    State.ACKNOWLEDGED: "classify",
    State.CLASSIFIED: "reply",
    State.INVESTIGATING: "reply",
    State.REPLIED: "followup",
    State.FOLLOWED_UP: "close",
}
#: By which a reply is approved or sent back.
APPROVAL = "reply-approval"
#: Working days per kind: low, normal, high, urgent.
WORKING_DAYS: dict[str, tuple[int, int, int, int]] = {
    "receipt": (1, 1, 1, 1),
    "classify": (1, 1, 1, 1),
    "reply": (10, 7, 3, 1),
    APPROVAL: (1, 1, 1, 1),
    "reply-incident": (3, 2, 1, 1),  # once the incident that it waits for is closed
    "takeover": (1, 1, 1, 1),
    "followup": (5, 3, 3, 2),
    "call": (1, 1, 1, 1),  # a customer without an e-mail address has a message on their page
    "close": (3, 3, 3, 3),
}


def default_limit(kind: str, priority: int | None) -> Limit:
    """What holds where no unit has said otherwise."""
    days = WORKING_DAYS[kind][(priority or Priority.NORMAL) - 1]
    return Limit(days, DeadlinePolicy.Measure.WORKING_DAYS)


def due(complaint, kind: str, since: dt.datetime, ground: Ground | None = None) -> Due:
    """When something of this kind that begins at `since` is due, and why then."""
    ground = ground or ground_of(complaint.unit)
    return ground.due(
        kind, since, default_limit(kind, complaint.priority),
        types=lambda: [complaint.category.code] if complaint.category else [], severity=complaint.priority,
    )  # fmt: skip


def later_by_pauses(
    complaint, due_at: dt.datetime, reckoning: dict, *, since: dt.datetime | None = None
) -> dt.datetime:
    """The moment with the time given back during which the clock has stood so far (since then), as history tells."""
    work = None
    resumed = Event.objects.of(complaint.case).filter(act="complaint.resume").order_by("seq")
    for event in resumed:
        paused, until = (
            dt.datetime.fromisoformat(event.after[key]) for key in ("paused_since", "resumed_at")
        )
        if since is not None and paused < since:
            continue
        if reckoning["measured_in"] in WORKING:
            work = work or ground_of(complaint.unit).work
            due_at = work.add(due_at, work.between(paused, until))
        else:
            due_at += until - paused
    return due_at


def nearest(role: str, complaint, *, but: set[int] = frozenset()) -> Person | None:
    """The nearest active holder of the role at or above the complaint's unit, not the one complained about.

    For a sensitive complaint only one who may see it.
    """
    but = but | {complaint.about_id or 0}
    if not complaint.sensitive:
        return limits.nearest(role, complaint.unit, but=but)
    named = [int(token[1:]) for token in complaint.readers if token.startswith("p")]
    return Person.objects.holding(role, complaint.unit).exclude(pk__in=but).filter(pk__in=named).first()


#: Who could answer for a complaint, the first choice first.
ANSWERERS = (Role.HANDLER, Role.QUALITY, Role.SUPERVISOR, Role.SITE_MANAGER, Role.EXECUTIVE)


def who_is_waited_for(complaint) -> Person | None:
    """The one named owner: its handler; until somebody has accepted, who received it first; or the nearest who could."""
    if not complaint.is_open:
        return None
    for person in (complaint.handler, complaint.first_handler):
        if person is not None and person.is_active and person.pk != complaint.about_id:
            return person
    return next((found for role in ANSWERERS if (found := nearest(role, complaint))), None)
