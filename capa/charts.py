"""Counts per month before and after, as a small SVG chart with the days on which the measures were done."""

import datetime as dt
from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .drawing import box, dot, line, path, svg, width_of, words

WIDTH, HEIGHT = 680, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 24, 34, 30


def before_and_after(
    counts: list[tuple[dt.date, int]], marks: Iterable[tuple[dt.date, str]], *, title: str, key: str
) -> SafeString:
    """`counts` by month, oldest first; `marks` are days with a word, drawn as upright lines."""
    most = max(4, *(count for _month, count in counts))
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**6) if most / size <= 5)
    top_value = -(-most // step) * step

    def x(place: float) -> float:
        return LEFT + 10 + place * (WIDTH - LEFT - RIGHT - 20) / max(1, len(counts) - 1)

    def y(value: float) -> float:
        return TOP + (top_value - value) / top_value * (HEIGHT - TOP - BOTTOM)

    parts: list[SafeString] = []
    for value in range(0, top_value + 1, step):
        parts += [
            line("grid", LEFT, y(value), WIDTH - RIGHT, y(value)),
            words("", LEFT - 8, y(value) + 4, value, "end"),
        ]
    for day, word in marks:
        if (place := _place(day, counts)) is not None:
            parts += _mark(x(place), word)
    parts.append(path("val", [(x(place), y(count)) for place, (_month, count) in enumerate(counts)]))
    for place, (month, count) in enumerate(counts):
        parts.append(_point(x(place), y(count), month, count, is_last=place == len(counts) - 1))
        if place % 3 == (len(counts) - 1) % 3:
            parts.append(words("", x(place), HEIGHT - 9, f"{month:%Y-%m}", "middle"))
    return svg(
        parts, classes="spc", width=WIDTH, height=HEIGHT, key=key, title=title, desc=_description(counts)
    )


def _place(day: dt.date, counts: list[tuple[dt.date, int]]) -> float | None:
    """Where a day lies among the months; None before the first or after the last."""
    for place, (month, _count) in enumerate(counts):
        if (month.year, month.month) == (day.year, day.month):
            return place + (day.day - 1) / 31 - 0.5
    return None


def _mark(x: float, word: str) -> list[SafeString]:
    width = width_of(word, 11.5) + 16
    left = min(max(x - width / 2, LEFT), WIDTH - RIGHT - width)
    return [
        line("evt", x, 24, x, HEIGHT - BOTTOM),
        box("evt-b", left, 4, width, 21, 5),
        words("evt-t", left + width / 2, 18.5, word, "middle"),
    ]


def _point(x: float, y: float, month: dt.date, count: int, *, is_last: bool) -> SafeString:
    """A dot that says its month and count to the pointer and to a screen reader."""
    return format_html(
        "<g>{}<title>{}</title></g>",
        dot("p p-c last" if is_last else "p p-c", x, y, 6 if is_last else 4.6),
        _("%(month)s: %(count)s") % {"month": f"{month:%Y-%m}", "count": count},
    )


def _description(counts: list[tuple[dt.date, int]]) -> str:
    return _("%(total)s in %(months)s months, at most %(most)s in one month, %(last)s in the last.") % {
        "total": sum(count for _month, count in counts),
        "months": len(counts),
        "most": max(count for _month, count in counts),
        "last": counts[-1][1],
    }
