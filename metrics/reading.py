"""Reading figures: from the totals, never from the cases. One statement for any number of indicators, units and periods.

What is counted by the system and isn't there is zero; a volume that isn't there is missing, and so is every figure that
needs it: it is None and says why.
"""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection
from django.db.models import Min, Q, Sum
from django.utils.translation import gettext as _

from capa.effect import poisson_interval, wilson_interval
from people.models import Unit

from . import histograms
from .definitions import COUNTED, Kpi
from .models import Note, Total
from .periods import MONTHS, Grain, Period, today
from .spc import charting, percentiles
from .spc.chart import Chart, Data, Measured

Z = 1.959964  # of 95 % confidence
#: The grains in which totals are kept from which those of another grain are made.
PARTS = {
    Grain.DAY: (Grain.DAY,),
    Grain.WEEK: (Grain.WEEK,),
    Grain.MONTH: (Grain.MONTH,),
    Grain.QUARTER: (Grain.MONTH, Grain.QUARTER),
    Grain.HALF: (Grain.MONTH, Grain.QUARTER, Grain.HALF),
    Grain.YEAR: (Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR),
}


@dataclass(frozen=True)
class Figure:
    """An indicator of one unit in one period: the sums it is made of, its value, and the 95 % interval around it.

    `missing` says in a sentence why there is no value. `entered` is the part of the numerator that was entered and so has
    no cases in this system. A period that isn't over, or whose cases still need time (`Kpi.settles_in`), is `is_open`.
    """

    kpi: Kpi
    unit: Unit
    period: Period
    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    entered: float = 0.0
    missing: str = ""
    is_open: bool = False

    @property
    def cases(self) -> int | None:
        """How long the list behind the numerator is."""
        return None if self.numerator is None else round(self.numerator - self.entered)


Figures = dict[tuple[str, int], list[Figure]]


@dataclass
class _Sums:
    """What the totals say of one series in one unit and period."""

    whole: Decimal | None = None
    given: Decimal = Decimal(0)
    entered: Decimal = Decimal(0)
    bins: dict[int, int] = field(default_factory=dict)


def read(kpis: Iterable[Kpi], units: Iterable[Unit], periods: Sequence[Period]) -> Figures:
    """(code, pk of the unit) -> a figure for each period, in the order of the periods, which share one grain.

    What the system began to count later has no zeros before: see `_trimmed`, which asks once more where there are some.
    """
    kpis, units = list(kpis), list(units)
    if not kpis or not units or not periods:
        return {}
    sums, begun = _summed(kpis, units, periods)
    return _trimmed(
        {
            (kpi.code, unit.pk): [_figure(kpi, unit, period, sums, begun) for period in periods]
            for kpi in kpis
            for unit in units
        }
    )


def read_one(kpi: Kpi, unit: Unit, periods: Sequence[Period]) -> list[Figure]:
    return read([kpi], [unit], periods)[kpi.code, unit.pk]


def _summed(kpis: list[Kpi], units: list[Unit], periods: Sequence[Period]):
    """The sums by (series, unit, period), and who begins to give which series: (series, unit) -> [(grain, day, count)]."""
    grain, first, last = periods[0].grain, periods[0].first, periods[-1].last
    within = Q(
        grain__in=PARTS[grain], begins_on__gte=first, begins_on__lte=last, facet__in=["", "given", "entered"]
    )
    begins = Q(facet="begun", begins_on__lte=last)
    series = {code for kpi in kpis for code in kpi.series}
    keys = [unit.pk for unit in units]
    rows = Total.objects.filter(within | begins, unit__in=keys, series__in=series).order_by()
    rows = rows.values_list("series", "unit", "grain", "begins_on", "facet", "value", "count")
    told, params = rows.query.sql_with_params()
    if quantiles := {kpi.quantile for kpi in kpis if kpi.quantile is not None}:
        durations = {kpi.numerator for kpi in kpis if kpi.quantile is not None}
        bins, more = histograms.statement(durations, quantiles, keys, grain, PARTS[grain], first, last)
        told, params = f"({told}) UNION ALL ({bins})", [*params, *more]
    sums: dict[tuple[str, int, dt.date], _Sums] = defaultdict(_Sums)
    begun: dict[tuple[str, int], list[tuple[str, dt.date, Decimal]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(told, params)
        for code, unit, kept_as, begins_on, facet, value, count in cursor.fetchall():
            if facet == "begun":
                begun[code, unit].append((kept_as, begins_on, count))
                continue
            found = sums[code, unit, Period.containing(begins_on, grain).first]
            if facet == "":
                found.whole = (found.whole or Decimal(0)) + count
            elif facet == "bin":
                found.bins[int(value)] = int(count)
            elif facet == "given":
                found.given += count
            else:
                found.entered += count
    return sums, begun


def _expected(begun: list[tuple[str, dt.date, Decimal]], period: Period, *, is_mixed: bool) -> Decimal:
    """How many entered figures a period needs, by who gives the series how often and since when.

    What is set beside cases (`is_mixed`) has to be there for just as long as they are counted: from the beginning of the
    period, and in one that isn't over for every part that is. A figure of a longer or a crossing period can't be divided.
    """
    if not period.is_over and not is_mixed:
        return Decimal(0)
    until = period.last if period.is_over else today() - dt.timedelta(days=1)
    needed, at_first, at_last = Decimal(0), Decimal(0), Decimal(0)
    for grain, since, count in begun:
        if since > period.last:
            continue
        at_last += count
        at_first += count if since <= period.first else 0
        divides = (
            grain == period.grain or grain == Grain.DAY or (grain in MONTHS and grain in PARTS[period.grain])
        )
        needed += count * (_parts(period, grain, since, until) if divides else 1)
    return needed + 1 if is_mixed and at_last > 0 and not at_first else needed


def _parts(period: Period, grain: str, since: dt.date, until: dt.date) -> int:
    """How many periods of this grain begin in a period, not before `since`, and are over by `until`."""
    if grain == Grain.DAY:
        return max(0, (min(period.last, until) - max(period.first, since)).days + 1)
    return sum(part.first >= since and part.last <= until for part in period.within(grain))


def _figure(kpi: Kpi, unit: Unit, period: Period, sums: Mapping, begun: Mapping) -> Figure:
    is_open = period.last + dt.timedelta(days=kpi.settles_in) >= today()
    is_mixed = kpi.numerator in COUNTED
    above, below = (
        sums.get((code, unit.pk, period.first), _Sums()) for code in (kpi.numerator, kpi.denominator)
    )
    base = {"kpi": kpi, "unit": unit, "period": period, "is_open": is_open, "entered": float(above.entered)}
    if period.first > today():
        return Figure(**base, missing=_("This period is still to come."))
    if period.grain not in kpi.grains:
        return Figure(**base, missing=_("How long things took is reckoned for weeks and longer."))
    if kpi.quantile is not None:
        return _duration(kpi, above.bins, base)
    missing = [
        code
        for code, found in ((kpi.numerator, above), (kpi.denominator, below))
        if code and code not in COUNTED
        and (found.whole is None or found.given < _expected(begun[code, unit.pk], period, is_mixed=is_mixed))
    ]  # fmt: skip
    numerator = None if kpi.numerator in missing else float(above.whole or 0)
    denominator = (
        1.0 if not kpi.denominator else None if kpi.denominator in missing else float(below.whole or 0)
    )
    if missing:
        return Figure(
            **base,
            numerator=numerator,
            denominator=denominator,
            missing=_why_missing(missing[0], kpi, above, below),
        )
    if not denominator:
        return Figure(
            **base, numerator=numerator, denominator=denominator, missing=_("Nothing to reckon it from.")
        )
    value = kpi.scale * (1 - numerator / denominator if kpi.is_complement else numerator / denominator)
    squares = sums.get((kpi.squares, unit.pk, period.first), _Sums()).whole if kpi.squares else None
    lower, upper = interval(kpi, numerator, denominator, None if squares is None else float(squares))
    return Figure(**base, numerator=numerator, denominator=denominator, value=value, lower=lower, upper=upper)


def _why_missing(code: str, kpi: Kpi, above: _Sums, below: _Sums) -> str:
    found = above if code == kpi.numerator else below
    if found.whole is None:
        return _("The volume hasn't been entered.")
    return _("Only a part of the volume has been entered.")


def _duration(kpi: Kpi, bins: dict[int, int], base: dict) -> Figure:
    n = sum(bins.values())
    if not n:
        return Figure(**base, numerator=0.0, denominator=0.0, missing=_("Nothing ended in this period."))
    found = percentiles.percentile_with_interval(bins, kpi.quantile)
    return Figure(
        **base, numerator=float(n), denominator=float(n), value=found.value * kpi.scale,
        lower=None if found.lower is None else found.lower * kpi.scale,
        upper=None if found.upper is None else found.upper * kpi.scale,
    )  # fmt: skip


def interval(
    kpi: Kpi, numerator: float, denominator: float, squares: float | None = None
) -> tuple[float | None, float | None]:
    """The 95 % interval of a figure in its own unit: Wilson's of a share, the exact one of a rate or count, of a mean the
    normal one by the squares; None where the data don't allow one.
    """
    scale = kpi.scale
    if kpi.data == Data.SHARE and numerator <= denominator:
        low, high = wilson_interval(round(numerator), denominator)
        return (scale * (1 - high), scale * (1 - low)) if kpi.is_complement else (scale * low, scale * high)
    if kpi.data in (Data.RATE, Data.COUNT) and numerator == int(numerator):
        low, high = poisson_interval(int(numerator))
        return scale * low / denominator, scale * high / denominator
    if squares is not None and denominator > 1:
        mean = numerator / denominator
        error = math.sqrt(max(0.0, squares / denominator - mean**2) / denominator)
        return scale * (mean - Z * error), scale * (mean + Z * error)
    return None, None


def _trimmed(figures: Figures) -> Figures:
    """Without the zeros of the time before a series was counted at all in the company.

    Only where nothing else tells: a zero of something counted is one, and so is one that was entered. A unit's own first
    case tells nothing, either: the months without any before it are good ones, and leaving them out would raise its rate.
    """
    empty = {key: row for key, row in figures.items() if _is_doubtful(row[0])}
    if not empty:
        return figures
    since = _counted_since([row[0] for row in empty.values()])
    return figures | {key: [_before(since, figure) for figure in row] for key, row in empty.items()}


def _is_doubtful(first: Figure) -> bool:
    kpi = first.kpi
    is_zero = first.value is not None and not first.numerator
    return is_zero and kpi.numerator in COUNTED and kpi.denominator not in COUNTED


def _counted_since(figures: Sequence[Figure]) -> dict[tuple[str, int], dt.date]:
    """(series, pk of the unit) -> the first day of the month in which its company had the first of it."""
    rows = Total.objects.filter(
        unit__in={pk for figure in figures for pk in figure.unit.lineage},
        series__in={figure.kpi.numerator for figure in figures},
        grain__in=[grain for grain in Grain if grain != Grain.DAY],
        facet="",
    )
    first = {
        (series, unit): day
        for series, unit, day in rows.order_by().values_list("series", "unit").annotate(day=Min("begins_on"))
    }
    return {
        (one.kpi.numerator, one.unit.pk): min(
            (first[one.kpi.numerator, pk] for pk in one.unit.lineage if (one.kpi.numerator, pk) in first),
            default=dt.date.max,
        )
        for one in figures
    }


def _before(since: Mapping[tuple[str, int], dt.date], figure: Figure) -> Figure:
    if figure.value is None or figure.period.last >= since[figure.kpi.numerator, figure.unit.pk]:
        return figure
    return Figure(
        figure.kpi, figure.unit, figure.period, is_open=figure.is_open, missing=_("Nothing was counted yet.")
    )


# Charts --------------------------------------------------------------------------------------------------------------
def charted(
    kpi: Kpi, figures: Sequence[Figure], *, target: float | None = None, notes: Iterable[Note] = (), **options
) -> Chart:
    """The control chart of these figures; notes begin new limits or leave periods out of them."""
    notes = list(notes)
    grain = figures[0].period.grain if figures else kpi.grain
    first_seen = next((place for place, figure in enumerate(figures) if figure.value is not None), 0)
    measured = [as_measured(kpi, figure) for figure in figures[first_seen:]]
    data = Data.VALUE if kpi.quantile is not None else kpi.data
    is_counted_directly = data is not Data.VALUE
    return charting.draw_up(
        measured,
        data=data,
        scale=kpi.scale if is_counted_directly else 1.0,
        direction=kpi.direction,
        target=target,
        bounds=kpi.possible,
        rebase=[Period.containing(note.day, grain).first for note in notes if note.rebases],
        left_out=[Period.containing(note.day, grain).first for note in notes if note.leaves_out],
        **options,
    )


def as_measured(kpi: Kpi, figure: Figure) -> Measured:
    """The figure as a point: sums where the chart reckons with them, else the value itself."""
    period = figure.period
    if figure.value is None:
        return Measured(period.first, period.short, None, None, figure.is_open)
    if kpi.quantile is not None or kpi.data == Data.VALUE:
        return Measured(period.first, period.short, figure.value, 1.0, figure.is_open)
    numerator = figure.denominator - figure.numerator if kpi.is_complement else figure.numerator
    return Measured(period.first, period.short, numerator, figure.denominator, figure.is_open)


def notes_on(kpis: Iterable[Kpi], unit: Unit, first: dt.date, last: dt.date) -> dict[str, list[Note]]:
    """The notes on the charts of a unit, by indicator, in the order of their days. One statement."""
    found: dict[str, list[Note]] = defaultdict(list)
    rows = Note.objects.filter(
        unit=unit, kpi__in=[kpi.code for kpi in kpis], day__gte=first, day__lte=last, withdrawn_at=None
    )
    for note in rows.select_related("measure", "incident"):
        found[note.kpi].append(note)
    return found


# Told apart ----------------------------------------------------------------------------------------------------------
def breakdown(
    series: str, unit: Unit, periods: Sequence[Period], facet: str, *, with_rest: bool = False
) -> dict[str, float]:
    """A series over these periods, told apart by a facet ("channel" or "kind"): code -> sum, the largest first.

    `with_rest`: what isn't told apart stands under "", so that shares are those of the whole; where nothing is, there is
    nothing to show.
    """
    grain, first, last = periods[0].grain, periods[0].first, periods[-1].last
    parts = [part for part in PARTS[grain] if part in MONTHS or part == grain]
    rows = (
        Total.objects.filter(
            unit=unit, series=series, grain__in=parts, facet__in=[facet, ""], begins_on__gte=first, begins_on__lte=last
        )
        .values_list("facet", "value")
        .annotate(total=Sum("count"))
        .order_by("-total", "value")
    )  # fmt: skip
    sums = {(told, value): float(total) for told, value, total in rows if total}
    found = {value: total for (told, value), total in sums.items() if told == facet}
    rest = sums.get(("", ""), 0.0) - sum(found.values())
    if with_rest and found and rest > 1e-6:  # sums of decimal places differ by less
        found = dict(sorted((found | {"": rest}).items(), key=lambda part: -part[1]))
    return found
