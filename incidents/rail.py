"""The seven-stage rail of an incident: who had it and how long, who is waited for, and where it looped back.

Drawn from the deadlines: each stage of each round left one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from reminders.durations import moment_in_words
from reminders.models import Deadline

from .models import Incident
from .stages import LOOP, Stage


@dataclass(frozen=True)
class Stop:
    """One stage of the rail. `took` is the time it had the case (timedelta), `owner` who had or has it."""

    key: str
    label: str
    number: int
    state: str  # done, now, back (reached in an earlier round only), todo
    owner: str = ""
    took: object = None
    due_at: object = None
    sub: str = ""
    until: str = ""  # of the present stage only


def visits(deadlines: Iterable[Deadline]) -> list[Deadline]:
    """The deadlines that are stages, in the order in which the case came to them."""
    rows = [row for row in deadlines if row.kind in LOOP]
    return sorted(rows, key=lambda row: (row.cycle, row.opened_at, row.pk))


def stops(incident: Incident, rows: list[Deadline], in_words: Callable) -> list[Stop]:
    """The seven stops. `in_words` turns a timedelta into the reader's words."""
    latest = {row.kind: row for row in rows}
    here = LOOP.index(incident.stage) if incident.stage in LOOP else None
    found = []
    for number, stage in enumerate(LOOP, start=1):
        row = latest.get(stage)
        state = _state(incident, number - 1, here, row)
        owner = row.owner.display_name if row and row.owner else ""
        took = row.closed_at - row.opened_at if row and row.closed_at else None
        found.append(
            Stop(stage.value, stage.label, number, state, owner, took, row.due_at if row else None,
                 _sub(state, owner, took, row, incident, in_words), _until(state, row))
        )  # fmt: skip
    return found


def _state(incident: Incident, index: int, here: int | None, row: Deadline | None) -> str:
    if here is not None:
        if index == here:
            return "now"
        if index < here:
            return "done"
        return "back" if row is not None else "todo"
    if incident.stage == Stage.CLOSED:
        return "done"
    return "done" if row is not None and row.closed_at else "todo"


def _sub(state, owner, took, row, incident, in_words) -> str:
    if state == "now":
        return _("waiting for %(who)s") % {"who": owner} if owner else _("nobody is named yet")
    if state == "back":
        if row.kind == Stage.VERIFY:
            return _("round %(cycle)s: not effective") % {"cycle": row.cycle}
        return _("round %(round)s") % {"round": row.cycle}
    if state == "done" and took is not None:
        words = in_words(took)
        return f"{owner} · {words}" if owner else words
    return "" if state == "done" else _("not begun")


def _until(state: str, row: Deadline | None) -> str:
    """By when the present stage is to be left, in words."""
    if state != "now" or row is None or row.closed_at or row.due_at is None:
        return ""
    return _("paused") if row.paused_at else _("by %(moment)s") % {"moment": moment_in_words(row.due_at)}


def loops(rows: list[Deadline]) -> list[dict]:
    """Every return from verification to analysis, oldest first: the arcs of the rail."""
    verified = {row.cycle for row in rows if row.kind == Stage.VERIFY}
    return [
        {"from": 6, "to": 3, "text": _loop_text(row)}
        for row in rows
        if row.kind == Stage.ANALYSE and row.cycle - 1 in verified
    ]


def _loop_text(row: Deadline) -> str:
    return _("%(day)s not effective, back to root-cause analysis (round %(cycle)s)") % {
        "day": timezone.localtime(row.opened_at).strftime("%m-%d"),
        "cycle": row.cycle,
    }
