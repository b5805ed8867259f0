"""Who sends what now. A delivery is leased in one transaction, sent outside of any, and marked in another one.

The lease of a worker that was killed runs out: then the delivery is sent again, with the same Message-ID. As long as
it holds, nobody else touches it, and a worker renews it before each sending: without a kill nothing is sent twice.
"""

import datetime as dt
import random
import uuid
from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from reminders.models import Delivery, Preferences

from . import flood, quiet

#: Deliveries leased at once.
BATCH = 20
#: How long a lease lasts: longer than any sending of one message.
LEASE = dt.timedelta(minutes=5)
#: After so many tries it is given up and kept, to be sent by hand.
TRIES = 10
#: The wait before the second try; it doubles each time, up to the longest. Ten tries take 11 to 17 hours.
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=1), dt.timedelta(hours=4)
#: The first key of the advisory locks with which a worker has a person's mail, or an endpoint, for itself.
LOCK_MAIL, LOCK_ENDPOINT, LOCK_CUSTOMER = 0x5E1F, 0x5E2F, 0x5E3F

Channel, State = Delivery.Channel, Delivery.State
MAILS = (Channel.MAIL, Channel.DIGEST, Channel.CUSTOMER)
MESSAGES = (Channel.ENDPOINT,)


def due(channels: Iterable[str], now: dt.datetime):
    """What may be sent now and is held by nobody."""
    return Delivery.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now),
        state=State.WAITING,
        not_before__lte=now,
        channel__in=channels,
    )


@transaction.atomic
def lease(channels: Iterable[str], now: dt.datetime) -> tuple[list[Delivery], bool]:
    """The next deliveries for this worker; and whether it is worth looking for more behind them."""
    rows = list(
        due(channels, now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient", "endpoint", "contact")
        .order_by("not_before", "pk")[:BATCH]
    )
    mine = _lock_targets(rows)
    rows = [row for row in rows if _target(row) in mine]
    ready = _drop_needless(rows, now)
    ready = _wait_for_quiet_hours(ready, now)
    ready = flood.hold_back(ready, now)
    token = uuid.uuid4()
    Delivery.objects.filter(pk__in=[row.pk for row in ready]).update(lease=token, leased_until=now + LEASE)
    for row in ready:
        row.lease = token
    return ready, bool(rows)  # none of ours: whoever holds their locks goes on with them


def renew(delivery: Delivery) -> bool:
    """Right before it is sent: is it still ours? Then nobody else takes it until the sending is over."""
    return bool(_ours(delivery).update(leased_until=timezone.now() + LEASE))


def _ours(delivery: Delivery):
    return Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=State.WAITING)


# How it went ---------------------------------------------------------------------------------------------------------
def mark_sent(delivery: Delivery, answer: str = "") -> None:
    now = timezone.now()
    _ours(delivery).update(
        state=State.SENT, sent_at=now, attempts=F("attempts") + 1, answer=answer[:120], last_error="", lease=None,
        leased_until=None,
    )  # fmt: skip


def drop(delivery: Delivery, reason: str) -> None:
    """It isn't needed any more; `reason` is a key of `log.REASONS`."""
    _ours(delivery).update(state=State.DROPPED, last_error=reason, lease=None, leased_until=None)


def put_back(delivery: Delivery, error: str, *, counts: bool = True, for_good: bool = False) -> bool:
    """It couldn't be sent: try again later, or give it up; was it given up now?

    What wasn't the message's own fault doesn't count.
    """
    attempts = delivery.attempts + counts
    given_up = for_good or attempts >= TRIES
    was_ours = _ours(delivery).update(
        state=State.POISONED if given_up else State.WAITING, attempts=attempts, last_error=error[:500], answer="",
        not_before=timezone.now() + wait_before(attempts + 1), lease=None, leased_until=None,
    )  # fmt: skip
    return given_up and bool(was_ours)


def wait_before(attempt: int) -> dt.timedelta:
    """The pause before this try: 1, 2, 4, ... minutes, with a jitter of a quarter so that not all come at once."""
    whole = min(FIRST_WAIT * 2 ** max(0, attempt - 2), LONGEST_WAIT)
    return whole * random.uniform(0.75, 1.25)


def release(deliveries: Iterable[Delivery]) -> None:
    """Others may have these at once: this worker stops."""
    for delivery in deliveries:
        _ours(delivery).update(lease=None, leased_until=None)


@transaction.atomic
def resend(delivery: Delivery) -> bool:
    """By hand: send what was given up, or send it once more, with the Message-ID it has. False: it waits already."""
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if row.state not in (State.SENT, State.POISONED):
        return False
    row.state, row.attempts, row.not_before, row.sent_at = State.WAITING, 0, timezone.now(), None
    row.save(update_fields=["state", "attempts", "not_before", "sent_at"])
    return True


# What stands in the way ----------------------------------------------------------------------------------------------
def _target(delivery: Delivery) -> tuple[int, int]:
    if delivery.endpoint_id:
        return LOCK_ENDPOINT, delivery.endpoint_id
    if delivery.contact_id:
        return LOCK_CUSTOMER, delivery.contact_id
    return LOCK_MAIL, delivery.recipient_id


def _lock_targets(rows: list[Delivery]) -> set[tuple[int, int]]:
    """One worker at a time leases for a person, an endpoint or a customer: what each gets in an hour can be counted."""
    targets = sorted({_target(row) for row in rows})
    if not targets:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, id FROM unnest(%s::int[], %s::int[]) AS target(kind, id)"
            " WHERE pg_try_advisory_xact_lock(kind, id)",
            [[kind for kind, _pk in targets], [pk for _kind, pk in targets]],
        )
        return set(cursor.fetchall())


def _drop_needless(rows: list[Delivery], now: dt.datetime) -> list[Delivery]:
    """Without those for people who have left or have no address, ended endpoints, and customers who were erased."""
    reasons: dict[str, list[int]] = {}
    kept = []
    for row in rows:
        if row.endpoint_id:
            reason = "ended" if row.endpoint.ended_at else ""
        elif row.contact_id:
            reason = "erased" if row.contact.erased_at else ""
            reason = reason or ("" if row.contact.email else "no-customer-address")
        else:
            reason = "" if row.recipient.is_active else "left"
            reason = reason or ("" if row.recipient.email else "no-address")
        if reason:
            reasons.setdefault(reason, []).append(row.pk)
        else:
            kept.append(row)
    for reason, keys in reasons.items():
        Delivery.objects.filter(pk__in=keys).update(state=State.DROPPED, last_error=reason)
    return kept


def _wait_for_quiet_hours(rows: list[Delivery], now: dt.datetime) -> list[Delivery]:
    """Without the mails to people who are left in peace now: they wait until the end of that. Digests have an hour."""
    wished = Preferences.objects.exclude(quiet_from=None).in_bulk(
        {row.recipient_id for row in rows if row.channel == Channel.MAIL}
    )
    kept = []
    for row in rows:
        preferences = wished.get(row.recipient_id) if row.channel == Channel.MAIL else None
        until = quiet.ends_at(preferences, row.recipient.time_zone, now) if preferences else None
        if until is None:
            kept.append(row)
        else:
            Delivery.objects.filter(pk=row.pk).update(not_before=until)
    return kept
