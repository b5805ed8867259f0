"""Is the figure of a period a signal? Pure functions: the nightly look and the page about the past ask the same.

A period is judged by what was known before it, as it would have been judged at its end. The limits come from the earlier
periods since the last re-basing, at least 12 of them. Of more than 20 the latest eight are held back, so that a change
doesn't lift the level that it is compared with; the limits stand still while the period is judged (ISO 7870-2, phase 2).

Limits that rest on few figures are uncertain themselves. So they are widened here to where the next figure would lie with
the probability of three sigma, as a prediction interval is (Hahn and Meeker 1991, Statistical Intervals, ch. 4): by a fifth
with 24 single values, by little with hundreds of cases a period. Without that there would be a false alarm every few years.

Two rules, after Anhoj and Olesen (2014), who found them to notice most with the fewest false alarms: a point beyond three
sigma, and an unusually long run on one side of the centre that still goes on. Too few crossings are left to the chart: they
say that something changed, not when.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from scipy import special

from metrics.definitions import Kpi
from metrics.models import Note
from metrics.periods import Period
from metrics.reading import Figure, as_measured
from metrics.spc import runs
from metrics.spc.chart import Chart, Data, Kind, Measured, Point, Rule
from metrics.spc.charting import draw_up

#: With fewer periods before it nothing is judged.
LEAST = 12
#: How many of the latest periods don't make the limits, as long as LEAST are left.
HELD_BACK = 8
#: Kinds whose spread is measured by the distances of neighbours, not known from the counts.
SPREAD_MEASURED = (Kind.XMR, Kind.P_LANEY, Kind.U_LANEY, Kind.T)
#: How many degrees of freedom such a distance brings (Cryer and Ryan 1990: the moving range is about 0.62 as efficient).
FREEDOM = 0.62
#: The probability beyond three sigma, on one side.
TAIL = float(special.ndtr(-3))
#: Findings on the same side with so many usual periods in between are one story.
BREATH = 2


@dataclass(frozen=True)
class Series:
    """Figures of successive periods, the oldest first, with what their chart is drawn by."""

    measured: tuple[Measured, ...]
    data: Data
    scale: float = 1.0
    direction: int = 0
    target: float | None = None
    rebase: tuple[dt.date, ...] = ()
    left_out: frozenset[dt.date] = frozenset()
    possible: tuple[float | None, float | None] = (None, None)  # as of an indicator, in the unit shown


@dataclass(frozen=True)
class Finding:
    """What was noticed in a period: by which rules, on which side of the centre, and since when.

    `chart` is what it was seen on: the periods since the last re-basing, up to this one.
    """

    rules: tuple[Rule, ...]
    side: int
    begins_on: dt.date
    noticed_on: dt.date  # the first day of the period
    chart: Chart

    @property
    def rule(self) -> Rule:
        return Rule.LIMIT if Rule.LIMIT in self.rules else Rule.SHIFT

    @property
    def is_concern(self) -> bool:
        """It got worse, or has no good side. Where neither side is good any change wants a reason."""
        return self.side * self.chart.direction <= 0

    @property
    def point(self) -> Point:
        return self.chart.points[-1]


@dataclass
class Story:
    """Findings that belong together: one early warning."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def last(self) -> Finding:
        return self.findings[-1]


def series_of(
    kpi: Kpi, figures: Sequence[Figure], notes: Iterable[Note] = (), target: float | None = None
) -> Series:
    """The figures of an indicator in one unit; as `metrics.reading.charted` takes them."""
    notes = list(notes)
    grain = figures[0].period.grain if figures else kpi.grain
    data = Data.VALUE if kpi.quantile is not None else kpi.data
    return Series(
        tuple(as_measured(kpi, figure) for figure in figures), data,
        kpi.scale if data is not Data.VALUE else 1.0, kpi.direction, target,
        tuple(sorted({Period.containing(note.day, grain).first for note in notes if note.rebases})),
        frozenset(Period.containing(note.day, grain).first for note in notes if note.leaves_out),
        kpi.possible,
    )  # fmt: skip


def judge(series: Series, place: int) -> Finding | None:
    """What is to be noticed in the period at this place; None where it varies as usual or can't be judged."""
    at = series.measured[place]
    if at.is_missing or at.is_open or at.day in series.left_out:
        return None
    since = max((day for day in series.rebase if day <= at.day), default=dt.date.min)
    phase = [one for one in series.measured[: place + 1] if one.day >= since]
    first = next((n for n, one in enumerate(phase) if not one.is_missing), 0)
    phase = phase[first:]
    before = sum(1 for one in phase[:-1] if not (one.is_missing or one.is_open or one.day in series.left_out))
    if before < LEAST:
        return None
    base = max(LEAST, before - HELD_BACK)
    chart = draw_up(
        phase, data=series.data, scale=series.scale, direction=series.direction, target=series.target,
        left_out=sorted(series.left_out), baseline=base, bounds=series.possible,
    )  # fmt: skip
    most = series.possible[1] if series.possible[1] is not None else math.inf
    chart = _widened(chart, base, most=series.scale if series.data == Data.SHARE else most)
    point = chart.points[-1]
    rules = tuple(rule for rule in (Rule.LIMIT, Rule.SHIFT) if rule in point.rules)
    if not rules:
        return None
    begins_on = _run_begins(chart) if Rule.SHIFT in rules else at.day
    return Finding(rules, point.side, begins_on, at.day, chart)


@cache
def widening(base: int, is_measured: bool) -> float:
    """By what the distance of three sigma is multiplied where the limits come from so many figures."""
    new_figure = math.sqrt(1 + 1 / base)
    if not is_measured:
        return new_figure
    return float(-special.stdtrit(FREEDOM * (base - 1), TAIL)) / 3 * new_figure


def _widened(chart: Chart, base: int, *, most: float) -> Chart:
    """The chart with limits for a new figure, and no marks but those of the two rules. They stop at what is possible."""
    factor = widening(base, chart.kind in SPREAD_MEASURED)
    least = 0.0 if all(point.value is None or point.value >= 0 for point in chart.points) else -math.inf
    return replace(chart, points=tuple(_moved(point, factor, least, most) for point in chart.points))


def _moved(point: Point, factor: float, least: float, most: float) -> Point:
    rules = set(point.rules) - {Rule.CROSSINGS}
    if point.center is None or point.lower is None or point.upper is None:
        lower, upper = point.lower, point.upper
    else:
        lower = max(least, point.center - (point.center - point.lower) * factor)
        upper = min(most, point.center + (point.upper - point.center) * factor)
        if point.value is not None and lower <= point.value <= upper:
            rules.discard(Rule.LIMIT)
    kept = tuple(rule for rule in point.rules if rule in rules)
    return replace(point, lower=lower, upper=upper, rules=kept, side=point.side if kept else 0)


def _run_begins(chart: Chart) -> dt.date:
    """The first day of the run that the last point is part of."""
    values = [None if point.is_left_out or point.is_open else point.value for point in chart.points]
    return chart.points[runs.stretches(values, chart.points[-1].center)[-1].places[0]].day


def judged(series: Series, places: Iterable[int]) -> list[tuple[int, Finding | None]]:
    """The periods at these places, in order, each with what is to be noticed in it."""
    return [(place, judge(series, place)) for place in places]


def can_be_judged(series: Series, place: int) -> bool:
    """Is there a figure, and are there enough before it?"""
    at = series.measured[place]
    if at.is_missing or at.is_open or at.day in series.left_out:
        return False
    since = max((day for day in series.rebase if day <= at.day), default=dt.date.min)
    before = [
        one for one in series.measured[:place]
        if one.day >= since and not (one.is_missing or one.is_open or one.day in series.left_out)
    ]  # fmt: skip
    return len(before) >= LEAST


def stories(findings: Iterable[tuple[int, Finding | None]]) -> list[Story]:
    """The early warnings that these findings would have opened, if each was closed once its periods became usual again."""
    told: list[Story] = []
    latest: dict[int, tuple[int, Story]] = {}
    for place, finding in findings:
        if finding is None:
            continue
        known = latest.get(finding.side)
        if known is not None and place - known[0] <= 1 + BREATH:
            story = known[1]
        else:
            story = Story()
            told.append(story)
        story.findings.append(finding)
        latest[finding.side] = (place, story)
    return told
