"""The papers of a case: what they say, to whom, in which language; and that Chromium really makes PDF files of them."""

import io
import os
import re
import subprocess
import sys

import pypdfium2 as pdfium
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from PIL import Image, ImageDraw

from capa import track, verify
from capa.papers import making, printing, rendering
from capa.papers.kinds import PAPERS
from history.models import ChainHead, Event, Signature
from incidents import evidence, jobs
from incidents.models import Evidence, Incident, Job
from incidents.stages import Stage
from people.models import Unit
from tests import walks

pytestmark = pytest.mark.django_db

LANGUAGES = ("zh-hans", "zh-hant", "en")
STORY = "发车 20 分钟后 3 号车厢空调停止制冷，车温升至 33.8 °C。"
needs_chromium = pytest.mark.skipif(
    not printing.available(), reason="NO CHROMIUM IS INSTALLED: NO PDF WAS MADE"
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def photo(name: str) -> SimpleUploadedFile:
    picture = Image.new("RGB", (320, 240), "#264b59")
    ImageDraw.Draw(picture).ellipse((60, 40, 200, 180), fill="#ffcc33")
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return SimpleUploadedFile(name, buffer.getvalue())


@pytest.fixture
def fresh(cast, units) -> Incident:
    return walks.report(cast, units, description=STORY)


@pytest.fixture
def full(cast, units) -> Incident:
    """Two rounds: the first not effective, the second effective; with a photo, a log and a contact; closed."""
    uploads = [
        evidence.store_upload(photo("fan.jpg"), by=cast.reporter, name="fan.jpg").pk,
        evidence.store_upload(
            SimpleUploadedFile("log.txt", b"13:24 fan stopped\n"), by=cast.reporter, name="车载日志.txt"
        ).pk,
    ]
    case = walks.confirmed(
        cast, units, uploads=uploads, description=STORY, reporter_kind="other",
        contact={"name": "张三丰", "phone": "13800001402", "email": "sanfeng@example.org"},
    )  # fmt: skip
    case = walks.tracked(cast, units, walks.planned(cast, units, walks.analysed(cast, units, case)))
    case = verify.judge(case, by=cast.quality, version=case.version, **walks.verdict("not_effective"))
    case = walks.tracked(cast, units, walks.planned(cast, units, walks.analysed(cast, units, case)))
    return walks.improved(cast, units, walks.verified(cast, units, case))


def as_file(case: Incident, person, slug: str, language: str = "en", chosen: int | None = None) -> str:
    """The self-contained HTML that is printed."""
    row = making.visible_case(person, case.number)
    with translation.override(language):
        return rendering.whole_file(PAPERS[slug], rendering.facts_of(row, person, inline=True), chosen)


def words(html: str) -> str:
    """What stands on the paper, without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S))


# What they say -------------------------------------------------------------------------------------------------------
EVERY = [(slug, language) for slug in PAPERS for language in LANGUAGES]


def test_every_paper_of_a_whole_story_in_every_language(cast, full, client):
    client.force_login(cast.quality)
    for slug, language in EVERY:
        page = client.get(reverse("paper", args=[full.number, slug]), {"lang": language})
        assert page.status_code == 200, (slug, language)
        text = page.content.decode()
        assert full.number in text and full.title in text
        assert '<main class="paper' in text and f'lang="{rendering.LANGUAGES[language]}">' in text
        assert "style=" not in text and "<style" not in text
        alone = as_file(full, cast.quality, slug, language)
        assert full.title in alone
        with translation.override(language):
            assert str(PAPERS[slug].title) in words(alone), (slug, language)
        for html in (text, alone):
            assert "13800001402" not in html and "张三丰" not in html and "sanfeng@" not in html
    assert "138****1402" in words(as_file(full, cast.quality, "incident-report"))


def test_every_paper_of_a_report_that_nobody_has_looked_at_yet(cast, fresh, client):
    client.force_login(cast.reporter)
    for slug, language in EVERY:
        page = client.get(reverse("paper", args=[fresh.number, slug]), {"lang": language})
        assert page.status_code == 200 and fresh.number in page.content.decode(), (slug, language)
        assert "None" not in words(as_file(fresh, cast.reporter, slug, language)), (slug, language)


def test_the_case_file_holds_both_rounds_every_signature_event_and_checksum(cast, full):
    paper = words(as_file(full, cast.quality, "case-file"))
    assert "Round 1 of 2" in paper and "Round 2 of 2" in paper
    assert "The filter was replaced, the bearing was not looked at." in paper  # why round 1 failed
    for row in Evidence.objects.filter(incident=full):
        assert row.sha256 in paper
    for signature in Signature.objects.filter(case=full.case):
        assert signature.digest in paper and signature.signer_name in paper
    assert Signature.objects.filter(case=full.case).exists()
    for measure in full.measures.all():
        assert measure.number in paper and measure.target in paper
    assert paper.count("Looked at five cards.") >= 4  # each check, in the ledger
    head = ChainHead.objects.get(case=full.case)
    assert f"#{head.seq} {head.hash}" in paper
    assert Event.objects.of(full.case).count() == head.seq
    rows = re.search(r'id="file-story".*?</table>', as_file(full, cast.quality, "case-file"), re.S)[0]
    assert rows.count("<tr") == head.seq + 1  # every event, and the heading


def test_a_form_tells_of_the_round_that_was_asked_for(cast, full, client):
    client.force_login(cast.quality)
    url = reverse("paper", args=[full.number, "effect-verification"])
    first, second = (client.get(url, {"round": n}).content.decode() for n in (1, 2))
    assert "Round 1 of 2" in first and "↺ Not effective" in first
    assert "Round 2 of 2" in second and "✓ Effective" in second
    assert client.get(url).content.decode().count("Round 2 of 2") == 1  # the present one by itself
    for odd in ("0", "3", "99999999999"):
        assert client.get(url, {"round": odd}).status_code in (200, 404)
    assert client.get(url, {"round": "3"}).status_code == 404
    assert client.get(url, {"round": "x"}).status_code == 200


def test_withdrawn_evidence_is_on_no_paper(cast, full):
    row = Evidence.objects.get(incident=full, kind="image")
    Evidence.objects.filter(pk=row.pk).update(caption="Secret photo")
    assert "Secret photo" in as_file(full, cast.quality, "case-file")
    evidence.withdraw(row, by=cast.quality, reason="Shows a passenger's face.")
    paper = as_file(full, cast.quality, "case-file")
    assert "Secret photo" not in paper and row.sha256 not in paper.split('id="file-evidence"')[1]


def test_other_cases_are_named_only_to_those_who_see_them(cast, units, fresh):
    elsewhere = walks.report(cast, units, unit=units.west_station, title="Hidden in the west")
    Incident.objects.filter(pk=fresh.pk).update(merged_into=elsewhere, stage=Stage.MERGED)
    Incident.objects.filter(pk=elsewhere.pk).update(readers=[f"u{units.west.pk}"])
    assert "Hidden in the west" not in as_file(fresh, cast.site_manager, "case-file")
    Incident.objects.filter(pk=elsewhere.pk).update(readers=[f"u{units.rail.pk}"])
    assert "Hidden in the west" in as_file(fresh, cast.quality, "case-file")


# Who gets them -------------------------------------------------------------------------------------------------------
def test_a_case_that_is_not_yours_has_no_papers(cast, full, client):
    for who in ("west_manager", "hotel_quality", "colleague", "admin"):
        client.force_login(getattr(cast, who))
        for name, args in (("papers", []), ("paper", ["8d"]), ("paper-margins", ["8d"])):
            assert client.get(reverse(name, args=[full.number, *args])).status_code == 404, who
        assert client.post(reverse("paper-pdf", args=[full.number, "8d"])).status_code == 404, who
    assert not Job.objects.exists()


def test_a_paper_that_does_not_exist(cast, full, client):
    client.force_login(cast.quality)
    assert client.get(reverse("paper", args=[full.number, "9d"])).status_code == 404


def test_the_page_of_papers_offers_all_of_them_and_the_case_leads_there(cast, full, client):
    client.force_login(cast.executive)
    assert reverse("papers", args=[full.number]) in client.get(full.get_absolute_url()).content.decode()
    page = client.get(reverse("papers", args=[full.number])).content.decode()
    for slug in PAPERS:
        assert reverse("paper", args=[full.number, slug]) in page


def test_the_number_of_questions_does_not_grow_with_the_case(
    cast, units, full, client, django_assert_max_num_queries
):
    small = walks.tracked(cast, units)
    client.force_login(cast.quality)
    for slug in PAPERS:
        for case in (small, full):
            with django_assert_max_num_queries(34 if slug == "case-file" else 28):
                client.get(reverse("paper", args=[case.number, slug]))


def test_the_words_of_a_case_cannot_leave_the_margins(cast, units, client):
    case = walks.report(cast, units)
    cast.quality.display_name = """x"; } body { display: none } </style><script>1</script> @import 'x'"""
    cast.quality.save()
    client.force_login(cast.quality)
    response = client.get(reverse("paper-margins", args=[case.number, "8d"]))
    assert response["Content-Type"] == "text/css; charset=utf-8"
    styles = response.content.decode()
    assert "display: none" not in re.sub(r'"[^"]*"', "", styles) and "</" not in styles and "<" not in styles
    assert styles.count('"') % 2 == 0
    alone = as_file(case, cast.quality, "8d")
    assert "<script" not in alone and alone.count("</style>") == 1


def test_the_file_stands_alone(cast, full):
    """Nothing to fetch and nothing to run: only data: URIs, addresses in words, and links within the paper."""
    html = as_file(full, cast.quality, "case-file")
    assert "default-src 'none'" in html
    assert set(re.findall(r'(?:src|href)="([^"#]{0,5})', html)) <= {"data:", ""}
    assert "<link" not in html and "<script" not in html and "@import" not in html and "url(" not in html


# PDF -----------------------------------------------------------------------------------------------------------------
def text_of(pdf: pdfium.PdfDocument) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def ask(client, case: Incident, slug: str, **data) -> Job:
    """Press the button."""
    response = client.post(reverse("paper-pdf", args=[case.number, slug]), data)
    job = Job.objects.latest("created_at")
    assert response.status_code == 302 and response.url == job.get_absolute_url()
    return job


@needs_chromium
def test_the_button_gives_a_pdf_of_the_case_file_in_chinese(cast, full, client):
    """Asked for in Chinese by somebody who works in English; pages counted, text found, pictures drawn, on record."""
    client.force_login(cast.quality)
    job = ask(client, full, "case-file", lang="zh-hans")
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.DONE, job.failure_text
    download = client.get(reverse("job-result", args=[job.pk]))
    content = b"".join(download)
    assert content.startswith(b"%PDF-") and "attachment" in download["Content-Disposition"]
    pdf = pdfium.PdfDocument(content)
    text = text_of(pdf)
    assert len(pdf) >= 10 and f"{len(pdf)}" in pdf[0].get_textpage().get_text_range()  # page 1 of n
    assert "发车 20 分钟后 3 号车厢空调停止制冷" in text and "车载日志" in text
    assert "责任确认" in text or "责任归属" in text
    for page in pdf:
        width, height = page.get_size()
        assert (round(width), round(height)) == (595, 842)  # A4 upright, in points
        assert full.number in page.get_textpage().get_text_range()  # in the margin of every sheet
        dark = sum(page.render(scale=0.4).to_pil().convert("L").histogram()[:160])
        assert 100 < dark < 0.5 * 238 * 337  # neither empty nor black
    colours = pdf[2].render(scale=1).to_pil().convert("RGB").getcolors(10**6)
    assert any(
        abs(r - 255) < 8 and abs(g - 204) < 12 and abs(b - 51) < 20 for _n, (r, g, b) in colours
    )  # the photo
    assert [item.get_title() for item in pdf.get_toc()][:1]  # bookmarks to leaf through
    event = Event.objects.of(full.case).latest("pk")
    assert (event.act, event.actor, event.after["paper"]) == ("incident.print", cast.quality, "case-file")


@needs_chromium
def test_an_a3_is_one_landscape_page_and_long_words_flow_over(cast, units, full):
    pdf = pdfium.PdfDocument(printing.print_to_pdf(as_file(full, cast.quality, "a3")))
    assert len(pdf) == 1 and [round(side) for side in pdf[0].get_size()] == [842, 595]
    endless = walks.report(cast, units, description="长话短说。" * 990 + "完了。")
    pdf = pdfium.PdfDocument(
        printing.print_to_pdf(as_file(endless, cast.quality, "incident-report", "zh-hans"))
    )
    text = re.sub(r"\s", "", text_of(pdf))
    assert len(pdf) >= 2 and text.count("长话短说") == 990 and "完了" in text  # nothing is cut off


@needs_chromium
def test_the_heads_of_tables_are_repeated_and_never_stand_alone(cast, units):
    case = walks.planned(cast, units)
    measure = walks.open_measures(case)[0]
    for number in range(60):
        track.record_progress(measure, by=measure.owner, text=f"Entry {number}", progress=number)
    pdf = pdfium.PdfDocument(printing.print_to_pdf(as_file(case, cast.quality, "measure-tracking")))
    pages = [page.get_textpage().get_text_range() for page in pdf]
    long = [page for page in pages if re.search(r"Entry \d", page)]
    assert len(long) >= 2
    for page in long:
        assert (
            "What was recorded" in page
            and page.index("What was recorded") < re.search(r"Entry \d", page).start()
        )
    for page in pages:  # a head at the foot of a page without a row below it
        assert "What was recorded" not in page or re.search(
            r"What was recorded[\s\S]*?(Entry \d|Nothing)", page
        )


@needs_chromium
def test_what_one_may_no_longer_see_is_not_printed(cast, full, client):
    """The worker asks again: between the button and the printing somebody lost the post."""
    client.force_login(cast.executive)
    job = ask(client, full, "8d")
    cast.executive.posts.all().delete()
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED and job.failure_text == "You may no longer see this case."
    assert not job.result_file and not Event.objects.filter(act="incident.print").exists()


@needs_chromium
def test_a_second_click_is_the_same_job(cast, full, client):
    client.force_login(cast.quality)
    assert ask(client, full, "8d") == ask(client, full, "8d")
    assert Job.objects.count() == 1 and ask(client, full, "8d", lang="en") != ask(
        client, full, "8d", lang="zh-hant"
    )


def a_program(tmp_path, code: str) -> str:
    """Something that stands in for Chromium."""
    path = tmp_path / "chromium"
    path.write_text(f"#!{sys.executable}\n{code}\n")
    path.chmod(0o755)
    return str(path)


SLEEPER = """
import subprocess, sys, os, pathlib
child = subprocess.Popen(["sleep", "600"])
pathlib.Path("{note}").write_text(f"{{os.getpid()}} {{child.pid}}")
child.wait()
"""


def runs(pid: int) -> bool:
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    ).stdout.strip()
    return bool(found) and not found.startswith("Z")


def test_stopping_ends_every_process(cast, settings, tmp_path, fresh):
    note = tmp_path / "pids"
    settings.CHROMIUM = a_program(tmp_path, SLEEPER.format(note=note))

    def look_up():
        if note.exists() and note.read_text():
            raise jobs.Cancelled()

    with pytest.raises(jobs.Cancelled):
        printing.print_to_pdf("<p>x</p>", look_up=look_up)
    pids = [int(pid) for pid in note.read_text().split()]
    assert len(pids) == 2 and not any(map(runs, pids))
    assert not [
        name for name in os.listdir(os.environ.get("TMPDIR", "/tmp")) if name.startswith(f"paper-{pids[0]}")
    ]


def test_a_chromium_that_hangs_or_fails_is_told_to_the_owner(cast, settings, tmp_path, fresh, client):
    settings.CHROMIUM = a_program(tmp_path, SLEEPER.format(note=tmp_path / "pids"))
    with pytest.raises(jobs.JobFailed, match="not ready in time"):
        printing.print_to_pdf("<p>x</p>", patience=0.5)
    settings.CHROMIUM = a_program(tmp_path, "raise SystemExit(1)")
    client.force_login(cast.reporter)
    job = ask(client, fresh, "8d")
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED and "Print the paper from the browser" in job.failure_text
    settings.CHROMIUM = a_program(tmp_path, "")  # ends well and wrote nothing
    with pytest.raises(jobs.JobFailed):
        printing.print_to_pdf("<p>x</p>")


def test_without_chromium_the_pages_say_what_to_do(cast, settings, tmp_path, fresh, client):
    settings.CHROMIUM = str(tmp_path / "nothing")
    client.force_login(cast.reporter)
    for url in (reverse("papers", args=[fresh.number]), reverse("paper", args=[fresh.number, "8d"])):
        page = client.get(url).content.decode()
        assert "Save as PDF" in page and "chromium" in page
        assert reverse("paper-pdf", args=[fresh.number, "8d"]) not in page
    response = client.post(reverse("paper-pdf", args=[fresh.number, "8d"]), follow=True)
    assert "Chromium is not installed" in response.content.decode() and not Job.objects.exists()


def test_the_name_of_the_file(cast, units, full):
    paper = PAPERS["8d"]
    assert making.file_name(full, paper, "en", 1) == f"{full.number}-8D-report-1.pdf"
    assert Unit.objects.exists() and "/" not in making.file_name(full, paper, "zh-hant", None)
