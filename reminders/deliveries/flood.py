"""The flood guard: nobody gets hundreds of mails in one night.

More than `settings.MESSAGES_PER_HOUR` to one person (or one endpoint) within an hour become one gathered message,
"480 more"; while that one waits, what comes is added to it, and there is one such message an hour at most.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Count, Q

from reminders.models import Delivery

from .writing import mail_host

HOUR = dt.timedelta(hours=1)
#: The longest that something waits to be sent: an index by the day of writing finds what was sent within the hour.
OLDEST = dt.timedelta(days=7)
GATHERED = "more:"
#: What is never gathered: a digest is all of it already, and a customer gets each letter that was written to them.
ALONE = (Delivery.Channel.DIGEST, Delivery.Channel.CUSTOMER)

Channel, State = Delivery.Channel, Delivery.State


def is_gathered(delivery: Delivery) -> bool:
    return delivery.key.startswith(GATHERED)


def hold_back(rows: list[Delivery], now: dt.datetime) -> list[Delivery]:
    """Those of `rows` that may go out now; the others are gathered. The caller holds the lock of each target."""
    ready, surplus = [], {}
    spent = _spent(rows, now)
    for row in rows:
        if row.channel in ALONE or is_gathered(row):
            ready.append(row)
            continue
        target = (row.recipient_id, row.endpoint_id)
        spent[target] = spent.get(target, 0) + 1
        if spent[target] <= settings.MESSAGES_PER_HOUR:
            ready.append(row)
        else:
            surplus.setdefault(target, []).append(row)
    for found in surplus.values():
        _gather(found, {row.pk for row in ready}, now)
    return ready


def _spent(rows: Iterable[Delivery], now: dt.datetime) -> dict[tuple[int | None, int | None], int]:
    """How many messages each of these targets got within the last hour, or is getting now."""
    people = {row.recipient_id for row in rows if row.channel == Channel.MAIL}
    endpoints = {row.endpoint_id for row in rows if row.endpoint_id}
    going = Q(state=State.SENT, sent_at__gt=now - HOUR) | Q(state=State.WAITING, leased_until__gt=now)
    counted = (
        Delivery.objects.filter(going, Q(recipient__in=people) | Q(endpoint__in=endpoints))
        .filter(created_at__gt=now - OLDEST)
        .exclude(channel__in=ALONE)
        .exclude(key__startswith=GATHERED)
        .order_by()
        .values_list("recipient_id", "endpoint_id")
        .annotate(count=Count("pk"))
    )
    return {(recipient, endpoint): count for recipient, endpoint, count in counted}


def _gather(surplus: list[Delivery], ready: set[int], now: dt.datetime) -> None:
    """Everything else that waits for this target becomes part of one message."""
    first = surplus[0]
    to_it = Delivery.objects.filter(
        recipient=first.recipient_id, endpoint=first.endpoint_id, channel=first.channel, state=State.WAITING
    )
    free = to_it.filter(Q(leased_until=None) | Q(leased_until__lt=now))
    waiting = free.filter(not_before__lte=now).exclude(pk__in=ready).exclude(key__startswith=GATHERED)
    keys = list(waiting.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    gathered = free.filter(key__startswith=GATHERED).select_for_update().first()
    if gathered is None:
        gathered = Delivery.objects.create(
            channel=first.channel, key=f"{GATHERED}{uuid.uuid4()}", recipient=first.recipient, endpoint=first.endpoint,
            message_id=f"{uuid.uuid4()}@{mail_host()}", not_before=_next_gathering(first, now),
        )  # fmt: skip
    links = Delivery.notices.through.objects
    told = set(links.filter(delivery__in=keys).values_list("notice_id", flat=True))
    links.bulk_create(
        (Delivery.notices.through(delivery_id=gathered.pk, notice_id=pk) for pk in sorted(told)),
        ignore_conflicts=True,
    )
    Delivery.objects.filter(pk__in=keys).update(
        state=State.DROPPED, last_error="gathered", lease=None, leased_until=None
    )


def _next_gathering(like: Delivery, now: dt.datetime) -> dt.datetime:
    """At once, or an hour after the last gathered message."""
    last = (
        Delivery.objects.filter(
            recipient=like.recipient_id, endpoint=like.endpoint_id, channel=like.channel, key__startswith=GATHERED,
            created_at__gt=now - OLDEST,
        )
        .exclude(sent_at=None)
        .order_by("-sent_at")
        .first()
    )  # fmt: skip
    return max(now, last.sent_at + HOUR) if last else now
