"""Surveys in a real browser: a customer answers on a phone in Chinese, staff type a sheet in with figures and Enter."""

import pytest
from django.urls import reverse

from complaints.models import Response
from complaints.surveys import collecting, making
from tests.complaints.asking_customers import survey

pytestmark = pytest.mark.django_db(transaction=True)


def made(cast, units, **fields):
    """A survey of the railway made from the short start, published."""
    fields = {"name": "Short", "purpose": "at_unit", "start": "short", **fields}
    asked = making.create(by=cast.quality, unit=units.rail, **fields)
    return making.publish(making.draft(asked, by=cast.quality), by=cast.quality)


def test_a_customer_answers_on_a_phone_in_chinese_and_changes_the_language(visit, cast, units):
    version = made(cast, units)
    place = collecting.set_up(version.survey, by=cast.quality, unit=units.station, place="3 号柜台")
    visitor = visit(phone=True, language="zh-CN")
    visitor.go(reverse("survey-place", args=[place.code]))
    page = visitor.page
    page.locator("input[name=q-attitude][value='4']").check(force=True)
    assert page.locator("[data-progress] progress").evaluate("bar => bar.value") == 1
    visitor.press("繁體中文")
    visitor.sees("工作人員的態度如何？")
    assert page.locator("input[name=q-attitude]:checked").get_attribute("value") == "4"
    page.locator("textarea").fill("柜台很快")
    page.locator("input[name=q-recommend]").nth(9).check(force=True)
    page.locator("form#answers .survey-send button").click()
    page.wait_for_load_state("load")
    visitor.check()
    assert page.locator(".survey-end").count() == 1
    given = Response.objects.get()
    assert (given.scores, given.comment, given.language) == ([4, None, None, 9, None], "柜台很快", "zh-hant")


def test_figures_and_enter_are_enough_to_type_in(visit, cast, units):
    version = survey(units, cast.quality, kinds=("likert5", "likert10", "likert5"))
    visitor = visit()
    visitor.sign_in(cast.handler.username)
    visitor.go(reverse("survey-type", args=[version.survey_id]))
    page = visitor.page
    page.locator("select[name=unit]").select_option(str(units.station.pk))
    for sheet in ("31 5", "410\t2"):
        page.locator("input[name=q-a]").focus()
        for key in sheet:
            page.keyboard.press({" ": "Enter", "\t": "Shift"}.get(key, key))
        page.keyboard.press("Enter")
        page.wait_for_load_state("load")
        visitor.sees("Kept. The next one:")
    visitor.check()
    assert [row.scores for row in Response.objects.order_by("pk")] == [[3, 1, 5], [4, 10, 2]]
