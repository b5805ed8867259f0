"""The desk in a real browser: a call is taken while the customer speaks, and what it becomes is read on a phone."""

import pytest

from complaints import intake
from complaints.models import Call, Complaint
from complaints.states import Channel

pytestmark = pytest.mark.django_db(transaction=True)
RUDE = "The conductor of G1402 shouted at my mother in car 3."


def test_a_call_is_taken_while_the_customer_speaks(cast, units, visit):
    earlier, _token = intake.receive(
        by=None,
        unit=units.crew,
        text=RUDE,
        channel=Channel.WEB,
        contact={"name": "Huang", "phone": "13912341402"},
    )
    for phone in (False, True):
        desk = visit(phone=phone)
        desk.sign_in("zhao")
        desk.go("/complaints/call/")
        page = desk.page
        page.fill("#id_query", "1402")
        page.get_by_text(f"Add to {earlier.number}").wait_for()
        page.fill("#id_text", "Nobody has called me about the conductor in car 3 who shouted at my mother.")
        page.locator("#told").get_by_text("Told before?").wait_for()
        page.locator("#told").get_by_text("High-speed Crew 3").first.wait_for()
        desk.check()
        assert "13912341402" not in page.content()
        if phone:
            page.get_by_text(f"Add to {earlier.number}").click()
        page.get_by_label("I have repeated these facts back").check()
        desk.press("Put on record")
        desk.sees("Tell the customer this number")
        desk.check()
    new, added = Call.objects.order_by("pk")
    assert (new.outcome, added.outcome) == (Call.Outcome.COMPLAINT, Call.Outcome.ADDED)
    assert added.complaint == earlier and new.repeated_back and Complaint.objects.count() == 2
    page.locator("#alike").scroll_into_view_if_needed()
    page.locator("#alike").get_by_text(new.complaint.number).wait_for()
    desk.go("/complaints/")
    desk.sees(new.complaint.number)
    assert not desk.violations
