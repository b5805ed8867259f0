"""The auditor: works out anew, from due moments alone, what should have been announced, and looks whether it was.

It shares nothing with the sweep but the name of an occasion: no `next_notice_at`, no steps in between. What it finds
missing becomes a Gap that an administrator sees; the deadline is put before the sweep at once, which mends it.
"""

import datetime as dt
from functools import reduce
from operator import or_

from django.db.models import F, Q
from django.utils import timezone

from .escalation import Audience
from .models import Deadline, Gap, Heartbeat, Notice
from .sweeping import occasion_of

#: A due moment is looked at when it is this old: the sweep has had its chance several times.
GRACE = dt.timedelta(minutes=10)
#: And until it is this old; a longer standstill shows in the heartbeat.
LOOKED_BACK = dt.timedelta(days=3)
BATCH = 200
HEARTBEAT = "audit"


def audit(now: dt.datetime | None = None) -> int:
    """Look at everything that fell due lately; gives how many announcements are missing."""
    now, began = now or timezone.now(), timezone.now()
    missing, last = 0, 0
    while rows := _fell_due(now, last):
        last = rows[-1].pk
        missing += _note(_unannounced(rows), now)
    _mend(now)
    Heartbeat.objects.update_or_create(
        name=HEARTBEAT, defaults={"at": now, "took": timezone.now() - began, "notices": missing}
    )
    return missing


def _fell_due(now: dt.datetime, last: int) -> list[Deadline]:
    """Open deadlines whose due moment passed lately and that somebody should have been told of."""
    return list(
        Deadline.objects.filter(
            closed_at=None, paused_at=None, owner__is_active=True, due_at__gt=now - LOOKED_BACK,
            due_at__lte=now - GRACE, pk__gt=last,
        )
        .exclude(opened_at__gt=now - GRACE)
        .order_by("pk")[:BATCH]
    )  # fmt: skip


def _unannounced(rows: list[Deadline]) -> list[Deadline]:
    """Those among them of whose due moment nobody was ever told: one statement, by the index on the occasion."""
    if not rows:
        return []
    heads = {f"{occasion_of(row)}:{Audience.OWNER}:": row.pk for row in rows}
    any_head = reduce(or_, (Q(occasion__startswith=head) for head in heads))
    told = set()
    for occasion in Notice.objects.filter(any_head).values_list("occasion", flat=True):
        told.add(heads.get(occasion[: occasion.rfind(":") + 1]))
    return [row for row in rows if row.pk not in told]


def _note(rows: list[Deadline], now: dt.datetime) -> int:
    """Put down what is missing, once, and let the sweep look at it now."""
    Gap.objects.bulk_create(
        [Gap(deadline=row, due_moment=row.due_at, what="overdue", found_at=now) for row in rows],
        ignore_conflicts=True,
    )
    overlooked = Deadline.objects.filter(pk__in=[row.pk for row in rows], closed_at=None)
    overlooked.update(next_notice_at=F("due_at"))
    return len(rows)


def _mend(now: dt.datetime) -> None:
    """Gaps whose announcement has been made since, or whose deadline is met."""
    open_gaps = list(Gap.objects.filter(mended_at=None).select_related("deadline")[:BATCH])
    waiting = [gap.deadline for gap in open_gaps if gap.deadline.closed_at is None]
    missing = {row.pk for row in _unannounced(waiting)}
    Gap.objects.filter(pk__in=[gap.pk for gap in open_gaps if gap.deadline_id not in missing]).update(
        mended_at=now
    )
