"""Did it work? Two rates or two proportions compared, and the rule that turns the interval into a proposal.

All figures are computed from counts and exposures; nothing here is stored. How long one has to watch: `capa.watching`.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from scipy import special

from .models import Verification, VerificationDesign

#: A change smaller than this, in per cent, isn't worth having where no design says otherwise.
WORTH_HAVING = 20
CONFIDENCE = 0.95
#: The risk of taking chance for an effect, in the one direction that a design fixed beforehand.
ALPHA = 1 - CONFIDENCE

LOWER, HIGHER = VerificationDesign.Direction.LOWER, VerificationDesign.Direction.HIGHER
RATE, PROPORTION = VerificationDesign.Data.RATE, VerificationDesign.Data.PROPORTION

Bounds = tuple[float, float]


# One rate, one proportion --------------------------------------------------------------------------------------------
def poisson_interval(events: int, *, confidence: float = CONFIDENCE) -> Bounds:
    """The exact interval for the expected number where `events` were counted (Garwood 1936): 0 gives 0 to 3.69."""
    tail = (1 - confidence) / 2
    lower = special.gammaincinv(events, tail) if events else 0.0
    return float(lower), float(special.gammaincinv(events + 1, 1 - tail))


def wilson_interval(part: int, whole: float, *, confidence: float = CONFIDENCE) -> Bounds:
    """The score interval for a proportion (Wilson 1927), without continuity correction: 0 of 20 gives 0 to 0.161."""
    if whole <= 0 or not 0 <= part <= whole:
        raise ValueError("A part of a whole is expected.")
    z = special.ndtri(1 - (1 - confidence) / 2)
    share = part / whole
    middle = share + z * z / (2 * whole)
    reach = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    lower, upper = (middle - reach) / (1 + z * z / whole), (middle + reach) / (1 + z * z / whole)
    return (max(0.0, lower) if part else 0.0), (min(1.0, upper) if part < whole else 1.0)


# Two of them ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class RateRatio:
    """Rate after divided by rate before, with its exact interval.

    `ratio` is None and `upper` infinite where nothing was counted before; with no events at all nothing is known.
    `bounds` are the limits on one side each: 95 % sure to be above the first, 95 % sure to be below the second.
    """

    ratio: float | None
    lower: float
    upper: float
    bounds: Bounds
    events: int
    total: int
    share: float  # of the exposure that lies after

    @cached_property
    def p(self) -> float:
        """Two-sided."""
        return _two_sided(self.events, self.total, self.share) if self.total else 1.0

    @property
    def change(self) -> float | None:
        """The change in per cent: -50.0 is half as many."""
        return None if self.ratio is None else (self.ratio - 1) * 100

    def gain(self, direction: str, *, fixed: bool) -> Bounds:
        """The least and the most that was won, as a share of the rate before; see `propose` for `fixed`."""
        low, high = self.bounds if fixed else (self.lower, self.upper)
        return (1 - high, 1 - low) if direction == LOWER else (low - 1, high - 1)


@dataclass(frozen=True)
class Difference:
    """Proportion after minus proportion before, with Newcombe's interval; `bounds` as in RateRatio."""

    before: float
    after: float
    lower: float
    upper: float
    bounds: Bounds

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def change(self) -> float:
        """In percentage points."""
        return self.difference * 100

    def gain(self, direction: str, *, fixed: bool) -> Bounds:
        """The least and the most that was won, as a proportion."""
        low, high = self.bounds if fixed else (self.lower, self.upper)
        return (-high, -low) if direction == LOWER else (low, high)


def rate_ratio(
    after_events: int,
    after_exposure: float | Decimal,
    before_events: int,
    before_exposure: float | Decimal,
    *,
    confidence: float = CONFIDENCE,
) -> RateRatio:
    """Compare two Poisson rates by the exact conditional test, as R's poisson.test does.

    Given the total, the events after are binomial with probability t1 / (t1 + t0) if the rates are equal. The interval
    is Clopper and Pearson's for that probability, turned into a ratio; p adds up all outcomes that are no more likely
    than the one seen.
    """
    after_exposure, before_exposure = float(after_exposure), float(before_exposure)
    if min(after_exposure, before_exposure) <= 0 or min(after_events, before_events) < 0:
        raise ValueError("Exposures must be positive and counts not negative.")
    total = after_events + before_events
    share = after_exposure / (after_exposure + before_exposure)
    if total == 0:
        return RateRatio(None, 0.0, math.inf, (0.0, math.inf), 0, 0, share)
    scale = before_exposure / after_exposure
    lower, upper = _odds_between(after_events, before_events, scale, (1 - confidence) / 2)
    return RateRatio(
        ratio=(after_events / after_exposure) / (before_events / before_exposure) if before_events else None,
        lower=lower,
        upper=upper,
        bounds=_odds_between(after_events, before_events, scale, 1 - confidence),
        events=after_events,
        total=total,
        share=share,
    )


def _odds_between(after: int, before: int, scale: float, tail: float) -> Bounds:
    """Clopper and Pearson's limits with this much beyond each of them, as odds times `scale`."""
    low = special.betaincinv(after, before + 1, tail) if after else 0.0
    high = special.betaincinv(after + 1, before, 1 - tail) if before else 1.0
    return _odds(low) * scale, _odds(high) * scale


def _odds(probability: float) -> float:
    return math.inf if probability >= 1 else float(probability / (1 - probability))


def _two_sided(events: int, total: int, share: float) -> float:
    """The probability of all outcomes that are at most as likely as the one seen (as R: within a relative 1e-7)."""
    likelihood = [_binomial(k, total, share) for k in range(total + 1)]
    limit = likelihood[events] * (1 + 1e-7)
    return min(1.0, math.fsum(value for value in likelihood if value <= limit))


def _binomial(k: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share))


def difference_of_proportions(
    after_part: int,
    after_whole: float | Decimal,
    before_part: int,
    before_whole: float | Decimal,
    *,
    confidence: float = CONFIDENCE,
) -> Difference:
    """Compare two proportions by Newcombe's hybrid score interval (Newcombe 1998, method 10).

    56 of 70 less 48 of 80 gives 0.2, from 0.05243 to 0.33387.
    """
    after_whole, before_whole = float(after_whole), float(before_whole)
    lower, upper = _newcombe(after_part, after_whole, before_part, before_whole, confidence)
    return Difference(
        before=before_part / before_whole,
        after=after_part / after_whole,
        lower=lower,
        upper=upper,
        bounds=_newcombe(after_part, after_whole, before_part, before_whole, 2 * confidence - 1),
    )


def _newcombe(part1: int, whole1: float, part0: int, whole0: float, confidence: float) -> Bounds:
    p1, p0 = part1 / whole1, part0 / whole0
    low1, high1 = wilson_interval(part1, whole1, confidence=confidence)
    low0, high0 = wilson_interval(part0, whole0, confidence=confidence)
    return (p1 - p0 - math.hypot(p1 - low1, high0 - p0)), (p1 - p0 + math.hypot(high1 - p1, p0 - low0))


# What follows from it ------------------------------------------------------------------------------------------------
def propose(
    found: RateRatio | Difference,
    *,
    direction: str = LOWER,
    smallest_change: float | Decimal = WORTH_HAVING,
    fixed: bool = False,
) -> str:
    """What the data say by themselves.

    Not effective: they rule out a change as large as the smallest worth having (in per cent of the rate, or in
    percentage points). Effective: they rule out that nothing has changed, or that it got worse. Anything else is
    inconclusive, whatever the percentage looks like.

    Where metric, windows and direction were `fixed` before anybody could know the outcome, one question was asked, and
    95 % on its one side are enough; it is the question that the calculator (`capa.watching`) answers beforehand. Where
    they weren't, the interval with 2.5 % on either side has to exclude it: the price of choosing afterwards.
    """
    least, most = found.gain(direction, fixed=fixed)
    if most < float(smallest_change) / 100:
        return Verification.Verdict.NOT_EFFECTIVE
    if least > 0:
        return Verification.Verdict.EFFECTIVE
    return Verification.Verdict.INCONCLUSIVE


def chance_of_so_few(
    after_events: int, after_exposure: float, before_events: int, before_exposure: float
) -> float:
    """How probable it is to see at most so many afterwards although nothing has changed: the one-sided p.

    With none at all afterwards this is (t0 / (t0 + t1)) ^ events before.
    """
    share = after_exposure / (after_exposure + before_exposure)
    return float(special.bdtr(after_events, after_events + before_events, share))


def baseline_needed(before_exposure: float, after_exposure: float, *, alpha: float = ALPHA) -> int:
    """The fewest events before that can prove an effect at all, even if none follows.

    180 days before and 90 days after: 8, in the direction fixed before; 10 where nothing was fixed (alpha 0.025).
    """
    return math.floor(math.log(alpha) / math.log(before_exposure / (before_exposure + after_exposure))) + 1
