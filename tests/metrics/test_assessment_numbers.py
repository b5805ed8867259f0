"""Points, totals and ranks by hand. Pure functions, no database.

Intervals used: 12 events, Garwood (1936) 6.20 to 20.96; 90 of 100, Wilson 0.8256 to 0.9448.
"""

import math

import pytest

from metrics.assessment.ranking import Standing, _widening, places
from metrics.assessment.schemes import refusal
from metrics.assessment.scoring import Scored, points_for, score, total
from metrics.definitions import HIGHER, KPIS, LOWER, Kpi
from metrics.spc.chart import Data


@pytest.mark.parametrize(
    "value, points",
    [(1.0, 40), (2.0, 20), (2.5, 10), (3.0, 0), (0.2, 40), (9.0, 0)],
)
def test_points_are_linear_between_threshold_and_target_and_never_beyond(value, points):
    assert points_for(value, weight=40, full=1, none=3) == pytest.approx(points)  # lower is better
    assert points_for(4 - value, weight=40, full=3, none=1) == pytest.approx(points)  # higher is better


def test_a_card_by_hand():
    """12 complaints of 600,000 customers: 2.0, half of 40 points. 90 of 100 on time: three quarters of 35. A line of 25
    has no figure: (20 + 26.25) × 100 ÷ 75 = 61.67.
    """
    rate = score(2.0, 6.2006 / 6, 20.9616 / 6, weight=40, full=1, none=3)
    on_time = score(90, 82.563, 94.477, weight=35, full=95, none=75)
    assert (rate.points, rate.lower, rate.upper) == (pytest.approx(20), 0, pytest.approx(39.331, abs=0.001))
    assert (on_time.points, on_time.lower) == (pytest.approx(26.25), pytest.approx(13.235, abs=0.001))
    found = total([rate, on_time])
    assert found.points == pytest.approx(61.6667, abs=0.0001)
    assert found.lower == pytest.approx(61.6667 - math.hypot(20, 13.0147) * 100 / 75, abs=0.001)
    assert found.upper == pytest.approx(61.6667 + math.hypot(19.331, 7.8348) * 100 / 75, abs=0.001)


def test_what_has_no_interval_adds_no_width_and_nothing_at_all_has_no_total():
    exact = Scored(50, 30)
    bounded = Scored(50, 40, 35, 44)
    found = total([exact, bounded])
    assert (found.points, found.lower, found.upper) == (70, 65, 74)
    assert total([exact]).lower is None
    assert total([]) is None


def test_bounds_stay_within_0_and_100():
    found = total([Scored(60, 58, 10, 60), Scored(40, 39, 0, 40)])
    assert 0 <= found.lower and found.upper <= 100


def test_units_share_a_place_where_the_difference_is_noise():
    noisy = [Standing(1, 80, 70, 90), Standing(2, 76, 66, 86), Standing(3, 40, 30, 50)]
    found = places(noisy)
    assert {key: better for key, (better, _worse) in found.items()} == {1: 0, 2: 0, 3: 2}
    assert [worse for _better, worse in found.values()] == [1, 1, 0]


def test_the_first_is_alone_only_when_surely_better_than_each():
    sharp = [Standing(1, 80, 79, 81), Standing(2, 76, 75, 77), Standing(3, 40, 39, 41)]
    assert [better + 1 for better, _worse in places(sharp).values()] == [1, 2, 3]


def test_ties_are_not_broken_by_the_order():
    same = [Standing(key, 50, 45, 55) for key in range(4)]
    assert set(places(same).values()) == {(0, 0)}
    assert set(places([Standing(key, 50, 50, 50) for key in range(4)]).values()) == {(0, 0)}


def test_who_has_no_interval_is_not_ranked_and_counts_for_nobody():
    found = places([Standing(1, 99, None, None), Standing(2, 50, 49, 51), Standing(3, 40, 39, 41)])
    assert found == {2: (0, 1), 3: (1, 0)}


def test_many_pairs_need_more_certainty():
    """Bonferroni: two units 1.96, ten units (45 pairs) 3.26."""
    assert _widening(2) == pytest.approx(1)
    assert _widening(10) * 1.959964 == pytest.approx(3.2608, abs=0.001)
    pair = [Standing(1, 60, 55, 65), Standing(2, 50, 45, 55)]
    assert places(pair)[2] == (1, 0)
    crowd = pair + [Standing(key, 55, 50, 60) for key in range(3, 12)]
    assert places(crowd)[2] == (0, 0)


def test_no_points_for_fewer_reports():
    assert "not to report" in str(refusal(KPIS["incidents-reported"]))
    own = Kpi(
        "own-1", "Few reports", "", "", "incidents.reported", "customers.served", Data.RATE, direction=LOWER
    )
    assert "not to report" in str(refusal(own))
    assert refusal(KPIS["complaint-rate"]) is None
    for numerator, denominator, direction, is_complement in (
        ("incidents.reported", "customers.served", HIGHER, True),  # one minus the share of reports
        ("customers.served", "incidents.reported", HIGHER, False),  # customers for every report
    ):
        made = Kpi(
            "own-2",
            "The same",
            "",
            "",
            numerator,
            denominator,
            direction=direction,
            is_complement=is_complement,
        )
        assert "not to report" in str(refusal(made))
    assert refusal(KPIS["closure-rate"]) is None
