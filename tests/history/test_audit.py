"""The audit page: found, narrowed, checked and taken away by those who keep the records; by nobody else."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from history import audit as trail
from history.models import Event
from history.recording import record
from tests.history.forging import by_superuser
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

AUDIT = "/audit/"


@pytest.fixture
def incident(cast, units):
    return substantiate(report(cast, units), cast, note="Seen with my own eyes")


def page(client, reader, **query):
    client.force_login(reader)
    return client.get(AUDIT, query)


def acts(response) -> list[str]:
    return [row["event"].act for row in response.context["rows"]]


def export(client, reader, file_format="csv", **query):
    client.force_login(reader)
    return client.post(
        f"{reverse('audit-export')}?{'&'.join(f'{k}={v}' for k, v in query.items())}", {"format": file_format}
    )


def test_a_quality_manager_reads_what_happened(client, cast, incident):
    response = page(client, cast.quality)
    assert acts(response)[:2] == ["incident.substantiate", "incident.report"]
    html = response.content.decode()
    assert "found it substantiated: Serious" in html and "Seen with my own eyes" in html
    assert Event.objects.get(act="incident.report").hash in html


@pytest.mark.parametrize("who", ["reporter", "site_manager", "supervisor", "handler", "executive", "owner"])
@pytest.mark.parametrize("name", ["audit", "audit-verify", "audit-export"])
def test_nobody_else_reads_checks_or_takes_it(client, cast, incident, who, name):
    client.force_login(getattr(cast, who))
    before = Event.objects.exclude(act__startswith="person.").count()
    assert client.get(AUDIT).status_code == 403
    if name != "audit":
        assert client.post(reverse(name), {"case": incident.case, "format": "csv"}).status_code == 403
    assert Event.objects.exclude(act__startswith="person.").count() == before


def test_strangers_are_asked_to_sign_in(client, db):
    assert client.get(AUDIT).status_code == 302
    assert client.post(reverse("audit-export")).status_code == 302


def test_the_events_of_other_units_and_companies_are_not_there(client, cast, incident):
    for stranger in (cast.west_manager, cast.hotel_quality):
        response = page(client, stranger, q=incident.number)
        assert acts(response) == []
        assert client.post(reverse("audit-verify"), {"case": incident.case}).status_code == 404
        assert incident.number not in b"".join(export(client, stranger)).decode()
    assert incident.number in b"".join(export(client, cast.quality)).decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"act": "incident.report"}, {"incident.report"}),
        ({"person": "Li Min (li)"}, {"incident.substantiate"}),
        ({"person": "li"}, {"incident.substantiate"}),
        ({"source": "import"}, set()),
        ({"since": "2999-01-01"}, set()),
        ({"until": "2001-01-01"}, set()),
    ],
)
def test_filters_narrow_what_is_shown(client, cast, incident, query, expected):
    assert set(acts(page(client, cast.quality, q=incident.case, **query))) == expected


def test_a_case_is_found_by_its_number_whatever_the_case_of_its_letters(client, cast, incident):
    assert len(acts(page(client, cast.quality, q=incident.number.lower()))) == 2


def test_a_unit_includes_those_below_it(client, cast, units, incident):
    assert len(acts(page(client, cast.quality, unit=units.east.pk, q=incident.case))) == 2
    assert acts(page(client, cast.quality, unit=units.west.pk, q=incident.case)) == []


def test_days_are_the_readers_days(client, cast, incident):
    """23:30 in Shanghai is the same day there, though it is 15:30 in London."""
    cast.quality.time_zone = "Pacific/Kiritimati"  # UTC+14
    cast.quality.save()
    today = timezone.now().astimezone(dt.timezone(dt.timedelta(hours=14))).date()
    assert len(acts(page(client, cast.quality, q=incident.case, since=today, until=today))) == 2
    assert acts(page(client, cast.quality, q=incident.case, until=today - dt.timedelta(days=1))) == []


def test_a_filter_that_makes_no_sense_says_so(client, cast, incident):
    response = page(
        client, cast.quality, person="Nobody at all", since="yesterday-ish", act="no.such", unit="x"
    )
    assert response.status_code == 200 and "Nobody here is called" in response.content.decode()


@pytest.mark.parametrize(
    "cursor", ["x", "1", "-", "99999999999999999999-1", "1-99999999999999999999999", "\x00-1"]
)
def test_a_place_in_the_list_that_does_not_exist_is_the_first_page(client, cast, incident, cursor):
    assert page(client, cast.quality, after=cursor).status_code == 200
    assert page(client, cast.quality, before=cursor).status_code == 200


def test_pages_follow_each_other_without_gap_or_repetition(client, cast, units, incident):
    now = timezone.now()
    for number in range(120):
        record(
            "incident:77",
            "incident.comment",
            label="SQ-2026-000077",
            by=cast.admin,
            unit=units.crew,
            reason=str(number),
        )
    by_superuser(
        "UPDATE history_event SET at = %s WHERE \"case\" = 'incident:77' AND seq %% 3 = 0", [now]
    )  # same moment
    seen, query = [], {"q": "incident:77"}
    while True:
        response = page(client, cast.quality, **query)
        seen.append([row["event"].pk for row in response.context["rows"]])
        if not response.context["older"]:
            break
        query["after"] = response.context["older"]
    assert [len(rows) for rows in seen] == [50, 50, 20]
    assert len({pk for rows in seen for pk in rows}) == 120
    back = page(client, cast.quality, q="incident:77", before=response.context["newer"])
    assert [row["event"].pk for row in back.context["rows"]] == seen[1]
    first = page(client, cast.quality, q="incident:77", before=back.context["newer"])
    assert [row["event"].pk for row in first.context["rows"]] == seen[0] and not first.context["newer"]


@pytest.mark.parametrize("events", [10, 45])
def test_the_page_asks_the_same_questions_however_much_it_shows(
    client, cast, units, incident, events, django_assert_max_num_queries
):
    for _number in range(events):
        record(incident.case, "incident.amend", label=incident.number, by=cast.admin, unit=units.crew,
               after={"responsible_person": cast.owner})  # fmt: skip
    client.force_login(cast.quality)
    with django_assert_max_num_queries(14):
        client.get(AUDIT)


# Checking ------------------------------------------------------------------------------------------------------------
def test_a_shown_case_is_checked_on_the_spot(client, cast, incident):
    assert page(client, cast.quality).context["case"] == ""
    assert page(client, cast.quality, q=incident.number).context["case"] == incident.case
    response = client.post(reverse("audit-verify"), {"case": incident.case}, follow=True)
    assert f"The chain of {incident.number} is unbroken: 2 events" in response.content.decode()
    by_superuser("UPDATE history_event SET reason = 'x' WHERE \"case\" = %s AND seq = 2", [incident.case])
    response = client.post(reverse("audit-verify"), {"case": incident.case}, follow=True)
    assert f"{incident.case} #2: columns say something else" in response.content.decode()


# Taking away ---------------------------------------------------------------------------------------------------------
def test_what_is_filtered_goes_into_a_csv_and_that_is_recorded(client, cast, incident):
    response = export(client, cast.quality, q=incident.number, act="incident.report")
    rows = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))
    assert len(rows) == 2 and rows[1][1] == incident.number and rows[1][5] == "reported it"
    assert rows[1][0] == timezone.localtime(Event.objects.get(act="incident.report").at).strftime(
        "%Y-%m-%d %H:%M:%S"
    )
    event = Event.objects.get(act="audit.export")
    assert (
        event.actor == cast.quality
        and event.after["rows"] == 1
        and event.after["filters"]["q"] == incident.number
    )


def test_formulas_do_not_run_in_what_is_taken_away(client, cast, units):
    report_with = "=cmd|' /C calc'!A0"
    incident = substantiate(report(cast, units), cast, note=report_with)
    text = b"".join(export(client, cast.quality, q=incident.case)).decode()
    assert "'=cmd" in text
    book = openpyxl.load_workbook(io.BytesIO(b"".join(export(client, cast.quality, "xlsx", q=incident.case))))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert any(report_with in str(cell.value) for cell in cells) and all(
        cell.data_type != "f" for cell in cells
    )


def test_a_workbook_that_would_be_too_long_is_refused_with_a_way_out(client, cast, incident, monkeypatch):
    monkeypatch.setattr(trail, "XLSX_ROWS", 1)
    response = export(client, cast.quality, "xlsx", q=incident.case)
    assert response.status_code == 302 and incident.case in response["Location"].replace("%3A", ":")
    assert "Narrow the filters, or take CSV" in client.get(response["Location"]).content.decode()
    assert not Event.objects.filter(act="audit.export").exists()


def test_a_long_export_is_read_in_pieces(client, cast, units, incident, django_assert_max_num_queries):
    for number in range(1200):
        record(
            "incident:77",
            "incident.comment",
            label="SQ-2026-000077",
            by=cast.admin,
            unit=units.crew,
            reason=str(number),
        )
    client.force_login(cast.quality)
    with django_assert_max_num_queries(25):
        response = client.post(f"{reverse('audit-export')}?q=incident:77", {"format": "csv"})
        assert sum(piece.count(b"\n") for piece in response) == 1201
