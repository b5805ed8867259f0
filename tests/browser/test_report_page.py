"""Reporting from a phone, as people do it: on a bad network, with a closing tab, and without JavaScript."""

import pytest
from playwright.sync_api import expect

from incidents.models import Evidence, Incident
from tests.incidents import samples

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "Rain water on the stairs, level 2 exit. A lady slipped."


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def photo(tmp_path) -> str:
    path = tmp_path / "wet.jpg"
    path.write_bytes(samples.picture(size=(800, 600)))
    return str(path)


@pytest.fixture
def phone(visit, cast):
    visitor = visit(phone=True)
    visitor.sign_in("zhou")
    return visitor


def fill_in(page) -> None:
    page.get_by_role("radio", name="Substandard quality").check(force=True)
    page.get_by_role("radio", name="Cleanliness").check(force=True)
    page.get_by_label("What happened?").fill(WORDS)


def add(page, *paths: str) -> None:
    page.set_input_files("#id_uploads", list(paths))


def test_a_report_with_a_photo_from_a_qr_code(phone, cast, units, photo):
    page = phone.page
    phone.go("/report/?unit=ER-E-HZ&place=Gate+12")
    fill_in(page)
    add(page, photo)
    expect(page.locator(".shot .tag")).to_have_text("Uploaded")
    phone.check()
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/sent/**")
    phone.check()
    incident = Incident.objects.get()
    phone.sees(incident.number)
    assert (incident.type.code, incident.unit, incident.place) == ("quality-clean", units.station, "Gate 12")
    assert (incident.channel, incident.evidence.count()) == ("qr", 1)
    phone.go("/report/")  # the draft is gone
    expect(page.get_by_label("What happened?")).to_have_value("")


def test_a_closed_tab_loses_nothing(phone, photo):
    page = phone.page
    phone.go("/report/")
    fill_in(page)
    add(page, photo)
    expect(page.locator(".shot .tag")).to_have_text("Uploaded")
    expect(page.locator("[data-net-text]")).to_contain_text("Draft saved")
    phone.go("/")
    phone.go("/report/")
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    expect(page.get_by_role("radio", name="Cleanliness")).to_be_checked()
    expect(page.locator(".shot input[name=uploads]")).to_have_count(1)
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/sent/**")
    assert Incident.objects.get().evidence.count() == 1


def test_without_a_network_it_waits_and_goes_by_itself(phone, photo):
    page = phone.page
    phone.go("/report/")
    fill_in(page)
    page.context.set_offline(True)
    add(page, photo)
    expect(page.locator("[data-send-label]")).to_have_text("Save, send when online")
    page.locator("[type=submit]").last.click()
    expect(page.locator("[data-net-text]")).to_contain_text("sent when you are back online")
    assert Incident.objects.count() == 0
    page.context.set_offline(False)
    page.wait_for_url("**/sent/**")
    assert Incident.objects.get().evidence.count() == 1


def test_a_bad_file_is_told_and_a_file_is_taken_back(phone, photo, tmp_path):
    page = phone.page
    bad = tmp_path / "drawing.jpg"
    bad.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")
    phone.go("/report/")
    add(page, photo, str(bad))
    expect(page.locator(".shot-refused .tag")).to_contain_text("accepted")
    phone.check()
    page.get_by_role("button", name="Remove drawing.jpg").click()
    page.get_by_role("button", name="Remove wet.jpg").click()
    expect(page.locator(".shot")).to_have_count(0)
    expect.set_options(timeout=5000)
    page.wait_for_timeout(300)
    assert Evidence.objects.count() == 0


def test_what_is_wrong_is_shown_on_top_with_ways_there(phone, photo):
    page = phone.page
    phone.go("/report/")
    add(page, photo)
    expect(page.locator(".shot .tag")).to_have_text("Uploaded")
    page.get_by_label("What happened?").fill("Wet")
    page.get_by_role("button", name="Send report").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    phone.check()
    summary.get_by_role("link", name="Describe what happened").click()
    expect(page.get_by_label("What happened?")).to_be_focused()
    expect(page.get_by_label("What happened?")).to_have_value("Wet")
    expect(page.locator(".shot img")).to_have_count(1)
    fill_in(page)
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/sent/**")
    assert Incident.objects.get().evidence.count() == 1


def test_anonymously_with_a_secret_link(phone, cast):
    page = phone.page
    phone.go("/report/")
    fill_in(page)
    page.get_by_text("Change who reports it").click()
    page.get_by_role("radio", name="Anonymous").check(force=True)
    phone.sees("Anonymous means: your name is stored nowhere")
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/follow/**")
    phone.check()
    link = page.locator("#follow-link").inner_text()
    assert Incident.objects.get().reporter is None
    page.context.clear_cookies()
    phone.go(link)
    phone.sees("The site manager judges")


def test_without_javascript_everything_works(chromium, live_server, cast, units, photo):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live_server.url}/account/login/")
    page.fill("input[name=login]", "zhou")
    page.fill("input[name=password]", "correct-horse-battery")
    page.locator("main form button").first.click()
    page.goto(f"{live_server.url}/report/")
    add(page, photo)
    page.get_by_label("What happened?").fill("Wet")
    page.get_by_role("button", name="Send report").click()
    page.get_by_role("link", name="Choose what kind of incident it is").wait_for()
    assert page.locator(".shot img").count() == 1
    page.get_by_role("button", name="Remove wet.jpg").click()
    assert page.locator(".shot").count() == 0
    fill_in(page)
    add(page, photo)
    page.get_by_role("button", name="Send report").click()
    page.get_by_text("We have your report").wait_for()
    incident = Incident.objects.get()
    assert incident.evidence.count() == 1 and incident.type.code == "quality-clean"
    context.close()


def test_evidence_is_looked_at_and_types_are_kept(visit, cast, units, photo):
    visitor = visit()
    visitor.sign_in("zhou")
    visitor.go("/report/")
    fill_in(visitor.page)
    add(visitor.page, photo)
    expect(visitor.page.locator(".shot .tag")).to_have_text("Uploaded")
    visitor.page.get_by_role("button", name="Send report").click()
    visitor.page.wait_for_url("**/sent/**")
    visitor.go(f"/evidence/{Evidence.objects.get().pk}/view/")
    shown = visitor.page.locator(".viewer-stage img")
    assert shown.evaluate("image => image.complete && image.naturalWidth") == 800
    administrator = visit()
    administrator.sign_in("ma")
    administrator.go("/types/")
    administrator.press("Move Substandard quality up")
    administrator.press("Add a type", role="link")
    administrator.press("Save")
    administrator.sees("There are 3 problems")
