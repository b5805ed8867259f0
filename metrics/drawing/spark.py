"""The small chart of a tile or a row of a table: the shape of the last two years, without figures.

It is stretched to the room that it gets, so its dots are line ends, which stay round.
"""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from incidents.drawing import line, number
from metrics.spc.chart import Chart, Point

from .saying import look_of
from .scale import area

WIDTH, HEIGHT, EDGE = 240, 54, 6
#: So many of the latest points.
MOST = 36


def spark(chart: Chart, *, label: str, most: int = MOST) -> SafeString:
    """Band, centre, target, line and what stands out among the latest points; `label` says it in words."""
    points = chart.points[-most:]
    values = [p.value for p in points if p.value is not None]
    if not values:
        return format_html('<svg class="spark" viewBox="0 0 240 54" role="img" aria-label="{}"></svg>', label)
    low, high = _span(chart, most)

    def x(place: float) -> float:
        return EDGE + (place + 0.5) * (WIDTH - 2 * EDGE) / len(points)

    def y(value: float) -> float:
        value = min(max(value, low), high)
        return EDGE + (high - value) / (high - low) * (HEIGHT - 2 * EDGE)

    parts = _levels(chart, points, x, y, low, high)
    parts += _line(points, x, y)
    parts += _dots(chart, points, x, y)
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        WIDTH, HEIGHT, label, mark_safe("".join(parts)),
    )  # fmt: skip


def _span(chart: Chart, most: int) -> tuple[float, float]:
    """The part of the scale that a small chart needs: its values, limits that aren't far away, and the target."""
    points = chart.points[-most:]
    core = [v for p in points for v in (p.value, p.center) if v is not None] or [0.0]
    low, high = min(core), max(core)
    room = (high - low) or abs(high) * 0.1 or 1
    wanted = [v for p in points for v in (p.lower, p.upper) if v is not None]
    wanted += [chart.target] if chart.target is not None else []
    core += [v for v in wanted if low - 1.2 * room <= v <= high + 1.2 * room]
    low, high = min(core), max(core)
    return (low, high) if high > low else (low - room, high + room)


def _levels(chart: Chart, points: Sequence[Point], x, y, low: float, high: float) -> list[SafeString]:
    parts: list[SafeString] = []
    ranges: list[list[int]] = []
    for place, point in enumerate(points):
        if point.center is None:
            continue
        same = ranges and points[ranges[-1][-1]].phase == point.phase and ranges[-1][-1] == place - 1
        ranges[-1 if same else len(ranges) :] = [[*ranges[-1], place]] if same else [[place]]
    for places in ranges:
        inside = [
            place for place in places if points[place].upper is not None or points[place].lower is not None
        ]
        if inside:
            upper = [
                (x(p + side), y(high if points[p].upper is None else points[p].upper))
                for p in inside
                for side in (-0.5, 0.5)
            ]
            lower = [
                (x(p + side), y(low if points[p].lower is None else points[p].lower))
                for p in inside
                for side in (-0.5, 0.5)
            ]
            parts.append(area("band", [*upper, *reversed(lower)]))
        centre = y(points[places[-1]].center)
        parts.append(line("mean", x(places[0] - 0.5), centre, x(places[-1] + 0.5), centre))
    if chart.target is not None and low <= chart.target <= high:
        parts.append(line("goal", EDGE, y(chart.target), WIDTH - EDGE, y(chart.target)))
    return parts


def _line(points: Sequence[Point], x, y) -> list[SafeString]:
    """One line with gaps where a figure is missing."""
    pieces, is_on = [], False
    for place, point in enumerate(points):
        if point.value is not None:
            pieces.append(f"{'L' if is_on else 'M'}{number(x(place))} {number(y(point.value))}")
        is_on = point.value is not None
    return [format_html('<path class="val" d="{}"/>', "".join(pieces))]


def _dots(chart: Chart, points: Sequence[Point], x, y) -> list[SafeString]:
    parts = []
    for place, point in enumerate(points):
        is_last = point is chart.last
        if point.value is None or not (is_last or point.is_signal or point.is_open):
            continue
        look = "open" if point.is_open else look_of(chart, point) or "c"
        d = f"M{number(x(place))} {number(y(point.value))}h.01"
        parts.append(format_html('<path class="d d-{}{}" d="{}"/>', look, " d-last" if is_last else "", d))
        if point.is_open:
            parts.append(format_html('<path class="d d-hole" d="{}"/>', d))
    return parts
