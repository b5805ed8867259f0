"""The sweep: once a minute, whatever is due to be announced is taken from the table of deadlines and announced.

The moment of the next announcement stands in the deadline's row, so a missed run only delays it: after three days off
each step of the escalation is announced once, for what it is now, and then goes on as if nothing had been missed.
"""

import datetime as dt
import time
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Case, DateTimeField, Value, When
from django.utils import timezone

from history.discretion import named_people
from people.models import Person

from .absences import tell_deputies
from .escalation import Audience, Step, Steps, Superiors, next_moment, steps_of, steps_to_tell
from .models import Deadline, Heartbeat, Notice
from .notices import notices_to, what_is_due, write
from .subjects import addresses_of

#: Deadlines announced in one transaction.
BATCH = 200
#: Beat sends a sweep every minute; a heartbeat older than this means that something is dead.
SILENT_AFTER = dt.timedelta(minutes=3)

HEARTBEAT = "sweep"


def sweep(now: dt.datetime | None = None) -> int:
    """Announce everything whose moment has come; gives the number of notices. Any number of sweeps may run at once."""
    now, began, written = now or timezone.now(), time.monotonic(), 0
    while (told := _sweep_batch(now)) is not None:
        written += told
    written += tell_deputies(now)
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
    close = named_people(deadline.subject for deadline in due)
    steps, superiors = steps_of(deadline.unit for deadline in due), Superiors()
    notices: list[Notice] = []
    for deadline in due:
        url = urls.get(deadline.subject, "/")
        notices += _announcements(deadline, steps[deadline.unit_id], now, url, superiors, close)
    write(notices)
    nexts = {deadline.pk: _next(deadline, steps[deadline.unit_id], now) for deadline in due}
    Deadline.objects.filter(pk__in=nexts).update(
        next_notice_at=Case(
            *(When(pk=pk, then=Value(moment)) for pk, moment in nexts.items()), output_field=DateTimeField()
        )
    )
    return len(notices)


def _next(deadline: Deadline, steps: Steps, now: dt.datetime) -> dt.datetime | None:
    return next_moment(steps, deadline.due_at, now)


def _announcements(
    deadline: Deadline,
    steps: Steps,
    now: dt.datetime,
    url: str,
    superiors: Superiors,
    close: dict[str, frozenset[int]],
) -> list[Notice]:
    """What is to be told about one deadline now, and whom. An occasion holds the due moment: a postponed one is new."""
    params = {
        "label": deadline.label,
        "what": what_is_due(deadline.kind),
        "due": deadline.due_at.astimezone(dt.UTC).isoformat(),
        "owner": deadline.owner.display_name if deadline.owner else "",
    }
    notices: list[Notice] = []
    told: set[int] = set()

    def tell(person: Person | None, text: str, name: str) -> None:
        if person is None or person.pk in told:
            return
        told.add(person.pk)
        occasion = f"{occasion_of(deadline)}:{name}"
        notices.extend(
            notices_to(
                [person],
                text,
                occasion=occasion,
                subject=deadline.subject,
                url=url,
                params=params,
                close=close,
            )
        )

    for step, moment in steps_to_tell(steps, deadline, now):
        name = f"{step.audience}:{round((moment - deadline.due_at).total_seconds())}"
        for person in _reached(deadline, step, superiors, close.get(deadline.subject)):
            tell(person, _text(deadline, step, person), name)
    return notices


def occasion_of(deadline: Deadline) -> str:
    """What every announcement of this due moment begins with."""
    return f"{deadline.subject}:{deadline.kind}:{deadline.cycle}:{deadline.due_at:%Y%m%dT%H%M%S}"


def _reached(
    deadline: Deadline, step: Step, superiors: Superiors, named: frozenset[int] | None
) -> Iterable[Person | None]:
    """Whom a step reaches; where there is no owner, what is theirs to hear goes to the unit's managers.

    Of a case kept close (`named`) the nearest among those who may know of it.
    """
    if step.audience != Audience.OWNER:
        return [superiors.of(deadline.unit, step.audience, named)]
    if _has_owner(deadline):
        return [deadline.owner]
    return [superiors.of(deadline.unit, audience, named) for audience in (Audience.MANAGER, Audience.QUALITY)]


def _text(deadline: Deadline, step: Step, person: Person) -> str:
    if not _has_owner(deadline):
        return "ownerless-ahead" if step.is_early else "ownerless"
    if step.audience != Audience.OWNER and person != deadline.owner:
        return "escalation-ahead" if step.is_early else "escalated"
    return "due-soon" if step.is_early else "overdue"


def _has_owner(deadline: Deadline) -> bool:
    return deadline.owner is not None and deadline.owner.is_active
