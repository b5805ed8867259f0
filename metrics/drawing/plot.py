"""Where things stand on a control chart: the part of the chart that is shown, its axis, and the places of its points."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from incidents.drawing import width_of
from metrics.spc.chart import Chart, Kind, Point

from .scale import NARROW, TEXT, WIDE, Axis, axis

#: How many of the latest points fit a phone, and how many a desk.
MOST_NARROW, MOST_WIDE = 24, 72
#: Limits and targets that lie farther off than so many times what the figures cover don't flatten the picture.
FAR_LIMIT, FAR_TARGET = 1.5, 3.0
HEIGHT_WIDE, HEIGHT_NARROW = 222, 190
#: What is written in bold takes a little more room.
BOLD = 1.08


@dataclass(frozen=True)
class Plot:
    """The area in which the points are drawn, in pixels, and the points that are shown."""

    points: tuple[Point, ...]
    axis: Axis
    width: float
    left: float
    right: float  # the right edge of the area, not a margin
    top: float
    height: float

    @property
    def floor(self) -> float:
        return self.top + self.height

    @property
    def step(self) -> float:
        """The room of one period."""
        return (self.right - self.left) / len(self.points)

    def x(self, place: float) -> float:
        """The middle of a period; `place` - 0.5 is its beginning."""
        return self.left + (place + 0.5) * self.step

    def y(self, value: float) -> float:
        share = (self.axis.clamp(value) - self.axis.low) / (self.axis.high - self.axis.low)
        return self.floor - share * self.height

    def at(self, day: dt.date) -> float | None:
        """Where a day lies; None where the chart doesn't show it."""
        days = [point.day for point in self.points]
        if day < days[0]:
            return None
        place = max(index for index, first in enumerate(days) if first <= day)
        if place + 1 < len(days):
            length = (days[place + 1] - days[place]).days
        else:
            length = (days[place] - days[place - 1]).days if place else 1
        gone = (day - days[place]).days / max(length, 1)
        return self.x(place - 0.5 + gone) if gone < 1.01 else None


def shown(chart: Chart, *, narrow: bool) -> tuple[Point, ...]:
    return chart.points[-(MOST_NARROW if narrow else MOST_WIDE) :]


def target_of(chart: Chart, values: Axis) -> tuple[float, int] | None:
    """The target and whether it lies on the axis (0), above (+1) or below it (-1)."""
    if chart.target is None:
        return None
    beyond = (chart.target > values.high + 1e-9) - (chart.target < values.low - 1e-9)
    return chart.target, beyond


def axis_of(chart: Chart, points: Sequence[Point], unit: str) -> Axis:
    """What the figures and centres need, with the limits and the target unless they are far away."""
    core = [value for point in points for value in (point.value, point.center) if value is not None]
    if not core:
        return axis([0, chart.target or 1])
    low, high = min(core), max(core)
    span = (high - low) or abs(high) * 0.1 or 1
    limits = [limit for point in points for limit in (point.lower, point.upper) if limit is not None]
    reach = max(span, *(abs(limit - middle) for limit, middle in _narrowest(points)), 0) * FAR_LIMIT
    core += [min(max(limit, low - reach), high + reach) for limit in limits]
    if chart.target is not None and low - FAR_TARGET * span <= chart.target <= high + FAR_TARGET * span:
        core.append(chart.target)
    return axis(core, most=100 if unit == "%" else None)


def _narrowest(points: Sequence[Point]) -> list[tuple[float, float]]:
    """The limits of the point that has the closest ones, each with its centre."""
    found = [
        (abs(point.upper - point.center), point.upper, point.center)
        for point in points
        if point.upper is not None and point.center is not None
    ]
    return [min(found)[1:]] if found else []


def plot_of(chart: Chart, *, unit: str, narrow: bool, top: float, labels: Sequence[str]) -> Plot:
    """The area below `top`, with room for the axis on the left and, at a desk, for `labels` on the right."""
    points = shown(chart, narrow=narrow)
    values = axis_of(chart, points, unit)
    width = NARROW if narrow else WIDE
    room = 8 if narrow else 14 + max((width_of(label, TEXT) * BOLD for label in labels), default=0)
    return Plot(
        points=points,
        axis=values,
        width=width,
        left=values.room + 12,
        right=width - room,
        top=top,
        height=HEIGHT_NARROW if narrow else HEIGHT_WIDE,
    )


def stretches(plot: Plot) -> list[tuple[int, int]]:
    """First and last place of neighbouring points of one phase, among those that are shown."""
    found: list[tuple[int, int]] = []
    for place, point in enumerate(plot.points):
        if place and point.phase == plot.points[place - 1].phase:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def has_median(kind: Kind) -> bool:
    """Whether the centre line of this kind is a median rather than a mean."""
    return kind is Kind.RUN
