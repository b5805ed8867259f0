"""Centre lines and three-sigma limits, in the unit of the data (shares 0 to 1, events per exposure).

Every function takes the points of one phase in order of time, all of them known, and `base`: which of them fix the
limits (all where it is None); a point with a known cause is left out that way, and a baseline is frozen. Limits are
never wider than what is possible. Where the base can't tell how much the figures vary (it never varied), there are
none: None.

p, u, c: Shewhart; Montgomery, Introduction to Statistical Quality Control, ch. 7; ISO 7870-2. Individuals: ch. 6.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scipy import special

SIGMAS = 3
#: The probability beyond three sigma of a normal distribution, on one side.
TAIL = float(special.ndtr(-SIGMAS))
#: The mean distance of two neighbours of a stable normal process, in standard deviations (d2 for n = 2).
D2 = 1.128
#: How large such a distance gets by chance, in multiples of their mean (D4 for n = 2).
D4 = 3.267
#: A power by which times between the events of a Poisson process become nearly normal (Nelson 1994).
NELSON = 3.6

Base = Sequence[bool] | None
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Limits:
    """The centre of a phase and the limits of each of its points."""

    center: float | None
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    sigma_z: float | None = None  # of Laney's: how many times more than chance it varies, as it was measured


# Counted things ------------------------------------------------------------------------------------------------------
def shares(parts: Sequence[float], wholes: Sequence[float], base: Base = None) -> Limits:
    """A p chart: 231 of 1,000 with 50 cases each gives 0.0524 to 0.4102."""
    return _binomial(parts, wholes, base, laney=False)


def shares_widened(parts: Sequence[float], wholes: Sequence[float], base: Base = None) -> Limits:
    """A p' chart (Laney 2002): limits by how much the shares vary from one period to the next.

    sigma_z is the mean distance of neighbours in standard units, divided by 1.128. Where it is below 1 (the figures
    vary less than chance alone would make them) the plain limits are kept: never narrower, since nothing is gained
    from alarms about a process that is steadier than dice.
    """
    return _binomial(parts, wholes, base, laney=True)


def shares_of_few(parts: Sequence[float], wholes: Sequence[float], base: Base = None) -> Limits:
    """A p chart for less than one case per period on the rarer side, with exact binomial limits on that side."""
    center = _ratio(parts, wholes, base)
    if center is None or not 0 < center < 1:
        return _without_limits(center, len(parts))
    rarer = min(center, 1 - center)
    reach = tuple(_most_of_a_whole(whole, rarer) / whole for whole in wholes)
    nothing = (0.0,) * len(parts)
    if rarer == center:
        return Limits(center, nothing, reach)
    return Limits(center, tuple(1 - share for share in reach), (1.0,) * len(parts))


def rates(events: Sequence[float], exposures: Sequence[float], base: Base = None) -> Limits:
    """A u chart: events against an exposure that differs from period to period."""
    return _poisson(events, exposures, base, laney=False)


def rates_widened(events: Sequence[float], exposures: Sequence[float], base: Base = None) -> Limits:
    """A u' chart (Laney 2002); see `shares_widened`."""
    return _poisson(events, exposures, base, laney=True)


def rates_of_few(events: Sequence[float], exposures: Sequence[float], base: Base = None) -> Limits:
    """A u chart for less than an event per period: the upper limit is the exact Poisson one.

    With so few events three sigma would take a second event in a month for a signal in one month of thirty. Here it
    is exceeded with the probability beyond three sigma, 0.00135, at most. No rate is too low to be chance.
    """
    center = _ratio(events, exposures, base)
    if not center:
        return _without_limits(center, len(events))
    upper = tuple(_most_by_chance(center * exposure) / exposure for exposure in exposures)
    return Limits(center, (0.0,) * len(events), upper)


def counts(events: Sequence[float], base: Base = None) -> Limits:
    """A c chart: events, each period with the same exposure."""
    return rates(events, [1.0] * len(events), base)


def _most_by_chance(mean: float) -> int:
    """The number of events that is exceeded with a probability of TAIL at most."""
    most = 0
    while special.pdtrc(most, mean) > TAIL:
        most += 1
    return most


def _most_of_a_whole(whole: float, share: float) -> float:
    """The same for a part of a whole (the incomplete beta function takes wholes that aren't whole numbers too)."""
    most = 0
    while most < whole and special.betainc(most + 1, whole - most, share) > TAIL:
        most += 1
    return min(most, whole)


def _binomial(parts: Sequence[float], wholes: Sequence[float], base: Base, *, laney: bool) -> Limits:
    center = _ratio(parts, wholes, base)
    if center is None or not 0 < center < 1:
        return _without_limits(center, len(parts))
    sigmas = [math.sqrt(center * (1 - center) / whole) for whole in wholes]
    return _around(center, sigmas, _divided(parts, wholes), base, laney=laney, bounds=(0.0, 1.0))


def _poisson(events: Sequence[float], exposures: Sequence[float], base: Base, *, laney: bool) -> Limits:
    center = _ratio(events, exposures, base)
    if center is None or center <= 0:
        return _without_limits(center, len(events))
    sigmas = [math.sqrt(center / exposure) for exposure in exposures]
    return _around(center, sigmas, _divided(events, exposures), base, laney=laney, bounds=(0.0, None))


def _around(
    center: float, sigmas: list[float], values: list[float], base: Base, *, laney: bool, bounds: Bounds
) -> Limits:
    units = [(value - center) / sigma for value, sigma in zip(values, sigmas, strict=True)]
    sigma_z = spread(_of_base(units, base)) if laney else None
    wider = SIGMAS * max(1.0, sigma_z or 1.0)
    return clamped(
        Limits(
            center,
            tuple(center - wider * sigma for sigma in sigmas),
            tuple(center + wider * sigma for sigma in sigmas),
            sigma_z,
        ),
        *bounds,
    )


# Measured things -----------------------------------------------------------------------------------------------------
def moving_ranges(values: Sequence[float]) -> list[float]:
    """How far each value lies from the one before it."""
    return [abs(after - before) for before, after in zip(values, values[1:], strict=False)]


def spread(values: Sequence[float], *, screen: bool = False) -> float | None:
    """The standard deviation from one value to the next; None of fewer than two values.

    `screen` leaves out distances greater than 3.267 times their mean (Nelson 1982), so that one leap doesn't widen the
    limits that shall find it. Montgomery and Wheeler don't screen; qicharts2 does.
    """
    distances = moving_ranges(values)
    if screen and distances:
        most = D4 * math.fsum(distances) / len(distances)
        distances = [distance for distance in distances if distance <= most]
    return math.fsum(distances) / len(distances) / D2 if distances else None


def individuals(
    values: Sequence[float],
    base: Base = None,
    *,
    screen: bool = False,
    least: float | None = None,
    most: float | None = None,
) -> Limits:
    """The X of an XmR chart: single values, judged by the distances of neighbours. `least`, `most`: what is possible.

    For `screen` see `spread`. Between two points of the base that stand beside one left out (or missing), the distance
    is taken too.
    """
    inside = _of_base(values, base)
    sigma = spread(inside, screen=screen)
    center = math.fsum(inside) / len(inside) if inside else None
    if center is None or not sigma:
        return _without_limits(center, len(values))
    reach = SIGMAS * sigma
    return clamped(
        Limits(center, (center - reach,) * len(values), (center + reach,) * len(values)), least, most
    )


def ranges(values: Sequence[float], base: Base = None) -> Limits:
    """The mR of an XmR chart: the mean of the moving ranges and their upper limit."""
    distances = moving_ranges(_of_base(values, base))
    if not distances:
        return _without_limits(None, max(0, len(values) - 1))
    center, places = math.fsum(distances) / len(distances), len(values) - 1
    return Limits(center, (0.0,) * places, (D4 * center,) * places)


def subgroups(
    means: Sequence[float], deviations: Sequence[float], sizes: Sequence[int], base: Base = None
) -> tuple[Limits, Limits]:
    """An Xbar-S chart: limits of the means and of the standard deviations of samples (Montgomery, ch. 6.3).

    With samples of one size the mean deviation is taken, with different ones the pooled one (his equation 6.31).
    """
    inside = _of_base(list(zip(means, deviations, sizes, strict=True)), base)
    total = sum(size for *_, size in inside)
    center = math.fsum(size * mean for mean, _, size in inside) / total
    if len({size for *_, size in inside}) == 1:
        deviation = math.fsum(deviation for _, deviation, _ in inside) / len(inside)
    else:
        squares = math.fsum((size - 1) * deviation**2 for _, deviation, size in inside)
        deviation = math.sqrt(squares / (total - len(inside)))
    reaches = [SIGMAS * deviation / (_c4(size) * math.sqrt(size)) for size in sizes]
    wide = [SIGMAS * deviation * math.sqrt(1 - _c4(size) ** 2) / _c4(size) for size in sizes]
    return (
        Limits(
            center, tuple(center - reach for reach in reaches), tuple(center + reach for reach in reaches)
        ),
        clamped(
            Limits(
                deviation,
                tuple(deviation - reach for reach in wide),
                tuple(deviation + reach for reach in wide),
            ),
            0.0,
        ),
    )


def _c4(size: int) -> float:
    """The mean standard deviation of samples of this size, where the true one is 1."""
    return math.sqrt(2 / (size - 1)) * math.exp(math.lgamma(size / 2) - math.lgamma((size - 1) / 2))


# Rare events ---------------------------------------------------------------------------------------------------------
def between_cases(gaps: Sequence[float], base: Base = None) -> Limits:
    """A g chart: how many cases (how much exposure) passed between two events (Benneyan 2001).

    Such numbers are geometric, far from symmetric: the centre is their median and the limits are exceeded with the
    probability beyond three sigma on either side (Benneyan's probability limits; Minitab's G chart does the same).
    Three sigma around the mean would be exceeded once in 55 times by chance.
    """
    inside = _of_base(gaps, base)
    mean = math.fsum(inside) / len(inside) if inside else None
    if not mean:
        return _without_limits(mean, len(gaps))
    going_on = math.log(mean / (1 + mean))  # the logarithm of the probability that a case isn't an event
    center = max(0, math.ceil(math.log(0.5) / going_on) - 1)
    lower = max(0, math.floor(math.log1p(-TAIL) / going_on))
    upper = max(center, math.ceil(math.log(TAIL) / going_on) - 1)
    return Limits(float(center), (float(lower),) * len(gaps), (float(upper),) * len(gaps))


def between_days(gaps: Sequence[float], base: Base = None) -> Limits:
    """A t chart: days between two events.

    Their 3.6th root is nearly normal (Nelson 1994), so the limits are those of individuals on that scale, carried
    back. They follow what is seen, and stay right where events come in clusters; limits from the exponential
    distribution wouldn't. Days are whole: below a lower limit of one day nothing can be told from two events on the
    same day, so there it is 0.
    """
    roots = individuals([max(0.0, gap) ** (1 / NELSON) for gap in gaps], base, least=0.0)
    if roots.center is None:
        return roots

    def carried(root: float | None) -> float | None:
        return None if root is None else root**NELSON

    def whole(lower: float | None) -> float | None:
        return lower if lower is None or lower >= 1 else 0.0

    return Limits(
        carried(roots.center),
        tuple(whole(carried(lower)) for lower in roots.lower),
        tuple(carried(upper) for upper in roots.upper),
    )


# All of them ---------------------------------------------------------------------------------------------------------
def clamped(limits: Limits, least: float | None = None, most: float | None = None) -> Limits:
    """Limits cut to what is possible."""
    lower, upper = limits.lower, limits.upper
    if least is not None:
        lower = tuple(limit if limit is None else max(least, limit) for limit in lower)
    if most is not None:
        upper = tuple(limit if limit is None else min(most, limit) for limit in upper)
    return replace(limits, lower=lower, upper=upper)


def median_only(values: Sequence[float], base: Base = None) -> Limits:
    """A run chart."""
    inside = sorted(_of_base(values, base))
    half = len(inside) // 2
    center = (inside[half] + inside[~half]) / 2 if inside else None
    return _without_limits(center, len(values))


def _without_limits(center: float | None, places: int) -> Limits:
    return Limits(center, (None,) * places, (None,) * places)


def _of_base(values: Sequence[Any], base: Base) -> list[Any]:
    if base is None:
        return list(values)
    return [value for value, is_in in zip(values, base, strict=True) if is_in]


def _divided(parts: Sequence[float], wholes: Sequence[float]) -> list[float]:
    return [part / whole for part, whole in zip(parts, wholes, strict=True)]


def _ratio(parts: Sequence[float], wholes: Sequence[float], base: Base) -> float | None:
    """The ratio of the sums: never the mean of ratios."""
    whole = math.fsum(_of_base(wholes, base))
    return math.fsum(_of_base(parts, base)) / whole if whole else None
