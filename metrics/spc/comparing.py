"""Comparing units of different size fairly: figures with intervals, who stands apart from the whole, and ranks that
chance didn't deal out.

Who stands apart is a question to the funnel (`metrics.spc.funnels`): it judges each unit against the whole. Ranks
compare the units with each other, which needs more: their joint intervals.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from capa.effect import CONFIDENCE, poisson_interval, wilson_interval
from complaints.surveys.estimates import Bounded, tiers

from .chart import Data
from .funnels import INNER, OUTER, Funnel, funnel_of


@dataclass(frozen=True)
class Subject:
    """A unit, person or place, and its figures of the time compared."""

    key: Hashable
    numerator: float
    denominator: float


# One figure ----------------------------------------------------------------------------------------------------------
def estimate(
    numerator: float, denominator: float, data: Data, *, scale: float = 1.0, confidence: float = CONFIDENCE
) -> Bounded | None:
    """A figure in the unit shown with its interval: Wilson's of a share, the exact one of a rate or count.

    Values (means, medians) have no interval here, since their spread isn't in the sums; neither have shares whose part
    is larger than the whole. None of nothing.
    """
    if denominator <= 0:
        return None
    value = numerator / denominator * scale
    n = round(denominator)
    if data == Data.SHARE and 0 <= numerator <= denominator:
        low, high = wilson_interval(numerator, denominator, confidence=confidence)
        return Bounded(n, value, low * scale, high * scale)
    if data in (Data.RATE, Data.COUNT) and numerator >= 0:
        low, high = poisson_interval(numerator, confidence=confidence)
        return Bounded(n, value, low / denominator * scale, high / denominator * scale)
    return Bounded(n, value, None, None)


def joint_confidence(count: int, confidence: float = CONFIDENCE) -> float:
    """How sure each of `count` independent intervals has to be for all of them to hold at once."""
    return confidence ** (1 / count) if count > 1 else confidence


# Against the whole ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """How a unit stands to the whole: side 0 within what chance explains, +1 above it, -1 below."""

    key: Hashable
    size: float
    value: float  # in the unit shown
    lower: float  # what a unit of this size gives by chance, 998 times of 1,000
    upper: float
    side: int  # beyond these limits
    watched: int  # beyond the inner ones, 95 %: one unit of twenty by chance


def standings(
    subjects: Sequence[Subject], data: Data, *, scale: float = 1.0, direction: int = 0
) -> tuple[Funnel | None, list[Standing]]:
    """The funnel around the level of the whole, and each unit in it, those that need attention first.

    Spiegelhalter 2005; see `metrics.spc.funnels` for when the limits are widened. With `direction` 0 those furthest
    above come first. Without a funnel (one unit, nothing counted, values) nobody stands apart.
    """
    known = [subject for subject in subjects if subject.denominator > 0]
    funnel = None
    if data != Data.VALUE and _are_counts(known, data):
        funnel = funnel_of(
            [subject.numerator for subject in known],
            [subject.denominator for subject in known],
            is_share=data == Data.SHARE,
        )
    if funnel is None:
        return None, []
    found = [_standing(subject, funnel, scale) for subject in known]
    bad = -direction or 1
    return funnel, sorted(found, key=lambda one: (-one.side * bad, -one.watched * bad, -one.value * bad))


def _are_counts(subjects: Sequence[Subject], data: Data) -> bool:
    return all(
        subject.numerator >= 0 and (data != Data.SHARE or subject.numerator <= subject.denominator)
        for subject in subjects
    )


def _standing(subject: Subject, funnel: Funnel, scale: float) -> Standing:
    value, size = subject.numerator / subject.denominator, subject.denominator
    lower, upper = funnel.limits(size, OUTER)
    return Standing(
        subject.key, size, value * scale, lower * scale, upper * scale,
        side=funnel.outside(value, size, OUTER), watched=funnel.outside(value, size, INNER),
    )  # fmt: skip


# Against each other --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ranked:
    """A place in a comparison, as far as the figures can tell.

    `best` and `worst`: between these ranks the unit lies. `group`: units of one group can't be told apart from the
    first of it and share it; 1 is the best. A unit without an interval shares the group in which it comes to stand and
    has any rank.
    """

    key: Hashable
    estimate: Bounded
    best: int
    worst: int
    group: int

    @property
    def is_certain(self) -> bool:
        return self.best == self.worst


def ranks(estimates: Sequence[tuple[Hashable, Bounded]], *, direction: int = 1) -> list[Ranked]:
    """The units from the best to the worst, each with the ranks that it may have.

    A unit ranks surely behind those whose whole interval is better than its own (Klein, Wright and Wieczorek 2020,
    J. R. Stat. Soc. A 183(3), 589-606). With intervals of `joint_confidence(len(units))` all ranks hold at once with
    95 %. Of interval ends that are missing nothing is concluded. `direction` -1: less is better.
    """
    ordered = sorted(
        ((_upright(row, direction), key, row) for key, row in estimates), key=lambda one: -one[0].value
    )
    upright = [row for row, _, _ in ordered]
    least = sorted(-math.inf if row.lower is None else row.lower for row in upright)
    most = sorted(math.inf if row.upper is None else row.upper for row in upright)
    count = len(ordered)
    return [
        Ranked(
            key,
            row,
            best=1 if up.upper is None else 1 + count - bisect_right(least, up.upper),
            worst=count if up.lower is None else count - bisect_left(most, up.lower),
            group=group,
        )
        for (up, key, row), group in zip(ordered, tiers(upright), strict=True)
    ]


def _upright(row: Bounded, direction: int) -> Bounded:
    """Turned so that more is better."""
    if direction >= 0:
        return row
    lower, upper = (None if end is None else -end for end in (row.upper, row.lower))
    return Bounded(row.n, -row.value, lower, upper)


def compare(
    subjects: Sequence[Subject], data: Data, *, scale: float = 1.0, direction: int = 1
) -> list[Ranked]:
    """`ranks` of counted figures, with joint intervals. Subjects without a denominator aren't ranked."""
    confidence = joint_confidence(len(subjects))
    estimates = [
        (one.key, estimate(one.numerator, one.denominator, data, scale=scale, confidence=confidence))
        for one in subjects
    ]
    return ranks([(key, found) for key, found in estimates if found is not None], direction=direction)


def are_all_alike(found: Sequence[Ranked]) -> bool:
    """Nobody can be told apart from the first: a ranking would only show chance."""
    return all(one.group == 1 for one in found)
