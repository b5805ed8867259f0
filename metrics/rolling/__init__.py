"""Keeping the figures: what changed is counted again, day by day and unit by unit, and added up the tree.

The worker calls `keep_up` every minute. `roll_up` takes what the database has marked and counts it in one transaction:
after a crash it is marked still. One at a time; who finds another one at it goes away. `rebuild` counts everything anew
and says how many figures were wrong, which should be none.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from complaints.limits import KINDS
from complaints.states import State
from incidents.limits import LOOP_KIND
from incidents.stages import LOOP
from metrics import counted
from metrics.models import Counting, Observation, Volume
from metrics.periods import Grain, Period, today, zone, zone_name
from reminders.models import Heartbeat

from . import statements
from .statements import CELLS, GIVERS, OBSERVE, RECOUNT, SPAN, VOLUMES

#: The name of the sign of life.
HEARTBEAT = "figures"
#: So many marks are taken at once.
LIMIT = 5000
#: So long the worker goes on before it leaves the rest to the next minute, in seconds.
SECONDS = 50.0
#: Of PostgreSQL's advisory locks: any number that nobody else takes.
_LOCK = 6_151_413
_DUE_KINDS = [*(stage.value for stage in LOOP), LOOP_KIND, KINDS[State.INVESTIGATING]]

Cells = set[tuple[int, dt.date]]


def as_of() -> dt.datetime | None:
    """Up to when the figures hold all that happened; None while nothing was ever counted."""
    return Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first()


def is_complete() -> bool:
    """Has everything been counted since the installation? Until then the oldest figures are still missing."""
    return Counting.objects.filter(zone=zone_name(), is_complete=True).exists()


# Every minute --------------------------------------------------------------------------------------------------------
def keep_up(seconds: float = SECONDS) -> int:
    """Count until nothing is marked any more, or the time is over; of an installation that is new to it, all. Gives how
    many marks it took.
    """
    ends, took = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        taken = roll_up()
        took += taken
        if not taken and not fill_one_month():
            break
    return took


def roll_up(limit: int = LIMIT, *, now: dt.datetime | None = None) -> int:
    """Take up to `limit` marks away and count again what they are about, in one transaction; gives how many."""
    now, began = now or timezone.now(), time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        _mark_what_fell_due(cursor, now)
        cursor.execute(
            "DELETE FROM metrics_stale WHERE id IN (SELECT id FROM metrics_stale ORDER BY id LIMIT %s) "
            "RETURNING source, unit_id, day, moment",
            [limit],
        )
        marks = cursor.fetchall()
        _count_again(cursor, marks, now)
        if len(marks) < limit:  # nothing is left of what was committed before this began
            took = dt.timedelta(seconds=time.monotonic() - began)
            Heartbeat.objects.update_or_create(
                name=HEARTBEAT, defaults={"at": now, "took": took, "notices": len(marks)}
            )
    return len(marks)


def _mark_what_fell_due(cursor, now: dt.datetime) -> None:
    """That time has passed changes no row, but what is due: deadlines by the moment, measures by the day."""
    state, _made = Counting.objects.get_or_create(zone=zone_name())
    if state.due_until is not None and state.due_until < now:
        cursor.execute(
            "SELECT metrics_mark('deadlines', metrics_unit_of(subject), due_at) FROM reminders_deadline "
            "WHERE due_at > %s AND due_at <= %s AND kind = ANY(%s)",
            [state.due_until, now, _DUE_KINDS],
        )
        cursor.execute(
            "SELECT metrics_mark('measures', coalesce(m.unit_id, i.unit_id), NULL, original_due_on) "
            "FROM capa_measure m JOIN incidents_incident i ON i.id = m.incident_id "
            "WHERE original_due_on >= %s AND original_due_on < %s",
            [state.due_until.astimezone(zone()).date(), now.astimezone(zone()).date()],
        )
    if state.due_until != now:
        Counting.objects.filter(pk=state.pk).update(due_until=now)


def _count_again(cursor, marks: Iterable[tuple], now: dt.datetime) -> None:
    cells: dict[str, Cells] = defaultdict(set)
    givers: set[int] = set()
    moved: set[int] = set()
    for source, unit, day, moment in marks:
        if moment is not None:
            day = moment.astimezone(zone()).date()
        if day is not None:
            cells[source].add((unit, day))
        if source == VOLUMES:
            givers.add(unit)
        elif source == "tree":
            moved.add(unit)
    for source in counted.SOURCES:
        if cells[source]:
            _recount(cursor, source, cells[source], now)
    if cells[VOLUMES]:
        params = _params(cells[VOLUMES])
        form = statements.statement(
            RECOUNT, CELLS, statements.entered(CELLS), "o.facet IN ('entered', 'given')"
        )
        _run(cursor, form, params)
    if givers:
        form = statements.statement(RECOUNT, GIVERS, statements.begun(GIVERS), "o.facet = 'begun'")
        _run(cursor, form, {"givers": sorted(givers)})
    if moved:
        cursor.execute(statements.SUM_UP_UNITS, {"units": sorted(moved)})


def _recount(cursor, source: str, cells: Cells, now: dt.datetime) -> None:
    """All series of a source on these days of these units: one statement, and one for what came out as zero."""
    counting, values = statements.counting(source, CELLS, now)
    form = statements.statement(RECOUNT, CELLS, counting, "o.facet = '' AND o.series = ANY(%(codes)s)")
    _run(cursor, form, {**_params(cells), **values, "codes": statements.codes_of(source)})


def _run(cursor, statement: str, params: dict) -> None:
    cursor.execute(statement, params)
    if zeros := cursor.fetchone()[0]:
        cursor.execute(statements.SWEEP, [zeros])


def _params(cells: Cells) -> dict:
    units, days = zip(*sorted(cells), strict=True)
    return {"units": list(units), "cell_days": list(days), **_midnights(sorted(set(days)))}


def _midnights(days: list[dt.date]) -> dict:
    windows = [counted.window(day, day) for day in days]
    return {"days": days, "begins": [begins for begins, _ in windows], "ends": [ends for _, ends in windows]}


# All of it -----------------------------------------------------------------------------------------------------------
def months(first: dt.date, last: dt.date) -> Iterator[Period]:
    """The months that these days are in."""
    month = Period.containing(first, Grain.MONTH)
    while month.first <= last:
        yield month
        month = month.shifted(1)


def rebuild(
    first: dt.date, last: dt.date, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Count the months of these days anew from the cases, each in a transaction; gives how many totals were wrong."""
    found, chosen = 0, list(months(first, last))
    for place, month in enumerate(chosen):
        found += rebuild_month(month)
        progress(place + 1, len(chosen))
    return found


def rebuild_month(month: Period, *, now: dt.datetime | None = None) -> int:
    """All observations of a month and all totals that begin in it or in its weeks; gives how many totals were wrong.

    It waits for a rollup that is at it.
    """
    now = now or timezone.now()
    monday = Period.containing(month.first, Grain.WEEK).first
    sunday = Period.containing(month.last, Grain.WEEK).last
    days = [month.first + dt.timedelta(days=place) for place in range(month.days)]
    span = {"first": month.first, "last": month.last, "monday": monday, "sunday": sunday, **_midnights(days)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute("SET LOCAL work_mem = '64MB'")  # a month is summed in memory
        for source in counted.SOURCES:
            counting, values = statements.counting(source, SPAN, now)
            form = statements.statement(OBSERVE, SPAN, counting, "o.facet = '' AND o.series = ANY(%(codes)s)")
            cursor.execute(form, {**span, **values, "codes": statements.codes_of(source)})
        for counting, facets in (
            (statements.entered(SPAN), "o.facet IN ('entered', 'given')"),
            (statements.begun(SPAN), "o.facet = 'begun'"),
        ):
            cursor.execute(statements.statement(OBSERVE, SPAN, counting, facets), span)
        cursor.execute(statements.SUM_UP_SPAN, span)
        return cursor.fetchone()[0]


def reach() -> tuple[dt.date, dt.date] | None:
    """From the first day to the last of which there is anything to count, or was; None where there is nothing."""
    found: set[dt.date] = set()
    for tally in {(tally.source, tally.moment): tally for tally in counted.TALLIES}.values():
        ends = tally.rows().aggregate(first=Min(tally.moment), last=Max(tally.moment))
        found |= {
            end if tally.by_day else end.astimezone(zone()).date() for end in ends.values() if end is not None
        }
    for rows, name in ((Volume.objects.current(), "begins_on"), (Observation.objects.all(), "day")):
        found |= set(rows.order_by().aggregate(first=Min(name), last=Max(name)).values())
    found.discard(None)
    return (min(found), max(found)) if found else None


def fill_one_month() -> bool:
    """Of an installation whose cases were never counted in this zone: one month more, the latest first. False when all
    is counted.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        state, _made = Counting.objects.get_or_create(zone=zone_name())
        if state.is_complete:
            return False
        found = reach()
        first, last = found or (today(), today())
        month = (
            Period.containing(last, Grain.MONTH)
            if state.counted_from is None
            else Period.containing(state.counted_from, Grain.MONTH).shifted(-1)
        )
        if found and month.last >= first:
            rebuild_month(month)
        state.counted_from, state.is_complete = month.first, month.first <= first
        state.save(update_fields=["counted_from", "is_complete"])
        return not state.is_complete
