"""The statistics of the verdict, against R's poisson.test and the published intervals to four digits (QUALITY A)."""

import math

import pytest

from capa.effect import (
    baseline_needed,
    chance_of_so_few,
    difference_of_proportions,
    poisson_interval,
    propose,
    rate_ratio,
    wilson_interval,
)


def about(*values: float):
    return pytest.approx(values, abs=5e-5)


@pytest.mark.parametrize(
    ("after", "before", "ratio", "p", "lower", "upper", "proposal"),
    [
        ((11, 800), (21, 3011), 1.971488, 0.0796686, 0.858426, 4.277266, "not_effective"),
        ((22, 1_100_000), (48, 1_200_000), 0.5, 0.0058748, 0.287423, 0.844469, "effective"),
        ((6, 1_100_000), (12, 1_200_000), 0.5455, 0.245886, 0.16797, 1.57033, "inconclusive"),
    ],
)
@pytest.mark.parametrize("fixed", [False, True])
def test_the_exact_conditional_test(after, before, ratio, p, lower, upper, proposal, fixed):
    found = rate_ratio(*after, *before)
    assert (found.ratio, found.p) == about(ratio, p)
    assert (found.lower, found.upper) == about(lower, upper)
    assert propose(found, fixed=fixed) == proposal


def test_nothing_after_few_before_proves_nothing():
    assert chance_of_so_few(0, 90, 7, 180) == pytest.approx(0.0585, abs=5e-5)
    assert chance_of_so_few(0, 90, 8, 180) == pytest.approx(0.0390, abs=5e-5)
    assert baseline_needed(180, 90) == 8
    assert propose(rate_ratio(0, 90, 7, 180), fixed=True) == "inconclusive"
    assert propose(rate_ratio(0, 90, 8, 180), fixed=True) == "effective"


@pytest.mark.parametrize("days", [(180, 90), (365, 365), (90, 180)])
@pytest.mark.parametrize(("fixed", "alpha"), [(True, 0.05), (False, 0.025)])
def test_the_baseline_needed_is_what_the_proposal_asks_for(days, fixed, alpha):
    before, after = days
    needed = baseline_needed(before, after, alpha=alpha)
    assert propose(rate_ratio(0, after, needed, before), fixed=fixed) == "effective"
    assert propose(rate_ratio(0, after, needed - 1, before), fixed=fixed) == "inconclusive"


@pytest.mark.parametrize("after", range(0, 30))
def test_the_question_that_was_fixed_is_decided_by_its_one_sided_p(after):
    found = rate_ratio(after, 90, 30, 180)
    assert (found.bounds[1] < 1) == (chance_of_so_few(after, 90, 30, 180) < 0.05)


def test_no_events_say_nothing():
    found = rate_ratio(0, 100, 0, 100)
    assert found.ratio is None and found.upper == math.inf and found.p == 1
    assert propose(found) == propose(found, fixed=True) == "inconclusive"


def test_events_where_there_were_none_have_no_ratio_but_a_lower_bound():
    found = rate_ratio(10, 100, 0, 100)
    assert found.ratio is None and found.lower > 1 and propose(found) == "not_effective"
    assert propose(found, direction="higher") == "effective"


def test_a_worthwhile_reduction_ruled_out_is_not_effective():
    found = rate_ratio(980, 100, 1000, 100)  # 0.98, 0.90 to 1.07
    assert propose(found) == "not_effective"
    assert propose(found, smallest_change=5) == "inconclusive"


def test_a_sure_but_worthless_reduction_is_not_effective():
    found = rate_ratio(95_000, 100, 100_000, 100)  # 5 % fewer, beyond all doubt
    assert (
        found.upper < 1
        and propose(found) == "not_effective"
        and propose(found, smallest_change=3) == "effective"
    )


def test_the_direction_turns_the_answer_round():
    more = rate_ratio(48, 1_200_000, 22, 1_100_000)
    assert propose(more, direction="higher") == "effective" and propose(more) == "not_effective"


@pytest.mark.parametrize("exposures", [(0, 100), (100, 0), (-1, 100)])
def test_an_exposure_of_nothing_is_refused(exposures):
    with pytest.raises(ValueError, match="positive"):
        rate_ratio(1, exposures[0], 1, exposures[1])


def test_one_after_nine_in_twice_the_time_could_be_chance():
    found = rate_ratio(1, 1, 9, 2)
    assert found.ratio == pytest.approx(0.2222, abs=5e-5)
    assert propose(found) == propose(found, fixed=True) == "inconclusive"
    assert chance_of_so_few(1, 1, 9, 2) == pytest.approx(0.1040, abs=5e-5)


# Intervals -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("part", "whole", "lower", "upper"),
    [(81, 263, 0.25529, 0.36621), (0, 20, 0, 0.16113), (20, 20, 0.83887, 1)],
)
def test_the_interval_of_a_proportion(part, whole, lower, upper):
    assert wilson_interval(part, whole) == about(lower, upper)


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (3, 2), (-1, 5)])
def test_what_is_no_part_of_a_whole_is_refused(part, whole):
    with pytest.raises(ValueError, match="part"):
        wilson_interval(part, whole)


@pytest.mark.parametrize(("events", "lower", "upper"), [(0, 0, 3.688879), (12, 6.200575, 20.961585)])
def test_the_interval_of_a_count(events, lower, upper):
    assert poisson_interval(events) == about(lower, upper)


def test_two_proportions():
    found = difference_of_proportions(56, 70, 48, 80)
    assert (found.difference, found.lower, found.upper) == about(0.2, 0.05243, 0.33387)
    assert propose(found, direction="higher", smallest_change=10) == "effective"
    assert propose(found, direction="lower", smallest_change=10) == "not_effective"
    assert (
        propose(difference_of_proportions(42, 70, 48, 80), direction="higher") == "not_effective"
    )  # 0, to 15 points
    assert propose(difference_of_proportions(7, 10, 6, 10), direction="higher") == "inconclusive"


def test_turned_round_the_difference_is_mirrored():
    one, other = difference_of_proportions(56, 70, 48, 80), difference_of_proportions(48, 80, 56, 70)
    assert (other.lower, other.upper) == about(-one.upper, -one.lower)
