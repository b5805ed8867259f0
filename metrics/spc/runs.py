"""Runs analysis: does the process change sides of its centre line as chance would make it? (Anhoj and Olesen 2014)

A run is a stretch of points on one side of the centre. In n points of an unchanging process the longest one rarely
exceeds round(log2 n) + 3 points (Schilling 2012), and there are rarely fewer crossings than the lower 5 % point of the
binomial distribution with n - 1 tries and a chance of a half. Points on the centre line count for neither side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from scipy import special

from .chart import Runs

#: The risk of calling an unchanging process shifted for its few crossings.
RISK = 0.05


@dataclass(frozen=True)
class Stretch:
    """A run: on which side, and the places of its points."""

    side: int
    places: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.places)


def longest_usual(useful: int) -> int:
    """The longest run that is still usual: 7 of 12 points, 8 of 24."""
    return round(math.log2(useful)) + 3 if useful else 0


@cache
def crossings_usual(useful: int) -> int:
    """The fewest crossings that are still usual: 3 of 12 points, 8 of 24."""
    if useful < 2:
        return 0
    fewest = 0
    while special.bdtr(fewest, useful - 1, 0.5) < RISK:
        fewest += 1
    return fewest


def stretches(values: Sequence[float | None], center: float | None) -> list[Stretch]:
    """The runs in order; places are those in `values`, of which None and what lies on the centre are passed over."""
    if center is None:
        return []
    sides = [(place, _side(value, center)) for place, value in enumerate(values) if value is not None]
    useful = [(place, side) for place, side in sides if side]
    return [
        Stretch(side, tuple(place for place, _ in points))
        for side, points in groupby(useful, key=lambda point: point[1])
    ]


def analysed(found: Sequence[Stretch]) -> Runs:
    """What the runs of a phase say."""
    useful = sum(map(len, found))
    return Runs(
        useful=useful,
        longest=max(map(len, found), default=0),
        longest_usual=longest_usual(useful),
        crossings=max(0, len(found) - 1),
        crossings_usual=crossings_usual(useful),
    )


def _side(value: float, center: float) -> int:
    """A rounding error away from the centre is on it."""
    if math.isclose(value, center, rel_tol=1e-9, abs_tol=1e-12):
        return 0
    return 1 if value > center else -1
