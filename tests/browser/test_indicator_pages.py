"""The page of an indicator and the catalogue in a real browser: read by axe, in the dark and on a phone, written on."""

import datetime as dt

import pytest
from django.urls import reverse

from metrics import notes
from metrics.models import Note
from tests.browser.conftest import accessibility_problems
from tests.metrics.test_indicator_page import RATE, figures  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)


def opened(visitor, path):
    """The page with everything on it that can be opened."""
    visitor.go(path)
    visitor.page.evaluate("document.querySelectorAll('details.data').forEach(one => one.open = true)")
    visitor.check()
    assert not accessibility_problems(visitor.page)
    return visitor.page


def test_a_manager_reads_in_the_dark_and_writes_on_the_chart(visit, cast, figures):  # noqa: F811
    visitor = visit()
    visitor.page.emulate_media(color_scheme="dark")
    visitor.sign_in(cast.quality.username)
    page = opened(visitor, reverse("indicator", args=["complaint-rate"]) + "?unit=ER-E&compare=year")
    assert page.locator("svg.control:visible").count() == 2  # the chart and the funnel plot
    page.fill("#notes input[name=day]", "2025-12-01")
    page.fill("#notes input[name=text]", "First-asked-answers rule")
    page.locator("#notes input[name=rebases]").check()
    visitor.press("Write it on the chart")
    visitor.sees("new limits from here")
    assert page.locator("svg.control:visible .evt-t").first.text_content() == "First-asked-answers rule"
    assert Note.objects.get().rebases
    visitor.go(reverse("indicators") + "?unit=ER-E")
    visitor.press("Complaint rate", role="link", exact=True)
    assert "unit=ER-E" in page.url


def test_an_executive_reads_on_a_phone_in_chinese(visit, cast, figures):  # noqa: F811
    notes.add(RATE, figures.east, by=cast.quality, day=dt.date(2026, 4, 10), text="夏季时刻表")
    cast.executive.language = "zh-hans"
    cast.executive.save()
    visitor = visit(phone=True, language="zh-CN")
    visitor.sign_in(cast.executive.username)
    page = opened(visitor, reverse("indicator", args=["complaint-rate"]) + "?unit=ER-E")
    assert page.locator("svg.control:visible").first.get_attribute("viewBox").startswith("0 0 360")
    page.set_viewport_size({"width": 320, "height": 700})
    visitor.check()
    visitor.go(reverse("indicators") + "?unit=ER-E")
