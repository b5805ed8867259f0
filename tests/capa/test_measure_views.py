"""The measures as list, calendar and timeline; taking them away; how a slipped one shows it."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from capa import exporting, track
from capa.calendars import PER_DAY, month_after, month_of, weeks_of
from capa.forms.measures import FilterForm
from capa.gantt import chart_of, with_ledgers
from capa.listing import with_costs
from capa.models import Measure
from capa.slippage import slippage_of
from history.models import Event
from incidents import jobs
from incidents.models import Job
from tests.walks import open_measures, planned

pytestmark = pytest.mark.django_db

VIEWS = ("measure-list", "measure-calendar", "measure-timeline")


@pytest.fixture
def case(cast, units):
    return planned(cast, units)


@pytest.fixture
def lius(case):
    """Liu's measure, due in twenty days."""
    return open_measures(case)[1]


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def moved(measure, cast, by=14, granted=True):
    later = measure.due_on + days(by)
    asked = track.request_extension(measure, by=cast.depot_manager, new_due_on=later, reason="Parts are late")
    track.decide_change(
        measure, by=cast.quality, request=asked, granted=granted, reason="Supplier's letter seen"
    )
    measure.refresh_from_db()
    return measure


# Slippage -----------------------------------------------------------------------------------------------------------
def test_a_measure_that_keeps_its_date_has_not_slipped(lius):
    assert slippage_of(lius).in_words() == [] and slippage_of(lius).days == 0


def test_slippage_counts_from_the_date_that_was_approved(lius, cast):
    """Asked, refused, asked again, granted: only the grant moves the date, and the first one stays."""
    original = lius.due_on
    moved(lius, cast, by=30, granted=False)
    assert (lius.due_on, slippage_of(lius).moved) == (original, 0)
    moved(lius, cast, by=14)
    assert (lius.original_due_on, lius.due_on) == (original, original + days(14))
    assert slippage_of(lius).in_words() == ["moved by 14 days"]
    late = slippage_of(lius, today=lius.due_on + days(1))
    assert late.in_words() == ["moved by 14 days", "1 day overdue"] and late.days == 15
    track.complete_measure(lius, by=cast.depot_manager, text="Done", notes=["Work order"])
    lius.refresh_from_db()
    assert slippage_of(lius).in_words() == ["moved by 14 days", "done by the original date"]
    lius.done_at = timezone.now() + days(23)
    assert slippage_of(lius).in_words() == ["moved by 14 days", "done 3 days after the original date"]
    assert slippage_of(lius).days == 3


def test_the_page_tells_the_whole_story_of_a_date(lius, cast, client):
    original = lius.due_on
    moved(lius, cast, by=30, granted=False)
    moved(lius, cast, by=14)
    track.record_deviation(lius, by=cast.depot_manager, text="The crane is broken.")
    track.record_progress(lius, by=cast.depot_manager, text="Half", progress=50, cost=1200)
    track.record_progress(lius, by=cast.depot_manager, text="More", progress=70, cost=300)
    client.force_login(cast.quality)
    page = client.get(lius.get_absolute_url())
    asked = page.context["item"]["asked"]
    assert [(request.kind, answer.kind) for request, answer in asked] == [
        ("extension", "refusal"), ("extension", "adjustment"),
    ]  # fmt: skip
    assert page.context["item"]["spent"] == 1500
    html = page.content.decode()
    for words in (
        str(original),
        "moved by 14 days",
        "The crane is broken.",
        "Supplier&#x27;s letter seen",
        "refused",
    ):
        assert words in html
    listed = client.get(reverse("measure-list") + "?who=all").content.decode()
    assert "moved by 14 days" in listed and f"originally {original}" in listed and "spent 1,500" in listed


# The three views ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", VIEWS)
def test_the_same_filters_everywhere(case, cast, client, name):
    own, lius = open_measures(case)
    client.force_login(cast.owner)
    month = f"&month={own.due_on:%Y-%m}"
    html = client.get(reverse(name) + "?who=" + month).content.decode()
    assert own.text in html and lius.text not in html
    html = client.get(
        reverse(name) + f"?who=all&due_from={lius.due_on}&month={lius.due_on:%Y-%m}"
    ).content.decode()
    assert lius.text in html and own.text not in html
    assert f"?who=all&amp;due_from={lius.due_on}" in html  # the tabs carry them along
    html = client.get(reverse(name) + "?who=all&overdue=on").content.decode()
    assert own.text not in html and lius.text not in html


@pytest.mark.parametrize("name", VIEWS)
def test_nobody_sees_others_measures(case, cast, client, name):
    for stranger in (cast.colleague, cast.admin, cast.west_manager, cast.hotel_quality):
        client.force_login(stranger)
        for measure in open_measures(case):
            html = client.get(
                reverse(name) + f"?who=all&status=any&month={measure.due_on:%Y-%m}"
            ).content.decode()
            assert measure.number not in html and measure.text not in html, stranger


@pytest.mark.parametrize("name", VIEWS)
def test_an_odd_address_shows_the_present(case, cast, client, name):
    client.force_login(cast.quality)
    for odd in ("month=2026-13", "month=%00", "month=9999-99", "due_from=x", "unit=0", "after=1.x"):
        assert client.get(f"{reverse(name)}?who=all&{odd}").status_code == 200, odd


def copies(case, number: int, due_on: dt.date) -> None:
    """Many measures of one case, each with a check in its ledger."""
    first = open_measures(case)[0]
    for place in range(number):
        row = Measure.objects.create(
            incident=case, plan=first.plan, cause=first.cause, text=f"Copy {place}", owner=first.owner,
            unit=first.unit, due_on=due_on, original_due_on=due_on, number=f"CA-2031-{place + 1:06d}", target="-",
        )  # fmt: skip
        row.entries.create(kind="check", text="Seen", by=first.owner, by_name="Chen", in_order=True)


@pytest.mark.parametrize("name", VIEWS)
def test_the_number_of_statements_does_not_grow(case, cast, client, name):
    client.force_login(cast.quality)
    due = open_measures(case)[0].due_on
    url = reverse(name) + f"?who=all&month={due:%Y-%m}"
    client.get(url)
    counts = []
    for number in (0, 20):
        copies(case, number, due)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(url).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15


def test_the_number_of_statements_of_the_incident_does_not_grow(case, cast, client):
    client.force_login(cast.quality)
    client.get(case.get_absolute_url())
    counts = []
    for number in (0, 12):
        copies(case, number, open_measures(case)[0].due_on)
        with CaptureQueriesContext(connection) as seen:
            client.get(case.get_absolute_url())
        counts.append(len(seen))
    assert counts[0] == counts[1]


# The calendar ---------------------------------------------------------------------------------------------------------
def test_a_day_shows_a_few_and_counts_the_rest(case, cast, client):
    day = open_measures(case)[0].due_on
    copies(case, PER_DAY + 3, day)
    form = FilterForm(QueryDict("who=all"), person=cast.quality)
    squares = [square for week in weeks_of(day.replace(day=1), form.found()) for square in week]
    full = next(square for square in squares if square.date == day)
    assert len(full.measures) == PER_DAY and full.more == 4
    client.force_login(cast.quality)
    html = client.get(reverse("measure-calendar") + f"?who=all&month={day:%Y-%m}").content.decode()
    assert "+4 more" in html and f"due_from={day}&amp;due_until={day}" in html
    rest = client.get(reverse("measure-list") + f"?who=all&due_from={day}&due_until={day}")
    assert len(rest.context["page"].rows) == PER_DAY + 4


def test_holidays_and_make_up_days_are_marked(cast, client):
    """The State Council's notice for 2026: Spring Festival 15-23 February, worked on Saturdays the 14th and the 28th."""
    client.force_login(cast.quality)
    weeks = client.get(reverse("measure-calendar") + "?month=2026-02").context["weeks"]
    days = {square.date.day: square for week in weeks for square in week if square.is_in_month}
    assert all(
        str(days[day].holiday) == "Spring Festival" and not days[day].is_working for day in range(15, 24)
    )
    assert days[14].is_make_up and days[28].is_make_up and days[14].is_working
    assert not days[7].is_working and not days[7].holiday and not days[9].holiday
    html = client.get(reverse("measure-calendar") + "?month=2026-02").content.decode()
    assert "Spring Festival" in html and "worked, for Spring Festival" in html
    assert "published yet" in client.get(reverse("measure-calendar") + "?month=2039-05").content.decode()


def test_months_follow_each_other():
    assert month_after(dt.date(2026, 12, 1)) == dt.date(2027, 1, 1)
    assert month_after(dt.date(2026, 1, 1), -1) == dt.date(2025, 12, 1)
    assert month_of("nonsense") == timezone.localdate().replace(day=1) and month_of("0001-01").year == 1951


# The timeline ---------------------------------------------------------------------------------------------------------
def test_a_row_says_what_it_draws(lius, cast):
    original = lius.due_on
    moved(lius, cast)
    track.record_deviation(lius, by=cast.depot_manager, text="The crane is broken.")
    track.check(lius, by=cast.quality, text="Nothing there yet.", in_order=False)
    chart = chart_of(with_ledgers([lius]))
    (row,) = chart.rows
    for words in (
        f"originally due {original}",
        "moved by 14 days",
        "deviation on",
        "not in order on",
        "0 % done",
    ):
        assert words in row.words
    drawing = str(row.drawing(chart))
    for part in (
        "gantt-original",
        "gantt-moved",
        "gantt-deviation",
        "gantt-finding",
        "gantt-request",
        "gantt-today",
    ):
        assert part in drawing
    assert "gantt-late" not in drawing and "style=" not in drawing
    assert 0 < chart.x(row.begin) < chart.x(original) < chart.x(lius.due_on) < 100


def test_only_what_is_overdue_is_drawn_as_overdue(lius, cast):
    chart = chart_of(with_ledgers([lius]), today=lius.due_on + days(5))
    assert "gantt-late" in str(chart.rows[0].drawing(chart)) and "5 days overdue" in chart.rows[0].words
    track.complete_measure(lius, by=cast.depot_manager, text="Done", notes=["Work order"])
    lius.refresh_from_db()
    chart = chart_of(with_ledgers([lius]), today=lius.due_on + days(5))
    drawing = str(chart.rows[0].drawing(chart))
    assert "gantt-late" not in drawing.replace("gantt-hatch-late", "") and "gantt-done" in drawing


@pytest.mark.parametrize("span", [3, 30, 44, 46, 200, 900, 9000])
def test_the_axis_has_a_few_lines_whatever_the_span(lius, span):
    lius.due_on = lius.original_due_on = timezone.localdate() + days(span)
    chart = chart_of([(lius, [])])
    assert 1 <= len(chart.lines) <= 8
    assert all(0 <= chart.x(day) <= 100 for day, _text in chart.lines)
    assert chart_of([]) is None


def test_the_text_of_an_entry_is_no_markup(lius, cast):
    track.record_deviation(lius, by=cast.depot_manager, text="<script>alert(1)</script>")
    chart = chart_of(with_ledgers([lius]))
    assert "<script>" not in str(chart.rows[0].drawing(chart))


# Taking them away -----------------------------------------------------------------------------------------------------
def read(content: bytes, format: str) -> list[list]:
    if format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_file_holds_what_is_filtered(case, lius, cast, client, format):
    moved(lius, cast)
    track.record_deviation(lius, by=cast.depot_manager, text="Late parts")
    track.record_progress(lius, by=cast.depot_manager, text="Half", progress=50, cost=250)
    track.record_progress(lius, by=cast.depot_manager, text="More", progress=60, cost=50)
    client.force_login(cast.quality)
    response = client.post(reverse("measure-export"), {"query": "who=all", "format": format})
    assert (
        response["Content-Disposition"].startswith("attachment") and response["Cache-Control"] == "no-store"
    )
    rows = read(response.content, format)
    assert [row[1] for row in rows[1:]] == [measure.text for measure in open_measures(case)]
    found = dict(zip(rows[0], rows[2], strict=True))
    assert str(found["Days behind the original date"]) == "14" and str(found["Extensions granted"]) == "1"
    assert str(found["Deviations"]) == "1" and str(found["Originally due"])[:10] == str(lius.original_due_on)
    assert float(found["Cost spent, in yuan"]) == 300
    event = Event.objects.get(act="measure.export")
    assert event.after == {"filters": "who=all", "format": format, "rows": 2} and event.actor == cast.quality


def test_the_file_holds_nobody_elses_measures(case, cast, client):
    sees = {"owner": 2, "depot_manager": 2, "colleague": 0, "admin": 0, "west_manager": 0, "hotel_quality": 0}
    for who, number in sees.items():
        client.force_login(getattr(cast, who))
        response = client.post(reverse("measure-export"), {"query": "who=all", "format": "csv"})
        assert len(read(response.content, "csv")) == number + 1, who


def test_no_cell_is_run_as_a_formula(case, cast):
    Measure.objects.filter(incident=case).update(text="=cmd|' /C calc'!A0")
    form = FilterForm(QueryDict("who=all"), person=cast.quality)
    assert read(exporting.export_now(form, "csv", by=cast.quality).content, "csv")[1][1].startswith("'=")
    sheet = openpyxl.load_workbook(
        io.BytesIO(exporting.export_now(form, "xlsx", by=cast.quality).content)
    ).active
    assert sheet["B2"].data_type == "s"


@pytest.fixture
def large(case, cast, client, monkeypatch) -> Job:
    """Two rows, where one is already many: the worker gets it."""
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    client.force_login(cast.quality_two)  # sees the case by her post alone
    response = client.post(reverse("measure-export"), {"query": "who=all", "format": "csv"})
    job = Job.objects.get()
    assert response.url == job.get_absolute_url() and job.kind == "export-measures"
    return job


def test_the_worker_writes_a_large_one(large, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    assert jobs.run(large.pk)
    large.refresh_from_db()
    assert large.status == Job.Status.DONE and large.summary["rows"] == 2
    response = client.get(reverse("job-result", args=[large.pk]))
    assert len(read(b"".join(response), "csv")) == 3 and ".csv" in response["Content-Disposition"]
    assert client.get(large.get_absolute_url()).status_code == 200


def test_the_worker_asks_anew_what_may_be_seen(large, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cast.quality_two.posts.all().delete()
    jobs.run(large.pk)
    large.refresh_from_db()
    assert large.summary.get("rows", 0) == 0


def test_a_stopped_export_leaves_nothing(large, cast, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(jobs, "REPORT_EVERY", 0)
    Job.objects.filter(pk=large.pk).update(cancel_requested=True)
    jobs.run(large.pk)
    large.refresh_from_db()
    assert large.status == Job.Status.CANCELLED and not large.result_file
    assert not Event.objects.filter(act="measure.export").exists()


def test_costs_are_summed_once(lius, cast):
    for cost in (10, 20):
        track.record_progress(lius, by=cast.depot_manager, text="Bought", progress=10, cost=cost)
    track.record_deviation(lius, by=cast.depot_manager, text="Late")
    assert with_costs(Measure.objects.filter(pk=lius.pk)).get().spent == 30
