"""Taking the list away: exactly the rows one sees, in one's language, on record."""

import csv
import io

import openpyxl
import pytest
from django.http import QueryDict
from django.utils import timezone

from history.models import Event
from incidents import exporting, jobs
from incidents.filters import IncidentFilter
from incidents.models import Incident, Job
from tests import walks

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(client):
    """Press the button: the rows of the file as lists of text."""

    def press(person, query="", format="csv"):
        client.force_login(person)
        response = client.post("/incidents/export/", {"query": query, "format": format})
        assert response.status_code == 200, response.headers
        assert (
            response["Content-Disposition"].startswith("attachment")
            and response["Cache-Control"] == "no-store"
        )
        return read(response.content, format)

    return press


def read(content: bytes, format: str) -> list[list]:
    if format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    assert content.startswith(b"\xef\xbb\xbf")  # Excel takes it for UTF-8
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_it_holds_what_is_filtered_in_its_order(cast, units, export, format):
    first = walks.report(cast, units, title="First")
    second = walks.report(cast, units, title="Second")
    walks.report(cast, units, title="Elsewhere", unit=units.station)
    rows = export(cast.quality, "unit=ER-E-C3&sort=oldest", format)
    assert [row[:2] for row in rows] == [
        ["Number", "Title"],
        [first.number, "First"],
        [second.number, "Second"],
    ]
    rows = export(cast.quality, "unit=ER-E-C3&sort=severity", format)
    assert [row[1] for row in rows[1:]] == ["Second", "First"]


def test_headings_and_values_are_in_the_readers_language_and_time(cast, units, export):
    case = walks.substantiate(walks.report(cast, units), cast, severity=3)
    row = dict(zip(*export(cast.quality), strict=True))
    assert row["Severity"] == "Serious" and row["Type"] == "Air conditioning"
    assert row["Reported"] == f"{timezone.localtime(case.reported_at):%Y-%m-%d %H:%M:%S}"
    cast.quality.language, cast.quality.time_zone = "zh-hans", "UTC"
    cast.quality.save()
    rows = export(cast.quality)
    assert "空调通风" in rows[1] and f"{case.reported_at:%Y-%m-%d %H:%M:%S}" in rows[1]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1"])
def test_no_cell_is_run_as_a_formula(cast, units, export, text):
    case = walks.report(cast, units, description="A description.", place=text)
    Incident.objects.filter(pk=case.pk).update(title=text)
    assert (
        text in export(cast.quality, format="csv")[1][1]
        and export(cast.quality, format="csv")[1][1][0] == "'"
    )
    client_file = exporting.export_now(
        IncidentFilter(QueryDict(""), person=cast.quality), "xlsx", by=cast.quality
    )
    cell = openpyxl.load_workbook(io.BytesIO(client_file.content)).active["B2"]
    assert cell.data_type == "s" and cell.value.strip() == text.strip()


def test_contacts_never_leave(cast, units, export):
    """Not even for those who may look at them one by one."""
    contact = {"name": "Canary Zhang", "phone": "18600001402", "email": "canary@example.org"}
    walks.report(cast, units, reporter_kind="other", contact=contact)
    for person in (cast.handler, cast.quality):
        text = str(export(person)) + str(export(person, "q=1402"))
        for secret in ("Canary", "18600001402", "1402", "canary@"):
            assert secret not in text


def test_it_is_put_on_record_without_the_words_searched_for(cast, units, export):
    walks.report(cast, units)
    walks.report(cast, units)
    export(cast.quality, "unit=ER-E&q=air&severity=")
    event = Event.objects.get(act="incident.export")
    assert (event.actor, event.case, event.unit) == (cast.quality, cast.quality.case, units.rail)
    assert event.after == {"filters": "unit=ER-E", "searched": True, "format": "csv", "rows": 2}
    assert "air" not in event.payload


def test_it_holds_nobody_elses_rows(cast, units, export):
    walks.report(cast, units, title="East")
    walks.report(cast, units, unit=units.west_station, by=cast.colleague, title="West")
    walks.report(cast, units, unit=units.hotels, by=cast.hotel_quality, title="Hotel")
    assert Incident.objects.count() == 3
    sees = {
        "site_manager": {"East"}, "west_manager": {"West"}, "hotel_quality": {"Hotel"}, "quality": {"East", "West"},
        "admin": set(), "reporter": {"East"},
    }  # fmt: skip
    for name, titles in sees.items():
        for format in ("csv", "xlsx"):
            assert {row[1] for row in export(getattr(cast, name), format=format)[1:]} == titles, name


@pytest.mark.parametrize(
    "data",
    [
        {"query": "unit=HH", "format": "csv"},
        {"query": "", "format": "exe"},
        {"query": "severity=x", "format": "xlsx"},
        {},
    ],
)
def test_what_cannot_be_filtered_is_not_exported(cast, units, client, data):
    walks.report(cast, units)
    client.force_login(cast.quality)
    response = client.post("/incidents/export/", data)
    assert response.status_code == 302 and response.url.startswith("/incidents/")
    assert not Event.objects.filter(act="incident.export").exists() and Job.objects.count() == 0


def test_it_is_a_post(cast, client):
    client.force_login(cast.quality)
    assert client.get("/incidents/export/").status_code == 405


# A large one --------------------------------------------------------------------------------------------------------
@pytest.fixture
def large(cast, units, client, monkeypatch) -> Job:
    """Three rows, where two are already many: the worker gets it."""
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    for number in range(3):
        walks.report(cast, units, title=f"Case {number}")
    client.force_login(cast.quality)
    response = client.post("/incidents/export/", {"query": "unit=ER-E&sort=oldest", "format": "csv"})
    job = Job.objects.get()
    assert response.status_code == 302 and response.url == job.get_absolute_url()
    assert not Event.objects.filter(act="incident.export").exists()
    return job


def test_the_worker_writes_a_large_one(large, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    assert jobs.run(large.pk)
    large.refresh_from_db()
    assert large.status == Job.Status.DONE and large.summary["rows"] == 3
    with large.result_file.open() as file:
        rows = read(file.read(), "csv")
    assert [row[1] for row in rows[1:]] == ["Case 0", "Case 1", "Case 2"] and rows[0][0] == "Number"
    event = Event.objects.get(act="incident.export")
    assert event.actor == cast.quality and event.after["rows"] == 3


def test_the_worker_asks_anew_what_may_be_seen(large, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cast.quality.posts.all().delete()
    jobs.run(large.pk)
    large.refresh_from_db()
    assert large.summary.get("rows", 0) == 0
