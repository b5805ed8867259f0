"""Reading figures: what a zero means, which volumes a period needs, and what is missing rather than wrong."""

import datetime as dt

import pytest

from metrics import reading
from metrics.definitions import KPIS
from metrics.models import Volume
from metrics.periods import Grain, Period, today
from metrics.spc.judging import Variation, judge
from tests.metrics.counting import counted, total, volume

pytestmark = pytest.mark.django_db


def values(code: str, unit, *keys: str) -> list[float | None]:
    return [one.value for one in reading.read_one(KPIS[code], unit, [Period.parse(key) for key in keys])]


def test_a_zero_is_a_figure_however_few_periods_are_read(units):
    for month in ("2026-08", "2026-09", "2026-10"):
        for unit in (units.crew, units.station):
            total("customers.served", unit, month, 50_000)
            total("customers.served", unit, month, 1, facet="given")
    total("complaints.received", units.station, "2026-08", 5)
    total("complaints.received", units.crew, "2026-10", 5)
    assert values("complaint-rate", units.crew, "2026-08", "2026-09", "2026-10") == [0, 0, 10]
    assert values("complaint-rate", units.crew, "2026-09") == [0], "the same, read by itself"
    for month, down in (("2026-09", 0), ("2026-10", 30)):
        total("operation.down", units.crew, month, down)
        total("operation.required", units.crew, month, 1000)
    assert values("availability", units.crew, "2026-09", "2026-10") == [100, 97], "a zero that was entered"
    total("measures.due", units.crew, "2026-10", 5)
    assert values("measures-on-time", units.crew, "2026-09", "2026-10") == [None, 0], "none of five in time"


def test_before_anything_was_counted_in_the_company_there_is_no_zero(units):
    for month in ("2026-07", "2026-08", "2026-09"):
        for unit in (units.crew, units.hotels):
            total("customers.served", unit, month, 50_000)
    total("complaints.received", units.station, "2026-08", 5)
    assert values("complaint-rate", units.crew, "2026-07", "2026-08", "2026-09") == [None, 0, 0]
    assert values("complaint-rate", units.hotels, "2026-08", "2026-09") == [None, None], "another company"


def test_a_quarter_in_which_a_volume_begins_or_a_unit_closes_is_not_reckoned_from_a_part_of_it(units):
    for month in ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05"):
        total("complaints.received", units.crew, month, 6)
    for month in ("2026-02", "2026-03", "2026-04", "2026-05"):
        volume("customers.served", units.crew, month, 100_000)
    units.crew.closed_on = dt.date(2026, 5, 20)
    units.crew.save()
    counted()
    quarters = values("complaint-rate", units.crew, "2026-Q1", "2026-Q2", "2026-Q3")
    assert quarters == [None, 6, None], "January has no customers; June needs none, since the unit was closed"
    assert values("complaint-rate", units.crew, "2026-01", "2026-02") == [None, 6]


def test_a_longer_period_is_not_divided(units):
    total("complaints.received", units.east, "2026-01", 9)
    for month in ("2026-01", "2026-02", "2026-03"):
        volume("customers.served", units.crew, month, 100_000)
    volume("customers.served", units.station, "2026-Q1", 900_000)
    counted()
    assert values("complaint-rate", units.east, "2026-01", "2026-02", "2026-03") == [None] * 3
    assert values("complaint-rate", units.east, "2026-Q1") == [pytest.approx(0.75)]


def test_a_quarter_that_is_not_over_needs_its_months_that_are(units):
    this = Period.containing(today(), Grain.YEAR)
    months = [month for month in this.within(Grain.MONTH) if month.is_over]
    if len(months) < 2:
        pytest.skip("the year has just begun")
    for month in months:
        total("complaints.received", units.crew, month, 6)
        volume("customers.served", units.crew, month, 100_000)
    counted()
    assert values("complaint-rate", units.crew, this.key) == [pytest.approx(6)]
    Volume.objects.filter(begins_on=months[-1].first).update(value=None)
    counted()
    assert values("complaint-rate", units.crew, this.key) == [None]


def test_what_is_not_told_apart_is_a_part_of_the_whole(units):
    for kind, count in (("", 100), ("staff", 30), ("delay", 10)):
        total("complaints.received", units.crew, "2026-10", count, facet="kind" if kind else "", value=kind)
    october = [Period.parse("2026-10")]
    assert reading.breakdown("complaints.received", units.east, october, "kind") == {"staff": 30, "delay": 10}
    whole = reading.breakdown("complaints.received", units.east, october, "kind", with_rest=True)
    assert list(whole.items()) == [("", 60), ("staff", 30), ("delay", 10)]
    assert reading.breakdown("complaints.received", units.east, october, "channel", with_rest=True) == {}


def test_what_has_not_had_its_time_is_no_improvement(units):
    """Cases closed last month have hardly been watched: that none of them has come back says nothing yet."""
    last = Period.containing(today(), Grain.MONTH).shifted(-1)
    for month in last.back(24):
        young = (today() - month.last).days < 120
        total("watches.begun", units.crew, month, 60)
        total("watches.recurred", units.crew, month, 1 if young else 12)
    kpi = KPIS["recurrence-rate"]
    figures = reading.read_one(kpi, units.crew, last.back(24))
    assert [one.is_open for one in figures[-4:]] == [
        (today() - one.period.last).days <= 120 for one in figures[-4:]
    ]
    assert figures[-1].is_open and not figures[0].is_open and figures[-1].value == pytest.approx(100 / 60)
    assert judge(reading.charted(kpi, figures)).variation == Variation.USUAL
