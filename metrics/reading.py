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

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from capa.effect import poisson_interval, wilson_interval
from people.models import Unit

from .definitions import COUNTED, Kpi
from .models import Note, Total
from .periods import MONTHS, Grain, Period, today
from .spc import charting, percentiles
from .spc.chart import Chart, Data, Measured

Z = 1.959964  # of 95 % confidence
#: The grains in which totals are kept from which those of another grain are made.
_PARTS = {
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
    no cases in this system. A period that isn't over is `is_open`.
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

    What the system began to count later has no zeros before: leading periods without anything have no value.
    """
    kpis, units = list(kpis), list(units)
    if not kpis or not units or not periods:
        return {}
    sums, begun = _summed({code for kpi in kpis for code in kpi.series}, units, periods)
    return {
        (kpi.code, unit.pk): _trimmed([_figure(kpi, unit, period, sums, begun) for period in periods])
        for kpi in kpis
        for unit in units
    }


def read_one(kpi: Kpi, unit: Unit, periods: Sequence[Period]) -> list[Figure]:
    return read([kpi], [unit], periods)[kpi.code, unit.pk]


def _summed(series: set[str], units: list[Unit], periods: Sequence[Period]):
    """The sums by (series, unit, period), and who begins to give which series: (series, unit) -> [(grain, day, count)]."""
    grain, first, last = periods[0].grain, periods[0].first, periods[-1].last
    within = Q(
        grain__in=_PARTS[grain],
        begins_on__gte=first,
        begins_on__lte=last,
        facet__in=["", "given", "entered", "bin"],
    )
    begins = Q(facet="begun", begins_on__lte=last)
    rows = Total.objects.filter(within | begins, unit__in=units, series__in=series).values_list(
        "series", "unit", "grain", "begins_on", "facet", "value", "count"
    )
    sums: dict[tuple[str, int, dt.date], _Sums] = defaultdict(_Sums)
    begun: dict[tuple[str, int], list[tuple[str, dt.date, Decimal]]] = defaultdict(list)
    for code, unit, kept_as, begins_on, facet, value, count in rows.iterator(chunk_size=5000):
        if facet == "begun":
            begun[code, unit].append((kept_as, begins_on, count))
            continue
        found = sums[code, unit, Period.containing(begins_on, grain).first]
        if facet == "":
            found.whole = (found.whole or Decimal(0)) + count
        elif facet == "bin":
            found.bins[int(value)] = found.bins.get(int(value), 0) + int(count)
        elif facet == "given":
            found.given += count
        else:
            found.entered += count
    return sums, begun


def _expected(begun: list[tuple[str, dt.date, Decimal]], period: Period) -> Decimal:
    """How many entered figures a period needs, by who gives the series how often."""
    return sum(
        (
            count * (1 if grain == period.grain else sum(1 for _part in period.within(grain)))
            for grain, since, count in begun
            if since <= period.first
        ),
        Decimal(0),
    )


def _figure(kpi: Kpi, unit: Unit, period: Period, sums: Mapping, begun: Mapping) -> Figure:
    is_open = not period.is_over
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
        and (found.whole is None or (not is_open and found.given < _expected(begun[code, unit.pk], period)))
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


def _trimmed(figures: list[Figure]) -> list[Figure]:
    """Without values before the first period in which anything was counted."""
    start = next((place for place, figure in enumerate(figures) if figure.numerator), len(figures))
    return [
        Figure(
            figure.kpi,
            figure.unit,
            figure.period,
            is_open=figure.is_open,
            missing=_("Nothing was counted yet."),
        )
        if place < start and figure.value is not None
        else figure
        for place, figure in enumerate(figures)
    ]


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
def breakdown(series: str, unit: Unit, periods: Sequence[Period], facet: str) -> dict[str, float]:
    """A series over these periods, told apart by a facet ("channel" or "kind"): code -> sum, the largest first."""
    grain, first, last = periods[0].grain, periods[0].first, periods[-1].last
    parts = [part for part in _PARTS[grain] if part in MONTHS or part == grain]
    rows = (
        Total.objects.filter(
            unit=unit, series=series, grain__in=parts, facet=facet, begins_on__gte=first, begins_on__lte=last
        )
        .values_list("value")
        .annotate(total=Sum("count"))
        .order_by("-total", "value")
    )
    return {value: float(total) for value, total in rows if total}
