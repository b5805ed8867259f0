"""The drawings of a verification: counts before and after with their rates, and the power of an observation.

Everything a drawing says stands in a table beside it as well.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.drawing import box, dot, line, path, svg, width_of, words

WIDTH, PLOT = 680, 180
LEFT, RIGHT, BOTTOM = 44, 20, 30
#: The height of one row of labels above the plot.
ROW = 25


@dataclass(frozen=True)
class Bin:
    """A month or a week and what was counted in it. The last one may not be over yet."""

    first: dt.date
    last: dt.date
    label: str
    count: int

    @property
    def middle(self) -> float:
        return (self.first.toordinal() + self.last.toordinal() + 1) / 2


@dataclass(frozen=True)
class Window:
    """A baseline or an observation: its days, and the count per bin that its rate stands for, with the interval."""

    kind: str  # "before" or "after"
    first: dt.date
    last: dt.date
    label: str
    rate: float
    lower: float
    upper: float


def steps_up_to(most: float) -> int:
    """The distance of the grid's lines: at most five of them."""
    return next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**7) if most / size <= 5)


def in_rows(labels: Sequence[tuple[float, str]], *, left: float, right: float) -> list[tuple[float, int]]:
    """Where labels that belong above these places can stand without touching: left edge and row, 0 on top."""
    ends: list[float] = []
    placed = [(0.0, 0)] * len(labels)
    for at in sorted(range(len(labels)), key=lambda index: labels[index][0]):
        x, word = labels[at]
        width = width_of(word, 11.5) + 16
        start = min(max(x - width / 2, left), right - width)
        row = next((row for row, end in enumerate(ends) if end + 6 <= start), len(ends))
        ends[row : row + 1] = [start + width]
        placed[at] = (start, row)
    return placed


def effect_chart(
    bins: Sequence[Bin],
    windows: Iterable[Window],
    marks: Iterable[tuple[dt.date, str]],
    *,
    title: str,
    key: str,
) -> SafeString:
    """Counts over time with the windows shaded, their rates as lines in their intervals, and marks for days."""
    windows = list(windows)
    first, last = bins[0].first.toordinal(), bins[-1].last.toordinal() + 1

    def x(ordinal: float) -> float:
        return LEFT + (ordinal - first) * (WIDTH - LEFT - RIGHT) / (last - first)

    seen = [(x(day.toordinal()), word) for day, word in marks if first <= day.toordinal() < last]
    rows = in_rows(seen, left=LEFT, right=WIDTH - RIGHT)
    top = 10 + ROW * (1 + max((row for _start, row in rows), default=-1)) + 18
    height = top + PLOT + BOTTOM
    most = max(4, *(b.count for b in bins), *(min(w.upper, 3 * w.rate + 4) for w in windows))
    step = steps_up_to(most)
    ceiling = -(-most // step) * step

    def y(value: float) -> float:
        return top + (ceiling - min(value, ceiling)) / ceiling * PLOT

    def between(window: Window) -> tuple[float, float]:
        return x(max(first, window.first.toordinal())), x(min(last, window.last.toordinal() + 1))

    shown = [w for w in windows if w.last.toordinal() >= first and w.first.toordinal() < last]
    parts = [box("band", between(w)[0], top, between(w)[1] - between(w)[0], PLOT) for w in shown]
    parts += _grid(0, ceiling, step, y)
    parts += [word for w in shown for word in _rate(w, *between(w), y, top)]
    parts.append(path("val", [(x(b.middle), y(b.count)) for b in bins]))
    parts += [_point(x(b.middle), y(b.count), b, is_last=b is bins[-1]) for b in bins]
    every = -(-len(bins) // 7)
    parts += [
        words("", x(b.middle), height - 9, b.label, "middle")
        for place, b in enumerate(bins)
        if place % every == (len(bins) - 1) % every
    ]
    for (place, word), (start, row) in zip(seen, rows, strict=True):
        parts += _mark(place, word, start, 6 + row * ROW, top + PLOT)
    return svg(
        parts, classes="spc", width=WIDTH, height=height, key=key, title=title,
        desc=_description(bins, shown),
    )  # fmt: skip


def _grid(low: int, high: float, step: int, y) -> list[SafeString]:
    parts = []
    for value in range(low, int(high) + 1, step):
        parts += [
            line("grid", LEFT, y(value), WIDTH - RIGHT, y(value)),
            words("", LEFT - 8, y(value) + 4, value, "end"),
        ]
    return parts


def _rate(window: Window, left: float, right: float, y, top: float) -> list[SafeString]:
    """The interval as a band, the rate as a line, the window's name above them."""
    return [
        box(f"ci ci-{window.kind}", left, y(window.upper), right - left, y(window.lower) - y(window.upper)),
        line(f"rate rate-{window.kind}", left, y(window.rate), right, y(window.rate)),
        words("lbl", (left + right) / 2, top - 5, window.label, "middle"),
    ]


def _mark(x: float, word: str, start: float, top: float, bottom: float) -> list[SafeString]:
    width = width_of(word, 11.5) + 16
    return [
        line("evt", x, top + 20, x, bottom),
        box("evt-b", start, top, width, 20, 5),
        words("evt-t", start + width / 2, top + 14, word, "middle"),
    ]


def _point(x: float, y: float, of: Bin, *, is_last: bool) -> SafeString:
    """A dot that says its month and count to the pointer and to a screen reader."""
    return format_html(
        "<g>{}<title>{}</title></g>",
        dot("p p-c last" if is_last else "p p-c", x, y, 5.4 if is_last else 4.2),
        _("%(month)s: %(count)s") % {"month": of.label, "count": of.count},
    )


def _description(bins: Sequence[Bin], windows: Sequence[Window]) -> str:
    text = _("%(total)s from %(first)s to %(last)s, at most %(most)s at a time, %(now)s in the last.") % {
        "total": sum(b.count for b in bins),
        "first": bins[0].label,
        "last": bins[-1].label,
        "most": max(b.count for b in bins),
        "now": bins[-1].count,
    }
    for window in windows:
        text += " " + _("%(name)s: %(rate).1f on average, 95 %% interval %(lower).1f to %(upper).1f.") % {
            "name": window.label,
            "rate": window.rate,
            "lower": window.lower,
            "upper": window.upper,
        }
    return text


# The calculator ------------------------------------------------------------------------------------------------------
def power_chart(
    curve: Sequence[tuple[int, float]],
    marks: Iterable[tuple[int, str]],
    *,
    wanted: float,
    title: str,
    key: str,
) -> SafeString:
    """The chance of seeing the change (0 to 1) against the days of observation, with the line that one wants."""
    last = curve[-1][0]
    right = WIDTH - RIGHT

    def x(days: float) -> float:
        return LEFT + days * (right - LEFT) / last

    seen = [(x(days), word) for days, word in marks if days <= last]
    rows = in_rows(seen, left=LEFT, right=right)
    top = 12 + ROW * (1 + max((row for _start, row in rows), default=-1))
    height = top + PLOT + BOTTOM + 14

    def y(power: float) -> float:
        return top + (1 - power) * PLOT

    parts: list[SafeString] = []
    for percent in range(0, 101, 20):
        parts += [
            line("grid", LEFT, y(percent / 100), right, y(percent / 100)),
            words("", LEFT - 8, y(percent / 100) + 4, f"{percent} %", "end"),
        ]
    parts.append(line("lim", LEFT, y(wanted), right, y(wanted)))
    step = next(size for size in (10, 30, 60, 90, 180) if last / size <= 8)
    parts += [words("", x(days), height - 23, days, "middle") for days in range(0, last + 1, step)]
    parts.append(words("", (LEFT + right) / 2, height - 6, _("days of observation"), "middle"))
    parts.append(path("val val-power", [(x(days), y(power)) for days, power in curve]))
    for (place, word), (start, row) in zip(seen, rows, strict=True):
        parts += _mark(place, word, start, 6 + row * ROW, top + PLOT)
    best = max(power for _days, power in curve)
    desc = _(
        "The chance rises to %(best)s %% within %(days)s days; the dashed line stands at %(wanted)s %%."
    ) % {
        "best": int(best * 100),
        "days": last,
        "wanted": round(wanted * 100),
    }
    return svg(parts, classes="spc", width=WIDTH, height=height, key=key, title=title, desc=desc)
