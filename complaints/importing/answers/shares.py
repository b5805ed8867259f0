"""Tables of published shares ("very satisfied 42.3 %, ..."), which look like answers and are none.

Nobody's answer stands in them, so nothing is imported. What they say is shown: the index and the share of the best
answers of each row. How many were asked isn't in such a table, so there is no interval, and none is made up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from complaints.surveys.estimates import mean_of_shares
from incidents.importing.sample import Sample
from people.tables import text_of

#: How far the shares of a row may be from 100 together: publishers round.
ROUNDED = 1.5
LEAST_LEVELS = 3
_BEST = re.compile(
    r"^(very |completely |strongly )?(satisfied|agree|good)|top|best|always|excellent|^非常满意|^很满意", re.I
)
_WORST = re.compile(r"dissatisfied|disagree|bottom|worst|never|poor|不满意", re.I)
_MISSING = re.compile(r"missing|no answer|don't know|not applicable|缺失|未答|不适用", re.I)


@dataclass(frozen=True)
class ShareLine:
    """One row: `index` 0 to 100 with the answers at equal distances, `best` and `two_best` in per cent of all asked."""

    row: int
    label: str
    index: float
    best: float
    two_best: float


@dataclass(frozen=True)
class PublishedShares:
    headings: list[str]  # the answers, the best first
    lines: list[ShareLine]


def published_shares(sample: Sample) -> PublishedShares | None:
    """The shares of a table that consists of such; None when it doesn't, or when it can't be told which end is the best."""
    figures = [[_figure(text_of(cell)) for cell in cells] for _number, cells in sample.rows]
    span = _span(figures, len(sample.headings))
    if span is None:
        return None
    places = [place for place in span if not _MISSING.search(sample.headings[place])]
    first, last = sample.headings[places[0]], sample.headings[places[-1]]
    if _WORST.search(first) or (_BEST.search(last) and not _WORST.search(last)):
        places.reverse()
    elif not _BEST.search(first) and not _WORST.search(last):
        return None
    lines = [
        _line(number, cells, given, places, span)
        for (number, cells), given in zip(sample.rows, figures, strict=True)
        if all(given[place] is not None for place in places)
    ]
    return PublishedShares([sample.headings[place] for place in places], lines)


def _line(number: int, cells: Sequence, given: list, places: list[int], span: range) -> ShareLine:
    steps = len(places) - 1
    shares = {100 * (steps - level) / steps: given[place] for level, place in enumerate(places)}
    label = " · ".join(text_of(cells[place]) for place in range(span.start))
    best = given[places[0]]
    return ShareLine(number, label, mean_of_shares(shares), best, best + given[places[1]])


def _span(figures: list[list[float | None]], width: int) -> range | None:
    """The longest run of columns that add up to a hundred in nearly every row."""
    for length in range(width, LEAST_LEVELS - 1, -1):
        for start in range(width - length + 1):
            span = range(start, start + length)
            if _adds_up(figures[:20], span) and _adds_up(figures, span):
                return span
    return None


def _adds_up(figures: list[list[float | None]], span: range) -> bool:
    parts = (given[span.start : span.stop] for given in figures)
    whole = sum(None not in shares and abs(sum(shares) - 100) <= ROUNDED for shares in parts)
    return bool(figures) and whole >= 0.95 * len(figures)


def _figure(text: str) -> float | None:
    try:
        value = float(text.rstrip("% "))
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None
