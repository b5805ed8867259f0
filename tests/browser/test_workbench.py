"""The workbench in real browsers: by keyboard alone, on a phone, without JavaScript, and two people at once."""

import pytest

from capa import analyse
from incidents.models import Incident
from tests.conftest import PASSWORD
from tests.walks import confirmed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def incident(cast, units):
    return confirmed(cast, units)


def add(incident, cast, text, **more) -> Incident:
    return analyse.add_cause(
        incident, by=cast.owner, version=None, text=text, **({"category": "machine"} | more)
    )


def outline(incident, parent=None, side="occurrence"):
    rows = incident.causes.filter(parent=parent, side=side)
    return [(cause.text, outline(incident, cause, side)) for cause in rows]


def bench(visitor, incident, name, query=""):
    visitor.sign_in(name)
    visitor.go(f"/incidents/{incident.number}/analysis/{query}")
    return visitor.page


def line(page, text):
    return page.locator("textarea[data-line]", has_text=text).first


def settled(page):
    page.locator("[data-outline][aria-busy]").wait_for(state="detached")


def until(page, check, tries=150):
    """What the server has comes to be so: waits, then says what it was instead."""
    for _try in range(tries):
        if (found := check()) is True:
            return
        page.wait_for_timeout(100)
    raise AssertionError(found)


def test_by_keyboard_alone(cast, units, incident, visit):
    add(incident, cast, "Condenser fan bearing worn")
    page = bench(visit(), incident, "chen")
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    line(page, "bearing").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Not on the weekly card")
    page.keyboard.press("Tab")  # below the one above
    page.keyboard.press("Enter")  # and on with the next line, without waiting for the server
    page.keyboard.type("Card revised without a review")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    until(page, lambda: incident.causes.count() == 3)
    settled(page)
    rows = [("Not on the weekly card", []), ("Card revised without a review", [])]
    assert outline(incident) == [("Condenser fan bearing worn", rows)]

    line(page, "Card revised").focus()
    page.keyboard.press("Tab")
    until(
        page,
        lambda: (
            outline(incident)[0][1] == [("Not on the weekly card", [("Card revised without a review", [])])]
        ),
    )
    settled(page)
    assert page.evaluate("document.activeElement.value") == "Card revised without a review"
    page.keyboard.press("Shift+Tab")
    until(page, lambda: outline(incident)[0][1] == rows)
    settled(page)
    page.keyboard.press("Alt+ArrowUp")
    until(page, lambda: outline(incident)[0][1] == rows[::-1])
    settled(page)

    page.keyboard.press("End")
    page.keyboard.type(", V3.2")
    page.keyboard.press("ArrowDown")  # leaving the line saves it
    until(page, lambda: incident.causes.filter(text="Card revised without a review, V3.2").exists())
    settled(page)
    assert "weekly card" in page.evaluate("document.activeElement.value")

    page.keyboard.press("Alt+Enter")  # state and proof
    page.locator(".wb-finding input[type=radio]:focus").wait_for()
    page.keyboard.press("ArrowDown")  # from "to be checked" to "confirmed"
    page.get_by_label("What was found, and how?").fill("The card has no line for it.")
    page.get_by_label("This is a root cause").check()
    page.get_by_label("Kind of proof").select_option("document")
    page.get_by_label("What it shows").fill("Weekly card V3.2")
    page.locator(".wb-finding form").evaluate("form => form.requestSubmit()")
    until(page, lambda: incident.causes.filter(is_root=True, proofs__kind="document").exists())
    assert loads == []  # every answer was swapped in: nothing that is typed meanwhile is lost

    line(page, "weekly card").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # no trap: the next control has the focus
    assert page.evaluate("!document.activeElement.matches('[data-line]')")


def test_two_people_change_the_same_words(cast, units, incident, visit):
    add(incident, cast, "Bearing worn")
    chen, wang = bench(visit(), incident, "chen"), bench(visit(), incident, "wang")
    line(wang, "Bearing").fill("Bearing worn: no grease")
    line(wang, "Bearing").blur()
    until(wang, lambda: incident.causes.filter(text="Bearing worn: no grease").exists())
    line(chen, "Bearing").fill("Bearing worn on the motor side")
    line(chen, "Bearing").blur()
    box = chen.locator(".wb-conflict")
    box.wait_for()
    assert "Wang" in box.inner_text()
    assert "Bearing worn on the motor side" in box.inner_text() and "no grease" in box.inner_text()
    assert incident.causes.get().text == "Bearing worn: no grease"  # nothing is overwritten unseen
    chen.get_by_role("button", name="Keep mine").click()
    until(chen, lambda: incident.causes.get().text == "Bearing worn on the motor side")

    line(wang, "Bearing").fill("Bearing worn, of course")
    line(wang, "Bearing").blur()
    wang.get_by_role("button", name="Take theirs").click()
    wang.locator(".wb-conflict").wait_for(state="detached")
    assert line(wang, "Bearing").input_value() == "Bearing worn on the motor side"


def test_what_one_types_survives_what_another_saves(cast, units, incident, visit):
    add(add(incident, cast, "One"), cast, "Two")
    page = bench(visit(), incident, "chen")
    line(page, "One").fill("One, still being typed")
    add(incident, cast, "Three, by somebody else")
    page.evaluate("htmx.trigger('#workbench-tree', 'every')")
    page.evaluate(
        "htmx.ajax('GET', document.getElementById('workbench-tree').getAttribute('hx-get'),"
        " {source: '#workbench-tree', target: '#workbench-tree', swap: 'outerHTML'})"
    )
    line(page, "Three").wait_for()
    assert page.locator("textarea[data-line]").first.input_value() == "One, still being typed"
    assert page.evaluate("document.activeElement.value") == "One, still being typed"


def test_two_people_write_the_report(cast, units, incident, visit):
    chen, wang = bench(visit(), incident, "chen"), bench(visit(), incident, "wang")
    for page, words in ((wang, "Wang's words"), (chen, "Chen's words")):
        page.locator("#id_report").fill(words)
        page.locator("#words-report").get_by_role("button", name="Save").click()
        if page is wang:
            page.locator("#words-report").get_by_text("Saved").wait_for()
    box = chen.locator("#words-report .wb-conflict")
    box.wait_for()
    assert "Wang's words" in box.inner_text() and "Chen's words" in box.inner_text()
    chen.get_by_role("button", name="Keep mine").click()
    chen.locator("#words-report").get_by_text("Saved").wait_for()
    assert incident.analyses.get().report == "Chen's words"


def test_on_a_phone(cast, units, incident, visit):
    visitor = visit(phone=True)
    page = bench(visitor, incident, "chen")
    page.get_by_label("Supposed cause").fill("Bearing worn")
    page.get_by_label("Bone of the fishbone").select_option("machine")
    page.get_by_role("button", name="Add", exact=True).click()
    line(page, "Bearing").wait_for()
    page.get_by_role("link", name="Why?").tap()
    page.locator("[data-new]").fill("No grease")
    page.locator(".wb-new").get_by_role("button", name="Add").tap()
    until(page, lambda: outline(incident) == [("Bearing worn", [("No grease", [])])])
    settled(page)
    page.locator(".wb-item .wb-item summary").tap()
    page.locator(".wb-item .wb-item").get_by_role("button", name="One level out").tap()
    until(page, lambda: outline(incident) == [("Bearing worn", []), ("No grease", [])])
    visitor.check()
    small = page.evaluate(
        """() => [...document.querySelectorAll("#tree :is(a, button, select, summary):not(.vh)")]
            .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 43.5)
            .map((control) => control.outerHTML)"""
    )
    assert small == []


def test_without_javascript(cast, units, incident, chromium, live_server, visit):
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{live_server.url}/account/login/")
    page.fill("input[name=login]", "chen")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.goto(f"{live_server.url}/incidents/{incident.number}/analysis/")
    page.get_by_label("Supposed cause").fill("Bearing worn")
    page.get_by_label("… or a bone of your own").fill("Supplier")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Why?").click()
    page.get_by_label("Supposed cause").fill("No grease")
    page.get_by_role("button", name="Add", exact=True).click()
    assert outline(incident) == [("Bearing worn", [("No grease", [])])]
    assert set(incident.causes.values_list("category", flat=True)) == {"Supplier"}
    page.locator("textarea[data-line]").first.fill("Bearing worn out")
    page.locator("summary[aria-label^=More]").first.click()
    page.get_by_role("button", name="Save the words").first.click()
    assert outline(incident) == [("Bearing worn out", [("No grease", [])])]
    page.locator("a.wb-state").nth(1).click()
    page.get_by_role("radio", name="Confirmed").check()
    page.get_by_label("What was found, and how?").fill("Dry when taken apart.")
    page.get_by_label("What it shows").fill("Strip-down protocol")
    page.locator(".wb-finding button.btn-p").click()
    assert incident.causes.get(text="No grease").status == "confirmed"
    page.get_by_role("button", name="Draft the report from the causes").click()
    assert "Bearing worn out → No grease" in page.locator("#id_report").input_value()
    page.locator("#words-report").get_by_role("button", name="Save").click()
    assert "No grease" in incident.analyses.get().report
    context.close()
