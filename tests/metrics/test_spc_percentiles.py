"""Percentiles from logarithmic bins are those of the durations themselves, within half a per cent."""

import math
import random
import statistics

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from metrics.spc.percentiles import (
    BASE,
    BIN_SQL,
    ERROR,
    bin_of,
    edges,
    merged,
    percentile,
    percentile_with_interval,
)

durations = st.lists(st.floats(0, 5_000_000), min_size=1, max_size=60)


def binned(minutes):
    return merged({bin_of(value): 1} for value in minutes)


def exact(values, p):
    """R's type 7."""
    values = sorted(values)
    place = p * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


@given(st.lists(st.floats(BASE, 5_000_000), min_size=1, max_size=60), st.floats(0, 1))
def test_percentiles_are_off_by_half_a_per_cent_at_most(values, p):
    assert ERROR < 0.005
    assert percentile(binned(values), p) == pytest.approx(exact(values, p), rel=ERROR * (1 + 1e-9))


@given(durations, st.floats(0, 1))
def test_and_by_half_a_minute_more_below_a_minute(values, p):
    truth = exact(values, p)
    assert abs(percentile(binned(values), p) - truth) <= ERROR * (1 + 1e-9) * truth + 0.506


@given(st.floats(0, 1e9))
def test_a_duration_lies_in_its_bin(minutes):
    low, high = edges(bin_of(minutes))
    assert low * (1 - 1e-9) <= minutes <= high * (1 + 1e-9)


@given(durations, durations)
def test_days_add_up(monday, tuesday):
    assert merged([binned(monday), binned(tuesday)]) == binned(monday + tuesday)


def test_nothing_and_little():
    assert percentile({}, 0.5) is None and percentile_with_interval({}, 0.5) is None
    assert bin_of(-3) == bin_of(0) == bin_of(0.99) == bin_of(1) == 0 and bin_of(1.02) == 1
    five = percentile_with_interval(binned([10, 20, 30, 40, 50]), 0.5)
    assert (five.n, five.lower, five.upper) == (5, None, None)
    with pytest.raises(ValueError):
        percentile({}, 50)


def test_the_interval_by_order_statistics():
    """Of the median of 20 cases it reaches from the 6th to the 15th, of 100 from the 40th to the 61st (tables of
    Conover 1999 and of Hahn and Meeker 1991)."""
    for n, low, high in ((6, 1, 6), (20, 6, 15), (100, 40, 61)):
        values = [10 * (rank + 1) for rank in range(n)]
        found = percentile_with_interval(binned(values), 0.5)
        assert found.lower == pytest.approx(10 * low, rel=0.0101) and found.lower <= 10 * low
        assert found.upper == pytest.approx(10 * high, rel=0.0101) and found.upper >= 10 * high
    many = percentile_with_interval({k: 5_000 for k in range(300)}, 0.9)
    assert many.lower < many.value < many.upper < many.lower * 1.03


def test_the_interval_holds_the_truth():
    """The 90th percentile of a skewed distribution, 300 times: 95 % of the intervals hold it, or a few more."""
    chance = random.Random(6)
    truth = math.exp(5 + statistics.NormalDist().inv_cdf(0.9))
    held = 0
    for _ in range(300):
        found = percentile_with_interval(binned(math.exp(chance.gauss(5, 1)) for _ in range(80)), 0.9)
        held += found.lower <= truth <= found.upper
    assert 0.93 <= held / 300 <= 1


@pytest.mark.django_db
def test_the_database_takes_the_same_bins():
    chance = random.Random(6)
    seconds = [0, -5, 59, 60, 61, 86_400, *(60 * BASE ** chance.uniform(0, 1500) for _ in range(500))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {BIN_SQL.format(seconds='value')} from unnest(%s::float8[]) with ordinality as t(value, n) "
            "order by n",
            [[*seconds, None]],
        )
        *found, missing = [row[0] for row in cursor.fetchall()]
    assert found == [bin_of(value / 60) for value in seconds]
    assert missing is None
