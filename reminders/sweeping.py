"""The sweep: once a minute, whatever is due to be announced is taken from the table of deadlines and announced.

The moment of the next announcement stands in the deadline's row, so a missed run only delays it: after three days off
each deadline is announced once, for what it is now, and then goes on as if nothing had been missed.
"""

import datetime as dt
import time
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from people.models import Person, Role, Unit

from .models import Deadline, Heartbeat, Notice
from .notices import notices_to, what_is_due, write
from .subjects import addresses_of

#: Deadlines announced in one transaction.
BATCH = 200
#: While it is overdue, the owner is told again after each of these.
REPEAT = dt.timedelta(days=1)
#: The third announcement goes to the owner's superiors too.
ESCALATES_AT = 2
#: Beat sends a sweep every minute; a heartbeat older than this means that something is dead.
SILENT_AFTER = dt.timedelta(minutes=3)

HEARTBEAT = "sweep"


def sweep(now: dt.datetime | None = None) -> int:
    """Announce everything whose moment has come; gives the number of notices. Any number of sweeps may run at once."""
    now, began, written = now or timezone.now(), time.monotonic(), 0
    while (told := _sweep_batch(now)) is not None:
        written += told
    Heartbeat.objects.update_or_create(
        name=HEARTBEAT,
        defaults={
            "at": now,
            "took": dt.timedelta(seconds=time.monotonic() - began),
            "notices": written,
        },
    )
    return written


def last_sweep() -> Heartbeat | None:
    """The sweeper's last sign of life."""
    return Heartbeat.objects.filter(name=HEARTBEAT).first()


def is_silent(now: dt.datetime | None = None) -> bool:
    """Has the sweeper not run when it should have?"""
    last = last_sweep()
    return last is None or (now or timezone.now()) - last.at > SILENT_AFTER


@transaction.atomic
def _sweep_batch(now: dt.datetime) -> int | None:
    """Announce the most overdue announcements that no other sweep holds; None when there are none left."""
    due = list(
        Deadline.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(closed_at=None, next_notice_at__lte=now)
        .select_related("owner", "unit")
        .order_by("next_notice_at", "pk")[:BATCH]
    )
    if not due:
        return None
    urls = addresses_of(deadline.subject for deadline in due)
    superiors = _superiors(due, now)
    notices: list[Notice] = []
    for deadline in due:
        notices += _announcements(deadline, now, urls.get(deadline.subject, "/"), superiors)
    write(notices)
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in due]).update(
        next_notice_at=Case(*(When(pk=deadline.pk, then=Value(_next(deadline, now))) for deadline in due))
    )
    return len(notices)


def _round(deadline: Deadline, now: dt.datetime) -> int:
    """Which announcement of being overdue this is: 0 at the due moment, 1 a day later, ...; negative before."""
    return (now - deadline.due_at) // REPEAT


def _next(deadline: Deadline, now: dt.datetime) -> dt.datetime:
    """The next moment to announce after `now`: first the due moment itself, then daily from there."""
    return deadline.due_at + max(0, _round(deadline, now) + 1) * REPEAT


def _escalates(deadline: Deadline, now: dt.datetime) -> bool:
    """Is this the announcement that reaches the third, or the first one after it if that was missed?"""
    return _round(deadline, deadline.next_notice_at) <= ESCALATES_AT <= _round(deadline, now)


def _announcements(
    deadline: Deadline, now: dt.datetime, url: str, superiors: dict[int, list[Person]]
) -> list[Notice]:
    """What is to be told about one deadline now, and whom. An occasion holds the due moment: a postponed one is new."""
    occasion = f"{deadline.subject}:{deadline.kind}:{deadline.cycle}:{deadline.due_at:%Y%m%dT%H%M%S}"
    params = {
        "label": deadline.label,
        "what": what_is_due(deadline.kind),
        "due": deadline.due_at.astimezone(dt.UTC).isoformat(),
        "owner": deadline.owner.display_name if deadline.owner else "",
    }

    def to(recipients: Iterable[Person | None], text: str, name: str) -> list[Notice]:
        return notices_to(
            recipients, text, occasion=f"{occasion}:{name}", subject=deadline.subject, url=url, params=params
        )

    if now < deadline.due_at:
        return to([deadline.owner], "due-soon", "soon")
    notices = to([deadline.owner], "overdue", f"overdue:{_round(deadline, now)}")
    if not _has_owner(deadline):
        notices += to(superiors[deadline.unit_id], "ownerless", f"ownerless:{_round(deadline, now)}")
    elif _escalates(deadline, now):
        others = [person for person in superiors[deadline.unit_id] if person != deadline.owner]
        notices += to(others, "escalated", "escalated")
    return notices


def _has_owner(deadline: Deadline) -> bool:
    return deadline.owner is not None and deadline.owner.is_active


def _superiors(due: list[Deadline], now: dt.datetime) -> dict[int, list[Person]]:
    """The nearest site manager and quality manager of each unit in which something escalates."""
    units: dict[int, Unit] = {
        deadline.unit_id: deadline.unit
        for deadline in due
        if now >= deadline.due_at and (not _has_owner(deadline) or _escalates(deadline, now))
    }
    return {
        pk: [
            person
            for role in (Role.SITE_MANAGER, Role.QUALITY)
            if (person := Person.objects.holding(role, unit).first())
        ]
        for pk, unit in units.items()
    }
