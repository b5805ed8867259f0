"""Figures from elsewhere are entered with their versions; what would count something twice is refused."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from history.models import Event
from incidents.errors import Invalid, NotAllowed
from metrics import own
from metrics.models import Stale, Volume
from metrics.periods import Period, today
from metrics.volumes import BadEntries, Entry, enter, enter_many, versions

pytestmark = pytest.mark.django_db

SERVED = "customers.served"
JAN, FEB = Period.parse("2026-01"), Period.parse("2026-02")


def fields(error) -> set[str]:
    return set(error.value.fields)


def test_a_publisher_revises_a_figure(cast, units):
    first = enter(units.rail, by=cast.quality, series=SERVED, period=JAN, value=1000, source="bulletin 1")
    assert (first.value, first.version, first.entered_by) == (1000, 1, cast.quality)
    assert enter(units.rail, by=cast.quality, series=SERVED, period=JAN, value=Decimal("1000.0")) == first
    second = enter(units.rail, by=cast.quality_two, series=SERVED, period=JAN, value=990)
    taken = enter(units.rail, by=cast.quality, series=SERVED, period=JAN, value=None)
    assert (second.version, taken.version, taken.value) == (2, 3, None)
    assert [(row.value, row.entered_by, row.replaced_at is None) for row in versions(units.rail, SERVED, JAN)] == [
        (None, cast.quality, True), (990, cast.quality_two, False), (1000, cast.quality, False),
    ]  # fmt: skip
    assert enter(units.rail, by=cast.quality, series=SERVED, period=FEB, value=None) is None  # never given
    assert (
        enter(units.rail, by=cast.quality, series=SERVED, period=FEB, value=0).value == 0
    )  # zero is a figure
    told = Event.objects.filter(act="volumes.enter").order_by("seq")
    assert [(event.after["new"], event.after["revised"], event.after["taken_back"]) for event in told] == [
        (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0),
    ]  # fmt: skip
    days = Stale.objects.filter(unit=units.rail, source="volumes").values_list("day", flat=True)
    assert set(days) == {JAN.first, FEB.first}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": -1}, "value"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal(10) ** 17}, "value"),
        ({"series": "complaints.reply"}, "series"),  # a histogram
        ({"series": "own:999"}, "series"),
        ({"series": "no.such"}, "series"),
        ({"period": Period(dt.date(2026, 1, 1), "fortnight")}, "period"),
        ({"period": Period.parse("1800")}, "period"),
        ({"part": "x" * 61}, "part"),
    ],
)
def test_what_cannot_be(cast, units, change, field):
    with pytest.raises(Invalid) as error:
        enter(units.rail, **{"by": cast.quality, "series": SERVED, "period": JAN, "value": 1, **change})
    assert fields(error) == {field}
    assert not Volume.objects.exists() and not Stale.objects.exists()


def test_a_period_to_come_is_refused_and_one_that_runs_is_not(cast, units):
    this = Period.containing(today(), "month")
    assert enter(units.rail, by=cast.quality, series=SERVED, period=this, value=5)
    with pytest.raises(Invalid) as error:
        enter(units.rail, by=cast.quality, series=SERVED, period=this.shifted(1), value=5)
    assert fields(error) == {"period"}


def test_only_who_manages_quality_there_enters(cast, units):
    theirs = own.define_series(units.hotels, by=cast.hotel_quality, code="nights", name="Nights")
    for by, unit, series, field in (
        (cast.executive, units.rail, SERVED, "unit"),
        (cast.west_manager, units.rail, SERVED, "unit"),  # of a division below
        (cast.quality, units.hotels, SERVED, "unit"),
        (cast.quality, units.rail, theirs.key, "series"),
    ):
        with pytest.raises(Invalid) as error:
            enter(unit, by=by, series=series, period=JAN, value=1)
        assert fields(error) == {field}
    assert enter(units.west_station, by=cast.west_manager, series=SERVED, period=JAN, value=1)
    assert enter(units.hotels, by=cast.hotel_quality, series=theirs.key, period=JAN, value=1)


def test_nothing_is_counted_twice(cast, units):
    """Above, below, by another grain, as a whole beside its parts; in the batch as in what stands already."""

    def refused(*told) -> dict[int, str]:
        entries = [
            Entry(unit, series, Period.parse(key), value, part) for unit, series, key, value, part in told
        ]
        with pytest.raises(BadEntries) as error:
            enter_many(entries, by=cast.quality)
        return {place: problem.field for place, problem in error.value.problems.items()}

    one = Decimal(1)
    enter(units.east, by=cast.quality, series=SERVED, period=JAN, value=1)
    assert refused((units.crew, SERVED, "2026-02", one, "")) == {0: "unit"}
    assert refused((units.rail, SERVED, "2026-02", one, "")) == {0: "unit"}
    assert refused((units.east, SERVED, "2026-W09", one, "")) == {0: "period"}
    assert refused((units.east, SERVED, "2026-01", one, "phone")) == {0: "part"}
    assert refused(
        (units.west, SERVED, "2026-01", one, ""), (units.west_station, SERVED, "2026-01", one, "")
    ) == {1: "unit"}
    assert refused((units.west, SERVED, "2026-01", one, ""), (units.west, SERVED, "2026-01", one, "")) == {
        1: "period"
    }
    assert set(
        refused((units.west, SERVED, "2026-01", one, ""), (units.west, SERVED, "2026-01", one, "a"))
    ) == {0, 1}
    assert Volume.objects.count() == 1
    # the whole is replaced by its parts at once; another division gives the series, too, per day
    parts = [
        Entry(units.east, SERVED, JAN, None),
        *(Entry(units.east, SERVED, JAN, one, part) for part in "ab"),
    ]
    assert enter_many(parts, by=cast.quality).written == 3
    assert enter(units.west, by=cast.quality, series=SERVED, period=Period.parse("2026-01-05"), value=1)


def test_what_somebody_entered_meanwhile_is_not_replaced_unseen(cast, units):
    """Two tables were open; the second one was checked before the first was stored, and stored after it."""
    typed = Entry(units.east, SERVED, JAN, Decimal(7), seen=0)
    enter(units.east, by=cast.quality_two, series=SERVED, period=JAN, value=5)
    with pytest.raises(BadEntries) as error:
        enter_many([typed], by=cast.quality)
    assert "5" in str(error.value.problems[0]) and Volume.objects.get().value == 5
    assert enter_many([replace(typed, seen=1)], by=cast.quality).revised == 1
    assert enter_many([replace(typed, seen=1)], by=cast.quality).unchanged == 1, (
        "the same figure harms nobody"
    )


def test_a_batch_costs_the_same_whatever_its_length(cast, units, django_assert_max_num_queries):
    def batch(days: int) -> list[Entry]:
        begin = Period.parse("2026-01-01")
        return [
            Entry(units.rail, "calls.offered", begin.shifted(day), Decimal(day), source="log")
            for day in range(days)
        ]

    with django_assert_max_num_queries(16):
        assert enter_many(batch(10), by=cast.quality, file="calls.csv").new == 10
    with django_assert_max_num_queries(16):
        outcome = enter_many(batch(200), by=cast.quality, file="calls.csv")
    assert (outcome.new, outcome.unchanged) == (190, 10)
    event = Event.objects.filter(act="volumes.import").order_by("seq").last()
    assert (event.after["file"], event.after["new"], event.case) == (
        "calls.csv",
        190,
        f"volumes:{units.rail.pk}",
    )


def test_a_company_defines_series_and_indicators(cast, units):
    series = own.define_series(
        units.rail,
        by=cast.quality,
        code="delay",
        name="Delay minutes",
        name_zh_hans="晚点分钟",
        measured_in="min",
    )
    again = own.define_series(units.rail, by=cast.quality, row=series, name="Delays", retired=False)
    assert again.pk == series.pk
    values = {
        "code": "delay-rate",
        "name": "Delay",
        "numerator": series.key,
        "denominator": SERVED,
        "scale": 1000,
    }
    kpi = own.define_kpi(units.rail, by=cast.quality, **values)
    for change, field in (
        ({"numerator": "x"}, "numerator"),
        ({"denominator": series.key}, "denominator"),
        ({"denominator": ""}, "denominator"),  # a rate
        ({"scale": 0}, "scale"),
        ({"code": "delay-rate"}, "code"),
        ({"code": "csi"}, "code"),
        ({"name": " "}, "name"),
        ({"is_complement": True}, "is_complement"),
        ({"places": 30_000}, "places"),
    ):
        with pytest.raises(Invalid) as error:
            own.define_kpi(units.rail, by=cast.quality, **{**values, "code": "other", **change})
        assert fields(error) == {field}
    for by, company in (
        (cast.west_manager, units.rail),
        (cast.hotel_quality, units.rail),
        (cast.quality, units.east),
    ):
        with pytest.raises(NotAllowed):
            own.define_series(company, by=by, code="mine", name="Mine")
    own.define_kpi(units.rail, by=cast.quality, row=kpi, retired=True)
    own.define_series(units.rail, by=cast.quality, row=series, retired=True)
    with pytest.raises(Invalid):  # no longer offered
        enter(units.rail, by=cast.quality, series=series.key, period=JAN, value=1)
    acts = list(Event.objects.filter(act__regex="^(kpi|series)").values_list("act", flat=True))
    assert acts.count("series.change") == 2 and acts.count("kpi.change") == 1
