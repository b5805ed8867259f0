"""Wang looks at a customer's contact for a reason, and what is held about them is erased by two."""

import pytest
from django.urls import reverse

from complaints import erasing, intake
from complaints.models import Complaint
from complaints.states import Channel, State
from tests.browser.conftest import both_widths

pytestmark = pytest.mark.django_db(transaction=True)
HUANG = {"name": "黄小明", "phone": "13912341402", "email": "huang@example.org"}


@both_widths
def test_a_customers_data_is_looked_at_and_erased(visit, cast, units, phone):
    complaint, _token = intake.receive(
        by=None, unit=units.station, text="Late again.", channel=Channel.WEB, contact=HUANG
    )
    wang = visit(phone=phone)
    wang.sign_in("wang")
    wang.go(reverse("customers"))
    wang.page.fill("main input[name=q]", "1402")
    wang.page.locator("main form:has(input[name=q]) button").first.click()
    wang.page.wait_for_load_state("load")
    wang.sees("139****1402")
    wang.press("All their cases", role="link")
    wang.sees("The customer's rights")
    wang.go(reverse("complaint-contact", args=[complaint.number]))
    wang.page.get_by_label("To call the customer").check()
    wang.press("Show once")
    wang.sees("13912341402")
    wang.go(reverse("customer-erase", args=[complaint.number]))
    wang.sees("Still being handled")
    Complaint.objects.update(state=State.WITHDRAWN, closed_at=complaint.received_at)
    erasure = erasing.ask(Complaint.objects.get(), by=cast.handler, reason="request", note="By letter.")
    wang.go(reverse("retention"))
    wang.go(reverse("erasures"))
    wang.press(f"#{erasure.pk}", role="link", exact=True)
    wang.press("Confirm: erase it for good")
    wang.sees("Everything personal of this customer is erased.")
    wang.go(complaint.get_absolute_url())
    wang.sees("Everything personal was erased.")
