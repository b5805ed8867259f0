"""Centre lines and limits equal to what was published, and what must hold of any of them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metrics.spc import limits
from tests.metrics.spc_data import alike, columns, near, oracle, rows, tsa_2022_2023

SPC = "spc/"


def beyond(found, values):
    return [
        place + 1
        for place, (value, low, high) in enumerate(zip(values, found.lower, found.upper, strict=True))
        if value < low or value > high
    ]


def of(parts, wholes):
    return [part / whole for part, whole in zip(parts, wholes, strict=True)]


# Counted things ------------------------------------------------------------------------------------------------------
def test_shares_of_montgomerys_cans():
    """Example 7.1: 30 samples of 50; 15 and 23 had a known cause; after it 64 more (a phase of its own)."""
    parts, wholes = columns(SPC + "montgomery_tbl_07.03.csv", "count", "size")
    first = limits.shares(parts[:30], wholes[:30])
    assert (first.center, first.lower[0], first.upper[0]) == (near(0.231333), near(0.052428), near(0.410239))
    assert beyond(first, of(parts[:30], wholes[:30])) == [15, 23]
    base = [number not in (15, 23) for number in range(1, 31)]
    without = limits.shares(parts[:30], wholes[:30], base)
    later = limits.shares(parts[30:], wholes[30:])
    reference = rows(SPC + "expected_ex_7.1_5.csv")
    for found, expected in ((without, reference[:30]), (later, reference[30:])):
        assert found.lower == alike([float(row["lcl"]) for row in expected])
        assert found.upper == alike([float(row["ucl"]) for row in expected])
        assert found.center == alike(float(expected[0]["cl"]))
    assert (without.center, without.lower[0], without.upper[0]) == (
        near(0.215),
        near(0.040703),
        near(0.389297),
    )


def test_events_per_cloth_and_per_board():
    events, exposures = columns(SPC + "montgomery_tbl_07.11.csv", "count", "meters")
    cloth = limits.rates(events, [exposure / 50 for exposure in exposures])
    assert (cloth.center, cloth.lower[0], cloth.upper[0]) == (near(1.423256), near(0.291474), near(2.555038))
    reference = rows(SPC + "expected_ex_7.5_1.csv")
    assert cloth.upper == alike([float(row["ucl"]) for row in reference])
    assert cloth.lower == alike([float(row["lcl"]) for row in reference])
    (boards,) = columns(SPC + "montgomery_tbl_07.08.csv", "count")
    all26 = limits.counts(boards[:26])
    assert (all26.center, all26.lower[0], all26.upper[0]) == (
        near(19.846154),
        near(6.481447),
        near(33.210861),
    )
    base = [number <= 26 and number not in (6, 20) for number in range(1, len(boards) + 1)]
    frozen = limits.counts(boards, base)
    assert (frozen.center, frozen.lower[-1], frozen.upper[-1]) == (
        near(19.666667), near(6.362532), near(32.970801),
    )  # fmt: skip


def test_hospital_infections():
    """u charts of 24 months, over six hospitals and per infection; qicharts2 gives the means of the limits."""
    expected = {row["facet1"]: row for row in rows(SPC + "expected_hai_2.csv")}
    expected["all"] = rows(SPC + "expected_hai_1.csv")[0]
    data = rows(SPC + "qicharts2_hospital_infections.csv")
    for name, reference in expected.items():
        events, days = {}, {}
        for row in data:
            if name in ("all", row["infection"]):
                events[row["month"]] = events.get(row["month"], 0) + float(row["n"])
                days[row["month"]] = days.get(row["month"], 0) + float(row["days"])
        found = limits.rates(list(events.values()), list(days.values()))
        assert found.center == alike(float(reference["CL"]))
        assert sum(found.lower) / 24 == alike(float(reference["aLCL"]))
        assert sum(found.upper) / 24 == alike(float(reference["aUCL"]))


LANEY_X = [30, 52, 28, 61, 33, 58, 29, 64]
LANEY_N = [1000, 1200, 900, 1300, 1000, 1250, 950, 1350]


def test_laneys_shares():
    plain, wide = limits.shares(LANEY_X, LANEY_N), limits.shares_widened(LANEY_X, LANEY_N)
    assert plain.center == wide.center == near(0.0396648, 7)
    assert (wide.sigma_z, plain.upper[0], wide.upper[0]) == (
        near(2.168628, 6),
        near(0.058180),
        near(0.079818),
    )
    assert wide.lower[0] == 0 and plain.sigma_z is None


@pytest.mark.parametrize(
    ("table", "by", "binomial", "outside", "sigma_z"),
    [
        ("complaints", ("complaints", "sales"), False, 13, 5.317393),
        ("nhs_accidents", ("r", "n"), True, 16, 10.640422),
    ],
)
def test_laneys_limits_for_large_numbers(table, by, binomial, outside, sigma_z):
    """Mohammed's data: with hundreds of thousands of cases plain limits call nearly every period a signal."""
    parts, wholes = columns(f"{SPC}qicharts2_{table}.csv", *by)
    plain = (limits.shares if binomial else limits.rates)(parts, wholes)
    wide = (limits.shares_widened if binomial else limits.rates_widened)(parts, wholes)
    assert len(beyond(plain, of(parts, wholes))) == outside
    assert beyond(wide, of(parts, wholes)) == []
    assert wide.sigma_z == near(sigma_z, 6)
    known = oracle("laney_p_nhs_accidents" if binomial else "complaints_per_sales")
    scale = 1 if binomial else 1000
    key = "lcl1" if binomial else "laney_lcl1"
    assert wide.lower[0] * scale == near(known[key])
    assert wide.upper[0] * scale == near(known[key.replace("lcl", "ucl")])


def test_airport_complaints():
    complaints, passengers = tsa_2022_2023()
    known = oracle("tsa")["u_chart_2022_2023"]
    plain, wide = limits.rates(complaints, passengers), limits.rates_widened(complaints, passengers)
    assert plain.center * 1e5 == near(known["ubar_per_100k"])
    assert len(beyond(plain, of(complaints, passengers))) == 20
    assert beyond(wide, of(complaints, passengers)) == []
    assert wide.sigma_z == near(8.1614)
    assert plain.upper[-1] * 1e5 == near(known["ucl_per_100k_2023_12"])
    assert wide.upper[-1] * 1e5 == near(known["laney_ucl_per_100k_2023_12"])


def test_abandoned_calls():
    lost, calls = columns("callcenter_daily_1251.csv", "Abandoned Calls", "Incoming Calls")
    plain, wide = limits.shares(lost, calls), limits.shares_widened(lost, calls)
    assert plain.center == near(0.1093)
    assert (plain.lower[0], plain.upper[0]) == (near(0.0457), near(0.1728))
    assert len(beyond(plain, of(lost, calls))) == 447
    assert len(beyond(wide, of(lost, calls))) == 59
    assert wide.sigma_z == near(1.9929)


def test_reopened_incidents():
    """A published event log by the month of opening: reopened, all, share, limits."""
    known = oracle("uci_dev")["p_chart_reopen"]
    table = list(known["rows"].values())
    found = limits.shares([row[0] for row in table], [row[1] for row in table])
    assert found.center == near(known["pbar"])
    for row, low, high in zip(table, found.lower, found.upper, strict=True):
        assert (row[0] / row[1], low, high) == tuple(map(near, row[2:]))


# Measured things -----------------------------------------------------------------------------------------------------
def test_single_values():
    """Example 6.5: the first 20 weeks fix the limits of all 40; neither moving range is screened out."""
    (costs,) = columns(SPC + "montgomery_tbl_06.07.csv", "cost")
    base = [week < 20 for week in range(len(costs))]
    reference = rows(SPC + "expected_ex_6.5_3.csv")
    for screen in (False, True):
        found = limits.individuals(costs, base, screen=screen)
        assert found.center == 300.5
        assert (found.lower[0], found.upper[0]) == (near(279.78, 2), near(321.22, 2))
        assert found.lower == alike([float(row["lcl"]) for row in reference])
        assert found.upper == alike([float(row["ucl"]) for row in reference])
    moving = limits.ranges(costs, base)
    expected = rows(SPC + "expected_ex_6.5_4.csv")[0]
    assert (moving.center, moving.upper[0]) == (alike(float(expected["cl"])), alike(float(expected["ucl"])))


def test_a_leap_is_screened_out_on_demand():
    values = [10.0, 11, 10, 9, 10, 11, 10, 40, 41, 40, 41, 40]
    assert limits.individuals(values, screen=True).upper[0] < limits.individuals(values).upper[0]
    assert limits.spread(values, screen=True) == pytest.approx(10 / 10 / limits.D2)


@pytest.mark.parametrize("example", ["6.3", "6.4"])
def test_samples(example):
    """Means and standard deviations of piston rings, in samples of one size and of different ones."""
    expected = [rows(f"{SPC}expected_ex_{example}_{part}.csv") for part in (1, 2)]
    found = limits.subgroups(
        *([float(row[key]) for row in expected[0]] for key in ("y.mean", "y.sd")),
        [int(row["y.length"]) for row in expected[0]],
    )
    for mine, reference in zip(found, expected, strict=True):
        assert mine.center == alike(float(reference[0]["cl"]))
        assert mine.lower == alike([float(row["lcl"]) for row in reference])
        assert mine.upper == alike([float(row["ucl"]) for row in reference])


# Rare events ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mean", [3.5, 40.0, 2_000.0, 250_000.0])
def test_cases_between_events_keep_to_the_geometric_distribution(mean):
    """Neither limit is exceeded more often than 0.00135, and neither could be nearer without that."""
    found = limits.between_cases([mean] * 5)
    going_on = mean / (1 + mean)
    low, middle, high = found.lower[0], found.center, found.upper[0]
    assert 1 - going_on**low <= limits.TAIL < 1 - going_on ** (low + 1)
    assert going_on ** (high + 1) <= limits.TAIL < going_on**high
    assert 1 - going_on**middle < 0.5 <= 1 - going_on ** (middle + 1)


def test_hours_between_failures():
    """Montgomery's example 7.6: on the scale of the 3.6th root the individuals' limits are 2.66 mean ranges away."""
    hours = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]
    found = limits.between_days(hours)
    roots = [hour ** (1 / 3.6) for hour in hours]
    mean, range_ = sum(roots) / 20, sum(abs(a - b) for a, b in zip(roots, roots[1:], strict=False)) / 19
    assert sum(hour**0.2777 for hour in hours) / 20 == pytest.approx(5.386, abs=0.001), "as he rounds it"
    assert found.center == alike(mean**3.6)
    assert found.upper[0] == alike((mean + 3 * range_ / 1.128) ** 3.6)
    assert found.lower[0] == 0, "what lies below a day can't be seen"
    assert beyond(found, hours) == []
    often = limits.between_days([2, 3, 2, 1, 2, 3, 2, 2, 1, 2])
    assert often.lower[0] == 0 and limits.between_days([20, 23, 20, 21, 20]).lower[0] > 10


# Whatever the figures ------------------------------------------------------------------------------------------------
table = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 400)), min_size=2, max_size=30)
SHARES = (limits.shares, limits.shares_widened)
RATES = (limits.rates, limits.rates_widened, limits.rates_of_few)


@given(table, st.sampled_from(SHARES + RATES))
def test_limits_hold_the_centre_and_what_is_possible(pairs, chart):
    parts = [min(pair) for pair in pairs] if chart in SHARES else [part for part, _ in pairs]
    wholes = [max(pair) for pair in pairs] if chart in SHARES else [whole for _, whole in pairs]
    found = chart(parts, [max(1, whole) for whole in wholes])
    for low, high in zip(found.lower, found.upper, strict=True):
        if low is None:
            assert high is None and found.center in (0, 1)
            continue
        assert 0 <= low <= found.center <= high
        assert high <= 1 or chart in RATES


@given(table, st.sampled_from([(limits.shares, limits.shares_widened), (limits.rates, limits.rates_widened)]))
def test_widened_limits_are_the_plain_ones_times_sigma_z(pairs, charts):
    parts, wholes = [min(pair) for pair in pairs], [max(pair) for pair in pairs]
    plain, wide = (chart(parts, wholes) for chart in charts)
    assume(plain.upper[0] is not None)
    factor = max(1, wide.sigma_z)
    assert plain.center == wide.center
    top = 1 if charts[0] is limits.shares else math.inf
    for low, high, wider_low, wider_high in zip(
        plain.lower, plain.upper, wide.lower, wide.upper, strict=True
    ):
        assert wider_low <= low + 1e-12 and wider_high >= high - 1e-12
        if factor == 1:
            assert (wider_low, wider_high) == (alike(low), alike(high))
        if wider_high < top:
            assert wider_high - wide.center == pytest.approx(factor * (high - plain.center), rel=1e-6)


@given(table, st.floats(0.001, 1e6))
def test_rates_follow_the_unit_of_the_exposure(pairs, scale):
    events, exposures = zip(*pairs, strict=True)
    one = limits.rates_widened(events, exposures)
    other = limits.rates_widened(events, [exposure * scale for exposure in exposures])
    assume(one.upper[0] is not None)
    assert other.sigma_z == pytest.approx(one.sigma_z, rel=1e-6, abs=1e-9)
    assert [limit * scale for limit in other.upper] == pytest.approx(list(one.upper), rel=1e-6)


@given(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=30), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_single_values_follow_scale_and_origin(values, scale, origin):
    one, other = limits.individuals(values), limits.individuals([value * scale + origin for value in values])
    assume(one.upper[0] is not None and one.upper[0] - one.center > 1e-3)
    assert other.center == pytest.approx(one.center * scale + origin, rel=1e-6, abs=1e-6)
    assert other.upper[0] == pytest.approx(one.upper[0] * scale + origin, rel=1e-6, abs=1e-6)


@given(table)
def test_a_frozen_baseline_does_not_follow_what_comes_later(pairs):
    events, exposures = (list(column) for column in zip(*pairs, strict=True))
    frozen = limits.rates(events + [999], exposures + [3], [True] * len(events) + [False])
    assert frozen.center == limits.rates(events, exposures).center
    assert frozen.upper[:-1] == limits.rates(events, exposures).upper


def test_what_never_varied_has_no_limits():
    assert limits.shares([0, 0, 0], [5, 5, 5]).upper == (None,) * 3
    assert limits.shares([5, 5], [5, 5]).lower == (None,) * 2
    assert limits.rates([0, 0], [5, 5]).upper == limits.rates_of_few([0, 0], [5, 5]).upper == (None,) * 2
    assert limits.individuals([4.0, 4, 4]).upper == (None,) * 3
    assert limits.individuals([]).center is None and limits.rates([], []).center is None
    assert limits.between_cases([0, 0]).upper == limits.between_days([0, 0]).upper == (None,) * 2
    assert limits.median_only([3, 1, 2, 10]).center == 2.5
