"""Axes and figures: round steps, the part of an axis that is needed, numbers as they are written beside a picture."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from incidents.drawing import number, width_of

WIDE, NARROW = 680, 360
#: The size of what is written in a picture, in its pixels (static/css/charts.css).
TEXT = 11.5


@dataclass(frozen=True)
class Axis:
    """From `low` to `high` in whole steps."""

    low: float
    high: float
    step: float

    @property
    def ticks(self) -> list[float]:
        return [
            self.low + self.step * place for place in range(round((self.high - self.low) / self.step) + 1)
        ]

    @property
    def places(self) -> int:
        """How many decimals tell its ticks apart."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9))

    def label(self, value: float) -> str:
        return f"{value:,.{self.places}f}"

    @property
    def room(self) -> float:
        """How wide the widest of its labels is."""
        return max(width_of(self.label(value), TEXT) for value in (self.low, self.high))

    def clamp(self, value: float) -> float:
        return min(max(value, self.low), self.high)


def round_step(span: float, most: int = 6) -> float:
    """1, 2 or 5 times a power of ten, so that `most` of them cover the span."""
    if not span > 0 or not math.isfinite(span):
        return 1
    power = 10.0 ** math.floor(math.log10(span / most))
    return next((size * power for size in (1, 2, 5) if span / (size * power) <= most), 10 * power)


def axis(
    values: Iterable[float], *, least: float | None = 0, most: float | None = None, steps: int = 6
) -> Axis:
    """The axis that shows these values; it doesn't leave `least` to `most` where no value does."""
    values = list(values) or [0.0]
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(high), abs(low)):
        around = abs(high) * 0.1 or 1
        low, high = low - around, high + around
        if least is not None and min(values) >= least:
            low = max(low, least)
    step = round_step(high - low, steps)
    first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if least is not None and min(values) >= least:
        first = max(first, least)
    if most is not None and max(values) <= most:
        last = min(last, most)
    return Axis(first, last, step)


def figure(value: float | None, places: int = 1) -> str:
    """A figure for people: thousands set apart, so many decimals; a smaller one keeps two digits that say something."""
    if value is None:
        return "–"
    if value and abs(value) < 0.5 * 10**-places:
        places = min(12, 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def with_unit(value: float | None, places: int, unit: str) -> str:
    return f"{figure(value, places)} {unit}".strip() if value is not None else figure(None)


def apart(wanted: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Heights next to these, in their order, so far from each other that nothing overlaps; between low and high."""
    placed: list[float] = []
    for height in wanted:
        placed.append(max(height, placed[-1] + distance if placed else low))
    ceiling = high
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - distance
    return placed


def shape(classes: str, d: str) -> SafeString:
    """A path by its commands."""
    return format_html('<path class="{}" d="{}"/>', classes, d)


def area(classes: str, points: Iterable[tuple[float, float]]) -> SafeString:
    """A closed area."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return format_html('<polygon class="{}" points="{}"/>', classes, joined)


def told(title: str, *parts: SafeString, classes: str = "") -> SafeString:
    """Parts that say something to the pointer and to a screen reader."""
    inside = mark_safe("".join(parts))
    if classes:
        return format_html('<g class="{}"><title>{}</title>{}</g>', classes, title, inside)
    return format_html("<g><title>{}</title>{}</g>", title, inside)
