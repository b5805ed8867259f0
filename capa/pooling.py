"""Several rounds' counts put together: the Mantel-Haenszel rate ratio with its interval, and whether the rounds agree.

Each round compares itself with its own baseline; pooled, the rounds are strata. A large one weighs more than a small
one, and nothing is added to zeros.

Sources: S. Greenland and J. M. Robins, Estimation of a common effect parameter from sparse follow-up data, Biometrics
41 (1985) 55-68; K. J. Rothman, S. Greenland and T. L. Lash, Modern Epidemiology, chapter 15; on homogeneity N. E.
Breslow and N. E. Day, Statistical Methods in Cancer Research II, IARC 1987, chapter 3.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy import optimize, special

#: Fewer rounds than this say too little for a comparison, or about whether they agree.
ENOUGH = 5
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Counts:
    """What one round counted: events and exposures (days, passengers ...), after and before its measures."""

    after: int
    after_exposure: float
    before: int
    before_exposure: float


@dataclass(frozen=True)
class Pooled:
    """A common ratio of the rate after to the rate before; `agreement` is the p-value of "all rounds have this ratio"."""

    ratio: float
    lower: float
    upper: float
    rounds: int  # those that counted anything at all
    agreement: float | None  # None for a single round

    @property
    def change(self) -> float:
        """The change in per cent: -50.0 is half as many."""
        return (self.ratio - 1) * 100

    @property
    def is_enough(self) -> bool:
        """Enough rounds to say something about whether they agree."""
        return self.rounds >= ENOUGH

    @property
    def disagrees(self) -> bool:
        """Do the rounds differ by more than chance? Looked for at 10 %, as the test sees little in few rounds."""
        return self.agreement is not None and self.agreement < 0.1


def rate_ratio_of(rounds: Iterable[Counts], *, confidence: float = CONFIDENCE) -> Pooled | None:
    """The Mantel-Haenszel rate ratio and its Greenland-Robins interval; None where nothing was counted before.

    With a events in the exposure t1 after and b in t0 before, t = t1 + t0 and m = a + b in each round:
    ratio = sum(a t0 / t) / sum(b t1 / t), and the variance of its logarithm is
    sum(m t1 t0 / t^2) / (sum(a t0 / t) sum(b t1 / t)). One round alone gives its crude ratio and 1/a + 1/b.
    With no event after in any round the logarithm has no variance: the upper limit is then the exact conditional one.
    """
    strata = [row for row in rounds if row.after + row.before]
    above = math.fsum(row.after * row.before_exposure / _whole(row) for row in strata)
    below = math.fsum(row.before * row.after_exposure / _whole(row) for row in strata)
    if not below:
        return None
    ratio = above / below
    tail = (1 - confidence) / 2
    if not above:
        return Pooled(0.0, 0.0, _limit_of_none(strata, tail), len(strata), _agreement(strata, 0.0))
    spread = math.fsum(
        (row.after + row.before) * row.after_exposure * row.before_exposure / _whole(row) ** 2
        for row in strata
    )
    reach = math.exp(special.ndtri(1 - tail) * math.sqrt(spread / (above * below)))
    return Pooled(ratio, ratio / reach, ratio * reach, len(strata), _agreement(strata, ratio))


def _whole(row: Counts) -> float:
    return row.after_exposure + row.before_exposure


def _limit_of_none(strata: Sequence[Counts], tail: float) -> float:
    """The ratio at which seeing no event after in any round has the probability `tail`."""

    def beyond(ratio: float) -> float:
        exponent = (
            (row.before * math.log1p(ratio * row.after_exposure / row.before_exposure)) for row in strata
        )
        return math.fsum(exponent) + math.log(tail)

    top = 1.0
    while beyond(top) < 0:
        top *= 2
    return float(optimize.brentq(beyond, 0, top))


def _agreement(strata: Sequence[Counts], ratio: float) -> float | None:
    """The p-value of the chi-square test that all rounds share this ratio, given each round's total."""
    if len(strata) < 2:
        return None
    if not ratio:
        return 1.0
    total = 0.0
    for row in strata:
        expected_share = ratio * row.after_exposure / (ratio * row.after_exposure + row.before_exposure)
        events = row.after + row.before
        total += (row.after - events * expected_share) ** 2 / (events * expected_share * (1 - expected_share))
    return float(special.chdtrc(len(strata) - 1, total))
