"""Opening, moving and closing deadlines. Called by the acts of higher apps inside their transactions."""

import datetime as dt
from collections.abc import Collection

from django.utils import timezone

from people.models import Person, Unit

from .escalation import EARLIEST
from .models import Deadline
from .worktime import WorkTime


def next_notice(due_at: dt.datetime, opened_at: dt.datetime) -> dt.datetime:
    """When the sweep has to look at it for the first time.

    That is the moment of the first step that any unit can have, or now where that has passed: the sweep, which knows
    the unit's steps, then says when the next one comes.
    """
    return max(opened_at, due_at - EARLIEST)


def open_deadline(
    subject: str, kind: str, *, cycle: int, label: str, owner: Person | None, unit: Unit, due_at: dt.datetime,
    opened_at: dt.datetime | None = None, reckoning: dict | None = None,
) -> Deadline:  # fmt: skip
    """Open the deadline, or open it again when a case comes back to it in the same cycle: one statement, one row.

    `original_due_at` keeps what was due first, for ever; `reckoning` says how the moment came about (see `policies`).
    """
    opened_at = opened_at or timezone.now()
    deadline = Deadline(
        subject=subject, kind=kind, cycle=cycle, label=label, owner=owner, unit=unit, opened_at=opened_at,
        due_at=due_at, original_due_at=due_at, closed_at=None, next_notice_at=next_notice(due_at, opened_at),
        reckoning=reckoning or {},
    )  # fmt: skip
    Deadline.objects.bulk_create(
        [deadline],
        update_conflicts=True,
        unique_fields=["subject", "kind", "cycle"],
        update_fields=[
            "label",
            "owner",
            "unit",
            "opened_at",
            "due_at",
            "closed_at",
            "next_notice_at",
            "reckoning",
            "paused_at",
            "pause_reason",
            "pause_note",
            "left_when_paused",
        ],
    )
    return deadline


def close_deadline(subject: str, kind: str, *, cycle: int, at: dt.datetime | None = None) -> None:
    """What was due is done. Closing what is closed already changes nothing."""
    Deadline.objects.filter(subject=subject, kind=kind, cycle=cycle, closed_at=None).update(
        closed_at=at or timezone.now(), next_notice_at=None
    )


def close_all(subject: str, *, at: dt.datetime | None = None) -> None:
    """The case has ended: nothing of it is due any more."""
    Deadline.objects.filter(subject=subject, closed_at=None).update(
        closed_at=at or timezone.now(), next_notice_at=None
    )


def hand_to(subject: str, kind: str, *, cycle: int, owner: Person | None) -> None:
    """Somebody else owns it now; the due moment stays."""
    Deadline.objects.filter(subject=subject, kind=kind, cycle=cycle, closed_at=None).update(owner=owner)


def move_to(subject: str, *, unit: Unit) -> None:
    """The case belongs to another unit now, and its open deadlines with it; owners and due moments stay."""
    Deadline.objects.filter(subject=subject, closed_at=None).update(unit=unit)


def pause(
    subject: str, kinds: Collection[str], *, reason: str, note: str, work: WorkTime, at: dt.datetime
) -> None:
    """Stop the clock of these open deadlines: what is left of each is kept, in the time that it is reckoned in."""
    rows = list(Deadline.objects.filter(subject=subject, kind__in=kinds, closed_at=None, paused_at=None))
    for row in rows:
        row.left_when_paused = work.between(at, row.due_at) if _runs_at_work(row) else row.due_at - at
        row.paused_at, row.pause_reason, row.pause_note, row.next_notice_at = at, reason, note, None
    Deadline.objects.bulk_update(
        rows, ["left_when_paused", "paused_at", "pause_reason", "pause_note", "next_notice_at"]
    )


def resume(subject: str, *, work: WorkTime, at: dt.datetime) -> dict[str, dt.datetime]:
    """Let the clock of the paused deadlines of a case run on: each gets exactly what was left of it.

    Gives the new due moments by kind. What was overdue when it was paused is as overdue again.
    """
    rows = list(Deadline.objects.filter(subject=subject, closed_at=None).exclude(paused_at=None))
    for row in rows:
        left = row.left_when_paused
        row.due_at = work.add(at, left) if _runs_at_work(row) else at + left
        row.next_notice_at = next_notice(row.due_at, at)
        row.left_when_paused, row.paused_at, row.pause_reason, row.pause_note = None, None, "", ""
    Deadline.objects.bulk_update(
        rows,
        ["due_at", "left_when_paused", "paused_at", "pause_reason", "pause_note", "next_notice_at"],
    )
    return {row.kind: row.due_at for row in rows}


def _runs_at_work(row: Deadline) -> bool:
    """Is it reckoned in working time? What says nothing is: it ends with a day's work."""
    return row.reckoning.get("measured_in", "working_days").startswith("working")


def postpone(subject: str, kind: str, *, cycle: int, due_at: dt.datetime) -> None:
    """A granted extension: the original due moment stays in `original_due_at`."""
    Deadline.objects.filter(subject=subject, kind=kind, cycle=cycle, closed_at=None).update(
        due_at=due_at, next_notice_at=next_notice(due_at, timezone.now())
    )
