"""Where the numbers come from: what the system counts by itself, and for whom a source is open."""

import datetime as dt
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.utils import timezone, translation

from capa import charts, measuring, observing
from capa.measuring import Series, Source, incident_scope, like, offer_source, read_incidents, source_of
from incidents import identify
from incidents.models import Incident, IncidentType
from tests.walks import analysed, report

pytestmark = pytest.mark.django_db


def ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def moment(day: dt.date, hour: int = 12, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


@pytest.fixture
def incident(cast, units):
    return report(cast, units, occurred_at=moment(ago(10)))


def test_same_type_same_unit_and_what_is_below(incident, cast, units):
    above = incident_scope(incident, {}) | {"unit": units.east.pk}
    report(cast, units, occurred_at=moment(ago(10)), unit=units.station)
    report(cast, units, occurred_at=moment(ago(10)), type=IncidentType.objects.get(code="delay"))
    report(cast, units, occurred_at=moment(ago(10)), unit=units.west_station)
    assert set(like(incident_scope(incident, {}), ago(10), ago(10))) == {incident}
    assert like(above, ago(10), ago(10)).count() == 2


def test_a_type_counts_what_is_below_it(incident, cast, units):
    parent = incident.type.parent
    scope = incident_scope(incident, {}) | {"type": parent.pk}
    assert list(like(scope, ago(20), ago(1))) == [incident]


def test_both_days_of_a_window_count_whole_in_the_clock_of_the_place(incident, cast, units):
    first, last = ago(40), ago(38)
    for day, hour, minute in [(first, 0, 0), (last, 23, 59), (ago(41), 23, 59), (ago(37), 0, 0)]:
        report(cast, units, occurred_at=moment(day, hour, minute))
    series = read_incidents(incident_scope(incident, {}), first, last)
    assert dict(series.events) == {first: 1, last: 1}
    assert (series.events_between(first, last), series.exposure_between(first, last)) == (2, 3)
    assert series.events_between(ago(39), ago(39)) == 0


def test_what_was_dismissed_or_joined_does_not_count(incident, cast, units):
    other, third = (report(cast, units, occurred_at=moment(ago(9))) for _ in range(2))
    identify.dismiss(other, by=cast.site_manager, version=other.version, reason="A drill")
    identify.merge(third, by=cast.site_manager, version=third.version, into=incident)
    assert list(like(incident_scope(incident, {}), ago(30), ago(0))) == [incident]


def test_only_with_a_confirmed_cause_of_this_kind(cast, units):
    incident = analysed(cast, units, occurred_at=moment(ago(5)))
    report(cast, units, occurred_at=moment(ago(5)))
    scope = incident_scope(incident, {"category": "machine"})
    assert list(like(scope, ago(6), ago(4))) == [incident]
    assert not like(scope | {"category": "people"}, ago(6), ago(4)).exists()
    assert "Machine" in source_of("incidents").metric_of(incident, scope)
    assert "Machine" in source_of("incidents").describe(scope, incident)


def test_a_volume_is_not_known_to_the_system(incident):
    scope = incident_scope(incident, {"exposure": "volume"})
    assert read_incidents(scope, ago(30), ago(1)).exposure_between(ago(30), ago(1)) is None


def test_the_words_follow_the_reader_and_the_names_of_today(incident, units, django_assert_num_queries):
    source, scope = source_of("incidents"), incident_scope(incident, {})
    incident = Incident.objects.select_related("type", "unit").get(pk=incident.pk)
    with django_assert_num_queries(0):
        english = source.describe(scope, incident)
    with translation.override("zh-hans"):
        assert str(incident.type) in source.describe(scope, incident) != english
    scope["unit"] = units.east.pk
    assert "East Division" in source.describe(scope, incident)


def test_counting_is_one_question(incident, django_assert_num_queries):
    with django_assert_num_queries(1):
        read_incidents(incident_scope(incident, {}), ago(400), ago(0))


def test_other_parts_of_the_system_register_their_own_sources(monkeypatch):
    monkeypatch.setattr(measuring, "SOURCES", dict(measuring.SOURCES))
    offer_source(
        Source(
            key="survey", label="Survey", data="proportion",
            read=lambda scope, first, last: Series({ago(2): 3, ago(1): 4}, {ago(2): Decimal(10), ago(1): Decimal(5)}),
        )
    )  # fmt: skip
    source = source_of("survey")
    series = source.read({}, ago(9), ago(0))
    assert source.counts and series.exposure_between(ago(9), ago(0)) == 15
    assert (series.events_between(ago(1), ago(1)), series.exposure_between(ago(1), ago(1))) == (4, 5)
    assert list(measuring.SOURCES)[:2] == ["incidents", "typed"] and list(measuring.SOURCES)[-1] == "survey"


def test_a_source_that_is_gone_is_as_if_typed():
    assert source_of("gone-with-the-release").key == "typed" and not source_of("typed").counts


# The chart -----------------------------------------------------------------------------------------------------------


def drawn(markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(markup))  # noqa: S314 - our own drawing


def test_weeks_are_whole_but_the_first():
    series = Series({dt.date(2026, 3, 1): 2, dt.date(2026, 3, 12): 1})
    bins = observing.weeks(series, dt.date(2026, 2, 27), dt.date(2026, 3, 14))
    assert [(b.first.day, b.last.day, b.count) for b in bins] == [(27, 28, 0), (1, 7, 2), (8, 14, 1)]


def test_months_are_calendar_months_and_begin_where_the_window_does():
    series = Series({dt.date(2025, 12, 31): 1, dt.date(2026, 1, 1): 2})
    bins = observing.months(series, dt.date(2025, 12, 20), dt.date(2026, 2, 3))
    assert [(b.label, b.count) for b in bins] == [("2025-12", 1), ("2026-01", 2), ("2026-02", 0)]
    assert bins[-1].last == dt.date(2026, 2, 3)


def test_the_chart_says_what_it_shows():
    series = Series({dt.date(2026, month, 5): month for month in range(1, 8)})
    bins = observing.months(series, dt.date(2026, 1, 1), dt.date(2026, 7, 20))
    windows = [
        charts.Window("before", dt.date(2026, 1, 1), dt.date(2026, 3, 31), "Baseline", 2, 0.9, 4.1),
        charts.Window("after", dt.date(2026, 5, 1), dt.date(2026, 7, 20), "Observation", 6, 3.5, 9),
    ]
    marks = [(dt.date(2026, 4, 15), "CA-1 done"), (dt.date(2020, 1, 1), "Too early")]
    root = drawn(charts.effect_chart(bins, windows, marks, title="Per month <x>", key="c"))
    assert root.find("title").text == "Per month <x>" and len(list(root.iter("circle"))) == 7
    assert "Baseline: 2.0 on average, 95 % interval 0.9 to 4.1" in root.find("desc").text
    said = [element.text for element in root.iter("text")]
    assert {"CA-1 done", "Observation", "2026-07"} <= set(said) and "Too early" not in said
    assert "style" not in str(ElementTree.tostring(root))


@pytest.mark.parametrize("words", ["CA-2026-000123 done", "CA-2026-000123 已完成"])
def test_labels_of_close_marks_do_not_touch(words):
    labels = [(x, words) for x in (300, 302, 304, 480, 60, 664)]
    placed = charts.in_rows(labels, left=44, right=660)
    width = charts.width_of(words, 11.5) + 16
    for at, (left, row) in enumerate(placed):
        assert 44 <= left and left + width <= 660
        for other_left, other_row in placed[at + 1 :]:
            assert row != other_row or abs(left - other_left) >= width
    assert max(row for _left, row in placed) <= 2


def test_a_chart_of_nothing_can_be_drawn():
    bins = observing.months(Series({}), dt.date(2026, 1, 1), dt.date(2026, 1, 31))
    assert drawn(charts.effect_chart(bins, [], [], title="Nothing", key="c")).find("title").text == "Nothing"


def test_the_power_chart_says_how_high_the_chance_gets():
    root = drawn(
        charts.power_chart(
            [(0, 0), (50, 0.5), (100, 0.93)],
            [(60, "60 days"), (64, "64 days")],
            wanted=0.8,
            title="P",
            key="p",
        )
    )
    assert "93 % within 100 days" in root.find("desc").text
    assert [e.text for e in root.iter("text")][-2:] == ["60 days", "64 days"]
