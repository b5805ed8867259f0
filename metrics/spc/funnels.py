"""Comparing units of different size: how far a unit's figure may lie from the whole's by chance alone.

D. J. Spiegelhalter, Funnel plots for comparing institutional performance, Statistics in Medicine 24 (2005), 1185-1202:
exact limits of the binomial and the Poisson distribution, interpolated between whole numbers (his A.1.1), and wider
ones where units differ more than chance allows (his A.1.3, the multiplicative model with winsorised z-scores).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

#: What lies beyond them by chance: one unit of twenty, one of five hundred.
INNER, OUTER = 0.95, 0.998
#: With fewer units than these a single one that differs would widen the limits until nothing lies outside.
LEAST_WIDENED = 10
#: The share of the most extreme z-scores on each side that don't widen the limits more than the next ones do.
WINSORISED = 0.1


@dataclass(frozen=True)
class Funnel:
    """The level of the whole and the limits around it, by the size of a unit. Shares are 0 to 1, rates per exposure."""

    center: float
    is_share: bool
    factor: float = 1.0  # how many times more than chance the units' variance is; 1 where chance explains it

    def limits(self, size: float, level: float = OUTER) -> tuple[float, float]:
        """From where to where a unit of this size varies by chance."""
        tail = (1 - level) / 2
        if self.factor > 1:
            reach = -float(special.ndtri(tail)) * math.sqrt(self.factor * self._variance(size))
            lower, upper = self.center - reach, self.center + reach
        else:
            # One more above: so many or more must be rare, not merely more than so many.
            lower, upper = self._quantile(tail, size), self._quantile(1 - tail, size) + 1 / size
        return max(0.0, lower), min(1.0, upper) if self.is_share else upper

    def outside(self, value: float, size: float, level: float = OUTER) -> int:
        """+1 above the limits, -1 below them, 0 within."""
        lower, upper = self.limits(size, level)
        return (value > upper) - (value < lower)

    def _variance(self, size: float) -> float:
        return self.center * ((1 - self.center) if self.is_share else 1) / size

    def _quantile(self, probability: float, size: float) -> float:
        """Where the distribution of the count reaches a probability, between whole numbers by straight lines."""
        if self.is_share:
            cases = max(1, round(size))
            count = max(0, math.ceil(special.bdtrik(probability, cases, self.center)))
            at, before = (
                float(special.bdtr(k, cases, self.center)) if k >= 0 else 0.0 for k in (count, count - 1)
            )
        else:
            mean = self.center * size
            count = max(0, math.ceil(special.pdtrik(probability, mean)))
            at, before = (float(special.pdtr(k, mean)) if k >= 0 else 0.0 for k in (count, count - 1))
        part = (at - probability) / (at - before) if at > before else 0.0
        return (count - part) / size


def funnel_of(numerators: Sequence[float], sizes: Sequence[float], *, is_share: bool) -> Funnel | None:
    """The funnel of these units around their common ratio; None where there is nothing to compare.

    Limits widen where the variance between ten units or more is more than chance would nearly ever make it: more
    than 1 + 2 sqrt(2 / units) times as large.
    """
    total = math.fsum(sizes)
    if len(sizes) < 2 or total <= 0 or min(sizes) <= 0:
        return None
    plain = Funnel(math.fsum(numerators) / total, is_share)
    if plain.center <= 0 or (is_share and plain.center >= 1):
        return None
    scores = sorted(
        (above / size - plain.center) / math.sqrt(plain._variance(size))
        for above, size in zip(numerators, sizes, strict=True)
    )
    cut = int(WINSORISED * len(scores))
    kept = [min(max(score, scores[cut]), scores[len(scores) - 1 - cut]) for score in scores]
    factor = math.fsum(score**2 for score in kept) / len(kept)
    is_wider = len(scores) >= LEAST_WIDENED and factor > 1 + 2 * math.sqrt(2 / len(scores))
    return Funnel(plain.center, is_share, factor) if is_wider else plain
