"""The pages of monthly reports: whose they are, what they cost, the paper by a real Chromium, the mail by a real server."""

import hashlib
import io

import pypdfium2 as pdfium
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents import jobs
from incidents.models import Job
from metrics.models import MonthlyReport
from metrics.periods import Period
from metrics.reporting import making, papers, readers
from reminders.deliveries.sending import deliver_mail
from tests.complaints import letterbox
from tests.conftest import PASSWORD
from tests.metrics import story
from tests.reminders.mailbox import subject_of, text_of

pytestmark = pytest.mark.django_db
mailbox = letterbox.mailbox

OCTOBER = Period.parse("2026-10")
needs_chromium = pytest.mark.skipif(
    not papers.available(), reason="NO CHROMIUM IS INSTALLED: NO PDF WAS MADE"
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def told(cast, units):
    story.two_years(units.east)
    story.targets(units.rail, cast.quality)
    return units.east


def body(response) -> str:
    return response.content.decode()


def test_from_the_draft_to_the_signature_without_a_script(told, cast, client, settings, tmp_path):
    settings.CHROMIUM = str(tmp_path / "nothing")
    client.force_login(cast.quality)
    form = {"unit": told.pk, "month": "2026-10", "language": "en"}
    page = client.post(reverse("reports"), form, follow=True)
    report = MonthlyReport.objects.get()
    assert page.redirect_chain[-1][0] == report.get_absolute_url()
    assert "First response (concern)" in body(page) and body(page).count('class="chart') == 16
    amend = reverse("report-amend", args=[report.pk, "complaints"])
    assert "What the figures say" in body(client.get(amend))
    refused = client.post(amend, {"version": 1, "text": "x" * 4001})
    assert refused.status_code == 422 and "x" * 4001 in body(refused)
    client.post(amend, {"version": 1, "text": "Half of them were about one train."})
    stale = client.post(amend, {"version": 1, "text": "Another thought."})
    assert stale.status_code == 409 and "Another thought." in body(stale)
    page = body(client.get(report.get_absolute_url()))
    assert "What was changed by hand" in page and "<del>" in page
    sign = reverse("report-sign", args=[report.pk])
    wrong = client.post(sign, {"version": 2, "password": "not it"})
    assert wrong.status_code == 422 and "not your password" in body(wrong)
    report.refresh_from_db()
    assert not report.is_signed
    client.post(sign, {"version": 2, "password": PASSWORD})
    report.refresh_from_db()
    assert report.is_signed and report.signed_by == cast.quality
    page = body(client.get(f"{report.get_absolute_url()}?compare=1"))
    assert "Matches what stands here" in page and "are the same today" in page and amend not in page
    assert client.post(amend, {"version": 3, "text": "Now?"}).status_code == 302
    empty = client.post(reverse("report-correct", args=[report.pk]), {"reason": ""})
    assert empty.status_code == 422
    client.post(reverse("report-correct", args=[report.pk]), {"reason": "Passengers were revised"})
    assert MonthlyReport.objects.count() == 2
    assert "A corrected report is being written" in body(client.get(report.get_absolute_url()))


def test_what_is_not_ones_own_does_not_exist(told, cast, client):
    """A draft is the keepers'; a signed one is for those who see the unit; the list shows neither to others."""
    draft = making.make(told, OCTOBER, by=cast.quality, language="en")
    for person in (cast.executive, cast.west_manager, cast.hotel_quality, cast.reporter):
        client.force_login(person)
        for name, args in (
            ("report-page", []),
            ("report-paper", []),
            ("report-sign", []),
            ("report-amend", ["csi"]),
        ):
            assert client.get(reverse(name, args=[draft.pk, *args])).status_code == 404, (person, name)
        assert client.post(reverse("report-remake", args=[draft.pk]), {"version": 1}).status_code == 404
        assert draft.get_absolute_url() not in body(client.get(reverse("reports")))
    draft.refresh_from_db()
    assert draft.version == 1
    MonthlyReport.objects.filter(pk=draft.pk).update(
        status="signed", signed_by=cast.quality, signed_at=draft.made_at
    )
    seen = {}
    for person in (cast.executive, cast.supervisor, cast.west_manager, cast.hotel_quality, cast.reporter):
        client.force_login(person)
        seen[person] = client.get(draft.get_absolute_url()).status_code
        assert (
            client.get(reverse("report-pdf", args=[draft.pk])).status_code == 404
        )  # no paper yet, or not theirs
    assert list(seen.values()) == [200, 200, 404, 404, 404]


def test_pages_cost_the_same_however_many_there_are(told, cast, units, client):
    first = making.make(told, OCTOBER, by=cast.quality, language="en")
    readers.add_reader(told, cast.executive, by=cast.quality)
    client.force_login(cast.quality)
    costs = {
        url: queries(client, url)
        for url in (reverse("reports"), first.get_absolute_url(), reverse("report-readers"))
    }
    for month in ("2026-09", "2026-08", "2026-07"):
        making.make(told, Period.parse(month), by=cast.quality, language="zh-hans")
        making.make(units.crew, Period.parse(month), by=cast.quality, language="zh-hant")
    for person in (cast.supervisor, cast.handler, cast.quality):
        readers.add_reader(told, person, by=cast.quality)
    assert {url: queries(client, url) for url in costs} == costs
    assert all(cost < 25 for cost in costs.values()), costs


def queries(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


# On paper, by mail ---------------------------------------------------------------------------------------------------
@needs_chromium
def test_the_paper_is_made_kept_and_taken_and_its_readers_get_one_mail(told, cast, client, mailbox):
    """Chromium prints the signed report in the worker; a second job keeps nothing and tells nobody again."""
    readers.add_reader(told, cast.executive, by=cast.quality)
    report = making.sign(
        making.make(told, OCTOBER, by=cast.quality, language="zh-hans"), by=cast.quality, version=1
    )
    job = Job.objects.get()
    assert report.sent_at is None and jobs.run(job.pk)
    job.refresh_from_db()
    report.refresh_from_db()
    assert job.status == Job.Status.DONE, job.failure
    client.force_login(cast.executive)
    response = client.get(reverse("report-pdf", args=[report.pk]))
    content = b"".join(response.streaming_content)
    assert hashlib.sha256(content).hexdigest() == report.sha256 and content.startswith(b"%PDF-")
    assert "ER-E-2026-10.pdf" in response["Content-Disposition"]
    pages = pdfium.PdfDocument(io.BytesIO(content))
    assert 2 <= len(pages) <= 8
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert "Wang Qiang" in text and "East Division" in text
    width, height = pages[0].get_size()
    assert (round(width), round(height)) == (595, 842)  # A4
    again = papers.ask_for_paper(report, by=cast.quality)
    assert jobs.run(again.pk)
    kept = MonthlyReport.objects.get()
    assert (kept.sha256, kept.sent_at) == (report.sha256, report.sent_at)
    deliver_mail()
    deliver_mail()
    ours = [
        mail for mail, to in zip(mailbox.mails, mailbox.recipients, strict=True) if to == cast.executive.email
    ]
    assert len(ours) == 1 and "East Division 2026-10" in subject_of(ours[0])
    assert "https://loop.rail.example/notices/" in text_of(ours[0])


@needs_chromium
def test_a_page_of_figures_is_printed_as_its_reader_sees_it(told, cast, client):
    client.force_login(cast.executive)
    address = f"{reverse('reports')}"
    response = client.post(reverse("figures-pdf"), {"page": address})
    job = Job.objects.get()
    assert response.headers["Location"] == job.get_absolute_url() and jobs.run(job.pk)
    job.refresh_from_db()
    with job.result_file.open("rb") as file:
        pages = pdfium.PdfDocument(io.BytesIO(file.read()))
    assert "Monthly reports" in pages[0].get_textpage().get_text_range()
    assert client.post(reverse("figures-pdf"), {"page": "/account/"}).status_code == 400
