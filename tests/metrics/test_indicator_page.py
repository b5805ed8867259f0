"""The page of an indicator: whose it is, what it says, what a figure leads to, what is missing, and its files."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from history.models import Event
from incidents.errors import Invalid, NotAllowed, Stale
from metrics import notes
from metrics.definitions import KPIS
from metrics.models import Note, Signal, Target, Total
from metrics.periods import Period
from people.models import Person

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
RATE = KPIS["complaint-rate"]


def counted(unit, series, months, *, facet="", value="") -> None:
    """Totals of a month each, the last one November 2026; None leaves one out."""
    last = Period.parse("2026-11")
    Total.objects.bulk_create(
        Total(
            series=series,
            unit=unit,
            grain="month",
            begins_on=period.first,
            facet=facet,
            value=value,
            count=count,
        )
        for period, count in zip(last.back(len(months)), months, strict=True)
        if count is not None
    )


def volumes(unit, series, months) -> None:
    """What was entered, once a month: the figures, that they were given, and since when they are."""
    counted(unit, series, months)
    counted(unit, series, [None if value is None else 1 for value in months], facet="given")
    first = Period.parse("2026-11").back(len(months))[0].first
    Total.objects.create(
        series=series, unit=unit, grain="month", begins_on=first, facet="begun", value=str(unit.pk), count=1
    )


@pytest.fixture
def figures(units):
    """Two years of complaints about one in 2,000 of the customers of East Division; July 2026 wasn't entered."""
    received = [
        48,
        52,
        50,
        47,
        55,
        51,
        46,
        53,
        49,
        54,
        50,
        52,
        48,
        51,
        47,
        53,
        50,
        49,
        55,
        52,
        46,
        51,
        96,
        20,
    ]
    served = [100_000] * 19 + [None] + [100_000] * 3 + [40_000]
    for unit, share in ((units.east, 1), (units.crew, 0.5), (units.station, 0.5)):
        counted(unit, "complaints.received", [round(n * share) for n in received])
        volumes(unit, "customers.served", [n and n * share for n in served])
    counted(units.east, "complaints.received", [20] * 24, facet="kind", value="attitude")
    counted(units.east, "complaints.received", [30] * 24, facet="kind", value="delay")
    Target.objects.create(
        kpi="complaint-rate", unit=units.rail, year=2026, value="45", owner=None, set_by_id=_somebody()
    )
    with time_machine.travel(NOW, tick=False):
        yield units


def _somebody() -> int:
    return Person.objects.order_by("pk").values_list("pk", flat=True)[0]


def page(client, code="complaint-rate", **query) -> str:
    response = client.get(reverse("indicator", args=[code]), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.fixture
def manager(client, cast, figures):
    client.force_login(cast.quality)
    return client


# What it says --------------------------------------------------------------------------------------------------------
def test_it_says_what_changed_where_it_comes_from_and_what_is_missing(manager):
    text = page(manager, unit="ER-E")
    assert "96 in" not in text
    assert "above the upper limit" in text
    assert "not chance" in text
    assert 'class="p p-bad last"' in text
    assert "Complaints received for every 100,000 customers served." in text
    assert "100,000 × complaints received ÷ Customers served (passengers, guests, patients)" in text
    assert "001 §10.2, 002 §4.2; ISO 10002 §8.2" in text
    assert "set for Eastern Rail" in text
    assert "The volume hasn&#x27;t been entered." in text  # July: a gap, not a zero
    assert "26-07: no figure" in text
    assert "1 period has no figure" in text
    assert "26-11" in text


def test_a_figure_leads_to_its_cases_and_volumes_have_none(manager):
    text = page(manager, unit="ER-E")
    assert "series=complaints.received&amp;unit=ER-E&amp;from=2026-10-01&amp;until=2026-10-31" in text
    assert "series=customers.served" not in text
    assert "kind=delay" in text


def test_units_are_compared_by_sums_and_parts_are_ranked(manager):
    text = page(manager, unit="ER-E")
    assert 'class="spc control funnel"' in text
    assert "No unit lies outside what chance explains" in text
    assert "1 period missing" in text
    assert text.count('class="spc small"') == 2
    assert 'class="spc pareto"' in text
    assert "unit=ER-E-C3" in text


def test_grains_periods_and_the_year_before_stand_in_the_address(manager):
    quarter = page(manager, unit="ER-E", grain="quarter")
    assert "2026-Q3" in quarter
    assert "Only a part of the volume has been entered." in quarter
    earlier = page(manager, unit="ER-E", period="2026-05", compare="year")
    assert "A year before" in earlier
    assert "2026-10" not in earlier.split("figures-table")[1].split("</table>")[0]


@pytest.mark.parametrize(
    "query",
    [{"period": "2026-13"}, {"period": "soon"}, {"grain": "minute"}, {"period": "2027-01"}, {"unit": "ER-X"}],
)
def test_an_address_that_can_not_be_is_not_found(manager, query):
    assert manager.get(reverse("indicator", args=["complaint-rate"]), query).status_code == 404


def test_how_long_things_took_is_told_from_the_week_on(manager):
    address = reverse("indicator", args=["first-response"])
    assert manager.get(address, {"grain": "day"}).status_code == 404
    assert manager.get(address, {"period": "2026-10-05"}).status_code == 404
    page = manager.get(address, {"grain": "week"}).content.decode()
    assert "grain=quarter" in page and "grain=day" not in page
    assert "grain=day" in manager.get(reverse("indicator", args=["complaint-rate"])).content.decode()


def test_every_indicator_has_a_page_even_without_any_figure(manager):
    for code in KPIS:
        text = page(manager, code, unit="ER-W")
        assert "Nothing was counted yet" in text or code == "complaint-rate"
    assert manager.get(reverse("indicator", args=["own-1"]), {"unit": "ER-E"}).status_code == 404


def test_durations_of_units_stand_in_their_intervals_and_counts_without_any(manager, figures):
    for unit, most in ((figures.east, 60), (figures.crew, 24), (figures.station, 36)):
        counted(unit, "incidents.response", [most] * 24, facet="bin", value="40")
        counted(unit, "incidents.response", [most // 2] * 24, facet="bin", value="44")
        counted(unit, "incidents.reported", [most + month % 5 for month in range(24)])
    times = page(manager, "first-response", unit="ER-E")
    assert 'class="spc forest"' in times
    assert "n = " in times
    assert "median of: time from report to judgement" in times
    reports = page(manager, "incidents-reported", unit="ER-E")
    assert 'class="spc small"' in reports
    assert 'class="spc forest"' not in reports
    assert "only to be watched" in reports


def test_an_open_warning_is_told_where_its_figure_is(manager, cast, figures):
    warning = Signal.objects.create(
        kpi="complaint-rate", unit=figures.east, grain="month", rule="limit", side=1, is_concern=True,
        begins_on=dt.date(2026, 10, 1), ends_on=dt.date(2026, 10, 1), owner=cast.quality,
    )  # fmt: skip
    assert reverse("warning", args=[warning.pk]) in page(manager, unit="ER-E")
    assert reverse("warning", args=[warning.pk]) not in page(manager, unit="ER-E-C3")


# Whose ---------------------------------------------------------------------------------------------------------------
def test_another_division_and_another_company_do_not_exist(client, cast, figures):
    names = ("indicator", "indicator-csv", "indicator-xlsx", "indicator-svg", "indicator-png")
    client.force_login(cast.executive)
    assert client.get(reverse("indicator", args=["complaint-rate"]), {"unit": "ER-E"}).status_code == 200
    for stranger in (cast.west_manager, cast.hotel_quality):
        client.force_login(stranger)
        for name in names:
            url = reverse(name, args=["complaint-rate"])
            assert client.get(url, {"unit": "ER-E"}).status_code == 404
        assert client.get(reverse("indicators"), {"unit": "ER-E"}).status_code == 404
        posted = {"day": "2026-05-01", "text": "Mine"}
        assert (
            client.post(reverse("indicator-note", args=["complaint-rate"]) + "?unit=ER-E", posted).status_code
            == 404
        )
    client.force_login(cast.colleague)
    assert client.get(reverse("indicators")).status_code == 404
    assert not Note.objects.exists()


# The catalogue -------------------------------------------------------------------------------------------------------
def test_the_catalogue_tells_every_indicator_with_target_and_latest_figure(manager):
    response = manager.get(reverse("indicators"), {"unit": "ER-E"})
    text = response.content.decode()
    for kpi in KPIS.values():
        assert str(kpi.name) in text
    assert "96.00" in text
    assert "≤ 45" in text
    assert "Concern" in text
    only = manager.get(reverse("indicators"), {"unit": "ER-E", "q": "complaint rate"}).content.decode()
    assert "System availability" not in only
    assert "Complaint rate" in only


# Cost ----------------------------------------------------------------------------------------------------------------
def test_the_pages_cost_the_same_with_more_figures_and_units(manager, figures, django_assert_num_queries):
    url, catalogue = reverse("indicator", args=["complaint-rate"]), reverse("indicators")
    manager.get(url, {"unit": "ER-E"})
    with django_assert_num_queries(INDICATOR_STATEMENTS):
        manager.get(url, {"unit": "ER-E"})
    with django_assert_num_queries(CATALOGUE_STATEMENTS):
        manager.get(catalogue, {"unit": "ER-E"})
    for code, kpi in list(KPIS.items())[:6]:
        counted(figures.station, kpi.numerator, [5] * 24, facet="channel", value=code[:5])
    for number in range(3):
        notes.add(
            RATE, figures.east, by=_person("wang"), day=dt.date(2026, 3, 1 + number), text=f"Rule {number}"
        )
    with django_assert_num_queries(INDICATOR_STATEMENTS):
        manager.get(url, {"unit": "ER-E"})
    with django_assert_num_queries(CATALOGUE_STATEMENTS):
        manager.get(catalogue, {"unit": "ER-E"})


INDICATOR_STATEMENTS = 15
CATALOGUE_STATEMENTS = 11  # one asks since when that is counted of which only zeros are shown


def _person(username):
    return Person.objects.get(username=username)


# Notes ---------------------------------------------------------------------------------------------------------------
def test_a_note_stands_on_the_chart_begins_new_limits_and_is_in_the_history(manager, cast, figures):
    url = reverse("indicator-note", args=["complaint-rate"]) + "?unit=ER-E"
    response = manager.post(url, {"day": "2025-12-01", "text": " A new  rule ", "rebases": "on"})
    assert response.status_code == 302
    note = Note.objects.get()
    assert (note.kpi, note.unit, note.text, note.rebases, note.by) == (
        "complaint-rate", figures.east, "A new rule", True, cast.quality,
    )  # fmt: skip
    text = page(manager, unit="ER-E")
    assert text.count('<polygon class="band"') >= 2
    assert "new limits from here" in text
    event = Event.objects.filter(act="chart.note").get()
    assert event.after["text"] == "A new rule"
    manager.post(reverse("indicator-note-withdraw", args=[note.pk]), {"reason": "Another unit"})
    note.refresh_from_db()
    assert note.withdrawn_by == cast.quality
    assert "A new rule" not in page(manager, unit="ER-E").split("toast")[-1]
    assert Event.objects.filter(act="chart.withdraw_note", reason="Another unit").exists()


def test_what_is_wrong_with_a_note_is_said_beside_its_field(manager):
    url = reverse("indicator-note", args=["complaint-rate"]) + "?unit=ER-E"
    for fields, message in (
        ({"day": "2026-12-24", "text": "Later"}, "This day is still to come."),
        ({"day": "2026-05-01", "text": "x", "rebases": "on", "leaves_out": "on"}, "both begin new limits"),
        (
            {"day": "2026-05-01", "text": "x", "measure": "CA-2026-000001"},
            "There is no measure with this number.",
        ),
    ):
        response = manager.post(url, fields)
        assert response.status_code == 400
        assert message in response.content.decode()
    assert not Note.objects.exists()


def test_who_reads_does_not_write(client, cast, figures):
    note = notes.add(
        RATE, figures.east, by=cast.quality, day=dt.date(2026, 5, 1), text="A strike", leaves_out=True
    )
    client.force_login(cast.executive)
    assert "Write a note" not in page(client, unit="ER-E")
    url = reverse("indicator-note", args=["complaint-rate"]) + "?unit=ER-E"
    assert client.post(url, {"day": "2026-05-01", "text": "Mine"}).status_code == 403
    assert client.post(reverse("indicator-note-withdraw", args=[note.pk]), {"reason": "x"}).status_code == 403
    client.force_login(cast.hotel_quality)
    assert client.post(reverse("indicator-note-withdraw", args=[note.pk]), {"reason": "x"}).status_code == 404
    note.refresh_from_db()
    assert note.withdrawn_at is None
    assert Note.objects.count() == 1


def test_acts_refuse_what_can_not_be(cast, figures):
    with pytest.raises(NotAllowed):
        notes.add(RATE, figures.hotels, by=cast.quality, day=dt.date(2026, 5, 1), text="x")
    for text, day in (
        ("  ", dt.date(2026, 5, 1)),
        ("x" * 121, dt.date(2026, 5, 1)),
        ("x", dt.date(1970, 1, 1)),
    ):
        with pytest.raises(Invalid):
            notes.add(RATE, figures.east, by=cast.quality, day=day, text=text)
    note = notes.add(RATE, figures.east, by=cast.quality, day=dt.date(2026, 5, 1), text="x")
    with pytest.raises(Invalid):
        notes.withdraw(note, by=cast.quality, reason=" ")
    notes.withdraw(note, by=cast.quality_two, reason="Wrong day")
    with pytest.raises(Stale):
        notes.withdraw(note, by=cast.quality, reason="Again")


# Files ---------------------------------------------------------------------------------------------------------------
def test_the_table_can_be_taken_away_unrounded_with_its_gaps(manager):
    response = manager.get(reverse("indicator-csv", args=["complaint-rate"]), {"unit": "ER-E"})
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 24
    by_period = {row["Period"]: row for row in rows}
    assert float(by_period["2026-10"]["Value"]) == 96
    assert by_period["2026-10"]["Numerator"] == "96.0"
    assert by_period["2026-10"]["What it says"] == "Concern"
    assert (by_period["2026-07"]["Value"], by_period["2026-07"]["Denominator"]) == ("", "")
    assert by_period["2026-07"]["Missing because"] == "The volume hasn't been entered."
    assert by_period["2026-11"]["What it says"] == "Not over yet"
    workbook = manager.get(reverse("indicator-xlsx", args=["complaint-rate"]), {"unit": "ER-E"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(workbook.streaming_content))).active
    assert sheet.max_row == 25


def test_the_chart_can_be_taken_away_as_a_picture(manager):
    response = manager.get(reverse("indicator-svg", args=["complaint-rate"]), {"unit": "ER-E"})
    text = response.content.decode()
    assert response["Content-Disposition"] == 'attachment; filename="complaint-rate-ER-E-2026-11.svg"'
    assert "<style>" in text
    assert "Complaint rate · East Division" in text
    assert "var(--" not in text
    picture = manager.get(reverse("indicator-png", args=["complaint-rate"]), {"unit": "ER-E"})
    assert (
        picture.content[:8] == b"\x89PNG\r\n\x1a\n"
        if picture.status_code == 200
        else picture.status_code == 501
    )
