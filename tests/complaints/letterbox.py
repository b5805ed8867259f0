"""What the stories of answers begin with: a complaint on its way, and the mail that customers get."""

import uuid

import pytest

from complaints import handling, intake, replying
from complaints.models import Category, Complaint
from complaints.states import Channel
from reminders.deliveries.sending import deliver_mail
from reminders.models import Delivery
from tests.reminders.mailbox import mail_server

LATE = "The train from Hangzhou was 50 minutes late and nobody told us why."
HUANG = {"name": "黄小明", "phone": "13912341402", "email": "huang@example.org"}


@pytest.fixture
def mailbox(settings):
    """A real mail server that the application sends to."""
    with mail_server() as (box, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
        settings.DEFAULT_FROM_EMAIL = "ServiceLoop <loop@rail.example>"
        settings.BASE_URL = "https://loop.rail.example"
        yield box


def to_customers(box) -> list:
    """The letters among the mails."""
    return [mail for mail in box.mails if mail["List-Id"]]


def post_letters(box) -> list:
    """Send what is due; the letters to customers so far."""
    deliver_mail()
    return to_customers(box)


def letters_waiting():
    return Delivery.objects.filter(channel=Delivery.Channel.CUSTOMER).order_by("pk")


def complain(unit, *, contact=HUANG, language="en", channel=Channel.WEB, **more) -> Complaint:
    """A complaint that a customer sent."""
    complaint, _token = intake.receive(
        by=None,
        unit=unit,
        text=LATE,
        channel=channel,
        contact=contact,
        language=language,
        key=uuid.uuid4(),
        **more,
    )
    return fresh(complaint)


def fresh(complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def investigated(
    cast, unit, *, urgency=2, importance=2, finding="The crew waited for a signal.", **more
) -> Complaint:
    """A complaint that Zhao has classified and looked into."""
    complaint = complain(unit, **more)
    category = Category.objects.get(code="service")
    handling.classify(
        complaint, by=cast.handler, version=None, category=category, urgency=urgency, importance=importance,
        handler=cast.handler,
    )  # fmt: skip
    handling.investigate(complaint, by=cast.handler, version=None)
    handling.record_finding(complaint, by=cast.handler, version=None, finding=finding)
    return fresh(complaint)


def answered(cast, unit, *, text="We are sorry: {finding}", way="mail", **more) -> Complaint:
    """A complaint that Zhao has answered."""
    complaint = investigated(cast, unit, **more)
    replying.draft(complaint, by=cast.handler, version=None, text=text)
    replying.send(complaint, by=cast.handler, version=None, way=way)
    return fresh(complaint)
