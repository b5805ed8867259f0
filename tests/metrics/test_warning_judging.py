"""What is a signal and what is usual variation: pure functions, seeded."""

import random

import pytest

from metrics.spc.chart import Data, Kind, Rule
from metrics.warning import chance
from metrics.warning.judging import LEAST, Series, can_be_judged, judge, judged, stories, widening

from .spc_data import month, months

YEARS = 5


def series(values, denominators=None, *, data=Data.VALUE, direction=-1, opened=0, **more) -> Series:
    return Series(tuple(months(values, denominators, opened=opened)), data, 1.0, direction, **more)


def told(found: Series) -> list:
    return stories(judged(found, range(len(found.measured))))


def poisson(chances: random.Random, mean: float) -> int:
    """Events of a period, by the waiting times between them."""
    count, passed = 0, chances.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + chances.expovariate(1)
    return count


KINDS = {
    Kind.XMR: lambda rng: (rng.gauss(100, 10), 1.0, Data.VALUE),
    Kind.U: lambda rng: (poisson(rng, 25.0), 1.0, Data.RATE),
    Kind.P: lambda rng: (sum(rng.random() < 0.2 for _one in range(100)), 100.0, Data.SHARE),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stable_series_brings_no_more_than_the_false_alarms_that_are_stated(kind):
    """Fifty series of five years: the stated number is within what chance makes of it (three sigma of a Poisson count)."""
    rng = random.Random(20261121)
    warnings = periods = 0
    for _series in range(50):
        drawn = [KINDS[kind](rng) for _month in range(12 * YEARS)]
        found = series([row[0] for row in drawn], [row[1] for row in drawn], data=drawn[0][2])
        places = [place for place in range(len(drawn)) if can_be_judged(found, place)]
        warnings += len(stories(judged(found, places)))
        periods += len(places)
    expected = chance.expected(periods, kind, Data.VALUE)
    assert periods == 50 * (12 * YEARS - LEAST)
    assert expected / 2.5 < warnings < expected + 3 * expected**0.5


def test_a_rise_by_sixty_per_cent_is_found_within_months():
    """From 25 complaints a month to 40: half of such rises in the first two months, four of five in five, all in nine."""
    rng = random.Random(7)
    waits = []
    for _series in range(40):
        counts = [poisson(rng, 25.0) for _month in range(24)] + [poisson(rng, 40.0) for _month in range(12)]
        found = told(series(counts, [1.0] * 36, data=Data.RATE))
        after = [story for story in found if story.first.side > 0 and story.last.noticed_on >= month(24)]
        assert after, "a rise by 60 % was never found"
        waits.append(max(0, (after[0].first.noticed_on - month(24)).days // 30))
    assert sorted(waits)[20] <= 1 and sorted(waits)[31] <= 4 and max(waits) <= 8, sorted(waits)


def test_a_slow_shift_is_found_by_its_run():
    values = [100 + (-1) ** n * 6 for n in range(24)] + [106.5 + n % 2 for n in range(12)]
    (story,) = told(series(values))
    assert story.first.rules == (Rule.SHIFT,) and story.first.side == 1 and story.first.is_concern
    assert story.first.begins_on in (month(24), month(22)) and story.first.noticed_on <= month(32)


def test_the_figure_itself_is_not_in_its_limits():
    values = [10.0, 12.0] * 6 + [30.0]
    finding = judge(series(values), 12)
    assert finding.rules == (Rule.LIMIT,) and finding.point.center == pytest.approx(11)
    assert finding.begins_on == finding.noticed_on == month(12)


def test_too_few_figures_missing_and_unfinished_ones_are_not_judged():
    leap = [10.0, 12.0] * 6
    assert judge(series([*leap[:11], 30.0]), 11) is None
    assert judge(series([*leap, 30.0], opened=1), 12) is None
    assert judge(series([*leap, None]), 12) is None
    assert judge(series([*leap, 30.0]), 12) is not None
    assert judge(series([*leap[:-1], None, 30.0]), 12) is None, "a gap is no figure"


def test_new_limits_need_twelve_figures_of_their_own_before_anything_is_told_again():
    values = [10.0, 12.0] * 12 + [20.0, 22.0] * 9
    assert told(series(values))
    calm = series(values, rebase=(month(24),))
    assert not [story for story in told(calm) if story.last.noticed_on >= month(24)]
    assert judge(series([*values, 40.0], rebase=(month(24),)), len(values)).point.center == pytest.approx(21)


def test_what_is_left_out_is_neither_told_nor_in_the_limits():
    values = [10.0, 12.0] * 10
    values[14] = 60.0
    spoilt = series([*values, 22.0])
    assert judge(spoilt, 14) is not None
    known = series([*values, 22.0], left_out=frozenset({month(14)}))
    assert judge(known, 14) is None and judge(known, 20).side == 1


@pytest.mark.parametrize(("direction", "is_concern"), [(-1, True), (1, False), (0, True)])
def test_a_rise_is_a_concern_where_lower_is_better_or_nothing_is(direction, is_concern):
    assert judge(series([10.0, 12.0] * 6 + [30.0], direction=direction), 12).is_concern is is_concern


def test_findings_with_little_between_them_are_one_story():
    usual = [11.0, 10.0, 12.0, 10.0, 12.0, 11.0]
    found = told(series([10.0, 12.0] * 12 + [40.0, 11.0, 41.0, *usual, 90.0]))
    assert [(story.first.noticed_on, len(story.findings)) for story in found] == [
        (month(24), 2),
        (month(33), 1),
    ]


def test_limits_from_few_figures_are_wider():
    """Those of a single further normal figure: t with 0.62 (n - 1) degrees of freedom, and the error of the mean."""
    assert widening(12, True) == pytest.approx(1.63, abs=0.05) and widening(10**6, True) == pytest.approx(
        1, abs=1e-3
    )
    assert widening(12, False) == pytest.approx(1.0408, abs=1e-4)
    finding = judge(series([10.0, 12.0] * 6 + [30.0]), 12)
    plain = 3 * 2 / 1.128
    assert finding.point.upper == pytest.approx(11 + plain * widening(12, True)) and finding.point.lower >= 0
