"""Percentiles of durations from counts in logarithmic bins, which add up over days and units as raw percentiles don't.

Bin k counts the durations from BASE**k up to BASE**(k+1) minutes; bin 0 holds everything below BASE**1, that is about
a minute. Whatever the bins are summed over, a percentile read from them lies within half a per cent of the one computed
from the durations themselves (sqrt(BASE) - 1 = 0.499 %), and within 31 seconds more where bin 0 has a part in it. The
method is that of HdrHistogram and of DDSketch (Masson, Rim and Lee 2019, VLDB 12(12)).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scipy import special

BASE = 1.01
#: How far a percentile may be off, as a share of it, from bin 1 on.
ERROR = math.sqrt(BASE) - 1
#: The same bin in SQL, of a number of seconds: `BIN_SQL.format(seconds="extract(epoch from ended - began)")`.
#: Null stays null; a duration below zero counts as none.
BIN_SQL = (
    "(case when ({seconds}) < 60 then 0 "
    "else floor(ln(({seconds})::double precision / 60) / ln(1.01::double precision))::integer end)"
)


@dataclass(frozen=True)
class Percentile:
    """A percentile in minutes with its distribution-free interval; an end is None where too few cases give one."""

    n: int
    value: float
    lower: float | None
    upper: float | None


def bin_of(minutes: float) -> int:
    """The bin of a duration. A duration below zero (ended before it began) counts as none."""
    return 0 if minutes < 1 else math.floor(math.log(minutes) / math.log(BASE))


def edges(number: int) -> tuple[float, float]:
    """Where a bin begins and ends, in minutes."""
    return (0.0 if number <= 0 else BASE**number), BASE ** (max(0, number) + 1)


def middle(number: int) -> float:
    """The duration that stands for a bin: off by the same share at either end (by half a minute in bin 0)."""
    low, high = edges(number)
    return math.sqrt(low * high) if low else high / 2


def merged(many: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The bins of days, units or types taken together."""
    total: dict[int, int] = {}
    for bins in many:
        for number, count in bins.items():
            total[int(number)] = total.get(int(number), 0) + count
    return total


def percentile(bins: Mapping[int, int], p: float) -> float | None:
    """The duration in minutes that a share `p` (0 to 1) stays below; None of nothing.

    Between two cases it is interpolated as PostgreSQL's percentile_cont and R's type 7 do: the third value of five is
    their median, the mean of the second and third that of four.
    """
    _check(p)
    n = sum(bins.values())
    if n <= 0:
        return None
    place = p * (n - 1)
    below = math.floor(place)
    first, second = _places(bins, below, min(below + 1, n - 1))
    return middle(first) + (place - below) * (middle(second) - middle(first))


def percentile_with_interval(
    bins: Mapping[int, int], p: float, *, confidence: float = 0.95
) -> Percentile | None:
    """The percentile with an interval that holds whatever the distribution, from order statistics (Conover 1999, 3.2).

    The number of cases below the true percentile is binomial, which says how far up and down the sorted cases one has
    to go. Ends are the outer edges of their bins, so that rounding never narrows the interval. With five cases even
    the whole range doesn't hold the median with 95 %: both ends are None then.
    """
    value = percentile(bins, p)
    if value is None:
        return None
    n = sum(bins.values())
    tail = (1 - confidence) / 2
    low, high = _rank_below(n, p, tail), n - 1 - _rank_below(n, 1 - p, tail)
    return Percentile(
        n,
        value,
        edges(_places(bins, low)[0])[0] if low >= 0 else None,
        edges(_places(bins, high)[0])[1] if high < n else None,
    )


def _check(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError("A share between 0 and 1 is expected.")


def _rank_below(n: int, p: float, tail: float) -> int:
    """The highest place (from 0) that the percentile lies below with no more than this probability; -1: none."""
    place = -1
    while place + 1 < n and special.bdtr(place + 1, n, p) <= tail:
        place += 1
        if n > 1000:  # the distribution is smooth by then: jump close, then step
            place = max(place, _jump(n, p, tail))
    return place


def _jump(n: int, p: float, tail: float) -> int:
    """A place known to be low enough, near the one looked for."""
    guess = math.floor(n * p + special.ndtri(tail) * math.sqrt(n * p * (1 - p))) - 5
    return guess if guess >= 0 and special.bdtr(guess, n, p) <= tail else -1


def _places(bins: Mapping[int, int], *places: int) -> list[int]:
    """In which bins the cases at these places of the sorted list are (counted from 0, in rising order)."""
    found: list[int] = []
    passed = 0
    for number in sorted(bins):
        passed += bins[number]
        while len(found) < len(places) and places[len(found)] < passed:
            found.append(number)
    return found
