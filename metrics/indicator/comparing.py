"""The units below one beside each other: by a funnel plot, by their intervals, by their charts on one scale."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from complaints.surveys.drawing import Mark, forest
from complaints.surveys.estimates import Bounded
from metrics.addresses import kpi_url
from metrics.definitions import Kpi, series_name
from metrics.drawing.funnel import Spot, funnel_plot, word_for
from metrics.drawing.multiples import Small, multiples
from metrics.drawing.scale import Axis, round_step
from metrics.models import Target
from metrics.periods import Grain, Period
from metrics.reading import Figure, charted, interval
from metrics.spc.chart import Chart, Data
from metrics.spc.funnels import Funnel, funnel_of
from metrics.targets import value_of
from people.models import Unit

from .choice import Asked

#: How many of the latest finished periods are added up, so that small units can be told from chance: about a year.
TOGETHER = {Grain.DAY: 28, Grain.WEEK: 13, Grain.MONTH: 12, Grain.QUARTER: 4, Grain.HALF: 2, Grain.YEAR: 1}
#: More small charts than these don't fit a page; the table has all units.
MOST_CHARTS = 24


@dataclass(frozen=True)
class Row:
    """A unit with its sums over the periods that are compared. `missing`: how many of them have no figure."""

    unit: Unit
    url: str
    numerator: float | None
    denominator: float | None
    value: float | None
    lower: float | None
    upper: float | None
    missing: int
    word: str
    look: str  # better, worse or ""


@dataclass(frozen=True)
class Comparison:
    asked: Asked
    periods: list[Period]
    rows: list[Row]
    spots: list[Spot]
    funnel: Funnel | None
    charts: list[tuple[str, str, Chart]]
    whole: Figure
    target: float | None

    @property
    def kpi(self) -> Kpi:
        return self.asked.kpi

    @property
    def is_widened(self) -> bool:
        return self.funnel is not None and self.funnel.factor > 1

    @property
    def outside(self) -> list[Spot]:
        return [spot for spot in self.spots if spot.side]

    def drawn(self, *, narrow: bool = False) -> SafeString:
        """The funnel plot, or the units with their intervals where sizes mean nothing; "" where there is neither."""
        key = f"units-{'n' if narrow else 'w'}"
        if self.funnel is not None:
            return funnel_plot(
                self.funnel, self.spots, title=_("%(name)s by unit") % {"name": self.kpi.name}, key=key,
                scale=self.kpi.scale, is_complement=self.kpi.is_complement, direction=self.kpi.direction,
                size_name=capfirst(str(series_name(self.kpi.denominator))), unit=str(self.kpi.measured_in),
                places=self.kpi.places, target=self.target, narrow=narrow,
            )  # fmt: skip
        marks = [
            Mark(row.unit.name, Bounded(round(row.denominator or 0), row.value, row.lower, row.upper))
            for row in self.rows
            if row.value is not None and row.lower is not None and row.upper is not None
        ]
        if len(marks) < 2:
            return SafeString("")
        ends = [end for mark in marks for end in (mark.figure.lower, mark.figure.upper)]
        step = round_step(max(ends) - min(ends))
        return forest(
            marks, key=key, title=_("%(name)s by unit") % {"name": self.kpi.name}, low=-1e12, high=1e12, step=step,
            places=max(1, self.kpi.places, Axis(0, step, step).places + 1), whole=self.whole.value, narrow=narrow,
        )  # fmt: skip

    @cached_property
    def multiples(self) -> list[Small]:
        return multiples(
            self.charts[:MOST_CHARTS], key="unit", unit=str(self.kpi.measured_in), places=self.kpi.places
        )


def compared(
    asked: Asked, whole: Sequence[Figure], found: Mapping, targets: Mapping[tuple[str, int], Target]
) -> Comparison | None:
    """The units of `found` beside each other; None with fewer than two that have anything."""
    kpi = asked.kpi
    over = [at for at, one in enumerate(whole) if not one.is_open][-TOGETHER[asked.grain] :]
    if not over:
        return None
    if _is_single(kpi):
        over = over[-1:]  # medians and means of several periods can't be added up here
    summed = {unit: _summed([found[kpi.code, unit.pk][at] for at in over]) for unit in asked.below}
    if sum(one.numerator is not None for one in summed.values()) < 2:
        return None
    sizes = {unit: one for unit, one in summed.items() if one.value is not None}
    funnel = _funnel(kpi, list(sizes.values()))
    spots = {unit: _spot(kpi, funnel, unit, one) for unit, one in sizes.items()} if funnel else {}
    rows = [
        _row(kpi, one, spots.get(unit), sum(found[kpi.code, unit.pk][at].value is None for at in over))
        for unit, one in summed.items()
    ]
    charts = [
        (
            unit.name,
            kpi_url(kpi, unit),
            charted(kpi, found[kpi.code, unit.pk], target=value_of(targets.get((kpi.code, unit.pk)))),
        )
        for unit in asked.below
        if any(one.value is not None for one in found[kpi.code, unit.pk])
    ]
    target = (
        value_of(next(iter(targets.values()), None)) if len(set(map(id, targets.values()))) == 1 else None
    )
    return Comparison(
        asked=asked,
        periods=[asked.periods[at] for at in over],
        rows=rows,
        spots=list(spots.values()),
        funnel=funnel,
        charts=charts,
        whole=_summed([whole[at] for at in over]),
        target=target,
    )


def _is_single(kpi: Kpi) -> bool:
    return kpi.quantile is not None or bool(kpi.squares)


def _summed(figures: Sequence[Figure]) -> Figure:
    """One figure of several periods, from sums; of those that have one. A single one is itself."""
    if len(figures) == 1:
        return figures[0]
    last = figures[-1]
    known = [one for one in figures if one.value is not None]
    base = {"kpi": last.kpi, "unit": last.unit, "period": last.period}
    if not known:
        return Figure(**base, missing=last.missing)
    above, below = math.fsum(one.numerator for one in known), math.fsum(one.denominator for one in known)
    kpi = last.kpi
    if not kpi.denominator:
        return Figure(**base, numerator=above, denominator=1.0, value=kpi.scale * above)
    value = kpi.scale * (1 - above / below if kpi.is_complement else above / below)
    lower, upper = interval(kpi, above, below)
    return Figure(**base, numerator=above, denominator=below, value=value, lower=lower, upper=upper)


def _funnel(kpi: Kpi, figures: Sequence[Figure]) -> Funnel | None:
    if kpi.data not in (Data.SHARE, Data.RATE) or not kpi.denominator:
        return None
    return funnel_of(
        [one.numerator for one in figures],
        [one.denominator for one in figures],
        is_share=kpi.data is Data.SHARE,
    )


def _spot(kpi: Kpi, funnel: Funnel, unit: Unit, one: Figure) -> Spot:
    side = funnel.outside(one.numerator / one.denominator, one.denominator)
    limits = funnel.limits(one.denominator)
    ends = sorted(kpi.scale * (1 - limit if kpi.is_complement else limit) for limit in limits)
    return Spot(
        label=unit.name,
        size=one.denominator,
        value=one.value,
        side=-side if kpi.is_complement else side,
        url=kpi_url(kpi, unit),
        between=(ends[0], ends[1]),
    )


def _row(kpi: Kpi, one: Figure, spot: Spot | None, missing: int) -> Row:
    look = ""
    if spot is not None and spot.side and kpi.direction:
        look = "good" if spot.side * kpi.direction > 0 else "bad"
    return Row(
        unit=one.unit,
        url=kpi_url(kpi, one.unit),
        numerator=one.numerator,
        denominator=one.denominator,
        value=one.value,
        lower=one.lower,
        upper=one.upper,
        missing=missing,
        word=word_for(spot, kpi.direction) if spot else "",
        look=look,
    )
