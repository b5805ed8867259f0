"""Which few are behind most of it: bars from the tallest on, and the line of what they make up together.

Drawn for whatever is ranked: causes of incidents, kinds of complaints, units with delays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from incidents.drawing import box, dot, line, number, path, svg, words, wrap

#: How many bars are drawn; the rest is one more bar. The table has up to MOST_LINES, the file all.
MOST_BARS, MOST_LINES = 9, 50
#: The share that the few are looked for (J. M. Juran, Quality Control Handbook, 1951).
VITAL = 80


@dataclass(frozen=True)
class Bar:
    """A cause with its number, its share and the share of it and all before it, in per cent."""

    key: str
    label: str
    count: int
    share: float
    cumulative: float


class Ranked:
    """What is ranked: its bars, what they are and what they count."""

    bars: list[Bar]
    what: str
    unit_of_count: str

    @property
    def total(self) -> int:
        return sum(bar.count for bar in self.bars)

    @cached_property
    def vital(self) -> int:
        """How many of the bars, from the tallest on, make up 80 per cent."""
        return next((place for place, bar in enumerate(self.bars, 1) if bar.cumulative >= VITAL - 1e-9), 0)

    @property
    def shown(self) -> list[Bar]:
        return self.bars[:MOST_LINES]

    @property
    def drawn(self) -> list[Bar]:
        """The tallest bars; the others are one, which stands last whatever its height."""
        if len(self.bars) <= MOST_BARS + 1:
            return self.bars
        rest = self.bars[MOST_BARS:]
        label = _("%(number)s others") % {"number": len(rest)}
        count = sum(bar.count for bar in rest)
        return [*self.bars[:MOST_BARS], Bar("", label, count, 100 * count / self.total, 100.0)]

    @property
    def headings(self) -> list[str]:
        return [self.what, self.unit_of_count, pgettext("pareto", "Share in %"), _("Cumulative share in %")]

    @property
    def lines(self) -> Iterator[list[Any]]:
        """The whole table, for a file."""
        return ([bar.label, bar.count, round(bar.share, 2), round(bar.cumulative, 2)] for bar in self.bars)


def in_order(counted: list[tuple[str, str, int]]) -> list[Bar]:
    """(key, label, count) as bars, the tallest first; equals in the order of their names."""
    total = sum(count for _key, _label, count in counted)
    bars, so_far = [], 0
    for key, label, count in sorted(counted, key=lambda item: (-item[2], item[1])):
        so_far += count
        bars.append(Bar(key, label, count, 100 * count / total, 100 * so_far / total))
    return bars


# Drawing -------------------------------------------------------------------------------------------------------------
WIDTH, LEFT, RIGHT = 1000, 52, 56
TOP, FLOOR = 30, 344  # where 100 % and 0 % lie
LABEL, STEP, MOST_ROWS = 11.5, 14, 4  # the names under the bars: size, distance and number of their lines


def draw(found: Ranked, *, key: str = "pareto") -> SafeString:
    """Bars, the line of their cumulative share, and the line at 80 %. The bars' axis ends at the total: as usual in a
    Pareto chart both axes then measure the same, and the line begins at the top of the first bar.
    """
    bars, total = found.drawn, found.total
    room = (WIDTH - LEFT - RIGHT) / len(bars)
    names = [wrap(bar.label, LABEL, room - 8, MOST_ROWS) for bar in bars]

    def y(share: float) -> float:
        return FLOOR - share / 100 * (FLOOR - TOP)

    parts: list[SafeString] = []
    for value in _ticks(total):
        height = y(100 * value / total)
        parts += [
            line("grid", LEFT, height, WIDTH - RIGHT, height),
            words("", LEFT - 8, height + 4, f"{value:,}", "end"),
        ]
    for share in (0, 20, 40, 60, 80, 100):
        parts.append(words("", WIDTH - RIGHT + 8, y(share) + 4, f"{share} %"))
    for place, bar in enumerate(bars):
        x, wide = LEFT + place * room, min(room * 0.72, 120)
        left, middle = x + (room - wide) / 2, x + room / 2
        top = y(bar.share)
        parts.append(box(_look(found, place, bar), left, top, wide, FLOOR - top))
        parts += [
            words("lbl", middle, FLOOR + 18 + STEP * row, text, "middle")
            for row, text in enumerate(names[place])
        ]
    parts += _line(bars, lambda place: LEFT + (place + 0.5) * room, y)
    parts.append(line("vital", LEFT, y(VITAL), WIDTH - RIGHT, y(VITAL)))
    parts += [
        words("num", LEFT + (place + 0.5) * room, y(bar.share) - 8, f"{bar.count:,}", "middle")
        for place, bar in enumerate(bars)
        if place  # the first stands at the beginning of the line and is told beside it
    ]
    first = bars[0]
    parts.append(words("num", LEFT + room / 2 - 12, y(first.share) - 10, f"{first.count:,}", "end"))
    parts.append(words("", LEFT - 8, 14, found.unit_of_count, "start"))
    height = FLOOR + 14 + STEP * max(map(len, names))
    return svg(
        parts, classes="spc pareto", width=WIDTH, height=height, key=key, title=_title(found), desc=_told(found)
    )  # fmt: skip


def _line(bars: list[Bar], x, y) -> list[SafeString]:
    points = [(x(place), y(bar.cumulative)) for place, bar in enumerate(bars)]
    return [path("cum", points), *(dot("cum-p", *point, 4) for point in points)]


def _look(found: Ranked, place: int, bar: Bar) -> str:
    if not bar.key and place >= MOST_BARS:
        return "bar-rest"
    return "bar-vital" if place < found.vital else "bar"


def _ticks(total: int) -> list[int]:
    """Round values from 0 to the total, at most six."""
    step = next(
        size * 10**power for power in range(12) for size in (1, 2, 5) if total / (size * 10**power) <= 5
    )
    return list(range(0, total + 1, step))


NARROW, ROW = 360, 46


def draw_narrow(found: Ranked, *, key: str = "pareto-narrow") -> SafeString:
    """The same for a narrow window: a bar under each name, the cumulative share at its end."""
    bars = found.drawn
    tallest, end = max(bar.share for bar in bars), NARROW - 92
    parts: list[SafeString] = []
    for place, bar in enumerate(bars):
        top = place * ROW
        parts += [
            *(words("lbl", 0, top + 15, text) for text in wrap(bar.label, 12.5, NARROW - 4, 1)),
            box(_look(found, place, bar), 0, top + 21, max(2, bar.share / tallest * end), 14, 2),
            words("num", max(2, bar.share / tallest * end) + 6, top + 32.5, f"{bar.count:,}"),
            words("", NARROW, top + 32.5, f"{number(bar.cumulative)} %", "end"),
        ]
        if place + 1 == found.vital and place + 1 < len(bars):
            parts.append(line("vital", 0, top + ROW - 3, NARROW, top + ROW - 3))
    return svg(
        parts, classes="spc pareto", width=NARROW, height=len(bars) * ROW, key=key, title=_title(found),
        desc=_told(found),
    )  # fmt: skip


def _title(found: Ranked) -> str:
    return _("%(what)s, the most frequent first") % {"what": found.what}


def _told(found: Ranked) -> str:
    lines = (
        _("%(label)s: %(count)s, %(cumulative)s %% so far")
        % {"label": bar.label, "count": bar.count, "cumulative": number(bar.cumulative)}
        for bar in found.drawn
    )
    return "; ".join(lines)
