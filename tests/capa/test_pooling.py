"""The pooled rate ratio against numbers worked out by hand and published ones."""

import math

import pytest
from scipy.special import chdtrc

from capa.effect import rate_ratio
from capa.pooling import Counts, rate_ratio_of

#: Deaths from coronary disease of British doctors, smokers and others, in five age groups: Doll and Hill 1966, worked
#: through by Rothman and in Stata's manual (ir deaths smokes pyears, by(age)): pooled 1.424682, 1.154703 to 1.757784.
#: That one ratio fits all five ages: Pearson's chi-square of the log-linear model is 11.16 on 4 degrees of freedom at
#: its own ratio of 1.4255 (Breslow and Day), 11.1511 at the pooled one; by logarithms, which zeros forbid, 10.41.
DOCTORS = [
    Counts(32, 52_407, 2, 18_790),
    Counts(104, 43_248, 12, 10_673),
    Counts(206, 28_612, 28, 5_710),
    Counts(186, 12_663, 28, 2_585),
    Counts(102, 5_317, 31, 1_462),
]


def test_the_published_example():
    found = rate_ratio_of(DOCTORS)
    assert found.ratio == pytest.approx(1.424682, abs=5e-6)
    assert (found.lower, found.upper) == (
        pytest.approx(1.154703, abs=5e-6),
        pytest.approx(1.757784, abs=5e-6),
    )
    assert found.agreement == pytest.approx(chdtrc(4, 11.1511), abs=5e-6) == pytest.approx(0.0249, abs=5e-5)
    assert found.disagrees and found.is_enough


def test_two_rounds_by_hand():
    """10 in 100 after 20 in 100; 5 in 50 after 30 in 150. Above 5 + 3.75, below 10 + 7.5: ratio 0.5.

    Spread 30 x 10000 / 200^2 + 35 x 7500 / 200^2 = 7.5 + 6.5625; divided by 8.75 x 17.5: variance 0.0918367,
    1.959964 standard errors are 0.593958: 0.5 / 1.811143 and 0.5 x 1.811143.
    """
    found = rate_ratio_of([Counts(10, 100, 20, 100), Counts(5, 50, 30, 150)])
    assert found.ratio == pytest.approx(0.5)
    assert (found.lower, found.upper) == (pytest.approx(0.27607, abs=5e-6), pytest.approx(0.90557, abs=5e-6))
    assert found.change == pytest.approx(-50) and found.rounds == 2
    assert found.agreement == pytest.approx(1.0) and not found.is_enough


def test_one_round_is_its_crude_ratio():
    """22 in 1.1 million after 48 in 1.2 million: 0.5, with the variance 1/22 + 1/48 of its logarithm."""
    found = rate_ratio_of([Counts(22, 1_100_000, 48, 1_200_000)])
    assert found.ratio == pytest.approx(rate_ratio(22, 1_100_000, 48, 1_200_000).ratio) == pytest.approx(0.5)
    reach = 1.959964 * math.sqrt(1 / 22 + 1 / 48)
    assert math.log(found.upper) - math.log(found.ratio) == pytest.approx(reach, abs=1e-6)
    assert found.agreement is None


def test_none_after_has_an_exact_upper_limit():
    one = rate_ratio_of([Counts(0, 90, 8, 180)])
    assert one.ratio == one.lower == 0
    assert one.upper == pytest.approx(rate_ratio(0, 90, 8, 180).upper)
    two = rate_ratio_of([Counts(0, 90, 8, 180), Counts(0, 90, 8, 180)])
    assert 0 < two.upper < one.upper
    assert (1 / (1 + two.upper / 2)) ** 16 == pytest.approx(0.025)


def test_rounds_without_any_event_say_nothing():
    alone = rate_ratio_of([Counts(10, 100, 20, 100)])
    assert rate_ratio_of([Counts(10, 100, 20, 100), Counts(0, 100, 0, 100)]) == alone
    assert rate_ratio_of([]) is None
    assert rate_ratio_of([Counts(0, 100, 0, 100)]) is None
    assert rate_ratio_of([Counts(4, 100, 0, 100)]) is None


def test_the_order_of_the_rounds_does_not_matter():
    assert rate_ratio_of(reversed(DOCTORS)).upper == pytest.approx(rate_ratio_of(DOCTORS).upper)
