"""The control chart: values over time in their limits, with what stands out, what is known about it, and the target.

A point that stands out differs in shape as well as in colour: a diamond where it is good, a triangle where it is a
concern, a square where the indicator has no good side. Everything the picture says stands in a table beside it.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from capa.charts import in_rows
from incidents.drawing import box, dot, line, number, path, svg, width_of, words
from metrics.spc.chart import Chart, Point

from .plot import Plot, axis_of, has_median, plot_of, shown, stretches, target_of
from .saying import about, described
from .scale import NARROW, TEXT, WIDE, apart, area, figure, shape, told

#: The height of a row of notes above the plot, and how many rows there may be before numbers stand for the words.
ROW, MOST_ROWS = 25, 3
#: How far apart two lines of text stand.
LINE = 15
#: Below the plot: the names of the periods.
FOOT = 28

Mark = tuple[dt.date, str]


def control_chart(
    chart: Chart,
    *,
    title: str,
    key: str,
    unit: str = "",
    places: int = 1,
    marks: Sequence[Mark] = (),
    narrow: bool = False,
) -> SafeString:
    """The chart as SVG, 680 pixels wide or 360 with the latest 24 points; `key` is unique on the page.

    `marks` are notes with their days; those that the chart doesn't reach are left out.
    """
    if not chart.points:
        return SafeString("")
    fine = max(
        places, axis_of(chart, shown(chart, narrow=narrow), unit).places
    )  # what tells the levels apart
    levels = _levels(chart, unit, narrow, fine)
    labels = [text for _value, text, _look in levels]
    notes, rows = _notes_in_rows(chart, marks, unit, narrow, labels)
    top = 14 + ROW * rows
    plot = plot_of(chart, unit=unit, narrow=narrow, top=top, labels=labels)
    legend = LINE * -(-len(levels) // 2) + 6 if narrow else 0
    height = plot.floor + FOOT + legend
    parts = _grid(plot)
    for first, last in stretches(plot):
        parts += _band(plot, first, last)
    parts += _missing(plot)
    parts += _target(chart, plot)
    for place, word, start, row in notes:
        parts += _note(place, word, start, 4 + row * ROW, plot)
    parts += _value_line(plot)
    parts += [
        told(about(chart, point, unit, places), *_point(chart, plot, place))
        for place, point in enumerate(plot.points)
        if point.value is not None
    ]
    parts += _last_value(chart, plot, fine)
    parts += _legend(levels, plot) if narrow else _beside(levels, plot)
    parts += _periods(plot)
    return svg(
        parts, classes="spc control", width=plot.width, height=height, key=key, title=title,
        desc=described(chart, plot.points, marks, unit, places),
    )  # fmt: skip


# The frame ------------------------------------------------------------------------------------------------------------
def _grid(plot: Plot) -> list[SafeString]:
    parts = []
    for value in plot.axis.ticks:
        parts += [
            line("grid", plot.left, plot.y(value), plot.right, plot.y(value)),
            words("", plot.left - 8, plot.y(value) + 4, plot.axis.label(value), "end"),
        ]
    return parts


def _periods(plot: Plot) -> list[SafeString]:
    """The names of as many periods as fit, always the last one's."""
    widest = max(width_of(point.label, TEXT) for point in plot.points)
    every = max(1, int(-(-(widest + 10) // plot.step)))
    parts = []
    for place, point in enumerate(plot.points):
        if place % every != (len(plot.points) - 1) % every:
            continue
        half = width_of(point.label, TEXT) / 2
        x = min(max(plot.x(place), half), plot.width - half)
        parts.append(words("", x, plot.floor + 19, point.label, "middle"))
    return parts


# Limits, centre, target -----------------------------------------------------------------------------------------------
def _band(plot: Plot, first: int, last: int) -> list[SafeString]:
    """The limits of a phase as an area with edges: steps where they differ with the size of the period."""
    points = plot.points[first : last + 1]
    parts: list[SafeString] = []
    for start, end in _runs(points, lambda point: point.upper is not None or point.lower is not None):
        upper = _steps(plot, first, start, end, lambda point: _or(point.upper, plot.axis.high))
        lower = _steps(plot, first, start, end, lambda point: _or(point.lower, plot.axis.low))
        parts.append(area("band", [*upper, *reversed(lower)]))
    for limit in ("upper", "lower"):
        for start, end in _runs(points, lambda point, limit=limit: getattr(point, limit) is not None):
            edge = _steps(plot, first, start, end, lambda point, limit=limit: getattr(point, limit))
            parts.append(path("lim", edge))
    for start, end in _runs(points, lambda point: point.center is not None):
        parts.append(path("mean", _steps(plot, first, start, end, lambda point: point.center)))
    return parts


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _runs(points: Sequence[Point], holds: Callable[[Point], bool]) -> list[tuple[int, int]]:
    """First and last place of neighbours of which something holds."""
    found: list[tuple[int, int]] = []
    for place, point in enumerate(points):
        if holds(point):
            joins = found and found[-1][1] == place - 1
            found[-1:] = [(found[-1][0], place)] if joins else [*found[-1:], (place, place)]
    return found


def _steps(
    plot: Plot, offset: int, start: int, end: int, of: Callable[[Point], float]
) -> list[tuple[float, float]]:
    """A line that stays level within a period; only its corners."""
    corners: list[tuple[float, float]] = []
    for place in range(offset + start, offset + end + 1):
        y = plot.y(of(plot.points[place]))
        if not corners or abs(corners[-1][1] - y) > 0.05:
            corners.append((plot.x(place - 0.5), y))
            if len(corners) > 1:
                corners.insert(-1, (plot.x(place - 0.5), corners[-2][1]))
    corners.append((plot.x(offset + end + 0.5), corners[-1][1]))
    return corners


def _target(chart: Chart, plot: Plot) -> list[SafeString]:
    found = target_of(chart, plot.axis)
    if found is None or found[1]:
        return []
    return [line("goal", plot.left, plot.y(found[0]), plot.right, plot.y(found[0]))]


def _levels(chart: Chart, unit: str, narrow: bool, places: int) -> list[tuple[float, str, str]]:
    """What is written beside the chart: where, what, and its look; those of the latest period."""
    points = shown(chart, narrow=narrow)
    found: list[tuple[float, str, str]] = []
    limited = (p for p in reversed(points) if p.upper is not None or p.lower is not None)
    last = next(limited, next((p for p in reversed(points) if p.center is not None), None))
    if last and last.phase != points[-1].phase and points[-1].center is not None:
        last = points[-1]  # a phase that is too short for limits has a centre of its own
    if last:
        name = _("Median") if has_median(chart.kind) else _("Mean")
        pairs = (
            (last.upper, _("Upper"), "lim"),
            (last.center, name, "mean"),
            (last.lower, _("Lower"), "lim"),
        )
        found = [
            (value, f"{word} {figure(value, places)}", look)
            for value, word, look in pairs
            if value is not None
        ]
    target = target_of(chart, axis_of(chart, points, unit))
    if target:
        arrow = {1: " ↑", -1: " ↓"}.get(target[1], "")
        found.append(
            (
                target[0],
                f"{pgettext('indicator', 'Target')} {figure(target[0], _places(target[0], places))}{arrow}",
                "goal",
            )
        )
    return sorted(found, key=lambda level: -level[0])


def _places(value: float, places: int) -> int:
    """A target is written as short as it was set."""
    return next((few for few in range(places) if abs(round(value, few) - value) < 1e-9), places)


def _beside(levels: Sequence[tuple[float, str, str]], plot: Plot) -> list[SafeString]:
    heights = apart([plot.y(value) for value, _text, _look in levels], LINE, plot.top, plot.floor)
    return [
        words("lbl lbl-goal" if look == "goal" else "lbl", plot.right + 8, height + 4, text)
        for (_value, text, look), height in zip(levels, heights, strict=True)
    ]


def _legend(levels: Sequence[tuple[float, str, str]], plot: Plot) -> list[SafeString]:
    """The same below the chart, in two columns, each with a piece of its line."""
    parts = []
    for place, (_value, text, look) in enumerate(levels):
        x, y = (place % 2) * plot.width / 2 + 4, plot.floor + FOOT + 12 + place // 2 * LINE
        parts += [
            line(look, x, y - 4, x + 20, y - 4),
            words("lbl lbl-goal" if look == "goal" else "lbl", x + 27, y, text),
        ]
    return parts


# Notes ----------------------------------------------------------------------------------------------------------------
def _notes_in_rows(
    chart: Chart, marks: Sequence[Mark], unit: str, narrow: bool, labels: Sequence[str]
) -> tuple[list[tuple[float, str, float, int]], int]:
    """(place, words, left edge, row) of each note that the chart reaches, and the number of rows.

    Notes that would need more than three rows are numbered instead, in the order of their days.
    """
    plot = plot_of(chart, unit=unit, narrow=narrow, top=0, labels=labels)
    seen = [(place, text) for day, text in sorted(marks) if (place := plot.at(day)) is not None]
    most = NARROW * 0.62 if narrow else WIDE * 0.4
    seen = [(place, _cut(text, most)) for place, text in seen]
    left, right = plot.left, plot.right
    placed = in_rows(seen, left=left, right=right)
    if max((row for _start, row in placed), default=0) >= MOST_ROWS:
        seen = [(place, str(order)) for order, (place, _text) in enumerate(seen, 1)]
        placed = in_rows(seen, left=left, right=right)
    notes = [(place, text, start, row) for (place, text), (start, row) in zip(seen, placed, strict=True)]
    return notes, 1 + max((row for *_note_, row in notes), default=-1)


def _cut(text: str, room: float) -> str:
    if width_of(text, TEXT) <= room:
        return text
    while text and width_of(text + "…", TEXT) > room:
        text = text[:-1]
    return text.rstrip(" .,;:，。；：") + "…"


def _note(place: float, text: str, start: float, top: float, plot: Plot) -> list[SafeString]:
    width = width_of(text, TEXT) + 16
    return [
        line("evt", place, top + 20, place, plot.floor),
        box("evt-b", start, top, width, 20, 5),
        words("evt-t", start + width / 2, top + 14, text, "middle"),
    ]


# Values ---------------------------------------------------------------------------------------------------------------
def _missing(plot: Plot) -> list[SafeString]:
    """A period without a figure is an empty place that can be seen."""
    return [
        told(
            _("%(period)s: no figure") % {"period": point.label},
            box("gone", plot.x(place - 0.5) + 1, plot.top, max(plot.step - 2, 1), plot.height),
        )
        for place, point in enumerate(plot.points)
        if point.value is None
    ]


def _value_line(plot: Plot) -> list[SafeString]:
    """The line through the values, broken where one is missing; dashed to a period that isn't over."""
    parts = []
    for start, end in _runs(plot.points, lambda point: point.value is not None):
        settled = [p for p in range(start, end + 1) if not plot.points[p].is_open]
        if len(settled) > 1:
            parts.append(path("val", [(plot.x(p), plot.y(plot.points[p].value)) for p in settled]))
        if plot.points[end].is_open and end > start:
            ends = [(plot.x(p), plot.y(plot.points[p].value)) for p in (end - 1, end)]
            parts.append(path("val val-open", ends))
    return parts


def _point(chart: Chart, plot: Plot, place: int) -> list[SafeString]:
    point = plot.points[place]
    x, y = plot.x(place), plot.y(point.value)
    is_last = point is chart.last
    size = min(4.6, max(2.4, plot.step * 0.36)) + (1.2 if is_last else 0)
    hit = dot("hit", x, y, max(size + 3, min(12, plot.step / 2)))
    if point.is_open:
        return [hit, dot("p-open", x, y, size)]
    if point.is_left_out:
        return [hit, dot("p-open", x, y, size + 1), shape("p-out", _cross(x, y, size * 0.7))]
    last = " last" if is_last else ""
    if not point.is_signal:
        return [hit, dot(f"p p-c{last}", x, y, size)]
    return [hit, signal_shape(point.side * chart.direction, point.side, x, y, size + 1.2, last)]


def _cross(x: float, y: float, arm: float) -> str:
    a, both = number(arm), number(2 * arm)
    return f"M{number(x)} {number(y)}m-{a} -{a}l{both} {both}m0 -{both}l-{both} {both}"


def signal_shape(good: int, side: int, x: float, y: float, size: float, classes: str = "") -> SafeString:
    """A diamond (good > 0), a triangle that points where the value went (good < 0), or a square."""
    if good > 0:
        corners = [(x, y - size - 0.6), (x + size + 0.6, y), (x, y + size + 0.6), (x - size - 0.6, y)]
        return area(f"p p-good{classes}", corners)
    if good < 0:
        tip, base = (y - size - 0.8, y + size * 0.75) if side >= 0 else (y + size + 0.8, y - size * 0.75)
        return area(f"p p-bad{classes}", [(x, tip), (x + size * 1.1, base), (x - size * 1.1, base)])
    return box(f"p p-off{classes}", x - size * 0.85, y - size * 0.85, size * 1.7, size * 1.7, 1)


def _last_value(chart: Chart, plot: Plot, places: int) -> list[SafeString]:
    """The latest figure beside its point, on the side where the line doesn't run."""
    if chart.last is None or chart.last not in plot.points:
        return []
    place = plot.points.index(chart.last)
    point = plot.points[place]
    before = next((p.value for p in reversed(plot.points[:place]) if p.value is not None), point.center)
    above = before is None or point.value >= before
    y = plot.y(point.value) + (-11 if above else 20)
    if y < plot.top - 4:
        y = plot.y(point.value) + 20
    elif y > plot.floor - 2:
        y = plot.y(point.value) - 11
    text = figure(point.value, places)
    half = width_of(text, 12.5) * 0.55
    x = min(max(plot.x(place), plot.left + half), max(plot.right, plot.width - 60) - half + 4)
    return [words("num now", x, y, text, "middle")]
