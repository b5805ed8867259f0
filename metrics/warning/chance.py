"""How often an indicator that never changes would be signalled all the same: said honestly, so that the rules can be judged.

Found by simulation of `metrics.warning.judging` itself (400 series of 60 periods each, judged from the 13th on): figures
from one normal, binomial or Poisson distribution, for Laney's charts from a Poisson one whose mean varies by a fifth. It is
more often than the 1 in 370 of the textbook, because the long runs are looked at as well. Figures with long tails or swings
of their own are signalled more often still (one in 60 of a log-normal distribution). The tests simulate it again.
"""

from metrics.spc.chart import Data, Kind

#: One false alarm in so many periods.
ONE_IN = {
    Kind.XMR: 180, Kind.P: 190, Kind.U: 150, Kind.C: 130, Kind.P_LANEY: 80, Kind.U_LANEY: 80, Kind.RUN: 180,
    Kind.G: 180, Kind.T: 180,
}  # fmt: skip
_BY_DATA = {Data.SHARE: Kind.P, Data.RATE: Kind.U, Data.COUNT: Kind.C, Data.VALUE: Kind.XMR}


def one_in(kind: Kind | None, data: Data) -> int:
    """On average one period in so many is signalled by chance; by the kind of chart, else by that of the data."""
    return ONE_IN[kind if kind is not None else _BY_DATA[data]]


def expected(periods: int, kind: Kind | None, data: Data) -> float:
    """False alarms to be expected in so many judged periods."""
    return periods / one_in(kind, data)
