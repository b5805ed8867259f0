"""How long one must watch to be able to know (QUALITY A)."""

import math

import pytest
from scipy import special

from capa.effect import chance_of_so_few, propose, rate_ratio
from capa.watching import Answer, Question, events_needed


@pytest.mark.parametrize(("ratio", "events"), [(0.5, 37), (0.7, 116), (0.8, 278)])
def test_the_baseline_for_equal_exposure_and_80_per_cent_power(ratio, events):
    assert events_needed(ratio) == events
    change = (1 - ratio) * 100
    assert (
        Question(events, 180, 1, change).days_needed <= 180 < Question(events - 1, 180, 1, change).days_needed
    )


def _poisson(mean: float, most: int) -> list[float]:
    return [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most)]


def exact_power(events: int, ratio: float) -> float:
    """The chance that the exact conditional test, one-sided at 5 %, shows it: over all baselines and all outcomes."""
    most = int(events + 8 * math.sqrt(events) + 10)
    before, after = _poisson(events, most), _poisson(events * ratio, most)
    power = 0.0
    for k, chance in enumerate(before):
        best = 0
        while best < most and special.bdtr(best, best + k, 0.5) <= 0.05:
            best += 1
        power += chance * math.fsum(after[:best])
    return power


@pytest.mark.parametrize(
    ("ratio", "events", "power"), [(0.5, 37, 0.771), (0.7, 116, 0.780), (0.8, 278, 0.788)]
)
def test_the_exact_test_has_a_little_less_power_than_the_formula_says(ratio, events, power):
    assert exact_power(events, ratio) == pytest.approx(power, abs=2e-3)


def test_fewer_than_eight_events_in_180_days_prove_nothing_within_90():
    seven, eight = Question(7, 180, 1, 50), Question(8, 180, 1, 50)
    assert not seven.is_provable(90) and eight.is_provable(90)
    assert (seven.most_that_prove(90), eight.most_that_prove(90)) == (None, 0)
    assert Answer(seven, 90).verdict == "never" and Answer(eight, 90).verdict == "unsure"


def test_six_events_need_117_days_without_any():
    asked = Question(6, 180, 1, 50)
    assert asked.days_without_any == 117
    assert chance_of_so_few(0, 117, 6, 180) <= 0.05 < chance_of_so_few(0, 116, 6, 180)
    assert asked.days_needed is None and not asked.can_ever_be_known and asked.baseline_needed == 37


@pytest.mark.parametrize("events", [12, 20, 48, 130])
@pytest.mark.parametrize("days", [60, 90, 200])
def test_the_most_that_prove_is_where_the_proposal_turns(events, days):
    most = Question(events, 180, 1, 20).most_that_prove(days)
    assert propose(rate_ratio(most, days, events, 180), smallest_change=0.001, fixed=True) == "effective"
    assert propose(rate_ratio(most + 1, days, events, 180), smallest_change=0.001, fixed=True) != "effective"


def test_the_days_needed_are_the_first_with_enough_power():
    asked = Question(60, 365, 1, 50)
    assert asked.power(asked.days_needed) >= 0.8 > asked.power(asked.days_needed - 1)
    answer = Answer(asked, 365)
    assert answer.verdict == "known" and answer.milestones[-1].days == 365
    assert [m.days for m in Answer(asked, 100).milestones] == [30, 60, 90, 100, 180, 365]
    assert sorted(m.power for m in answer.milestones) == [m.power for m in answer.milestones]


def test_what_these_days_can_show():
    asked = Question(48, 200, 1, 20)
    visible = asked.smallest_visible(90)
    assert asked.power(90, visible) >= 0.8 > asked.power(90, visible - 1)


def test_more_exposure_a_day_needs_fewer_days():
    assert Question(60, 365, 2, 50).days_needed < Question(60, 365, 1, 50).days_needed


def test_proportions_are_asked_in_points():
    asked = Question(48, 80, 1, 20, data="proportion", direction="higher")
    assert asked.expected_rate == pytest.approx(0.8) and asked.days_needed == 47
    assert asked.power(47) >= 0.8 > asked.power(46)
    assert Answer(asked, 90).verdict == "known" and Answer(asked, 90).chosen.most is None


def test_more_of_something_can_be_asked_for():
    asked = Question(40, 180, 1, 50, direction="higher")
    assert (
        asked.expected_rate == pytest.approx(60 / 180)
        and asked.days_needed
        and asked.days_without_any is None
    )


@pytest.mark.parametrize(
    "asked",
    [
        Question(0, 180, 1, 50),
        Question(79, 80, 1, 20, data="proportion", direction="higher"),
        Question(5, 80, 1, 20, data="proportion"),
        Question(6, 180, 1, 200),
    ],
)
def test_what_cant_change_so_much_is_never_shown(asked):
    assert asked.power(10_000) == 0 and asked.days_needed is None
    assert Answer(asked, 90).curve  # and can be drawn


def test_the_curve_reaches_beyond_what_is_asked():
    answer = Answer(Question(60, 365, 1, 50), 90)
    assert answer.curve[0] == (0, 0) and answer.curve[-1][0] >= answer.question.days_needed
    assert len(answer.curve) < 150
