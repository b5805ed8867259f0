"""Papers and handbook in a real browser: readable, within the policy, and a PDF taken from the job's page."""

import re

import pytest
from django.urls import reverse

from capa.papers.kinds import PAPERS
from incidents import jobs
from incidents.models import Job
from tests import walks
from tests.browser.conftest import both_widths

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@both_widths
def test_every_paper_and_the_handbook_are_readable(visit, cast, units, phone):
    """axe, the policy and the width of the window: on a desk and on a phone."""
    case = walks.improved(cast, units)
    someone = visit(phone=phone)
    someone.sign_in("wang")
    someone.go(case.get_absolute_url())
    someone.press("Papers", role="link", exact=True)
    for slug in PAPERS:
        someone.go(reverse("paper", args=[case.number, slug]))
    someone.press("繁體中文", role="link")
    assert someone.page.locator("main").get_attribute("lang") == "zh-Hant"
    someone.page.get_by_role("button", name="Print").wait_for()  # only where the script runs
    for page in ("handbook", "handbook-matrix", "handbook-guide"):
        someone.go(reverse(page))


def test_a_pdf_is_asked_for_waited_for_and_taken(visit, cast, units):
    case = walks.planned(cast, units)
    someone = visit()
    someone.sign_in("wang")
    someone.go(reverse("paper", args=[case.number, "measure-tracking"]))
    someone.press("PDF")
    someone.sees("You can leave this page")
    assert jobs.run(Job.objects.get().pk)  # the worker
    with someone.page.expect_download() as taken:
        someone.page.get_by_role("link", name="Download").click()
    assert re.fullmatch(rf"{case.number}-Measure-tracking\.pdf", taken.value.suggested_filename)
    with open(taken.value.path(), "rb") as file:
        assert file.read(5) == b"%PDF-"
    someone.press("Papers", role="link", exact=True)
    someone.sees("Complete case file")


def test_what_a_browser_prints_has_number_and_pages_in_its_margins(visit, cast, units):
    """The margins are a stylesheet of their own: also without the server's Chromium every sheet says what it is."""
    pdfium = pytest.importorskip("pypdfium2")
    case = walks.planned(cast, units)
    someone = visit()
    someone.sign_in("wang")
    someone.go(reverse("paper", args=[case.number, "8d"]))
    pdf = pdfium.PdfDocument(someone.page.pdf(prefer_css_page_size=True))
    for number, page in enumerate(pdf, start=1):
        text = page.get_textpage().get_text_range()
        assert case.number in text and f"Page {number} of {len(pdf)}" in text
    assert "All papers" not in pdf[0].get_textpage().get_text_range()  # the bar stays on the screen
