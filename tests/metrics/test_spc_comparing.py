"""Units of different size compared: intervals, funnels, ranks without noise; and the past replayed."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints.surveys.estimates import Bounded
from metrics.spc.backtest import alarms, backtest
from metrics.spc.chart import Data, Rule
from metrics.spc.charting import draw_up
from metrics.spc.comparing import (
    Subject,
    are_all_alike,
    compare,
    estimate,
    joint_confidence,
    ranks,
    standings,
)
from tests.metrics.spc_data import columns, month, months, near


# One figure ----------------------------------------------------------------------------------------------------------
def test_figures_with_their_intervals():
    """Wilson and exact Poisson, with the numbers that others give."""
    share = estimate(81, 263, Data.SHARE)
    assert (share.n, share.lower, share.upper) == (263, near(0.25529, 5), near(0.36621, 5))
    none = estimate(0, 20, Data.SHARE, scale=100)
    assert (none.value, none.lower, none.upper) == (0, 0, near(16.113, 3))
    rate = estimate(12, 4, Data.RATE, scale=1000)
    assert (rate.value, rate.lower, rate.upper) == (3000, near(1550.14375, 3), near(5240.39625, 3))
    assert estimate(0, 1, Data.COUNT).upper == near(3.688879, 6)
    assert estimate(3, 0, Data.RATE) is None
    for found in (estimate(7, 2, Data.VALUE), estimate(7, 2, Data.SHARE), estimate(-1, 2, Data.RATE)):
        assert found.lower is None and found.value


# Against the whole ---------------------------------------------------------------------------------------------------
def test_who_stands_apart():
    """Ten units near 10 %, one of which is far worse; small ones may lie further off by chance."""
    sizes = [2000, 1500, 1200, 1000, 800, 600, 400, 200, 100, 30]
    late = [round(size * (0.10 + 0.002 * (-1) ** place)) for place, size in enumerate(sizes)]
    late[3] = 160
    late[9] = 6
    subjects = [Subject(f"unit {place}", *pair) for place, pair in enumerate(zip(late, sizes, strict=True))]
    funnel, found = standings(subjects, Data.SHARE, scale=100, direction=-1)
    assert funnel.center == near(sum(late) / sum(sizes)) and funnel.factor == 1
    assert [one.key for one in found if one.side] == ["unit 3"] and found[0].key == "unit 3"
    assert (found[0].value, found[0].side, found[0].watched) == (16, 1, 1)
    small = next(one for one in found if one.key == "unit 9")
    assert small.value == 20 and small.side == 0
    assert standings(subjects, Data.SHARE, direction=1)[1][-1].key == "unit 3"
    assert standings(subjects[:1], Data.SHARE) == standings(subjects, Data.VALUE) == (None, [])
    assert standings([Subject(1, 9, 3), Subject(2, 1, 3)], Data.SHARE) == (None, [])


def test_where_all_differ_the_limits_widen():
    chance = random.Random(6)
    subjects = [Subject(n, round(100_000 * chance.gauss(0.1, 0.02)), 100_000) for n in range(20)]
    funnel, found = standings(subjects, Data.SHARE)
    assert funnel.factor > 50 and not any(one.side for one in found)


# Against each other --------------------------------------------------------------------------------------------------
def test_no_rank_where_the_difference_is_noise():
    found = compare(
        [Subject("a", 90, 100), Subject("b", 88, 100), Subject("c", 40, 100), Subject("d", 2, 3), Subject("e", 0, 0)],
        Data.SHARE,
    )  # fmt: skip
    assert [(one.key, one.best, one.worst, one.group) for one in found] == [
        ("a", 1, 3, 1), ("b", 1, 3, 1), ("d", 1, 4, 1), ("c", 3, 4, 4),
    ]  # fmt: skip
    assert not are_all_alike(found) and are_all_alike(found[:3])
    worst_first = compare([Subject("a", 900, 1000), Subject("b", 400, 1000)], Data.SHARE, direction=-1)
    assert [(one.key, one.best, one.worst, one.group, one.is_certain) for one in worst_first] == [
        ("b", 1, 1, 1, True), ("a", 2, 2, 2, True),
    ]  # fmt: skip
    assert ranks([]) == [] and are_all_alike([])
    unsure = ranks([("a", Bounded(3, 5.0, None, None)), ("b", Bounded(50, 1.0, 0.9, 1.1))])
    assert [(one.best, one.worst, one.group) for one in unsure] == [(1, 2, 1), (1, 2, 1)]


rows = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9)), max_size=12)


@settings(max_examples=60)
@given(rows, st.sampled_from([1, -1]))
def test_ranks_agree_with_every_pair(triples, direction):
    estimates = [
        (key, Bounded(5, float(value), float(value - low), float(value + high)))
        for key, (value, low, high) in enumerate(triples)
    ]
    found = ranks(estimates, direction=direction)
    for one in found:
        better = worse = 0
        for other in found:
            a, b = one.estimate, other.estimate
            if direction < 0:
                better += b.upper < a.lower
                worse += b.lower > a.upper
            else:
                better += b.lower > a.upper
                worse += b.upper < a.lower
        assert (one.best, one.worst) == (1 + better, len(found) - worse)
    assert [one.group for one in found] == sorted(one.group for one in found)
    mirrored = ranks(
        [(key, Bounded(5, -row.value, -row.upper, -row.lower)) for key, row in estimates],
        direction=-direction,
    )
    assert [(one.key, one.best, one.worst, one.group) for one in mirrored] == [
        (one.key, one.best, one.worst, one.group) for one in found
    ]


def test_twelve_units_alike_are_rarely_told_apart():
    """Of 200 comparisons of twelve equal units fewer than one in ten ranks anybody apart."""
    chance, apart = random.Random(6), 0
    for _ in range(200):
        subjects = [Subject(n, sum(chance.random() < 0.1 for _ in range(200)), 200) for n in range(12)]
        found = compare(subjects, Data.SHARE)
        apart += any(one.best > 1 or one.worst < 12 for one in found)
    assert apart <= 20
    assert joint_confidence(12) == pytest.approx(0.95 ** (1 / 12)) and joint_confidence(1) == 0.95


# The past replayed ---------------------------------------------------------------------------------------------------
def test_what_would_have_been_signalled():
    """Montgomery's cans: the 15th, 21st and 23rd sample are beyond the limits of their day (later, 21 isn't)."""
    parts, wholes = columns("spc/montgomery_tbl_07.03.csv", "count", "size")
    measured = months(parts[:30], wholes[:30])
    replayed = backtest(measured, data=Data.SHARE, kind="p")
    assert [one.measured.day for one in replayed] == [month(place) for place in range(11, 30)]
    assert [one.measured.day for one in replayed if Rule.LIMIT in one.rules] == [
        month(14),
        month(20),
        month(22),
    ]
    for one in replayed:
        place = measured.index(one.measured)
        assert one.chart == draw_up(measured[: place + 1], data=Data.SHARE, kind="p")
    known = backtest(measured, data=Data.SHARE, kind="p", left_out=[month(14), month(22)])
    assert Rule.LIMIT in known[3].rules and not known[3].chart.points[-1].is_left_out
    assert known[4].chart.points[-2].is_left_out
    assert backtest(measured, data=Data.SHARE, kind="p", latest=5) == replayed[-5:]
    assert backtest(measured[:11], data=Data.SHARE) == []


def test_an_alarm_is_raised_once():
    steady = [10.0, 12, 11, 9, 10, 12, 9, 11, 10, 11, 9, 12]
    measured = months([*steady, *[13.0, 14] * 6, 13.0], opened=1)
    replayed = backtest(measured, data=Data.VALUE, baseline=12)
    assert [place for place, one in enumerate(replayed) if Rule.SHIFT in one.rules][0] == 7, (
        "eight in a row of 19 points"
    )
    assert [one.fresh for one in alarms(replayed) if Rule.SHIFT in one.fresh] == [(Rule.SHIFT,)]
    assert replayed[-1].is_signal and not replayed[-1].is_alarm
    assert backtest(measured, data=Data.VALUE, baseline=12, latest=1) == replayed[-1:]
    assert replayed[-1].measured.day == month(23), "the open month is not judged"
    told = backtest(measured, data=Data.VALUE, rebase=[month(12)])
    assert not alarms(told) and len(told[-1].chart.phases) == 2 and len(told[0].chart.phases) == 1


def test_missing_months_are_passed_over():
    measured = months([10.0, None, 12, 9, None, 11, 10, 12, 9, 11, 10, 12, 9, 11, 40.0])
    replayed = backtest(measured, data=Data.VALUE)
    assert [one.measured.day for one in replayed] == [month(13), month(14)]
    assert [one.measured.day for one in alarms(replayed)] == [month(14)]
