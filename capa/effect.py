"""Did it work? Two Poisson rates compared exactly, and the rule that turns the interval into a proposal.

All figures are computed from counts and exposures; nothing here is stored.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from scipy import special

from .models import Verification

#: A reduction smaller than this isn't worth having: where the data rule out more, the measures didn't work.
WORTH_HAVING = 0.2
CONFIDENCE = 0.95


@dataclass(frozen=True)
class RateRatio:
    """Rate after divided by rate before, with its exact interval.

    `ratio` is None and `upper` infinite where nothing was counted before; with no events at all nothing is known.
    """

    ratio: float | None
    lower: float
    upper: float
    p: float

    @property
    def change(self) -> float | None:
        """The change in per cent: -50.0 is half as many."""
        return None if self.ratio is None else (self.ratio - 1) * 100


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
        return RateRatio(None, 0.0, math.inf, 1.0)
    tail = (1 - confidence) / 2
    low = special.betaincinv(after_events, before_events + 1, tail) if after_events else 0.0
    high = special.betaincinv(after_events + 1, before_events, 1 - tail) if before_events else 1.0
    ratio = (after_events / after_exposure) / (before_events / before_exposure) if before_events else None
    return RateRatio(
        ratio,
        lower=_odds(low) * before_exposure / after_exposure,
        upper=_odds(high) * before_exposure / after_exposure,
        p=_two_sided(after_events, total, share),
    )


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


def propose(ratio: RateRatio) -> str:
    """What the data say by themselves.

    Effective: the whole interval lies below 1, so there are fewer events beyond chance. Not effective: the whole
    interval lies above 0.8, so a reduction worth having (a fifth) is ruled out. Anything else is inconclusive, whatever
    the percentage looks like.
    """
    if ratio.upper < 1:
        return Verification.Verdict.EFFECTIVE
    if ratio.lower > 1 - WORTH_HAVING:
        return Verification.Verdict.NOT_EFFECTIVE
    return Verification.Verdict.INCONCLUSIVE


def chance_of_so_few(
    after_events: int, after_exposure: float, before_events: int, before_exposure: float
) -> float:
    """How probable it is to see at most so many afterwards although nothing has changed: the one-sided p.

    With none at all afterwards this is (t0 / (t0 + t1)) ^ events before.
    """
    share = after_exposure / (after_exposure + before_exposure)
    return float(special.bdtr(after_events, after_events + before_events, share))


def baseline_needed(before_exposure: float, after_exposure: float, *, alpha: float = 0.05) -> int:
    """The fewest events before that can prove an effect at all, even if none follows.

    180 days before and 90 days after at alpha 0.05: 8. `propose` looks at a two-sided interval, so it asks for the
    number at alpha 0.025.
    """
    return math.floor(math.log(alpha) / math.log(before_exposure / (before_exposure + after_exposure))) + 1
