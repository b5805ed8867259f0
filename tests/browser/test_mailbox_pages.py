"""The administrators' pages of mailboxes at a desk and on a phone, with what can be seen there: trouble, a long log."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import intake
from complaints.models import IncomingMail, Mailbox
from complaints.states import Channel
from tests.browser.conftest import both_widths

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mailboxes(cast, units):
    now = timezone.now()
    given = {"set_by": cast.admin, "set_at": now - dt.timedelta(days=3), "username": "help"}
    well = Mailbox.objects.create(
        unit=units.east, address="help@rail.example", host="imap.exmail.qq.com", polled_at=now, **given
    )
    Mailbox.objects.create(
        unit=units.west, address="a-rather-long-address-of-the-western-division@customers.rail.example",
        host="imap.rail.example", security="starttls", port=143, polled_at=now - dt.timedelta(hours=2), failures=4,
        last_error="login|NO [AUTHENTICATIONFAILED] Authentication failed: use the code for programs",
        not_before=now + dt.timedelta(minutes=8), **given,
    )  # fmt: skip
    complaint, _token = intake.receive(by=None, unit=units.east, text="Late", channel=Channel.EMAIL)
    kinds = [
        ("complaint", "files"), ("joined", ""), ("automatic", "bounced"), ("flood", ""), ("failed", "again"),
        ("complaint", "stranger,not-answered"), ("own", ""), ("too_big", "large"), ("failed", "DataError"),
    ]  # fmt: skip
    for number, (outcome, note) in enumerate(kinds):
        IncomingMail.objects.create(
            mailbox=well, message_id=f"{number}@x", digest=str(number), uid=number, size=3000 * number**3, note=note,
            outcome=outcome, at=now - dt.timedelta(minutes=9 * number),
            complaint=complaint if outcome in ("complaint", "joined", "too_big") else None,
        )  # fmt: skip
    return well


@both_widths
def test_mailboxes(visit, cast, mailboxes, phone):
    admin = visit(phone=phone)
    admin.sign_in("ma")
    admin.go(reverse("mailboxes"))
    admin.sees("The server refuses the user name or the password.")
    admin.go(reverse("mailbox-log", args=[mailboxes.pk]))
    admin.sees("Became a complaint")
    admin.go(reverse("mailbox", args=[mailboxes.pk]))
    admin.page.fill("input[name=host]", "imap.other.example")
    admin.press("Save")
    admin.sees("enter the password again")
    admin.go(reverse("mailbox-add"))
    admin.go(reverse("operations"))
    admin.sees("Mailboxes in trouble")
