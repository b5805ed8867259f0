"""Rare events on the page of an indicator: one by one, with the days or the customers between them."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from metrics.models import Note, Total
from metrics.periods import Period
from tests.metrics.test_indicator_page import NOW, counted, page, volumes

pytestmark = pytest.mark.django_db
GAPS = [40, 71, 12, 55, 33, 0, 60, 28, 47, 90, 18, 35, 66, 25]


@pytest.fixture
def events(client, cast, units):
    """Fifteen complaints on days that are known, the first on 3 December 2024."""
    days = [dt.date(2024, 12, 3)]
    for gap in GAPS:
        days.append(days[-1] + dt.timedelta(days=gap))
    for day in sorted(set(days)):
        Total.objects.create(
            series="complaints.received", unit=units.east, grain="day", begins_on=day, count=days.count(day)
        )
    months = Period.parse("2026-11").back(24)
    found = [sum(Period.containing(day, "month") == month for day in days) for month in months]
    counted(units.east, "complaints.received", found)
    client.force_login(cast.quality)
    with time_machine.travel(NOW, tick=False):
        yield days


def test_days_between_them(client, events, units):
    """The volume of November isn't there yet, but that of an earlier month is missing, too: days, not customers."""
    volumes(units.east, "customers.served", [1000] * 5 + [None] + [1000] * 17 + [None])
    text = page(client, unit="ER-E")
    assert "Days between rare events" in text and "(t chart)" in text
    assert f'<th scope="row" class="nowrap">{events[1]}</th><td class="num">40</td>' in text
    assert "none since" in text, "the time since the last one is shown, too"
    assert "u chart" in text and "exact for such small numbers" in text


def test_customers_between_them(client, events, units):
    volumes(units.east, "customers.served", [3100] * 23 + [None])
    text = page(client, unit="ER-E")
    assert "Between rare events: Customers served" in text and "(g chart)" in text
    assert '<td class="num">4,000</td>' in text, "29 days of December and 11 of January, at 100 a day"
    assert '<td class="num">7,400</td>' in text, "20 of January, all of February, 23 of 31 of March"


def test_where_the_days_are_not_known_or_nothing_is_rare(client, events, units):
    volumes(units.east, "customers.served", [1000] * 24)
    Total.objects.filter(grain="day", begins_on=events[4]).delete()
    assert "rare events" not in page(client, unit="ER-E"), "one of them was entered for its month"
    Total.objects.filter(series="complaints.received").delete()
    assert "rare events" not in page(client, unit="ER-E")
    counted(units.east, "complaints.received", [9] * 24)
    assert "rare events" not in page(client, unit="ER-E")
    assert "rare events" not in page(client, "on-time-rate", unit="ER-E")


def test_new_limits_begin_with_their_day(client, events, units, cast):
    volumes(units.east, "customers.served", [None] * 23 + [1000])
    Note.objects.create(
        kpi="incidents-reported", unit=units.east, day=events[6], text="A new rule", rebases=True, by=cast.quality
    )  # fmt: skip
    for total in list(Total.objects.filter(series="complaints.received")):
        total.pk, total.series = None, "incidents.reported"
        total.save()
    text = client.get(reverse("indicator", args=["incidents-reported"]), {"unit": "ER-E"}).content.decode()
    assert "Days between rare events" in text
    assert f"too few points since {events[6]} for limits: 10 of 12" in text
