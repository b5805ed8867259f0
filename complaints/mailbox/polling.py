"""Polling: one worker for each mailbox at a time, by a lease; the position moves only behind what has been taken.

Killed anywhere, the next worker begins at the position: a mail that was taken already is known by what it says. Flags
on the server are a courtesy to people, nothing depends on them.
"""

import datetime as dt
import logging
import time
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from complaints.models import IncomingMail, Mailbox

from .server import Seen, Server, Trouble, Withheld, connected
from .taking import UNSEEN, take, withheld

logger = logging.getLogger(__name__)

Outcome = IncomingMail.Outcome
#: Longer than one mail can take; renewed before each one.
LEASE = dt.timedelta(minutes=10)
#: A run ends after so many seconds, the next one goes on.
LONGEST_RUN = 200
#: The pause after a failure; it doubles each time, up to the longest.
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=1), dt.timedelta(hours=1)
#: A mailbox that hasn't been read for so long is a matter for the administrators.
SILENT_AFTER = dt.timedelta(minutes=15)
#: How far back is looked when a server has numbered its mails anew: what is older was taken long before.
OVERLAP = dt.timedelta(days=7)
#: Mails whose flags are set at once.
FLAGGED = 50


class Lost(Exception):
    """Somebody else has the mailbox: this worker was held up for longer than its lease."""


# Who polls what ------------------------------------------------------------------------------------------------------
def due(now: dt.datetime | None = None):
    """Mailboxes that may be polled now and that nobody is polling."""
    now = now or timezone.now()
    return Mailbox.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        Q(leased_until=None) | Q(leased_until__lt=now),
        ended_at=None,
    )


def silent(now: dt.datetime | None = None):
    """Mailboxes that should have been polled, and weren't."""
    since = (now or timezone.now()) - SILENT_AFTER
    return Mailbox.objects.filter(Q(polled_at__lt=since) | Q(polled_at=None, set_at__lt=since), ended_at=None)


def poll(pk: int) -> int:
    """Take what is new in this mailbox, unless somebody else is at it or it isn't due; gives how many were looked at."""
    token = uuid.uuid4()
    if not due().filter(pk=pk).update(lease=token, leased_until=timezone.now() + LEASE):
        return 0
    mailbox = Mailbox.objects.select_related("unit").get(pk=pk)
    mine = Mailbox.objects.filter(pk=pk, lease=token)
    try:
        with connected(mailbox) as server:
            count = _run(mailbox, server, mine)
    except Lost:
        logger.warning("Mailbox %s: its lease ran out", pk)
        return 0
    except Trouble as trouble:
        _put_off(mine, mailbox, str(trouble))
        return 0
    except Exception:
        _put_off(mine, mailbox, str(Trouble("program")))
        raise
    mine.update(
        polled_at=timezone.now(), last_error="", failures=0, not_before=None, lease=None, leased_until=None
    )
    return count


def _put_off(mine, mailbox: Mailbox, error: str) -> None:
    wait = min(FIRST_WAIT * 2 ** min(mailbox.failures, 10), LONGEST_WAIT)
    failures = min(mailbox.failures + 1, 1000)
    mine.update(
        last_error=error, failures=failures, not_before=timezone.now() + wait, lease=None, leased_until=None
    )


# A run ---------------------------------------------------------------------------------------------------------------
def _run(mailbox: Mailbox, server: Server, mine) -> int:
    began, done, flags = time.monotonic(), 0, []
    fresh = server.uid_validity == mailbox.uid_validity
    if fresh:
        done += _try_again(mailbox, server, mine)
        found = server.new_since(mailbox.last_uid)
    else:
        found = server.new_since(0, _first_day(mailbox))
        if not mine.update(uid_validity=server.uid_validity, last_uid=0):
            raise Lost
    for seen in found:
        if time.monotonic() - began > LONGEST_RUN:
            break
        _renew(mine)
        row = _take_one(mailbox, server, seen)
        if not mine.update(last_uid=seen.uid):
            raise Lost
        done += 1
        if row is not None and row.outcome not in (Outcome.FAILED, Outcome.FLOOD, Outcome.UNREADABLE):
            flags.append(seen.uid)
        if len(flags) >= FLAGGED:
            server.mark_seen(flags)
            flags.clear()
    server.mark_seen(flags)
    return done


def _first_day(mailbox: Mailbox) -> dt.date | None:
    """From which day on it is read from its beginning."""
    moments = [
        moment for moment in (mailbox.begins_at, mailbox.polled_at and mailbox.polled_at - OVERLAP) if moment
    ]
    return (
        (max(moments) - dt.timedelta(days=1)).date() if moments else None
    )  # the server has its own time zone


def _renew(mine) -> None:
    if not mine.update(leased_until=timezone.now() + LEASE):
        raise Lost


def _take_one(mailbox: Mailbox, server: Server, seen: Seen) -> IncomingMail | None:
    if mailbox.begins_at is not None and seen.arrived_at < mailbox.begins_at:
        return None
    try:
        raw = server.fetch(seen)
    except Withheld as error:
        return withheld(mailbox, seen, server.uid_validity, error)
    return take(mailbox, raw, seen) if raw is not None else None


def _try_again(mailbox: Mailbox, server: Server, mine) -> int:
    """What had failed: a little later each time, and a few times only."""
    now, done = timezone.now(), 0
    rows = IncomingMail.objects.filter(mailbox=mailbox, outcome=Outcome.FAILED)
    for row in rows.order_by("pk")[:FLAGGED]:
        if row.tries and row.at + FIRST_WAIT * 2**row.tries > now:
            continue
        _renew(mine)
        found = server.about([row.uid])
        try:
            raw = server.fetch(found[0]) if found else None
        except Withheld as error:
            withheld(mailbox, found[0], server.uid_validity, error)
            continue
        if raw is None:
            IncomingMail.objects.filter(pk=row.pk, outcome=Outcome.FAILED).update(
                outcome=Outcome.UNREADABLE, note="gone", at=now
            )
            continue
        taken = take(mailbox, raw, found[0])
        if row.digest.startswith(UNSEEN):  # now it has a row by what it says
            row.delete()
        if taken.outcome != Outcome.FAILED:
            server.mark_seen([taken.uid])
        done += 1
    return done


@transaction.atomic
def try_again(mail: IncomingMail) -> bool:
    """By hand: take up what failed or was held back as part of a flood, with the next poll. False: there is nothing to."""
    row = IncomingMail.objects.select_for_update().select_related("mailbox").get(pk=mail.pk)
    if row.mailbox.ended_at is not None or not may_try_again(row):
        return False
    row.outcome, row.tries, row.note = Outcome.FAILED, 0, "again"
    row.save(update_fields=["outcome", "tries", "note"])
    return True


def may_try_again(mail: IncomingMail) -> bool:
    return mail.outcome in (Outcome.FAILED, Outcome.FLOOD, Outcome.UNREADABLE) and mail.note != "again"
