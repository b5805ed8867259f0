"""The statistics of the verdict, against R's poisson.test to four digits (QUALITY A)."""

import math

import pytest

from capa.effect import baseline_needed, chance_of_so_few, propose, rate_ratio


@pytest.mark.parametrize(
    ("after", "before", "ratio", "p", "lower", "upper", "proposal"),
    [
        ((11, 800), (21, 3011), 1.971488, 0.0796686, 0.858426, 4.277266, "not_effective"),
        ((22, 1_100_000), (48, 1_200_000), 0.5, 0.0058748, 0.287423, 0.844469, "effective"),
        ((6, 1_100_000), (12, 1_200_000), 0.5455, 0.245886, 0.16797, 1.57033, "inconclusive"),
    ],
)
def test_the_exact_conditional_test(after, before, ratio, p, lower, upper, proposal):
    found = rate_ratio(*after, *before)
    assert found.ratio == pytest.approx(ratio, abs=5e-5)
    assert found.p == pytest.approx(p, abs=5e-5)
    assert (found.lower, found.upper) == (pytest.approx(lower, abs=5e-5), pytest.approx(upper, abs=5e-5))
    assert propose(found) == proposal


def test_nothing_after_few_before_proves_nothing():
    assert propose(rate_ratio(0, 90, 7, 180)) == "inconclusive"
    assert chance_of_so_few(0, 90, 7, 180) == pytest.approx(0.0585, abs=5e-5)
    assert chance_of_so_few(0, 90, 8, 180) == pytest.approx(0.0390, abs=5e-5)
    assert baseline_needed(180, 90) == 8


@pytest.mark.parametrize("days", [(180, 90), (365, 365), (90, 180)])
def test_the_baseline_needed_is_what_the_proposal_asks_for(days):
    before, after = days
    needed = baseline_needed(before, after, alpha=0.025)
    assert propose(rate_ratio(0, after, needed, before)) == "effective"
    assert propose(rate_ratio(0, after, needed - 1, before)) == "inconclusive"


def test_no_events_say_nothing():
    found = rate_ratio(0, 100, 0, 100)
    assert found.ratio is None and found.upper == math.inf and propose(found) == "inconclusive"


def test_events_where_there_were_none_have_no_ratio_but_a_lower_bound():
    found = rate_ratio(10, 100, 0, 100)
    assert found.ratio is None and found.lower > 1 and propose(found) == "not_effective"


def test_a_worthwhile_reduction_ruled_out_is_not_effective():
    assert propose(rate_ratio(980, 100, 1000, 100)) == "not_effective"  # 0.98, 0.90 to 1.07


def test_an_exposure_of_nothing_is_refused():
    with pytest.raises(ValueError, match="positive"):
        rate_ratio(1, 0, 1, 100)


def test_one_after_nine_in_twice_the_time_could_be_chance():
    found = rate_ratio(1, 1, 9, 2)
    assert found.ratio == pytest.approx(0.2222, abs=5e-5) and propose(found) == "inconclusive"
    assert chance_of_so_few(1, 1, 9, 2) == pytest.approx(0.1040, abs=5e-5)
