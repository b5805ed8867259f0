"""Real files with numbers known beforehand. They lie beside the checkout, in ../shared/data, and aren't part of it."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from django.db.models import F

from history.models import Event
from incidents.models import Incident, RowError
from incidents.stages import Stage
from people.tables import read_table
from reminders.models import Deadline
from tests.incidents.imports import counts, problems, run_import

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not DATA.is_dir(), reason=f"THE REAL FILES ARE NOT THERE, nothing was checked: {DATA}"
    ),
]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def file(name: str) -> bytes:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"THE REAL FILE IS NOT THERE, nothing was checked: {path}")
    return path.read_bytes()


#: Their seven categories as types of ours, all different, so that they can be counted afterwards.
CATEGORIES = {
    "劳动和社会保障": "staff", "城乡建设": "facility", "教育文体": "quality", "卫生计生": "safety",
    "交通运输": "delay", "商贸旅游": "complaint-price", "环境保护": "quality-clean",
}  # fmt: skip


def test_chinese_complaints_of_a_sheet_that_declares_65203_rows(cast):
    """494 numbers in 495 rows; the second row of the number that occurs twice is named with the first."""
    options = {"name": "fj2.xlsx", "unit": "ER-E", "values": {"type": CATEGORIES}}
    strict = run_import(cast.quality, file("zh_tipdm_sample_fj2.xlsx"), batch=0, **options)
    assert counts(strict, "rows", "created", "errors", "left_out") == (495, 0, 1, 494)
    job = run_import(cast.quality, file("zh_tipdm_sample_fj2.xlsx"), leave_out_errors=True, **options)
    assert counts(job, "rows", "created", "errors") == (495, 494, 1)
    assert problems(job) == [(312, "This number was used already in row 100.")]
    by_type = Counter(Incident.objects.values_list("type__code", flat=True))
    assert by_type.total() == 494
    refused = _category_of_row(312)
    known = {"劳动和社会保障": 104, "城乡建设": 101, "教育文体": 96, "卫生计生": 58}
    known |= {"交通运输": 55, "商贸旅游": 48, "环境保护": 33}
    expected = {CATEGORIES[category]: count for category, count in known.items()}
    expected[CATEGORIES[refused]] -= 1
    assert by_type == expected
    again = run_import(cast.quality, file("zh_tipdm_sample_fj2.xlsx"), leave_out_errors=True, **options)
    assert counts(again, "created", "unchanged", "errors") == (0, 494, 1)


def _category_of_row(wanted: int) -> str:
    with read_table(DATA / "zh_tipdm_sample_fj2.xlsx") as table:
        return next(cells[5] for number, cells in table.rows if number == wanted)


def test_us_consumer_complaints_without_numbers(cast):
    """No column tells rows apart: eleven repeat another one exactly. Dates are month first, which the file shows."""
    data = file("cfpb_complaints_3186.csv")
    options = {"name": "cfpb.csv", "unit": "ER", "type": "complaint", "leave_out_errors": True}
    options |= {
        "zone": "America/New_York",
        "columns": {"type": "", "unit": ""},
        "also": ["Product", "Company", "Company response to consumer"],
    }
    job = run_import(cast.quality, data, **options)
    assert counts(job, "rows", "created", "errors") == (3186, 3175, 11)
    assert all("exactly" in message for _row, message in problems(job))
    assert "Dates were read as month, day, year." in job.remarks
    reported = Incident.objects.order_by("reported_at").values_list("reported_at", flat=True)
    assert (str(reported.first())[:10], str(reported.last())[:10]) == ("2013-06-04", "2017-02-23")
    assert counts(run_import(cast.quality, data, **options), "created", "unchanged", "errors") == (
        0,
        3175,
        11,
    )


def test_posts_about_indian_railways(cast):
    """English and Hindi; years only, so one date is chosen for all."""
    job = run_import(
        cast.quality, file("rail_india_posts_masked.csv.gz"), name="rail.csv.gz", unit="ER", type="complaint",
        occurred_at="2024-01-01", columns={"occurred_at": "", "reported_at": ""}, also=["year"],
    )  # fmt: skip
    assert counts(job, "rows", "created", "errors") == (2120, 2120, 0)
    assert Incident.objects.filter(description__contains="ट्रेन").exists()


LOG_OPTIONS = {
    "name": "uci.csv.gz", "events": True, "unit": "ER-E", "type": "other",
    "also": ["category", "subcategory", "opened_by"],
    "columns": {"severity": "priority", "place": "location", "contact_name": ""},
}  # fmt: skip


@pytest.mark.slow
def test_an_event_log_of_6225_incidents(cast):
    """35,533 events; every case ends closed, 79 were reopened on the way."""
    job = run_import(cast.quality, file("uci_incident_dev.csv.gz"), **LOG_OPTIONS)
    assert counts(job, "rows", "cases", "created", "closed", "events", "reopened", "errors") == (
        35533, 6225, 6225, 6225, 35533, 79, 0,
    )  # fmt: skip
    assert Incident.objects.filter(stage=Stage.CLOSED).count() == 6225
    assert Event.objects.filter(act="incident.brought_over").count() == 35533
    assert not Deadline.objects.filter(subject__startswith="incident:").exists()
    assert not Incident.objects.filter(closed_at__lt=F("reported_at")).exists()
    assert "Dates were read as day, month, year." in job.remarks
    again = run_import(cast.quality, file("uci_incident_dev.csv.gz"), **LOG_OPTIONS)
    assert counts(again, "created", "unchanged", "changed", "errors") == (0, 6225, 0, 0)


def test_the_beginning_of_an_event_log(cast):
    """The same file, quick enough for every run: its first 1,500 events."""
    lines = gzip.decompress(file("uci_incident_dev.csv.gz")).decode().splitlines(keepends=True)
    job = run_import(cast.quality, "".join(lines[:1501]), **LOG_OPTIONS | {"name": "uci.csv"})
    assert counts(job, "rows", "errors") == (1500, 0) and job.summary["created"] == job.summary["cases"] > 150
    assert not RowError.objects.filter(job=job).exists()
