"""The funnel plot: units of different size around the level of the whole, in limits that are wide where a unit is small.

After D. J. Spiegelhalter (2005): it compares without ranking. Beyond the outer limits a unit differs from the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from incidents.drawing import dot, line, path, svg, width_of, words
from metrics.spc.funnels import INNER, OUTER, Funnel
from metrics.spc.telling import paragraph

from .control import signal_shape
from .scale import NARROW, TEXT, WIDE, Axis, area, axis, figure, told, with_unit

HEIGHT_WIDE, HEIGHT_NARROW, TOP, FOOT = 250, 230, 16, 44
#: From here on the sizes on the axis are so long that fewer of them fit.
LONG_SIZE = 1e7
#: With more units than these only those outside have their names in the picture.
MOST_NAMED = 12
#: Sizes at which the limits are reckoned.
CURVE = 48


@dataclass(frozen=True)
class Spot:
    """A unit: its size (the denominator) and its figure, in the unit of the indicator; `side` outside the outer limits."""

    label: str
    size: float
    value: float
    side: int = 0
    url: str = ""
    between: tuple[float, float] | None = None  # its limits


def funnel_plot(
    funnel: Funnel,
    spots: Sequence[Spot],
    *,
    title: str,
    key: str,
    scale: float = 1.0,
    is_complement: bool = False,
    direction: int = 0,
    size_name: str = "",
    unit: str = "",
    places: int = 1,
    target: float | None = None,
    narrow: bool = False,
) -> SafeString:
    """`funnel` reckons in shares or rates; what is shown is `scale` times that, of a complement scale × (1 − that)."""

    def shown(value: float) -> float:
        return scale * (1 - value if is_complement else value)

    width, height = (NARROW, HEIGHT_NARROW) if narrow else (WIDE, HEIGHT_WIDE)
    most = max(spot.size for spot in spots)
    steps = (4 if narrow else 6) - (most >= LONG_SIZE) - (most >= LONG_SIZE and not narrow)
    sizes = axis([0, most * 1.04], steps=steps)
    least = min(min(spot.size for spot in spots) * 0.6, sizes.high / 60)
    grid = [least * (sizes.high / least) ** (place / CURVE) for place in range(CURVE + 1)]
    curves = {
        level: [(size, *sorted(map(shown, funnel.limits(size, level)))) for size in grid]
        for level in (INNER, OUTER)
    }
    values = _values(spots, curves[OUTER], shown(funnel.center), target, unit)
    left, right = values.room + 12, width - 14
    floor = TOP + height

    def x(size: float) -> float:
        return left + size / sizes.high * (right - left)

    def y(value: float) -> float:
        return floor - (values.clamp(value) - values.low) / (values.high - values.low) * height

    parts = _frame(values, sizes, x, y, left, right, floor, size_name)
    outer = curves[OUTER]
    parts.append(
        area(
            "band",
            [
                *((x(s), y(high)) for s, _low, high in outer),
                *((x(s), y(low)) for s, low, _h in reversed(outer)),
            ],
        )
    )
    for level, look in ((INNER, "lim-in"), (OUTER, "lim")):
        parts.append(path(look, [(x(s), y(low)) for s, low, _high in curves[level]]))
        parts.append(path(look, [(x(s), y(high)) for s, _low, high in curves[level]]))
    parts.append(line("mean", left, y(shown(funnel.center)), right, y(shown(funnel.center))))
    if target is not None and values.low <= target <= values.high:
        parts.append(line("goal", left, y(target), right, y(target)))
    places_taken = [(x(s.size) - 6, y(s.value) - 6, x(s.size) + 6, y(s.value) + 6) for s in spots]
    centre = y(shown(funnel.center))
    places_taken.append((left, centre - 3, right, centre + 3))
    for spot in sorted(spots, key=lambda spot: (-abs(spot.side), -spot.size)):
        at = (x(spot.size), y(spot.value))
        shape = (
            signal_shape(spot.side * direction, spot.side, *at, 5.6) if spot.side else dot("p p-c", *at, 5)
        )
        parts.append(told(about(spot, unit, places), dot("hit", *at, 11), shape))
        if spot.side or len(spots) <= MOST_NAMED:
            parts += _name(spot, at, places_taken, left, right, TOP, floor)
    return svg(
        parts, classes="spc control funnel", width=width, height=floor + FOOT, key=key, title=title,
        desc=described(spots, shown(funnel.center), unit, places),
    )  # fmt: skip


def _values(spots: Sequence[Spot], outer, center: float, target: float | None, unit: str) -> Axis:
    """All figures, and of the limits what doesn't flatten them."""
    values = [center, *(spot.value for spot in spots)]
    low, high = min(values), max(values)
    room = max(high - low, *(abs(edge - center) for edge in outer[-1][1:]), 1e-9)
    values += [min(max(edge, low - room), high + room) for _size, *edges in outer for edge in edges]
    if target is not None and low - 2 * room <= target <= high + 2 * room:
        values.append(target)
    return axis(values, most=100 if unit == "%" else None)


def _frame(values: Axis, sizes: Axis, x, y, left, right, floor, size_name: str) -> list[SafeString]:
    parts: list[SafeString] = []
    for tick in values.ticks:
        parts += [
            line("grid", left, y(tick), right, y(tick)),
            words("", left - 8, y(tick) + 4, values.label(tick), "end"),
        ]
    for tick in sizes.ticks:
        label = sizes.label(tick)
        at = min(x(tick), right + 12 - width_of(label, TEXT) / 2)
        parts.append(words("", at, floor + 18, label, "middle"))
    if size_name:
        parts.append(words("", (left + right) / 2, floor + 37, size_name, "middle"))
    return parts


def _name(
    spot: Spot, at: tuple[float, float], taken: list, left: float, right: float, top: float, floor: float
):
    """Its name where nothing else stands; one outside the limits gets it in any case."""
    wide, (px, py) = width_of(spot.label, TEXT) * 1.06, at
    tries = (
        (px + 9, py + 4, "start", px + 8),
        (px - 9, py + 4, "end", px - 8 - wide),
        (px, py - 10, "middle", px - wide / 2),
        (px, py + 19, "middle", px - wide / 2),
    )
    possible = [
        (tx, ty, anchor, edge) for tx, ty, anchor, edge in tries if edge >= left and edge + wide <= right + 10
    ]
    for tx, ty, anchor, edge in possible:
        box = (edge, ty - 11, edge + wide, ty + 2)
        is_free = all(box[0] > b[2] or box[2] < b[0] or box[1] > b[3] or box[3] < b[1] for b in taken)
        if is_free and top - 8 <= box[1] and box[3] <= floor:
            taken.append(box)
            return [words("lbl now-name" if spot.side else "now-name", tx, ty, spot.label, anchor)]
    if spot.side and possible:
        tx, ty, anchor, edge = possible[0]
        taken.append((edge, ty - 11, edge + wide, ty + 2))
        return [words("lbl now-name", tx, ty, spot.label, anchor)]
    return []


def about(spot: Spot, unit: str, places: int) -> str:
    """Hefei South: 33.9 %, 12,400 (by chance 30.1 to 38.0)."""
    text = f"{spot.label}: {with_unit(spot.value, places, unit)}, n = {figure(spot.size, 0)}"
    if spot.between is None:
        return text
    low, high = (figure(edge, places) for edge in spot.between)
    return text + " " + _("(by chance %(low)s to %(high)s)") % {"low": low, "high": high}


def word_for(spot: Spot, direction: int) -> str:
    """Whether it differs from the whole, in words."""
    if not spot.side:
        return _("As the whole, within chance")
    if not direction:
        return _("Above what chance explains") if spot.side > 0 else _("Below what chance explains")
    return _("Better than the whole") if spot.side * direction > 0 else _("Worse than the whole")


def described(spots: Sequence[Spot], center: float, unit: str, places: int) -> str:
    outside = "; ".join(about(spot, unit, places) for spot in spots if spot.side)
    whole = pgettext("funnel plot", "%(count)s units around %(center)s.") % {
        "count": len(spots),
        "center": with_unit(center, places, unit),
    }
    if not outside:
        return paragraph([whole, _("None lies outside what chance explains.")])
    return paragraph([whole, _("Outside what chance explains: %(units)s.") % {"units": outside}])
