"""What the system counts itself: each series, the rows behind it, and the cases that those belong to.

    counted.rows("incidents.reported", unit, first, last, kind="facility")    the rows counted, one for each that counts
    counted.cases("stages.due", unit, first, last)                            the incidents they belong to, each once
    counted.straight("incidents.reported", unit, first, last)                 the figure, from the rows

Days are given with both ends included. `metrics.rolling` keeps the same counts by day and unit.
"""

import datetime as dt
from decimal import Decimal

from django.db.models import Model, QuerySet, Sum
from django.utils import timezone

from metrics.definitions import COUNTED
from metrics.periods import zone
from people.models import Unit

from .declared import TALLIES, Tally

_BY_CODE = {tally.code: tally for tally in TALLIES}
SOURCES: dict[str, list[Tally]] = {}
for _tally in TALLIES:
    SOURCES.setdefault(_tally.source, []).append(_tally)


def of(series: str) -> Tally:
    """How a series is counted. Raises KeyError for one that isn't."""
    return _BY_CODE["stage" if series.startswith("stage.") else series]


def is_counted(series: str) -> bool:
    return series in COUNTED


def kind_of_cases(series: str) -> type[Model]:
    """What the list behind a series shows: Incident, Complaint, Measure or Response."""
    return of(series).cases


def window(first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """From midnight of the first day to midnight after the last one, in the zone of the figures."""
    begins, ends = (
        dt.datetime.combine(day, dt.time(), zone()) for day in (first, last + dt.timedelta(days=1))
    )
    return begins, ends


def rows(
    series: str,
    unit: Unit,
    first: dt.date,
    last: dt.date,
    *,
    channel: str = "",
    kind: str = "",
    now: dt.datetime | None = None,
) -> QuerySet:
    """The rows that a series counts in a unit and below it: incidents, complaints, deadlines, measures, events ...

    Of a count there are as many as the figure says; who reads them sees only what they may see elsewhere, too.
    """
    tally = of(series)
    found = tally.cells(now or timezone.now()).filter(cell_series=series)
    if tally.by_day:
        found = found.filter(**{f"{tally.moment}__gte": first, f"{tally.moment}__lte": last})
    else:
        begins, ends = window(first, last)
        found = found.filter(**{f"{tally.moment}__gte": begins, f"{tally.moment}__lt": ends})
    found = found.filter(cell_unit__in=Unit.objects.within(unit).order_by().values("pk"))
    if channel:
        found = found.filter(cell_channel=channel)
    return found.filter(cell_kind=kind) if kind else found


def cases(series: str, unit: Unit, first: dt.date, last: dt.date, **chosen) -> QuerySet:
    """The cases behind a series, each once: of a kind that `kind_of_cases` says. A case can count more than once."""
    tally = of(series)
    found = rows(series, unit, first, last, **chosen)
    if tally.case == "pk":
        return found
    keys = found.values(tally.case) if isinstance(tally.case, str) else found.values_list(tally.case)
    return tally.cases.objects.filter(pk__in=keys)


def straight(series: str, unit: Unit, first: dt.date, last: dt.date, **chosen) -> Decimal:
    """The figure counted from the rows themselves; of durations, how many there are."""
    counted = rows(series, unit, first, last, **chosen).aggregate(total=Sum("cell_amount"))
    return Decimal(counted["total"] or 0)
