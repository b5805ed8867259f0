"""Sealing the days: a daily digest over the ends of all chains that grew, chained to the one before it.

Whoever cuts off the tail of a chain together with its head, or slips in an event with an old date, contradicts a seal.
Only who rewrites chains, heads and seals alike leaves no contradiction inside the database: for that a copy of the
latest seal is kept elsewhere.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.utils import timezone

from .models import Event, Seal

#: A day is sealed when it has been over for so long: time for the last transactions that wrote on it.
GRACE = dt.timedelta(hours=1)
#: Only one sealing at a time: the key of the database's advisory lock.
_LOCK = 0x5EA1


@dataclass(frozen=True)
class SealCopy:
    """A seal as it is kept elsewhere."""

    day: dt.date
    sealed_at: dt.datetime
    chains: int
    previous_digest: str
    digest: str

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"day": str(self.day), "sealed_at": self.sealed_at.isoformat()})


def read_copies(text: str) -> list[SealCopy]:
    """Copies from a file: one JSON object, a list of them, or one on each line. Raises ValueError."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    try:
        return [
            SealCopy(
                day=dt.date.fromisoformat(item["day"]),
                sealed_at=dt.datetime.fromisoformat(item["sealed_at"]),
                chains=int(item["chains"]),
                previous_digest=item["previous_digest"],
                digest=item["digest"],
            )
            for item in ([found] if isinstance(found, dict) else found)
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a seal: {error}") from error


def latest_seal() -> SealCopy | None:
    """What to keep elsewhere: as the seals are chained, the latest one vouches for all before it."""
    last = Seal.objects.order_by("-day").first()
    if last is None:
        return None
    return SealCopy(last.day, last.sealed_at, last.chains, last.previous_digest, last.digest)


def seal(until: dt.date, *, now: dt.datetime | None = None) -> list[Seal]:
    """Seal every finished day (UTC) up to `until` that has no seal yet, oldest first; gives the new seals.

    Repeating it changes nothing; two at once make the same seals once. A day on which a transaction is still writing
    is left for the next time.
    """
    now = now or timezone.now()
    made = []
    while (new := _seal_next_day(until, now)) is not None:
        made.append(new)
    return made


@transaction.atomic
def _seal_next_day(until: dt.date, now: dt.datetime) -> Seal | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = Seal.objects.order_by("-day").first()
    day = last.day + dt.timedelta(days=1) if last else first_day()
    if day is None or day > until or end_of(day) + GRACE > now or _still_written(end_of(day)):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO history_sealedend (day, "case", seq, hash)'
            ' SELECT DISTINCT ON ("case") %s::date, "case", seq, hash FROM history_event'
            ' WHERE at >= %s AND at < %s ORDER BY "case", seq DESC',
            [day, start_of(day), end_of(day)],
        )
    previous = last.digest if last else ""
    chains, digest = digest_of(day, previous)
    return Seal.objects.create(day=day, sealed_at=now, chains=chains, previous_digest=previous, digest=digest)


def _still_written(moment: dt.datetime) -> bool:
    """Does a transaction that began before `moment` hold events that nobody sees yet?"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE d.datname = current_database() AND l.relation = 'history_event'::regclass"
            " AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid()"
            " AND coalesce(a.xact_start, '-infinity') < %s)",
            [moment],
        )
        return cursor.fetchone()[0]


def digest_of(day: dt.date, previous: str) -> tuple[int, str]:
    """How many chains grew that day; SHA-256 over the digest before it, the day, and where each of them ended."""
    digest, chains = hashlib.sha256(f"{previous}\n{day.isoformat()}\n".encode()), 0
    for case, seq, link in streamed(
        'SELECT "case", seq, hash FROM history_sealedend WHERE day = %s ORDER BY "case" COLLATE "C"', [day]
    ):
        digest.update(f"{case} {seq} {link}\n".encode())
        chains += 1
    return chains, digest.hexdigest()


def first_day() -> dt.date | None:
    """The day (UTC) of the oldest event."""
    first = Event.objects.order_by("at").values_list("at", flat=True).first()
    return first.astimezone(dt.UTC).date() if first else None


def start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def end_of(day: dt.date) -> dt.datetime:
    return start_of(day) + dt.timedelta(days=1)


def streamed(query: str, parameters: list) -> Iterator[tuple]:
    """The rows of a query, a few at a time whatever their number. Needs a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        yield from cursor
