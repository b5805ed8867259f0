"""Figures of surveys against numbers with a known answer (QUALITY.md A), and the same from rows in the database."""

import datetime as dt
import secrets

import pytest
from django.utils import timezone

from capa.measuring import SOURCES
from complaints.models import Invitation, Response
from complaints.surveys import estimates, sight
from complaints.surveys.estimates import Mean, Promoters
from complaints.surveys.figures import MONTH, QUARTER
from complaints.surveys.statistics import Results
from incidents.models import Incident
from tests.complaints.answers import answer, survey_of, version_of


def near(value, places=4):
    return pytest.approx(value, abs=10**-places)


def results(version, rows=None, **more):
    rows = Response.objects.all() if rows is None else rows
    return Results(version.survey, rows, versions=list(version.survey.versions.all()), **more)


# Formulas ------------------------------------------------------------------------------------------------------------
def test_net_promoter_score_with_its_standard_error():
    score = Promoters(162, 108, 54)
    assert (score.value, score.error) == (near(33.333, 3), near(4.1409))
    score = Promoters(50, 30, 20)
    assert (score.value, score.error) == (30, near(7.8102))
    assert (score.lower, score.upper) == (near(14.692, 3), near(45.308, 3))
    assert Promoters(3, 0, 0).lower == Promoters(3, 0, 0).upper == 100
    assert estimates.promoters({0: 2, 6: 1, 7: 4, 8: 1, 9: 3, 10: 2}) == Promoters(5, 5, 3)
    assert estimates.promoters({}) is None


def test_a_mean_has_students_interval():
    # 10 values with mean 5.02 and s 0.7: R's t.test gives 4.519 to 5.521
    mean = Mean(10, 5.02, 0.7)
    assert (mean.lower, mean.upper) == (near(4.51925), near(5.52075))
    assert mean.is_of_few and not Mean(30, 1, 1).is_of_few
    alone = Mean(1, 80.0)
    assert (alone.lower, alone.upper, alone.within(0, 100).upper) == (None, None, None)
    assert Mean(5, 98, 9).within(0, 100).upper == 100


def test_means_are_put_together_and_taken_apart():
    a, b = estimates.mean_of({1: 2, 5: 3}), estimates.mean_of({2: 4, 4: 4})
    whole = estimates.mean_of({1: 2, 5: 3, 2: 4, 4: 4})
    both = estimates.merged([a, b])
    assert (both.n, both.value, both.deviation) == (13, near(whole.value), near(whole.deviation))
    rest = whole.without(a)
    assert (rest.n, rest.value, rest.deviation) == (8, near(b.value), near(b.deviation))
    assert whole.without(whole) is None and estimates.merged([]) is None


def test_a_change_is_one_only_where_the_interval_leaves_zero():
    # Welch: 75.0 (s 10, n 40) less 70.0 (s 12, n 35): standard error 2.5718, 66.5 degrees of freedom
    found = estimates.change(Mean(40, 75, 10), Mean(35, 70, 12))
    assert (found.value, found.lower, found.upper, found.direction) == (
        5,
        near(-0.1313, 2),
        near(10.1313, 2),
        0,
    )
    assert estimates.change(Mean(400, 75, 10), Mean(350, 70, 12)).direction == 1
    assert estimates.change(Mean(400, 70, 10), Mean(350, 75, 12)).direction == -1
    assert estimates.change(Mean(1, 70), Mean(350, 75, 12)) is None


def test_a_correlation_has_fishers_interval_and_needs_ten_pairs():
    found = estimates.correlation(0.5, 28)  # z .5493 +- 1.96 / 5
    assert (found.lower, found.upper) == (near(0.15603), near(0.73582))
    assert estimates.correlation(0.9, 9) is None and estimates.correlation(None, 50) is None
    assert estimates.correlation(1.0, 20).upper == near(1)


def test_nobody_is_ranked_above_another_whom_chance_could_have_put_there():
    rows = [Mean(100, value, 20).within(0, 100) for value in (80, 78, 70, 69, 40)]
    assert estimates.tiers(rows) == [1, 1, 3, 3, 5]
    assert estimates.tiers([]) == [] and estimates.tiers([Mean(1, 5).within(0, 10)]) == [1]


def test_published_shares_have_a_mean_but_no_interval():
    assert estimates.mean_of_shares({100: 70, 50: 18, 0: 8}) == near(100 * (70 + 9) / 96)


# From rows -----------------------------------------------------------------------------------------------------------
ROWS = [
    (5, 4, 5, 10, None),
    (4, 2, 4, 9, None),
    (3, None, 3, 7, None),
    (1, 1, 2, 0, None),
    (None, None, 3, 5, None),
]


@pytest.mark.django_db
def test_the_index_is_the_mean_of_the_respondents_own_ones(cast, units, django_assert_num_queries):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *ROWS)
    assert results(version).csi is None  # only four of them have an index
    answer(version, units.station, *ROWS)
    found = results(version)
    with django_assert_num_queries(1):
        csi = found.csi
    # 87.5, 50, 50 and 0; the fifth answered nothing that counts. t(.975, 7) = 2.36462
    assert (found.n, csi.n, csi.value) == (10, 8, 46.875)
    assert (found.mean.deviation, csi.lower, csi.upper) == (near(33.2402), near(19.0855), near(74.6645))
    assert csi.is_of_few


@pytest.mark.django_db
def test_questions_dimensions_and_promoters(cast, units, django_assert_num_queries):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *ROWS)
    found = results(version)
    with django_assert_num_queries(2):
        attitude, speed, whole, recommend = found.items
    assert (attitude.n, attitude.mean.value, attitude.index.value) == (4, 3.25, 56.25)
    assert [count for _level, count, _share in attitude.shares] == [1, 0, 1, 1, 1]
    assert (attitude.top_box.value, attitude.top_two.value, attitude.top_two.n) == (25, 50, 4)
    assert attitude.top_two.lower == near(15.0036, 3)  # Wilson, 2 of 4
    assert found.overall is whole and found.recommending is recommend
    assert recommend.promoters == Promoters(2, 1, 2) and recommend.promoters.value == 0
    with django_assert_num_queries(1):
        dimensions = found.dimensions
    assert [(row.key, row.mean.n, row.mean.value) for row in dimensions] == [
        ("attitude", 4, 56.25),
        ("efficiency", 3, near(33.3333)),
    ]
    assert found.measured_against == "overall" and found.drivers == []  # four pairs say nothing


@pytest.mark.django_db
def test_drivers_are_ordered_by_how_closely_they_go_with_the_whole(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(1 + k % 5, 1 + k % 3, 1 + k % 5, None, None) for k in range(60)])
    first, second = results(version).drivers
    assert (first.key, first.driver.value, first.tier) == ("attitude", near(1), 1)
    assert second.key == "efficiency" and abs(second.driver.value) < 0.1 and second.tier == 2
    assert second.driver.n == 60 and second.driver.lower < second.driver.value < second.driver.upper


@pytest.mark.django_db
def test_versions_meet_where_they_ask_the_same(cast, units):
    version = survey_of(units.rail, cast.quality)
    second = version_of(
        version.survey, number=2, asked=[("speed", "likert5", "efficiency", 1), ("new", "likert10", "", 1)]
    )
    answer(version, units.station, (5, 5, None, None, None))
    answer(second, units.station, (3, 10))
    speed = next(row for row in results(version).items if row.item.code == "speed")
    assert speed.distribution == {5: 1, 3: 1} and speed.item.version == second
    alone = Results(version.survey, Response.objects.all(), versions=[second])
    assert alone.n == 1 and [row.item.code for row in alone.items] == ["speed", "new"]


@pytest.mark.django_db
def test_periods_begin_at_local_midnight_and_are_compared_with_the_one_before(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(2 + k % 2, 2, 2, None, None) for k in range(30)], day="2026-03-31")
    answer(version, units.station, *[(4 + k % 2, 5, 5, None, None) for k in range(30)], day="2026-04-01")
    Response.objects.filter(answered_at__date="2026-04-01").update(
        answered_at=dt.datetime(2026, 3, 31, 16, 30, tzinfo=dt.UTC)  # half past midnight in Shanghai
    )
    with timezone.override("Asia/Shanghai"):
        before, now = results(version, by=QUARTER).periods
        assert [line.label for line in results(version, by=MONTH).periods] == ["2026-03", "2026-04"]
    assert (before.label, before.n, before.change) == ("2026 Q1", 30, None)
    assert now.label == "2026 Q2" and now.change.direction == 1 and now.change.value == near(62.5)


@pytest.mark.django_db
def test_units_are_compared_with_all_others_and_small_ones_hidden(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(5, 4 + k % 2, 5, None, None) for k in range(20)])
    answer(version, units.crew, *[(2, 2 + k % 2, 2, None, None) for k in range(20)])
    answer(version, units.west_station, *[(1, 1, 1, None, None)] * 4)
    everything = {unit.pk: unit for unit in vars(units).values()}
    lines = results(version).units([units.east, units.west], everything)
    assert [(line.label, line.n) for line in lines] == [("East Division", 40), ("West Division", 4)]
    assert all(line.hidden and line.figure is None for line in lines)  # one would follow from the other
    crew, station, west = results(version).units([units.crew, units.station, units.west], everything)
    assert crew.hidden or station.hidden  # the next smallest, so that the West can't be worked out
    assert west.hidden and west.figure is None
    answer(version, units.west_station, (1, 1, 1, None, None))
    crew, station, west = results(version).units([units.crew, units.station, units.west], everything)
    assert (crew.change.direction, station.change.direction, west.change.direction) == (-1, 1, -1)
    assert not west.hidden and west.figure.value == 0


@pytest.mark.django_db
def test_two_small_ones_do_not_follow_from_the_whole_together(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(5, 5, 5, None, None)] * 20)
    answer(version, units.crew, *[(3, 3, 3, None, None)] * 6)
    for unit in (units.west_station, units.workshop):
        answer(version, unit, (1, 1, 1, None, None))
    everything = {unit.pk: unit for unit in vars(units).values()}
    tops = [units.station, units.crew, units.west, units.depot]
    lines = results(version).units(tops, everything)
    assert [line.hidden for line in lines] == [False, True, True, True], (
        "the two would be two customers' mean"
    )


@pytest.mark.django_db
def test_too_few_to_stay_anonymous_have_no_figures(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(5, 5, 5, None, None)] * 4)
    assert results(version).csi is None and results(version).is_hidden
    answer(version, units.station, (5, 5, 5, None, None))
    assert results(version).csi.value == 100


@pytest.mark.django_db
def test_groups_and_the_response_rate(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(5, 5, 5, None, None)] * 5, group="Business")
    answer(version, units.station, *[(1, 1, 1, None, None)] * 5, group="Eco")
    asked = Invitation.objects.bulk_create(
        Invitation(
            survey=version.survey, version=version, unit=units.station, digest=secrets.token_hex(32),
            expires_at=timezone.now(),
        )
        for _number in range(8)
    )  # fmt: skip
    Response.objects.filter(pk=Response.objects.first().pk).update(invitation=asked[0])
    found = results(version, invitations=Invitation.objects.all())
    assert [(line.label, line.figure.value) for line in found.groups] == [("Business", 100), ("Eco", 0)]
    assert (found.response_rate.value, found.response_rate.n) == (12.5, 8)


@pytest.mark.django_db
def test_each_sees_the_answers_of_their_own_units_only(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(5, 5, 5, None, None)] * 6)
    answer(version, units.west_station, *[(1, 1, 1, None, None)] * 6)
    assert results(version, sight.responses(cast.executive)).n == 12
    assert results(version, sight.responses(cast.west_manager)).csi.value == 0
    assert results(version, sight.responses(cast.supervisor)).csi.value == 100
    for nobody in (cast.reporter, cast.admin, cast.hotel_quality):
        assert not sight.responses(nobody).exists() and not sight.surveys(nobody).exists()
    assert list(sight.surveys(cast.west_manager)) == [version.survey]
    cast.executive.is_active = False
    assert not sight.responses(cast.executive).exists()


# For verifications ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_satisfied_customers_are_a_source_of_a_verification(cast, units):
    version = survey_of(units.rail, cast.quality)
    answer(version, units.station, *[(1, 1, 4 + k % 2, None, None) for k in range(6)], day="2026-03-01")
    answer(version, units.station, (1, 1, 2, None, None), (1, 1, None, 9, None), day="2026-03-01")
    answer(version, units.west_station, (5, 5, 5, None, None), day="2026-03-02")
    source = SOURCES["satisfied"]
    incident = Incident(unit=units.east, unit_id=units.east.pk)
    scope = source.scope_of(incident, {})
    series = source.read(scope, dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert (series.events, series.exposures) == ({dt.date(2026, 3, 1): 6}, {dt.date(2026, 3, 1): 7})
    assert series.exposure_between(dt.date(2026, 3, 2), dt.date(2026, 3, 31)) is None
    whole = source.read({"unit": units.rail.pk}, dt.date(2026, 3, 1), dt.date(2026, 3, 2))
    assert whole.events_between(dt.date(2026, 3, 1), dt.date(2026, 3, 2)) == 7
    assert "East Division" in source.metric_of(incident, scope) and "East Division" in source.describe(
        scope, incident
    )
