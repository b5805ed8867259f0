"""manage.py import_incidents: the same import, at a terminal."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from incidents.models import ColumnMapping, Incident, Job
from tests.incidents.imports import row, table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(table(row(1), row(2, occurred="soon"), row(3)), encoding="utf-8")
    return path


def command(file, *arguments) -> str:
    out = StringIO()
    call_command("import_incidents", str(file), "--source", "crm", *arguments, stdout=out)
    return out.getvalue()


def test_it_imports_and_says_what_became_of_the_rows(cast, file, tmp_path):
    back = tmp_path / "back.csv"
    said = command(file, "--by", "wang", "--leave-out-errors", "--errors", str(back))
    assert "Row 3, 发生时间: This is not a date and time. [soon]" in said and "created: 2, " in said
    assert Incident.objects.count() == 2 and Job.objects.get().owner == cast.quality
    assert "soon" in back.read_text(encoding="utf-8-sig")


def test_a_dry_run_writes_no_incident(cast, file):
    assert "created: 2, " in command(file, "--by", "wang", "--dry-run") and not Incident.objects.exists()


def test_all_or_nothing_is_the_rule(cast, file):
    assert "left_out: 2" in command(file, "--by", "wang", "--batch", "0") and not Incident.objects.exists()


def test_a_saved_mapping_or_a_file_with_one(cast, file, tmp_path):
    command(file, "--by", "wang", "--leave-out-errors", "--column", "title=详情")
    options = Job.objects.get().options
    assert Incident.objects.get(external_id="1").title.startswith("三号车厢")
    ColumnMapping.objects.create(
        owner=cast.quality, name="monthly", columns=options["columns"], values={}, options=options["options"]
    )
    assert "unchanged: 2" in command(file, "--by", "wang", "--mapping", "monthly")
    stored = tmp_path / "mapping.json"
    stored.write_text(json.dumps(options), encoding="utf-8")
    assert "unchanged: 2" in command(file, "--by", "wang", "--mapping", str(stored))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--by", "nobody"], "no active person"),
        (["--by", "li"], "may import only"),
        (["--by", "wang", "--mapping", "none"], "no saved mapping"),
        (["--by", "wang", "--column", "colour=x"], "FIELD=HEADING"),
        (["--by", "wang", "--column", "place=Nowhere"], "no column"),
        (["--by", "wang", "--unit", "XX"], "no unit"),
    ],
)
def test_what_cant_be_done_is_said(cast, file, arguments, says):
    with pytest.raises(CommandError, match=says):
        command(file, *arguments)
    assert not Incident.objects.exists()
