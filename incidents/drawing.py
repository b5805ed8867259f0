"""What the SVG drawings share: numbers, and text that has to fit. Only classes and presentation attributes: the strict
content security policy holds, the drawings print, and they follow the dark theme.
"""

import re
import unicodedata
from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

#: What may stand on one line unbroken: a word with its figures, or a single character of Chinese.
TOKEN = re.compile(r"[A-Za-zÀ-ɏ0-9.,;:%℃°“”\"'’/×+()-]+|\s+|.")
CLOSING = "，。、；：？！）》」』”’"


def number(value: float) -> str:
    """A coordinate, as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")


def width_of(text: str, size: float) -> float:
    """About how wide a text is drawn, in pixels: Chinese characters are square, Latin ones a good half."""
    return sum(size if unicodedata.east_asian_width(letter) in "WF" else size * 0.56 for letter in text)


def wrap(text: str, size: float, room: float, most: int = 3) -> list[str]:
    """Break a text into lines of about the same length that fit `room`.

    What needs more than `most` lines ends in an ellipsis.
    """
    lines = _lines(text, size, room)
    if len(lines) > most:
        return [*lines[: most - 1], f"{lines[most - 1].rstrip('.,;:，。；：')}…"]
    while (narrower := _lines(text, size, room - size)) and len(narrower) == len(lines) and room > 4 * size:
        lines, room = narrower, room - size
    return lines


def _lines(text: str, size: float, room: float) -> list[str]:
    lines, line = [], ""
    for token in TOKEN.findall(text.strip()):
        if line.strip() and width_of(line + token, size) > room and token not in CLOSING:
            lines.append(line.strip())
            line = ""
        line += token
    return [*lines, line.strip()]


def svg(
    parts: Iterable[SafeString], *, classes: str, width: float, height: float, key: str, title, desc
) -> SafeString:
    """Put the parts into a picture with a name and a description; `key` makes their ids unique on the page."""
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{}</title><desc id="{key}-d">{}</desc>{}</svg>',
        classes, number(width), number(height), title, desc, mark_safe("".join(parts)), key=key,
    )  # fmt: skip


def line(classes: str, x1: float, y1: float, x2: float, y2: float) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>',
        classes, number(x1), number(y1), number(x2), number(y2),
    )  # fmt: skip


def path(classes: str, points: Iterable[tuple[float, float]]) -> SafeString:
    """A line through several points."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return format_html('<polyline class="{}" points="{}"/>', classes, joined)


def dot(classes: str, x: float, y: float, radius: float) -> SafeString:
    return format_html(
        '<circle class="{}" cx="{}" cy="{}" r="{}"/>', classes, number(x), number(y), number(radius)
    )


def box(classes: str, x: float, y: float, width: float, height: float, radius: float = 0) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
        classes, number(x), number(y), number(width), number(height), number(radius),
    )  # fmt: skip


def words(classes: str, x: float, y: float, text, anchor: str = "start") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>',
        classes, number(x), number(y), anchor, text,
    )  # fmt: skip


def stack(
    classes: str, x: float, bottom: float, lines: list[str], step: float, anchor: str
) -> list[SafeString]:
    """Lines of text above each other, the last one at `bottom`."""
    first = bottom - (len(lines) - 1) * step
    return [words(classes, x, first + row * step, text, anchor) for row, text in enumerate(lines)]
