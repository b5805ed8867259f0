"""Small multiples: the same indicator of several units side by side, all on one scale, so that they can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.drawing import dot, line, path, svg, width_of, words
from metrics.spc.chart import Chart

from .control import signal_shape
from .saying import described
from .scale import Axis, area, axis, figure

WIDTH, PLOT, TOP, FOOT, RIGHT = 250, 84, 12, 18, 44
#: How many of the latest points each of them shows.
MOST = 24


@dataclass(frozen=True)
class Small:
    """One of them: a name, its picture and its latest figure."""

    label: str
    url: str
    picture: SafeString
    latest: str


def shared_axis(charts: Sequence[Chart], unit: str = "") -> Axis:
    """A scale on which all of them fit: their values, and the limits that don't lie far away."""
    values = [p.value for c in charts for p in c.points[-MOST:] if p.value is not None] or [0.0]
    low, high = min(values), max(values)
    room = (high - low) or abs(high) * 0.1 or 1
    others = [
        edge for c in charts for p in c.points[-MOST:] for edge in (p.lower, p.upper) if edge is not None
    ]
    others += [c.target for c in charts if c.target is not None]
    values += [edge for edge in others if low - 0.5 * room <= edge <= high + 0.5 * room]
    return axis(values, most=100 if unit == "%" else None, steps=3)


def multiples(
    charts: Sequence[tuple[str, str, Chart]], *, key: str, unit: str = "", places: int = 1
) -> list[Small]:
    """(label, url, chart) of each unit as a small picture; `key` is unique on the page."""
    scale = shared_axis([chart for _label, _url, chart in charts], unit)
    return [
        Small(
            label,
            url,
            small(chart, scale, title=label, key=f"{key}-{place}", unit=unit, places=places),
            figure(chart.last.value, places) if chart.last else _("no figure"),
        )
        for place, (label, url, chart) in enumerate(charts)
    ]


def small(chart: Chart, scale: Axis, *, title: str, key: str, unit: str = "", places: int = 1) -> SafeString:
    """A chart without words but for its scale and its latest figure."""
    points = chart.points[-MOST:]
    latest = figure(chart.last.value, places) if chart.last is not None else ""
    left, right, floor = scale.room + 10, WIDTH - max(RIGHT, width_of(latest, 13.5) + 12), TOP + PLOT

    def x(place: float) -> float:
        return left + (place + 0.5) * (right - left) / max(len(points), 1)

    def y(value: float) -> float:
        return floor - (scale.clamp(value) - scale.low) / (scale.high - scale.low) * PLOT

    parts: list[SafeString] = []
    for tick in scale.ticks:
        parts += [
            line("grid", left, y(tick), right, y(tick)),
            words("", left - 6, y(tick) + 4, scale.label(tick), "end"),
        ]
    limits = [(place, p) for place, p in enumerate(points) if p.upper is not None or p.lower is not None]
    for place, p in limits:
        upper, lower = (
            y(scale.high if p.upper is None else p.upper),
            y(scale.low if p.lower is None else p.lower),
        )
        a, b = x(place - 0.5), x(place + 0.5)
        parts.append(area("band", [(a, upper), (b, upper), (b, lower), (a, lower)]))
    for place, p in enumerate(points):
        if p.center is not None:
            parts.append(line("mean", x(place - 0.5), y(p.center), x(place + 0.5), y(p.center)))
    if chart.target is not None and scale.low <= chart.target <= scale.high:
        parts.append(line("goal", left, y(chart.target), right, y(chart.target)))
    stretch: list[tuple[float, float]] = []
    for place, p in enumerate([*points, None]):
        if p is not None and p.value is not None:
            stretch.append((x(place), y(p.value)))
        elif stretch:
            parts.append(path("val", stretch))
            stretch = []
    for place, p in enumerate(points):
        if p.value is None:
            continue
        if p.is_signal:
            parts.append(signal_shape(p.side * chart.direction, p.side, x(place), y(p.value), 3.4))
        elif p.is_open:
            parts.append(dot("p-open", x(place), y(p.value), 3))
        elif p is chart.last:
            parts.append(dot("p p-c last", x(place), y(p.value), 4))
    if chart.last is not None:
        height = min(max(y(chart.last.value) + 4, TOP + 6), floor)
        parts.append(words("num", right + 7, height, latest))
    if points:
        parts += [
            words("", left, floor + 15, points[0].label),
            words("", right, floor + 15, points[-1].label, "end"),
        ]
    return svg(
        parts, classes="spc small", width=WIDTH, height=floor + FOOT, key=key, title=title,
        desc=described(chart, points, (), unit, places) if points else _("no figure"),
    )  # fmt: skip
