"""Figures with their uncertainty: a mean, a share, a net promoter score, a correlation. Pure functions of counts.

Every interval is a 95 % one. A mean's is Student's t; a share's is Wilson's (`capa.effect`); a net promoter score's is
normal; a correlation's is Fisher's z. Nothing here knows where the numbers came from.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from scipy import special

from capa.effect import CONFIDENCE, wilson_interval

#: Below this a mean is called one of few answers, and nobody should build on it.
FEW = 30
#: Below this a correlation isn't given: its interval would hold nearly everything.
LEAST_PAIRS = 10
_TAIL = 1 - (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Mean:
    """A mean with the standard deviation of the values it stands for (n - 1 in the denominator)."""

    n: int
    value: float
    deviation: float | None = None  # None with fewer than two values

    @cached_property
    def error(self) -> float | None:
        """The standard error of the mean."""
        return None if self.deviation is None or self.n < 2 else self.deviation / math.sqrt(self.n)

    @cached_property
    def reach(self) -> float | None:
        """Half the width of the interval, by Student's t with n - 1 degrees of freedom."""
        return None if self.error is None else float(special.stdtrit(self.n - 1, _TAIL)) * self.error

    @property
    def lower(self) -> float | None:
        return None if self.reach is None else self.value - self.reach

    @property
    def upper(self) -> float | None:
        return None if self.reach is None else self.value + self.reach

    @property
    def is_of_few(self) -> bool:
        return self.n < FEW

    def without(self, part: "Mean") -> "Mean | None":
        """The mean of the others, when `part` is taken out of this whole; None when nobody is left."""
        n = self.n - part.n
        if n < 1:
            return None
        value = (self.n * self.value - part.n * part.value) / n
        squares = _squares(self) - _squares(part) - n * value**2
        return Mean(n, value, math.sqrt(max(0.0, squares) / (n - 1)) if n > 1 else None)

    def within(self, low: float, high: float) -> "Bounded":
        """The interval, cut to the ends of the scale."""
        return Bounded(
            self.n, self.value,
            None if self.lower is None else max(low, self.lower),
            None if self.upper is None else min(high, self.upper),
        )  # fmt: skip


@dataclass(frozen=True)
class Bounded:
    """What is shown of an estimate: the value with both ends of its interval, which are None where it isn't known."""

    n: int
    value: float
    lower: float | None
    upper: float | None

    @property
    def is_of_few(self) -> bool:
        return self.n < FEW


def _squares(mean: Mean) -> float:
    """The sum of the squared values."""
    return (mean.deviation or 0.0) ** 2 * (mean.n - 1) + mean.n * mean.value**2


def merged(means: Sequence[Mean]) -> Mean | None:
    """The mean of all values behind several means; None of nothing."""
    n = sum(mean.n for mean in means)
    if not n:
        return None
    value = math.fsum(mean.n * mean.value for mean in means) / n
    squares = math.fsum(map(_squares, means)) - n * value**2
    return Mean(n, value, math.sqrt(max(0.0, squares) / (n - 1)) if n > 1 else None)


@dataclass(frozen=True)
class Change:
    """One mean less another, with Welch's interval."""

    value: float
    lower: float
    upper: float

    @property
    def direction(self) -> int:
        """1 or -1 where the interval leaves zero on one side, 0 where it may be chance."""
        return 1 if self.lower > 0 else -1 if self.upper < 0 else 0


def change(now: Mean, before: Mean) -> Change | None:
    """How far two means of different people lie apart (Welch 1947); None with fewer than two answers on a side."""
    if now.error is None or before.error is None:
        return None
    difference, a, b = now.value - before.value, now.error**2, before.error**2
    if a + b == 0:
        return Change(difference, difference, difference)
    freedom = (a + b) ** 2 / (a**2 / (now.n - 1) + b**2 / (before.n - 1))
    reach = float(special.stdtrit(freedom, _TAIL)) * math.sqrt(a + b)
    return Change(difference, difference - reach, difference + reach)


def share(part: int, whole: int) -> Bounded | None:
    """A part of a whole in per cent with Wilson's interval; None of nothing."""
    if whole <= 0:
        return None
    lower, upper = wilson_interval(part, whole)
    return Bounded(whole, 100 * part / whole, 100 * lower, 100 * upper)


@dataclass(frozen=True)
class Promoters:
    """The net promoter score, -100 to 100: promoters (9, 10) less detractors (0 to 6) in per cent of all."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def value(self) -> float:
        return 100 * (self.promoters - self.detractors) / self.n

    @property
    def error(self) -> float:
        """sqrt((p+ + p- - NPS²) / n), in points."""
        up, down = self.promoters / self.n, self.detractors / self.n
        return 100 * math.sqrt(max(0.0, up + down - (up - down) ** 2) / self.n)

    @property
    def lower(self) -> float:
        return max(-100.0, self.value - float(special.ndtri(_TAIL)) * self.error)

    @property
    def upper(self) -> float:
        return min(100.0, self.value + float(special.ndtri(_TAIL)) * self.error)

    @property
    def is_of_few(self) -> bool:
        return self.n < FEW


def promoters(distribution: Mapping[int, int]) -> Promoters | None:
    """The score of answers 0 to 10 by how often each was given; None of nothing."""
    found = Promoters(
        sum(count for score, count in distribution.items() if score >= 9),
        sum(count for score, count in distribution.items() if score in (7, 8)),
        sum(count for score, count in distribution.items() if score <= 6),
    )
    return found if found.n else None


def correlation(r: float | None, n: int) -> Bounded | None:
    """Pearson's r with Fisher's interval; None where there are too few pairs, or one side never varies."""
    if r is None or n < LEAST_PAIRS:
        return None
    inside = max(-0.999999, min(0.999999, r))
    reach = float(special.ndtri(_TAIL)) / math.sqrt(n - 3)
    return Bounded(n, r, math.tanh(math.atanh(inside) - reach), math.tanh(math.atanh(inside) + reach))


def mean_of(distribution: Mapping[int, int], scale: Callable[[int], float] = float) -> Mean | None:
    """The mean of answers by how often each was given, each on `scale`; None of nothing."""
    n = sum(distribution.values())
    if not n:
        return None
    value = math.fsum(scale(score) * count for score, count in distribution.items()) / n
    squares = math.fsum((scale(score) - value) ** 2 * count for score, count in distribution.items())
    return Mean(n, value, math.sqrt(squares / (n - 1)) if n > 1 else None)


def mean_of_shares(shares: Mapping[int, float]) -> float:
    """The mean of a published distribution, whose shares need not add up to anything round.

    Without the number of those asked there is no interval, and none is made up.
    """
    return math.fsum(score * part for score, part in shares.items()) / math.fsum(shares.values())


def tiers(rows: Sequence[Bounded]) -> list[int]:
    """The tier of each row, which stand in falling order: those whose intervals overlap the tier's first share it.

    Nobody is ranked above another when chance alone could have put them there.
    """
    found: list[int] = []
    first: Bounded | None = None
    for row in rows:
        apart = (
            first is not None
            and row.upper is not None
            and first.lower is not None
            and row.upper < first.lower
        )
        if first is None or apart:
            first = row
            found.append(len(found) + 1)
        else:
            found.append(found[-1])
    return found
