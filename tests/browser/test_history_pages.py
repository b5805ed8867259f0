"""Notices and the audit trail in a real browser, at a desk and on a phone."""

import pytest

from history.recording import record
from reminders.models import Notice
from tests.browser.conftest import both_widths
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db(transaction=True)


@both_widths
def test_a_notice_is_read_and_leads_to_its_case(visit, cast, units, phone):
    report(cast, units)
    visitor = visit(phone=phone)
    visitor.sign_in("li")
    visitor.go("/notices/")
    visitor.sees("is waiting for you: Judge the report.")
    visitor.press("Mark all as read")
    assert not Notice.objects.filter(recipient=cast.site_manager, read_at=None).exists()
    visitor.press("Unread", role="link", exact=True)
    visitor.sees("You have seen everything.")


@both_widths
def test_a_quality_manager_looks_into_the_records(visit, cast, units, phone):
    incident = substantiate(report(cast, units), cast, note="Seen with my own eyes")
    record(
        incident.case, "incident.amend", label=incident.number, by=cast.quality, unit=incident.unit,
        reason="The train's log says otherwise", before={"place": "Car 3", "people_affected": 86},
        after={"place": "Car 4, compartment 2, at the window side", "people_affected": 41},
    )  # fmt: skip
    visitor = visit(phone=phone)
    visitor.sign_in("wang")
    visitor.go("/audit/")
    visitor.page.locator("summary", has_text="corrected the report").click()
    visitor.sees("compartment 2, at the window side")
    visitor.check()
    visitor.press(f"All events of {incident.number}", role="link")
    visitor.press("Check this chain now")
    visitor.sees(f"The chain of {incident.number} is unbroken: 3 events")
