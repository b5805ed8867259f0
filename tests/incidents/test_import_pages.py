"""The import in the browser: a file is sent, its columns are mapped, it is tried, then imported."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents import jobs
from incidents.models import ColumnMapping, Incident, Job
from tests.incidents.imports import row, run_import, table

pytestmark = pytest.mark.django_db

DATA = table(row(1), row(2, type="外星人"), row(2, "Twice"), row(4, occurred="soon"))


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def quality(client, cast):
    client.force_login(cast.quality)
    return client


def send(client, data: str | bytes = DATA, name="cases.csv", **fields):
    data = data.encode() if isinstance(data, str) else data
    return client.post(reverse("imports"), {"file": SimpleUploadedFile(name, data), **fields})


def sent(client, **fields) -> Job:
    """A file that was sent; the columns are what comes next."""
    response = send(client, **fields)
    job = Job.objects.get(status=Job.Status.DRAFT)
    assert response.status_code == 302 and response.url == reverse("import-columns", args=[job.pk])
    return job


def chosen(client, job: Job, do: str, **changes):
    """Post the columns page as it stands, with some choices changed."""
    page = client.get(reverse("import-columns", args=[job.pk]))
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    return client.post(reverse("import-columns", args=[job.pk]), data | {"do": do} | changes)


def text_of(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_from_the_file_to_the_incidents(quality, cast, django_capture_on_commit_callbacks):
    job = sent(quality)
    page = quality.get(reverse("import-columns", args=[job.pk]))
    assert page.context["form"]["col_title"].value() == "主题" and "空调不制冷" in page.content.decode()
    assert page.context["form"]["source"].value() == "cases" and len(page.context["cases"]) == 4
    with django_capture_on_commit_callbacks() as told:
        response = chosen(quality, job, "check", type="other")
    assert response.url == reverse("job", args=[job.pk]) and len(told) == 1
    assert "Waiting for its turn" in text_of(quality.get(response.url))
    jobs.run(job.pk)
    tried = text_of(quality.get(response.url))
    assert "2 cases have errors. Nothing has been written yet." in tried and not Incident.objects.exists()
    assert "This number was used already in row 3." in tried and "Import 2 incidents" in tried
    response = quality.post(
        reverse("import-start", args=[job.pk]), {"on_errors": "leave-out", "batch": "200"}
    )
    importing = Job.objects.get(kind=Job.Kind.IMPORT_INCIDENTS)
    assert response.url == reverse("job", args=[importing.pk])
    jobs.run(importing.pk)
    assert "2 incidents are imported." in text_of(quality.get(response.url)) and Incident.objects.count() == 2
    download = quality.get(reverse("job-result", args=[importing.pk]))
    assert download["Content-Disposition"] == 'attachment; filename="cases-problems.csv"'
    assert download["X-Content-Type-Options"] == "nosniff" and b"soon" in b"".join(download.streaming_content)
    overview = text_of(quality.get(reverse("imports")))
    assert overview.count("cases.csv") == 2 and "Finished" in overview


def test_sent_twice_it_is_imported_once(quality, cast):
    job = sent(quality)
    chosen(quality, job, "check", type="other")
    chosen_again = quality.post(reverse("import-columns", args=[job.pk]), {"do": "check"})
    assert chosen_again.url == reverse("job", args=[job.pk])
    jobs.run(job.pk)
    for _again in range(2):
        quality.post(reverse("import-start", args=[job.pk]), {"on_errors": "leave-out", "batch": "200"})
    assert Job.objects.filter(kind=Job.Kind.IMPORT_INCIDENTS).count() == 1


def test_another_column_brings_its_values_to_choose(quality):
    job = sent(quality)
    page = chosen(quality, job, "preview", col_severity="影响人数", col_type="渠道")
    assert page.status_code == 200 and {
        table["heading"] for table in page.context["form"].value_tables()
    } == {"渠道", "单位"}
    page = chosen(quality, job, "preview", val_type_0="facility")
    job.refresh_from_db()
    assert job.options["values"]["type"] == {"电话": "facility"}
    assert page.context["cases"][0].values["type"].code == "facility"


def test_what_is_lacking_is_said_at_its_field(quality):
    job = sent(quality)
    response = chosen(quality, job, "check", col_title="", col_description="", col_occurred_at="")
    assert response.status_code == 422 and set(response.context["form"].errors) == {
        "col_description",
        "col_occurred_at",
    }
    job.refresh_from_db()
    assert job.status == Job.Status.DRAFT


def test_a_mapping_is_saved_used_again_and_deleted(quality, cast):
    job = sent(quality)
    chosen(quality, job, "save", save_as="Monthly", type="other", col_contact_name="")
    saved = ColumnMapping.objects.get(owner=cast.quality)
    assert saved.name == "Monthly" and "contact_name" not in saved.columns
    Job.objects.all().delete()
    again = sent(quality, data=table(row(9)), mapping=saved.pk)
    assert "contact_name" not in again.options["columns"] and again.options["options"]["type"] == "other"
    quality.post(reverse("mapping-delete", args=[saved.pk]))
    assert not ColumnMapping.objects.exists()


def test_columns_can_be_changed_after_trying(quality, cast):
    job = sent(quality)
    chosen(quality, job, "check", type="other")
    jobs.run(job.pk)
    response = quality.post(reverse("import-columns", args=[job.pk]), {"do": "again"})
    draft = Job.objects.get(status=Job.Status.DRAFT)
    assert response.url == reverse("import-columns", args=[draft.pk]) and draft.file == job.file
    assert quality.get(reverse("import-columns", args=[job.pk])).url == reverse("job", args=[job.pk])


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"%PDF-1.7", "This is not a table."), (b"", "empty"), (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel")],
)
def test_a_file_that_is_no_table_is_an_error_of_the_form(quality, data, says):
    response = send(quality, data)
    assert response.status_code == 422 and says in text_of(response) and not Job.objects.exists()


def test_a_file_with_a_last_line_cut_off_says_so_before_it_is_tried(quality):
    job = sent(quality, data=table(row(1)) + "2,half")
    assert "Row 3, the last one, is cut off" in text_of(quality.get(reverse("import-columns", args=[job.pk])))


def test_dates_that_can_be_read_two_ways_ask_for_the_order(quality):
    job = sent(quality, data=table(row(1, occurred="3/4/2016"), row(2, occurred="5/6/2016")))
    page = quality.get(reverse("import-columns", args=[job.pk]))
    assert "3/4/2016" in page.context["refusal"]
    page = chosen(quality, job, "preview", date_order="mdy")
    assert page.context["refusal"] == "" and page.context["cases"][0].values["occurred_at"].month == 3


def test_a_running_job_shows_how_far_it_is_and_can_be_stopped(quality, cast):
    job = jobs.enqueue(Job.Kind.IMPORT_INCIDENTS, owner=cast.quality, name="x.csv", announce=False)
    work = jobs.Work(jobs._take(job.pk))
    work.progress(30, 120, now=True)
    page = quality.get(job.get_absolute_url())
    body = page.content.decode()
    assert "30 / 120" in body and 'value="25"' in body and 'hx-trigger="every 2s"' in body
    assert '<noscript><meta http-equiv="refresh"' in body
    fragment = quality.get(job.get_absolute_url(), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode() and "30 / 120" in fragment.content.decode()
    quality.post(reverse("job-cancel", args=[job.pk]))
    with pytest.raises(jobs.Cancelled):
        work.progress(31, 120, now=True)


def test_what_stands_in_a_file_is_never_markup(quality):
    job = sent(quality, data=table(row(1, "<script>alert(1)</script>", occurred="<img src=x>")))
    body = quality.get(reverse("import-columns", args=[job.pk])).content.decode()
    assert "<script>alert" not in body and "<img src=x" not in body and "&lt;script&gt;" in body


# Whose it is ---------------------------------------------------------------------------------------------------------
ADDRESSES = ["job", "job-cancel", "job-result", "import-columns", "import-start"]


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("who", ["quality_two", "handler", "hotel_quality"])
def test_a_job_is_its_owners_alone(client, cast, name, who):
    job = run_import(cast.quality, DATA, dry=True, leave_out_errors=True)
    assert job.result_file
    client.force_login(getattr(cast, who))
    method = client.post if name in {"job-cancel", "import-start"} else client.get
    assert method(reverse(name, args=[job.pk])).status_code == 404
    job.refresh_from_db()
    assert job.status == Job.Status.DONE and not job.cancel_requested


def test_a_mapping_is_its_owners_alone(client, cast):
    mapping = ColumnMapping.objects.create(owner=cast.quality, name="Mine")
    client.force_login(cast.quality_two)
    assert client.post(reverse("mapping-delete", args=[mapping.pk])).status_code == 404
    assert "Mine" not in client.get(reverse("imports")).content.decode() and ColumnMapping.objects.exists()


@pytest.mark.parametrize("who", ["reporter", "site_manager", "supervisor", "executive", "admin"])
def test_who_may_not_import_finds_no_form(client, cast, who):
    client.force_login(getattr(cast, who))
    assert client.get(reverse("imports")).status_code == 403
    assert send(client).status_code == 403 and not Job.objects.exists()


@pytest.mark.parametrize("name", ["imports", *ADDRESSES])
def test_strangers_are_sent_to_sign_in(client, cast, name):
    args = [] if name == "imports" else [run_import(cast.quality, DATA, dry=True).pk]
    response = client.post(reverse(name, args=args))
    assert response.status_code == 302 and "login" in response.url


# What a page costs ---------------------------------------------------------------------------------------------------
#: Address -> statements. The session, the person and their posts are two of them.
COSTS = {"imports": 6, "job": 6, "fragment": 4, "columns": 14}


@pytest.mark.parametrize("size", [2, 60])
def test_pages_ask_the_database_as_often_at_any_size(quality, cast, size):
    data = table(*(row(number, occurred="soon") for number in range(size)))
    tried = run_import(cast.quality, data, dry=True)
    draft = sent(quality, data=data)
    for _more in range(size // 2):
        jobs.enqueue(Job.Kind.CHECK_INCIDENTS, owner=cast.quality, name="more.csv", announce=False)

    def cost(name: str, *args, **headers) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert quality.get(reverse(name, args=args), headers=headers).status_code == 200
        return len(asked)

    cost("imports")  # the session is warm
    assert {
        "imports": cost("imports"),
        "job": cost("job", tried.pk),
        "fragment": cost("job", tried.pk, **{"HX-Request": "true"}),
        "columns": cost("import-columns", draft.pk),
    } == COSTS
