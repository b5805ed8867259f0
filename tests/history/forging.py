"""What somebody with the rights of the database's owner could do to history, and what honest sealing does."""

import datetime as dt
import hashlib
import json

from django.db import connection
from django.utils import timezone

from devstack.pytest_plugin import guards_lifted
from history.models import ChainHead, Event, Seal
from history.sealing import digest_of, seal


def tomorrow() -> dt.datetime:
    """The first moment at which today can be sealed."""
    day = timezone.now().astimezone(dt.UTC).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(1), dt.UTC)


def seal_everything() -> list[Seal]:
    """Seal all days up to today, as the first sealing tomorrow would."""
    now = tomorrow()
    return seal(until=now.date() - dt.timedelta(days=1), now=now)


def by_superuser(statement: str, parameters=None) -> None:
    with guards_lifted(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        assert cursor.rowcount != 0, "the forgery changed nothing"


def hash_of(previous: str, payload: str) -> str:
    return hashlib.sha256((previous + payload).encode()).hexdigest()


def told(event: Event, **changes) -> str:
    """The payload of an event with something changed in it."""
    return json.dumps(
        json.loads(event.payload) | changes, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def rewrite_chain(case: str, **changes) -> None:
    """Tell the first event of a case otherwise, and make payload, columns, hashes and head agree with it."""
    previous = ""
    events = list(Event.objects.of(case).order_by("seq"))
    for event in events:
        payload = told(event, **changes) if event.seq == 1 else event.payload
        link = hash_of(previous, payload)
        columns = json.loads(payload)
        by_superuser(
            "UPDATE history_event SET payload = %s, reason = %s, actor_name = %s, previous_hash = %s, hash = %s"
            " WHERE id = %s",
            [payload, columns["reason"], columns["actor_name"], previous, link, event.pk],
        )
        previous = link
    by_superuser('UPDATE history_chainhead SET hash = %s WHERE "case" = %s', [previous, case])


def rewrite_seals() -> None:
    """Make every sealed end and every seal agree with the chains as they now are."""
    by_superuser(
        "UPDATE history_sealedend s SET hash = e.hash FROM history_event e"
        ' WHERE e."case" = s."case" AND e.seq = s.seq'
    )
    previous = ""
    for day in Seal.objects.order_by("day").values_list("day", flat=True):
        chains, digest = digest_of(day, previous)
        by_superuser(
            "UPDATE history_seal SET chains = %s, digest = %s, previous_digest = %s WHERE day = %s",
            [chains, digest, previous, day],
        )
        previous = digest


def head_follows(case: str) -> None:
    """Set the head to the last event that is left."""
    last = Event.objects.of(case).order_by("-seq").first()
    ChainHead.objects.get(case=case)
    by_superuser(
        'UPDATE history_chainhead SET seq = %s, hash = %s WHERE "case" = %s', [last.seq, last.hash, case]
    )
