"""The process map: the stages as boxes with what waits in them, the ways that cases took with their numbers and times.

Drawn from history: steps to the next stage as thick as they are frequent, steps that leave stages out as arcs above,
steps back as arcs below. On a phone the stages stand under each other and the arcs beside them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.drawing import box, number, svg, width_of, words, wrap

from .scale import TEXT, shape, told


@dataclass(frozen=True)
class Place:
    """A stage: how many cases wait in it now, how many of them late, and how long cases stay in it."""

    key: str
    label: str
    waiting: int = 0
    late: int = 0
    time: str = ""  # the median in words: 3 days
    is_slow: bool = False  # the bottleneck


@dataclass(frozen=True)
class Way:
    """What went from one stage to another: how often, and the median time that it took in words."""

    start: str
    end: str
    count: int
    time: str = ""


WIDTH, SIDE = 1000, 8
BOX, TALL = 100, 108
ARC = 34  # how much higher each wider arc is
NARROW, BOX_NARROW, TALL_NARROW, GAP_NARROW, ARC_NARROW = 360, 172, 88, 44, 25


def process_map(
    places: Sequence[Place], ways: Iterable[Way], *, title: str, key: str, narrow: bool = False
) -> SafeString:
    """The map, from left to right or, `narrow`, from top to bottom. Ways between unknown stages and loops are left out."""
    order = {place.key: at for at, place in enumerate(places)}
    known = [
        way for way in ways if way.start in order and way.end in order and way.start != way.end and way.count
    ]
    most = max((way.count for way in known), default=1)
    draw = _narrow if narrow else _wide
    parts, width, height = draw(places, known, order, most, key)
    return svg(
        parts,
        classes="spc flow",
        width=width,
        height=height,
        key=key,
        title=title,
        desc=described(places, known),
    )


def _thick(count: int, most: int) -> float:
    """From 1.4 to 9 pixels: the area that the eye sees grows with the count."""
    return 1.4 + 7.6 * math.sqrt(count / most)


def _spans(ways: Sequence[Way], order: dict[str, int]) -> tuple[list[Way], list[Way], list[Way]]:
    """Steps to the next stage, steps over stages, steps back; short arcs first, so that they lie inside."""
    direct = [w for w in ways if order[w.end] - order[w.start] == 1]
    over = sorted(
        (w for w in ways if order[w.end] - order[w.start] > 1), key=lambda w: order[w.end] - order[w.start]
    )
    back = sorted(
        (w for w in ways if order[w.end] < order[w.start]), key=lambda w: order[w.start] - order[w.end]
    )
    return direct, over, back


def _lanes(ways: Sequence[Way], order: dict[str, int]) -> list[int]:
    """A lane for each arc: no two in the same one where they run above each other."""
    taken: list[list[tuple[int, int]]] = []
    lanes = []
    for way in ways:
        first, last = sorted((order[way.start], order[way.end]))
        lane = next(
            (at for at, ends in enumerate(taken) if all(last <= a or first >= b for a, b in ends)), len(taken)
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((first, last))
        lanes.append(lane)
    return lanes


def _stroke(look: str, d: str, width: float) -> SafeString:
    return format_html('<path class="{}" d="{}" stroke-width="{}"/>', look, d, number(width))


def _head(look: str, x: float, y: float, dx: float, dy: float, width: float) -> SafeString:
    """The tip of an arrow at x, y that points along dx, dy (a unit vector along an axis)."""
    size = 6 + width * 0.55
    across = (dy, dx)
    a = (x - dx * size + across[0] * size * 0.62, y - dy * size + across[1] * size * 0.62)
    b = (x - dx * size - across[0] * size * 0.62, y - dy * size - across[1] * size * 0.62)
    corners = f"M{number(x)} {number(y)}L{number(a[0])} {number(a[1])}L{number(b[0])} {number(b[1])}Z"
    return shape(f"{look}-tip", corners)


def _box(place: Place, left: float, top: float, width: float, tall: float) -> SafeString:
    middle = left + width / 2
    lines = wrap(place.label, 12.5, width - 14, 2)
    parts = [box("stage stage-slow" if place.is_slow else "stage", left, top, width, tall, 9)]
    first = top + 18 if len(lines) > 1 else top + 22
    parts += [words("cat", middle, first + 15 * at, text, "middle") for at, text in enumerate(lines)]
    rows = [("", place.time)] if place.time else []
    if place.late:
        late = ngettext("%(number)s late", "%(number)s late", place.late) % {"number": place.late}
        rows.insert(0, ("late", late))
    below_label, above_rows = first + 15 * (len(lines) - 1) + 4, top + tall - 7 - 14 * len(rows)
    parts.append(words("wait", middle, (below_label + above_rows) / 2 + 6, f"{place.waiting:,}", "middle"))
    parts += [
        words(look, middle, top + tall - 9 - 14 * (len(rows) - 1 - at), text, "middle")
        for at, (look, text) in enumerate(rows)
    ]
    return told(about(place), *parts)


def _label(way: Way, *, short: bool = False) -> str:
    return f"{way.count:,}" if short or not way.time else f"{way.count:,} · {way.time}"


def _written(look: str, x: float, y: float, text: str) -> list[SafeString]:
    """A label on a line, which makes room for it."""
    width = width_of(text, TEXT) * 1.08 + 8
    return [
        box("under", x - width / 2, y - 8, width, 16),
        words(f"{look}-n", x, y + 4, text, "middle"),
    ]


# From left to right ---------------------------------------------------------------------------------------------------
def _wide(places, ways, order, most, key) -> tuple[list[SafeString], float, float]:
    direct, over, back = _spans(ways, order)
    over_lanes, back_lanes = _lanes(over, order), _lanes(back, order)
    gap = (WIDTH - 2 * SIDE - len(places) * BOX) / max(len(places) - 1, 1)
    top = 16 + (ARC * (max(over_lanes, default=-1) + 1) + 6 if over else 0)
    floor = top + TALL

    def left(at: int) -> float:
        return SIDE + at * (BOX + gap)

    parts: list[SafeString] = []
    for way in direct:
        a, b, y = left(order[way.start]) + BOX, left(order[way.end]), top + TALL / 2
        wide = _thick(way.count, most)
        lines = [
            _stroke("way", f"M{number(a)} {number(y)}H{number(b - 4)}", wide),
            _head("way", b - 1, y, 1, 0, wide),
        ]
        lines.append(words("way-n", (a + b) / 2, y - 9 - wide / 2, f"{way.count:,}", "middle"))
        if way.time:
            lines += [
                words("way-t", (a + b) / 2, y + 18 + wide / 2 + 13 * row, text, "middle")
                for row, text in enumerate(wrap(way.time, TEXT, gap + 6, 2))
            ]
        parts.append(told(told_way(way, places), *lines))
    for way, lane in zip(over, over_lanes, strict=True):
        y = top - 14 - ARC * lane - 8
        parts.append(_arc_wide(way, places, order, most, left, top, y, "way", 0.68, 0.32))
    for way, lane in zip(back, back_lanes, strict=True):
        y = floor + 22 + ARC * lane + 8
        parts.append(_arc_wide(way, places, order, most, left, floor, y, "back", 0.32, 0.68))
    parts += [_box(place, left(at), top, BOX, TALL) for at, place in enumerate(places)]
    return parts, WIDTH, floor + (ARC * (max(back_lanes, default=-1) + 1) + 24 if back else 12)


def _arc_wide(way, places, order, most, left, edge, y, look, out: float, into: float) -> SafeString:
    """From a box to another around those between, at height `y`; it leaves and enters at these shares of the box."""
    a, b = left(order[way.start]) + BOX * out, left(order[way.end]) + BOX * into
    up = -1 if y < edge else 1
    bend = min(14.0, abs(y - edge) * 0.7, abs(b - a) / 2)
    side = 1 if b > a else -1
    wide = min(_thick(way.count, most), 6)
    d = (
        f"M{number(a)} {number(edge)}V{number(y - up * bend)}Q{number(a)} {number(y)} {number(a + side * bend)} {number(y)}"
        f"H{number(b - side * bend)}Q{number(b)} {number(y)} {number(b)} {number(y - up * bend)}V{number(edge + up * 5)}"
    )
    return told(
        told_way(way, places),
        _stroke(look, d, wide),
        _head(look, b, edge + up * 1, 0, -up, wide),
        *_written(look, (a + b) / 2, y, _label(way)),
    )


# From top to bottom ---------------------------------------------------------------------------------------------------
def _narrow(places, ways, order, most, key) -> tuple[list[SafeString], float, float]:
    direct, over, back = _spans(ways, order)
    over_lanes, back_lanes = _lanes(over, order), _lanes(back, order)
    left = 8 + (ARC_NARROW * (max(over_lanes, default=-1) + 1) + 16 if over else 4)
    right = left + BOX_NARROW
    step = TALL_NARROW + GAP_NARROW

    def top(at: int) -> float:
        return 6 + at * step

    parts: list[SafeString] = []
    for way in direct:
        a, b, x = top(order[way.start]) + TALL_NARROW, top(order[way.end]), left + BOX_NARROW / 2
        wide = _thick(way.count, most)
        parts.append(
            told(
                told_way(way, places),
                _stroke("way", f"M{number(x)} {number(a)}V{number(b - 4)}", wide),
                _head("way", x, b - 1, 0, 1, wide),
                words("way-n", x + 10 + wide / 2, (a + b) / 2 + 2, _label(way)),
            )
        )
    for way, lane in zip(over, over_lanes, strict=True):
        parts.append(_arc_narrow(way, places, order, most, top, left, left - 14 - ARC_NARROW * lane, "way"))
    for way, lane in zip(back, back_lanes, strict=True):
        parts.append(
            _arc_narrow(way, places, order, most, top, right, right + 28 + ARC_NARROW * lane, "back")
        )
    parts += [_box(place, left, top(at), BOX_NARROW, TALL_NARROW) for at, place in enumerate(places)]
    return parts, NARROW, top(len(places)) - GAP_NARROW + 8


def _arc_narrow(way, places, order, most, top, edge, x, look) -> SafeString:
    a = top(order[way.start]) + TALL_NARROW * (0.36 if look == "back" else 0.66)
    b = top(order[way.end]) + TALL_NARROW * (0.64 if look == "back" else 0.34)
    out = -1 if x < edge else 1
    down = 1 if b > a else -1
    bend = min(12.0, abs(x - edge) * 0.7)
    wide = min(_thick(way.count, most), 6)
    d = (
        f"M{number(edge)} {number(a)}H{number(x - out * bend)}Q{number(x)} {number(a)} {number(x)} {number(a + down * bend)}"
        f"V{number(b - down * bend)}Q{number(x)} {number(b)} {number(x - out * bend)} {number(b)}H{number(edge + out * 5)}"
    )
    label = _label(way, short=True)
    # Beside its line, near where it starts, where no other arc's number stands.
    at = a + down * (GAP_NARROW * 0.5 + TALL_NARROW * 0.5)
    return told(
        told_way(way, places),
        _stroke(look, d, wide),
        _head(look, edge + out * 1, b, -out, 0, wide),
        *_written(look, x, at, label),
    )


# In words -------------------------------------------------------------------------------------------------------------
def about(place: Place) -> str:
    text = ngettext("%(stage)s: %(number)s waiting", "%(stage)s: %(number)s waiting", place.waiting) % {
        "stage": place.label,
        "number": place.waiting,
    }
    if place.late:
        text += ", " + ngettext("%(number)s late", "%(number)s late", place.late) % {"number": place.late}
    return text + (f" ({_('half of them within %(time)s') % {'time': place.time}})" if place.time else "")


def told_way(way: Way, places: Sequence[Place]) -> str:
    names = {place.key: place.label for place in places}
    text = f"{names[way.start]} → {names[way.end]}: {way.count:,}"
    return f"{text} ({_('half of them within %(time)s') % {'time': way.time}})" if way.time else text


def described(places: Sequence[Place], ways: Sequence[Way]) -> str:
    return "; ".join([*(about(place) for place in places), *(told_way(way, places) for way in ways)])
