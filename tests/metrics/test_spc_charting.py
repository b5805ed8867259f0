"""Charts of successive periods: the kind chosen, phases, gaps, open periods, signals, rare events."""

import datetime as dt
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.spc.chart import Data, Kind, Measured, Rule
from metrics.spc.charting import draw_up, draw_up_rare
from metrics.spc.choosing import choose, clear_spread
from tests.metrics.spc_data import alike, columns, month, months, near, rows, tsa_2022_2023


def marked(chart, rule):
    return [place + 1 for place, point in enumerate(chart.points) if rule in point.rules]


def test_cans_in_two_phases():
    """Montgomery 7.1 to 7.3 at once: two samples left out, new limits after the machine was adjusted."""
    parts, wholes = columns("spc/montgomery_tbl_07.03.csv", "count", "size")
    chart = draw_up(
        months(parts, wholes), data=Data.SHARE, scale=100, direction=-1, kind=Kind.P,
        rebase=[month(30)], left_out=[month(14), month(22)],
    )  # fmt: skip
    expected = rows("spc/expected_ex_7.1_5.csv")
    assert [point.upper for point in chart.points] == alike([100 * float(row["ucl"]) for row in expected])
    assert [point.lower for point in chart.points] == alike([100 * float(row["lcl"]) for row in expected])
    assert [point.center for point in chart.points] == alike([100 * float(row["cl"]) for row in expected])
    assert marked(chart, Rule.LIMIT) == [
        n + 1 for n, row in enumerate(expected) if row["sigma.signal"] == "True"
    ]
    first, second = chart.phases
    assert (first.first, first.last, second.first, second.last) == (0, 29, 30, 93)
    assert (first.center, first.runs.useful, first.runs.crossings) == (alike(21.5), 28, 13)
    assert (second.runs.longest, second.runs.longest_usual) == (7, 9)
    assert [point.phase for point in chart.points] == [0] * 30 + [1] * 64
    assert chart.points[14].is_left_out and chart.points[14].side == 1
    assert (chart.scale, chart.direction, chart.notes) == (100, -1, ())


def test_boards_with_a_frozen_baseline():
    """Montgomery 7.3: limits from the first 26 boards, two left out; 44 in the runs, of which too few cross."""
    (counts,) = columns("spc/montgomery_tbl_07.08.csv", "count")
    chart = draw_up(months(counts), data=Data.COUNT, kind=Kind.C, baseline=24, left_out=[month(5), month(19)])
    expected = rows("spc/expected_ex_7.3_3.csv")
    assert [point.upper for point in chart.points] == alike([float(row["ucl"]) for row in expected])
    assert marked(chart, Rule.LIMIT) == [
        n + 1 for n, row in enumerate(expected) if row["sigma.signal"] == "True"
    ]
    runs = chart.phases[0].runs
    assert (runs.useful, runs.longest, runs.crossings, runs.crossings_usual) == (44, 8, 14, 16)
    assert runs.is_signal and not marked(chart, Rule.SHIFT)
    assert marked(chart, Rule.CROSSINGS) == [], (
        "the last board is alone on its side: where would it be marked?"
    )


def test_the_kind_is_chosen_and_explained():
    sales, complaints = reversed(columns("spc/qicharts2_complaints.csv", "complaints", "sales"))
    chart = draw_up(months(complaints, sales), data=Data.RATE, scale=1000)
    assert chart.kind == Kind.U_LANEY and not chart.signals
    assert chart.phases[0].sigma_z == near(5.3174)
    assert "5.3 times more than chance" in chart.reasons[0]
    chart = draw_up(months(*tsa_2022_2023()), data=Data.RATE, scale=100_000, direction=-1)
    assert chart.kind == Kind.U_LANEY and not marked(chart, Rule.LIMIT)
    boards = columns("spc/montgomery_tbl_07.11.csv", "count", "meters")
    few = draw_up(months(*boards), data=Data.RATE)
    assert few.kind == Kind.RUN and "Only 10 finished periods" in few.reasons[0]
    assert all(point.upper is None and point.center for point in few.points)


@pytest.mark.parametrize(
    ("hospital", "sigma_z", "kind"),
    [("AHH", 1.196, Kind.U), ("HGH", 1.477, Kind.U_LANEY), ("RGH", 0.791, Kind.U)],
)
def test_limits_widen_only_where_chance_rarely_would(hospital, sigma_z, kind):
    """Urinary tract infections in 24 months: 1.2 times chance is nothing special, 1.5 times is."""
    found = [
        (float(row["n"]), float(row["days"]))
        for row in rows("spc/qicharts2_hospital_infections.csv")
        if (row["infection"], row["hospital"]) == ("UTI", hospital)
    ]
    choice = choose([found], Data.RATE)
    assert (len(found), choice.kind, choice.sigma_z) == (24, kind, near(sigma_z, 3))


def test_choices_for_each_kind_of_data():
    chance = random.Random(4)
    shares = [(float(sum(chance.random() < 0.1 for _ in range(200))), 200.0) for _ in range(24)]
    assert choose([shares], Data.SHARE).kind == Kind.P
    assert choose([shares], Data.COUNT).kind == Kind.C
    assert choose([shares], Data.VALUE).kind == Kind.XMR
    assert choose([[(part + 200, whole) for part, whole in shares]], Data.SHARE).kind == Kind.XMR
    swings = [(part * (2 if place % 2 else 0.4), whole) for place, (part, whole) in enumerate(shares)]
    assert choose([swings], Data.SHARE).kind == Kind.P_LANEY
    assert choose([swings], Data.COUNT).kind == Kind.U_LANEY
    steady = [(20.0 + place % 2, 200.0) for place in range(24)]
    assert choose([steady], Data.SHARE).kind == Kind.P and choose([steady], Data.SHARE).sigma_z < 1
    rare = [(float(place % 4 == 0), 500.0) for place in range(24)]
    assert choose([rare], Data.RATE).is_rare and choose([rare], Data.RATE).kind == Kind.U
    assert choose([rare], Data.RATE, has_days=True).kind == Kind.T
    assert choose([rare], Data.RATE, has_days=True, has_exposure=True).kind == Kind.G
    assert choose([[(500 - part, whole) for part, whole in rare]], Data.SHARE).is_rare
    assert choose([[(0.0, 5.0)] * 24], Data.RATE).kind == Kind.U, "nothing ever happened"
    assert choose([], Data.RATE).kind == Kind.RUN
    assert (clear_spread(12), clear_spread(24), clear_spread(1251)) == (near(1.3588), near(1.2481), 1.1)


def test_a_step_between_phases_is_no_overdispersion():
    """Two levels, each varying by chance: sigma_z is taken within the phases."""
    levels = (
        [(float(20 + place % 3), 200.0) for place in range(12)],
        [(float(80 + place % 3), 200.0) for place in range(12)],
    )
    assert choose(levels, Data.SHARE).kind == Kind.P


def test_one_month_in_so_many_has_more_than_one_rare_event():
    """With 0.3 events a month the second one is no signal, the fourth is (Poisson: 0.037 and 0.0003)."""
    counts = [0, 0, 1, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]
    chart = draw_up(months(counts), data=Data.COUNT)
    assert chart.kind == Kind.C and not marked(chart, Rule.LIMIT)
    none = draw_up(months([1, 1, 1, 1, 2, 1, *[0] * 18]), data=Data.COUNT)
    assert none.phases[0].runs is None and not none.signals, "months without any are no run"
    chart = draw_up(months([*counts[:-1], 5]), data=Data.COUNT, baseline=23)
    assert marked(chart, Rule.LIMIT) == [24]
    late = draw_up(months([n < 23 and 10 or 9 for n in range(24)], [10] * 24), data=Data.SHARE)
    assert not marked(late, Rule.LIMIT), "one of 240 is late"


def test_gaps_and_periods_that_are_not_over():
    values = [10.0, 11, 9, 10, 12, 10, 9, 11, 10, 10, 11, 9, 10, 99]
    measured = months(values, opened=1)
    measured[4] = replace(measured[4], numerator=None)
    measured[5] = replace(measured[5], denominator=None)
    chart = draw_up(measured, data=Data.VALUE, kind=Kind.XMR)
    gap, last = chart.points[4], chart.points[-1]
    assert (gap.value, gap.rules, gap.center) == (None, (), chart.points[0].center)
    assert gap.upper == chart.points[0].upper
    assert last.value == 99 > last.upper and not last.is_signal and last.is_open
    assert chart.last.value == 10 and chart.phases[0].runs.useful <= 11
    assert chart.points[0].center == alike(sum(values[:4] + values[6:13]) / 11)
    assert chart.notes == (
        "2 periods have no figures: the line is broken there.",
        "The limits since 2022-01 rest on 11 points only and may still move.",
    )
    waiting = draw_up([*measured[:-1], replace(measured[-1], numerator=None)], data=Data.VALUE)
    assert "2 periods have no figures" in waiting.notes[0], "the open one isn't missing yet"
    rate = draw_up([replace(one, denominator=0) for one in measured], data=Data.RATE)
    assert rate.kind == Kind.RUN and rate.last is None and not rate.signals
    assert draw_up([], data=Data.RATE).points == ()


def test_a_shift_and_its_side():
    low, high = [10.0, 12, 11, 9, 10, 11, 9, 12], [13.0, 14, 13, 14, 13, 14, 13, 14, 13, 14]
    chart = draw_up(months(low + high), data=Data.VALUE)
    assert marked(chart, Rule.SHIFT) == list(range(1, 19)), "both halves are runs that are too long"
    assert {point.side for point in chart.points[:8]} == {-1}
    assert {point.side for point in chart.points[8:]} == {1}
    assert Rule.CROSSINGS in chart.points[-1].rules and chart.phases[0].runs.crossings == 1
    frozen = draw_up(months(low + high), data=Data.VALUE, baseline=8)
    assert marked(frozen, Rule.SHIFT) == list(range(8, 19))
    rebased = draw_up(months(low + high), data=Data.VALUE, rebase=[month(8), month(40)])
    assert len(rebased.phases) == 2 and not rebased.signals
    assert "rest on 10 points" in rebased.notes[0]
    short = draw_up(months(low + high), data=Data.VALUE, rebase=[month(14)])
    assert short.points[-1].upper is None and short.points[-1].center and "4 of 6" in short.notes[0]


def test_single_values_stop_at_what_is_possible():
    values = [1.0, 9, 2, 8, 1, 9, 2, 8, 1, 9, 2, 8]
    assert draw_up(months(values), data=Data.VALUE).points[0].lower == 0
    assert draw_up(months([-1.0, *values]), data=Data.VALUE).points[0].lower < -1
    bounded = draw_up(months(values), data=Data.VALUE, scale=10, bounds=(0, 100)).points[0]
    assert (bounded.lower, bounded.upper) == (0, 100)
    score = draw_up(months(values), data=Data.VALUE, scale=10, bounds=(-100, 100)).points[0]
    assert score.lower == -100, "a net promoter score may fall below 0"


# Rare events ---------------------------------------------------------------------------------------------------------
def falls(gaps, start=dt.date(2022, 1, 1)):
    days = [start]
    for gap in gaps:
        days.append(days[-1] + dt.timedelta(days=gap))
    return days


GAPS = [20, 45, 9, 33, 70, 0, 12, 50, 28, 61, 5, 38, 22, 90, 14]


def test_days_between_rare_events():
    days = falls(GAPS)
    chart = draw_up_rare(days, direction=-1, until=days[-1] + dt.timedelta(days=400))
    assert chart.kind == Kind.T and [point.value for point in chart.points] == [*GAPS, 400]
    assert chart.direction == 1, "longer between them is better"
    assert chart.points[-1].is_open and not chart.signals
    assert chart.points[0].lower == 0, "two on one day are no signal"
    later = draw_up_rare([*days, days[-1] + dt.timedelta(days=600)], direction=-1, baseline=15)
    assert [point.side for point in later.signals] == [1]
    few = draw_up_rare(days[:8])
    assert few.points[0].upper is None and few.points[0].center and "7 of 12" in few.notes[0]
    assert draw_up_rare([]).points == draw_up_rare(days[:1]).points == ()


def test_passengers_between_rare_events():
    days = falls(GAPS)
    exposure = [gap * 1000.0 for gap in GAPS]
    chart = draw_up_rare(days, exposure=exposure, scale=0.001)
    mean = sum(exposure) / 15
    assert chart.kind == Kind.G and [point.value for point in chart.points] == alike(GAPS)
    assert chart.points[0].center == pytest.approx(mean * 0.693 / 1000, rel=0.001)
    assert chart.points[0].upper == pytest.approx(mean * 6.608 / 1000, rel=0.001)
    with pytest.raises(ValueError):
        draw_up_rare(days, exposure=exposure[1:])


def test_rare_events_are_drawn_one_by_one_where_their_days_are_known():
    days = falls([gap * 3 for gap in GAPS])
    counts = [sum((day.year - 2022) * 12 + day.month - 1 == n for day in days) for n in range(52)]
    measured = months(counts, [1000.0] * 52)
    chart = draw_up(measured, data=Data.RATE, direction=-1, events=days)
    assert (chart.kind, len(chart.points), chart.direction) == (Kind.T, 15, 1)
    assert draw_up(measured, data=Data.RATE, direction=-1).kind == Kind.U
    often = draw_up(months([5.0] * 24), data=Data.COUNT, events=days)
    assert often.kind == Kind.C


# Whatever the figures ------------------------------------------------------------------------------------------------
figures = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 50)), st.one_of(st.none(), st.integers(0, 90))), max_size=40
)


@given(
    figures, st.sampled_from(Data), st.sampled_from([None, *Kind]), st.sampled_from([None, 1, 8, 24]),
    st.lists(st.integers(0, 40), max_size=3), st.lists(st.integers(0, 40), max_size=3),
    st.integers(0, 2),
)  # fmt: skip
def test_no_figures_break_it(pairs, data, kind, baseline, breaks, omitted, opened):
    if kind in (Kind.P, Kind.P_LANEY):
        pairs = [(None if None in pair else min(pair), pair[1]) for pair in pairs]
    chart = draw_up(
        months(*zip(*pairs, strict=True), opened=opened) if pairs else [],
        data=data, kind=kind, baseline=baseline, scale=100,
        rebase=[month(n) for n in breaks], left_out=[month(n) for n in omitted],
    )  # fmt: skip
    assert len(chart.points) == len(pairs)
    assert [place for phase in chart.phases for place in range(phase.first, phase.last + 1)] == list(
        range(len(pairs))
    )
    for point, (over, _) in zip(chart.points, pairs, strict=True):
        if over is None:
            assert point.value is None
        if point.value is None or point.is_open:
            assert not point.is_signal and point.side == 0
        if point.is_signal:
            assert point.side in (1, -1)
        if point.lower is not None and point.upper is not None:
            assert point.lower <= point.upper
        if Rule.LIMIT in point.rules:
            assert point.value > point.upper if point.side == 1 else point.value < point.lower


@given(st.lists(st.integers(1, 60), min_size=12, max_size=30), st.integers(1, 9))
def test_the_unit_shown_changes_nothing_else(events, thousands):
    measured = months(events, [700 + 13 * n for n in range(len(events))])
    one, other = (draw_up(measured, data=Data.RATE, scale=scale) for scale in (1, 1000 * thousands))
    assert one.kind == other.kind
    for a, b in zip(one.points, other.points, strict=True):
        assert (a.rules, a.side) == (b.rules, b.side)
        assert b.upper == pytest.approx(a.upper * 1000 * thousands)


def test_figures_may_come_in_any_order_and_as_decimals():
    from_database = [replace(one, numerator=None if one.numerator is None else int(one.numerator))
                     for one in months([4.0, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6])]  # fmt: skip
    assert draw_up(from_database[::-1], data=Data.COUNT) == draw_up(from_database, data=Data.COUNT)
    counts = draw_up([replace(one, denominator=30) for one in from_database], data=Data.COUNT)
    assert counts.points[0].value == 4, "of a count the period is the exposure"
    assert isinstance(draw_up([Measured(month(0), "", 4)], data=Data.COUNT).points[0].value, float)
