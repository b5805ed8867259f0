"""Bars beside words: open cases by stage and how many of them are late, parts of a whole.

The words and figures stand in the page as text; the bar itself is the only picture, so it needs none of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.drawing import number

WIDTH, HEIGHT = 300, 18


@dataclass(frozen=True)
class Row:
    """One bar with its words. `part` is the share of it that is meant to be noticed: what is late."""

    label: str
    value: float
    part: float = 0
    note: str = ""  # beside the figure: "3 late", "66 %"
    url: str = ""
    part_url: str = ""
    bar: SafeString = SafeString("")


def bar(value: float, most: float, part: float = 0) -> SafeString:
    """A bar on its track; `part` of it in another colour, with an edge that shows without colours, too."""
    if most <= 0:
        value, most = 0, 1
    full = max(3.0, value / most * WIDTH) if value else 0
    first = min(full, max(3.0, part / most * WIDTH)) if part else 0
    pieces = [_piece("bg", 0, WIDTH)]
    if full:
        pieces.append(_piece("bar", 0, full))
    if first:
        pieces.append(_piece("bar-2", 0, first))
        pieces.append(format_html('<path class="bar-edge" d="M{} 0V{}"/>', number(first), HEIGHT))
    return format_html(
        '<svg class="bar-line" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        WIDTH, HEIGHT, SafeString("".join(pieces)),
    )  # fmt: skip


def _piece(look: str, start: float, width: float) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" width="{}" height="{}" rx="3"/>', look, number(start), number(width), HEIGHT
    )


def rows(values: Iterable[Row]) -> Sequence[Row]:
    """The rows with their bars, all on the same scale."""
    values = list(values)
    most = max((row.value for row in values), default=0)
    return [
        Row(row.label, row.value, row.part, row.note, row.url, row.part_url, bar(row.value, most, row.part))
        for row in values
    ]
