"""Which kind of chart fits the figures, and why, in words for those who never heard of control charts.

Asked in this order:

1. Fewer than 12 finished periods with figures: a run chart. Limits from so few would move with every new month.
2. Less than one event per period on average: the days between events (t), or the exposure between them (g) where it is
   known, as long as the days of the events are. Otherwise limits that are exact for small numbers.
3. Shares, rates and counts that differ from one period to the next more than chance alone would make them: Laney's
   limits. sigma_z of a process that varies by chance only is about 1, with an error of 0.93 / sqrt(m - 1) for m
   periods (by simulation); it has to exceed what one in ten such processes reaches, 1 + 1.19 / sqrt(m - 1), and 1.1.
   That is 1.36 for 12 periods, 1.25 for 24. A risk of one in ten, not of one in twenty, because limits that are too
   narrow bring false alarms every year, and limits that are a little too wide hardly cost anything. Below 1 the limits
   are never narrowed.
4. Otherwise the plain chart for the data: p, u, c. Means, medians and ratios of amounts: individuals.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from . import limits
from .chart import Data, Kind

#: With fewer finished periods only the median is drawn.
FEW = 12
#: Fewer events per period on average are rare.
RARE = 1.0
#: However many periods there are, a sigma_z below this isn't worth another kind of chart.
LEAST_SPREAD = 1.1

#: A phase: its known, finished figures as (numerator, denominator).
Figures = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Choice:
    kind: Kind
    reasons: tuple[str, ...]
    sigma_z: float | None = None
    is_rare: bool = False  # limits have to be exact


def choose(
    phases: Sequence[Figures], data: Data, *, has_days: bool = False, has_exposure: bool = False
) -> Choice:
    """The kind of chart for the figures of all phases. `has_days`: the day of each event is known; `has_exposure`: what
    passed between two of them as well."""
    figures = [figure for phase in phases for figure in phase]
    if len(figures) < FEW:
        return Choice(Kind.RUN, (_too_few(len(figures)),))
    if data == Data.VALUE:
        return Choice(Kind.XMR, (gettext(
            "Each period gives one measured value. The limits come from how much neighbouring periods differ"
            " (individuals chart)."
        ),))  # fmt: skip
    if not _is_countable(figures, data):
        return Choice(Kind.XMR, (gettext(
            "In some periods the part is larger than the whole, so the figures can't be judged as shares. They are"
            " judged as single values (individuals chart)."
        ),))  # fmt: skip
    if is_rare(figures, data):
        return _of_rare(data, has_days=has_days, has_exposure=has_exposure)
    sigma_z = spread(phases, data)
    if sigma_z is not None and sigma_z > clear_spread(len(figures)):
        kind = Kind.P_LANEY if data == Data.SHARE else Kind.U_LANEY
        return Choice(kind, (_widened(data, sigma_z),), sigma_z)
    return Choice(_PLAIN[data], (_as_chance(data),), sigma_z)


_PLAIN = {Data.SHARE: Kind.P, Data.RATE: Kind.U, Data.COUNT: Kind.C, Data.VALUE: Kind.XMR}


def is_rare(figures: Figures, data: Data) -> bool:
    """Less than one event per period on average; of shares, on the rarer side."""
    if data == Data.VALUE or not figures:
        return False
    parts = math.fsum(part for part, _ in figures)
    if data == Data.SHARE:
        parts = min(parts, math.fsum(whole for _, whole in figures) - parts)
    return 0 < parts < RARE * len(figures)


def spread(phases: Sequence[Figures], data: Data) -> float | None:
    """sigma_z over all phases, each around its own centre; None where nothing varied."""
    chart = limits.shares_widened if data == Data.SHARE else limits.rates_widened
    total = distances = 0.0
    for phase in phases:
        if len(phase) < 2:
            continue
        parts, wholes = zip(*phase, strict=True)
        sigma_z = chart(parts, wholes).sigma_z
        if sigma_z is not None:
            total += sigma_z * (len(phase) - 1)
            distances += len(phase) - 1
    return total / distances if distances else None


def clear_spread(periods: int) -> float:
    """A larger sigma_z is more than chance; see above."""
    return max(LEAST_SPREAD, 1 + 1.19 / math.sqrt(max(1, periods - 1)))


def _is_countable(figures: Figures, data: Data) -> bool:
    return all(part >= 0 and (data != Data.SHARE or part <= whole) for part, whole in figures)


# In words ------------------------------------------------------------------------------------------------------------
def _too_few(count: int) -> str:
    if not count:
        return gettext("No finished period has figures yet.")
    return ngettext(
        "Only %(count)d finished period has figures. Limits need %(least)d, so only the median is drawn.",
        "Only %(count)d finished periods have figures. Limits need %(least)d, so only the median is drawn.",
        count,
    ) % {"count": count, "least": FEW}


def _of_rare(data: Data, *, has_days: bool, has_exposure: bool) -> Choice:
    if data != Data.SHARE and has_days:
        return rare(has_exposure=has_exposure)
    reason = gettext(
        "There is less than one case per period on average. The limits are exact for such small numbers."
    )
    return Choice(_PLAIN[data], (reason,), is_rare=True)


def rare(*, has_exposure: bool) -> Choice:
    """For events that are drawn one by one."""
    if has_exposure:
        return Choice(Kind.G, (gettext(
            "The events are rare, so each point is an event and shows how much passed since the one before: the higher,"
            " the rarer (g chart)."
        ),))  # fmt: skip
    return Choice(Kind.T, (gettext(
        "The events are rare, so each point is an event and shows the days since the one before: the higher, the rarer"
        " (t chart)."
    ),))  # fmt: skip


def by_hand(kind: Kind) -> Choice:
    return Choice(kind, (gettext("This kind of chart was chosen by hand."),))


def _widened(data: Data, sigma_z: float) -> str:
    times = {"times": number_format(round(sigma_z, 1), 1)}
    if data == Data.SHARE:
        return gettext(
            "Shares of cases differ between periods %(times)s times more than chance alone would make them, so the"
            " limits were widened (Laney p′)."
        ) % times  # fmt: skip
    if data == Data.RATE:
        return gettext(
            "Rates differ between periods %(times)s times more than chance alone would make them, so the limits were"
            " widened (Laney u′)."
        ) % times  # fmt: skip
    return gettext(
        "Counts differ between periods %(times)s times more than chance alone would make them, so the limits were"
        " widened (Laney u′)."
    ) % times  # fmt: skip


def _as_chance(data: Data) -> str:
    if data == Data.SHARE:
        return gettext(
            "Shares of cases differ between periods about as much as chance alone makes them. The limits follow the"
            " number of cases (p chart)."
        )
    if data == Data.RATE:
        return gettext(
            "Rates differ between periods about as much as chance alone makes them. The limits follow the volume"
            " (u chart)."
        )
    return gettext("Counts differ between periods about as much as chance alone makes them (c chart).")
