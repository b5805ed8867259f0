"""The drawings of results: estimates with their intervals, the trend, the answers to a question.

Each is drawn twice, for a wide window and for a phone. Everything a drawing says stands in a table beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.drawing import box, dot, line, path, svg, width_of, words, wrap

from .estimates import Bounded
from .figures import ItemResult, Line

WIDE, NARROW = 680, 360


@dataclass(frozen=True)
class Mark:
    """One estimate to be drawn. `look` says whether it differs: "better", "concern" or "" where chance explains it."""

    label: str
    figure: Bounded
    look: str = ""


def mark_of(line_: Line) -> Mark:
    direction = line_.change.direction if line_.change else 0
    return Mark(line_.label, line_.figure, {1: "better", -1: "concern"}.get(direction, ""))


def told(figure: Bounded, places: int = 1) -> str:
    """76.2 (73.9 to 78.4), n = 412: the same words in the drawing's description. What is no sample has an n of 0."""
    if not figure.n:
        return _told_without_n(figure, places)
    if figure.lower is None:
        return _("%(value)s, n = %(n)s") % {"value": f"{figure.value:.{places}f}", "n": figure.n}
    return _("%(value)s (%(lower)s to %(upper)s), n = %(n)s") % {
        "value": f"{figure.value:.{places}f}",
        "lower": f"{figure.lower:.{places}f}",
        "upper": f"{figure.upper:.{places}f}",
        "n": figure.n,
    }


def _told_without_n(figure: Bounded, places: int) -> str:
    value = f"{figure.value:.{places}f}"
    if figure.lower is None:
        return value
    return _("%(value)s (%(lower)s to %(upper)s)") % {
        "value": value,
        "lower": f"{figure.lower:.{places}f}",
        "upper": f"{figure.upper:.{places}f}",
    }


def _described(marks: Sequence[Mark], places: int) -> str:
    return "; ".join(f"{mark.label}: {told(mark.figure, places)}" for mark in marks)


def _bounds(marks: Sequence[Mark], low: float, high: float, step: float) -> tuple[float, float]:
    """The part of the scale that is needed, in whole steps; at least three of them."""
    ends = [
        end for mark in marks for end in (mark.figure.lower, mark.figure.value, mark.figure.upper) if end is not None
    ]  # fmt: skip
    first = max(low, step * (min(ends) // step))
    last = min(high, step * -(-max(ends) // step))
    while last - first < 3 * step and (first > low or last < high):
        first, last = max(low, first - step), min(high, last + step)
    return first, last


def _ticks(first: float, last: float, step: float) -> list[float]:
    count = round((last - first) / step)
    return [first + step * number for number in range(count + 1)]


def forest(
    marks: Sequence[Mark],
    *,
    key: str,
    title: str,
    low: float = 0,
    high: float = 100,
    step: float = 10,
    places: int = 1,
    whole: float | None = None,
    narrow: bool = False,
) -> SafeString:
    """A row for each estimate: its point in its interval, and a dashed line where the whole stands."""
    width = NARROW if narrow else WIDE
    labels = 0 if narrow else min(240, max(80, *(width_of(mark.label, 12.5) + 16 for mark in marks)))
    figures = 8 if narrow else 54
    row, top = (46, 14) if narrow else (30, 14)
    first, last = _bounds(marks, low, high, step)
    if narrow and (last - first) / step > 5:
        step *= 2
        first, last = _bounds(marks, low, high, step)
    left, right = labels + 10, width - figures - 6

    def x(value: float) -> float:
        return left + (value - first) / (last - first) * (right - left)

    floor = top + row * len(marks)
    parts: list[SafeString] = []
    for tick in _ticks(first, last, step):
        parts += [
            line("grid", x(tick), top - 6, x(tick), floor),
            words("", x(tick), floor + 17, f"{tick:.{places - 1}f}", "middle"),
        ]
    if whole is not None and first <= whole <= last:
        parts.append(line("lim", x(whole), top - 8, x(whole), floor))
    for place, mark in enumerate(marks):
        y = top + row * place + (row - 14 if narrow else row / 2)
        parts += _label(mark, labels, y, width, narrow, places)
        parts += _estimate(mark, x, y, places)
    return svg(
        parts, classes="spc forest", width=width, height=floor + 26, key=key, title=title,
        desc=_described(marks, places),
    )  # fmt: skip


def _label(mark: Mark, room: float, y: float, width: float, narrow: bool, places: int) -> list[SafeString]:
    value = f"{mark.figure.value:.{places}f}"
    if narrow:
        short = wrap(mark.label, 12.5, width - 60, 1)[0]
        return [words("lbl", 4, y - 14, short), words("num", width - 4, y - 14, value, "end")]
    return [
        words("lbl", room, y + 4, wrap(mark.label, 12.5, room - 8, 1)[0], "end"),
        words("num", width - 4, y + 4, value, "end"),
    ]


def _estimate(mark: Mark, x: Callable[[float], float], y: float, places: int) -> list[SafeString]:
    look = {"better": "p p-good", "concern": "p p-bad"}.get(mark.look, "p p-c")
    parts = []
    if mark.figure.lower is not None:
        a, b = x(mark.figure.lower), x(mark.figure.upper)
        parts += [
            line("reach", a, y, b, y),
            line("reach", a, y - 5, a, y + 5),
            line("reach", b, y - 5, b, y + 5),
        ]
    said = f"{mark.label}: {told(mark.figure, places)}"
    point = dot(look, x(mark.figure.value), y, 5)
    return [*parts, format_html("<g>{}<title>{}</title></g>", point, said)]


def trend(lines: Sequence[Line], *, key: str, title: str, narrow: bool = False) -> SafeString:
    """The index over time, each period with its interval; a filled point stands apart from the one before."""
    lines = [one for one in lines if not one.hidden][-(6 if narrow else 16) :]
    marks = [mark_of(one) for one in lines]
    width, left, right, top, plot = (NARROW if narrow else WIDE), 34, 12, 14, 170
    first, last = _bounds(marks, 0, 100, 10)
    step = 10 if last - first <= 60 else 20

    def y(value: float) -> float:
        return top + (last - value) / (last - first) * plot

    def x(place: int) -> float:
        return left + (place + 0.5) * (width - left - right) / len(marks)

    parts: list[SafeString] = []
    for tick in _ticks(first, last, step):
        parts += [
            line("grid", left, y(tick), width - right, y(tick)),
            words("", left - 7, y(tick) + 4, f"{tick:.0f}", "end"),
        ]
    parts.append(path("val", [(x(place), y(mark.figure.value)) for place, mark in enumerate(marks)]))
    every = max(1, -(-len(marks) * 62 // (width - left - right)))
    for place, mark in enumerate(marks):
        at, figure = x(place), mark.figure
        if figure.lower is not None:
            a, b = y(figure.lower), y(figure.upper)
            parts += [
                line("reach", at, a, at, b),
                line("reach", at - 5, a, at + 5, a),
                line("reach", at - 5, b, at + 5, b),
            ]
        look = {"better": "p p-good", "concern": "p p-bad"}.get(mark.look, "p p-c")
        parts.append(
            format_html(
                "<g>{}<title>{}</title></g>",
                dot(look, at, y(figure.value), 5),
                f"{mark.label}: {told(figure)}",
            )
        )
        if place % every == (len(marks) - 1) % every:
            parts.append(words("", at, top + plot + 20, mark.label, "middle"))
    return svg(
        parts, classes="spc trend", width=width, height=top + plot + 30, key=key, title=title,
        desc=_described(marks, 1),
    )  # fmt: skip


def answers(row: ItemResult, *, key: str, title: str) -> SafeString:
    """How often each answer was given, the lowest first, as bars of equal width; one size serves phone and desk."""
    width, plot, top = NARROW, 76, 16
    shares = row.shares
    most = max(share for _level, _count, share in shares) or 1
    room = width / len(shares)
    parts: list[SafeString] = [line("grid", 0, top + plot, width, top + plot)]
    for place, (level, _count, share) in enumerate(shares):
        wide, height = min(44, room * 0.7), share / most * plot
        left = place * room + (room - wide) / 2
        middle = left + wide / 2
        parts += [
            box("bar", left, top + plot - height, wide, height, 2),
            words("num", middle, top + plot - height - 4, f"{share:.0f}", "middle"),
            words("", middle, top + plot + 15, level, "middle"),
        ]
    desc = "; ".join(f"{level}: {count} ({share:.1f} %)" for level, count, share in shares)
    return svg(
        parts, classes="spc answers", width=width, height=top + plot + 22, key=key, title=title, desc=desc
    )


def bands(told_: Sequence[tuple[str, int, float]], *, key: str, title: str) -> SafeString:
    """Counts in bands of an axis, each with its share; narrow enough for a phone."""
    width, plot, top = 420, 120, 20
    most = max(share for _label, _count, share in told_) or 1
    room = width / len(told_)
    parts: list[SafeString] = [line("grid", 0, top + plot, width, top + plot)]
    for place, (label, _count, share) in enumerate(told_):
        wide, height = room * 0.72, share / most * plot
        left = place * room + (room - wide) / 2
        parts += [
            box("bar", left, top + plot - height, wide, height, 2),
            words("num", left + wide / 2, top + plot - height - 5, f"{share:.0f} %", "middle"),
            words("", left + wide / 2, top + plot + 17, label, "middle"),
        ]
    desc = "; ".join(f"{label}: {count} ({share:.1f} %)" for label, count, share in told_)
    return svg(
        parts, classes="spc answers", width=width, height=top + plot + 24, key=key, title=title, desc=desc
    )
