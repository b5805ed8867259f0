"""My work, the list and the board in a real browser: by keyboard, on a phone, in both scripts."""

import re

import pytest

from incidents.models import Incident
from tests import walks
from tests.browser.conftest import both_widths

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = (
    "/", "/?tab=done", "/?tab=started", "/?tab=copied", "/?due=week", "/incidents/",
    "/incidents/?q=gate&severity=3&unit=ER-E",
    "/incidents/?q=unicorn", "/incidents/board/", "/incidents/views/", "/incidents/views/new/?query=severity%3D4",
)  # fmt: skip


@pytest.fixture
def three(cast, units):
    for number in range(3):
        walks.substantiate(walks.report(cast, units, title=f"Gate {number} failed"), cast)
        walks.report(cast, units, title=f"Lift {number} failed")


@both_widths
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_accessible_and_fits(cast, units, three, visit, phone, language):
    cast.site_manager.language = language
    cast.site_manager.save()
    visitor = visit(phone=phone)
    visitor.sign_in("li")
    for path in PATHS:
        visitor.go(path)
    for path in ("/incidents/", "/incidents/board/", "/"):
        visitor.go(path)
        visitor.page.locator(".menu-wide > summary").click()
        visitor.check()


def test_a_list_is_walked_by_keyboard(cast, units, three, visit):
    visitor = visit()
    visitor.sign_in("li")
    page = visitor.page
    bar = page.locator("#chosen")
    assert not bar.is_visible()
    for key in ("j", "j", "x", "j", "x", "k", "x"):
        page.keyboard.press(key)
    assert page.locator("[data-row].on").count() == 1 and bar.is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/incidents/SQ-"))
    page.go_back()
    page.keyboard.press("/")
    page.keyboard.type("gate")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/incidents/\?q="))
    assert page.locator("[data-row]").count() == 3


def test_what_is_ticked_goes_to_the_hand_over(cast, units, three, visit):
    visitor = visit()
    visitor.sign_in("li")
    first = visitor.page.locator("[data-row] input[type=checkbox]").first
    number = first.get_attribute("value")
    first.check()
    visitor.press("Hand over")
    visitor.sees(number)
    assert visitor.page.locator("ul.handover > li").count() == 1


def test_filters_are_added_saved_and_taken_away(cast, units, three, visit):
    visitor = visit()
    visitor.sign_in("li")
    visitor.go("/incidents/")
    page = visitor.page
    page.locator(".menu-wide > summary").click()
    page.get_by_label("Serious").check()
    visitor.press("Show", exact=True)
    assert page.url.endswith("/incidents/?severity=3") and page.locator("[data-row]").count() == 3
    page.get_by_text("Views", exact=True).click()
    visitor.press("Save these filters", role="link")
    page.fill("input[name=name]", "Serious ones")
    visitor.press("Save", exact=True)
    assert page.url.endswith("/incidents/?severity=3")
    visitor.press("Remove Severity: Serious", role="link")
    assert page.locator("[data-row]").count() == Incident.objects.count() == 6
