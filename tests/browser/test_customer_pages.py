"""A customer at a phone: from the QR code to the answer, on a device that keeps nothing afterwards; and without scripts."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from complaints import corresponding, doubting, links
from complaints.models import Complaint, Message
from complaints.states import State
from tests.complaints import letterbox
from tests.incidents import samples

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "昨天下午列车晚点 50 分钟，候车室没有任何广播。"
KEPT = "JSON.stringify(Object.entries(localStorage))"


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(doubting, "SHORTEST", dt.timedelta(0))
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def photo(tmp_path) -> str:
    path = tmp_path / "hall.jpg"
    path.write_bytes(samples.picture(size=(800, 600)))
    return str(path)


def test_a_complaint_from_a_qr_code_survives_a_closed_tab_and_leaves_nothing(visit, cast, units, photo):
    customer = visit(phone=True, language="en")
    page = customer.page
    page.set_default_timeout(30_000)  # the first page of a run waits for everything that starts
    customer.go("/complain/ER-E-HZ/?place=Gate+12")
    page.get_by_label("What happened?").fill(WORDS)
    page.locator("#id_phone").fill("13912341402")
    page.set_input_files("#id_uploads", [photo])
    expect(page.locator(".shot .tag")).to_have_text("Uploaded")
    expect(page.locator("[data-net-text]")).to_contain_text("Draft saved")
    kept = page.evaluate(KEPT)
    assert "候车室" in kept and "13912341402" not in kept  # who writes is never kept
    customer.go("/complain/ER-E-HZ/?place=Gate+12")  # the tab was closed: a new one
    expect(page.get_by_label("What happened?")).to_have_value(WORDS)
    expect(page.locator(".shot")).to_have_count(1)
    expect(page.locator("#id_phone")).to_have_value("")
    page.get_by_role("button", name="Send complaint").click()
    page.wait_for_selector(".errbox")  # neither phone nor consent: said on top, and nothing is lost
    customer.check()
    expect(page.locator(".errbox")).to_be_focused()
    page.locator("#id_phone").fill("13912341402")
    page.get_by_label("I agree to this use of my data").check()
    page.get_by_role("button", name="Send complaint").click()
    page.wait_for_url("**/case/**")
    customer.check()
    complaint = Complaint.objects.get()
    customer.sees(complaint.number)
    assert (complaint.unit, complaint.place, complaint.text) == (units.station, "Gate 12", WORDS)
    assert complaint.attachments.get().message.kind == Message.Kind.COMPLAINT
    assert page.evaluate(KEPT) == "[]"
    page.get_by_label("Write to us").fill("It was hall 3.")
    page.get_by_role("button", name="Send message").click()
    customer.sees("Your message has arrived.")
    customer.sees("It was hall 3.")
    customer.check()
    assert page.evaluate(KEPT) == "[]"
    customer.go("/complain/ER-E-HZ/")  # the device can be cleared at any time
    page.get_by_label("What happened?").fill("Something private")
    expect(page.locator("[data-net-text]")).to_contain_text("Draft saved")
    page.get_by_role("button", name="Clear this device").click()
    expect(page.get_by_label("What happened?")).to_have_value("")
    assert page.evaluate(KEPT) == "[]"


def test_the_answer_did_not_help(visit, cast, units):
    complaint = letterbox.answered(cast, units.station)
    customer = visit(phone=True)
    page = customer.page
    customer.go(f"/case/{links.token_for_letter(complaint)}/")
    customer.press("No, not solved", role="link")
    page.get_by_label("What is still missing?").fill("Nobody paid the taxi.")
    page.get_by_role("button", name="Send, and go on").click()
    customer.sees("We are looking into it once more")
    customer.check()
    complaint.refresh_from_db()
    assert (complaint.state, complaint.round) == (State.INVESTIGATING, 2)
    corresponding.write(complaint, by=cast.handler, version=None, text="We pay it this week.")
    page.reload()
    customer.sees("We pay it this week.")


def test_without_a_script_the_place_is_found_and_the_form_sent(chromium, live_server, cast, units, photo):
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{live_server.url}/complain/")
    page.get_by_label("What happened?").fill(WORDS)
    page.get_by_label("Name of the place").fill("station")
    page.get_by_role("button", name="Find").click()
    page.locator("#places .pick", has_text="Hangzhou").locator("input").check(force=True)
    page.get_by_role("button", name="繁體").click()
    expect(page.locator("#id_text")).to_have_value(WORDS)  # another language keeps what was typed
    page.set_input_files("#id_uploads", photo)
    page.locator("[name=answer][value=anonymous]").check(force=True)
    page.locator(".phone-foot button").click()
    page.locator(".ok-panel .no").wait_for()
    complaint = Complaint.objects.get()
    assert (complaint.unit, complaint.anonymous, complaint.language) == (units.station, True, "zh-hant")
    assert complaint.attachments.count() == 1
    expect(page.locator(".ok-panel .no")).to_have_text(complaint.number)
    context.close()
