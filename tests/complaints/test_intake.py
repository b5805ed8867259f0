"""A complaint is put on record by one door: who is waited for, until when, and once however often it is sent."""

import uuid

import pytest

from complaints import intake
from complaints.models import Complaint, Message
from complaints.states import Channel, State
from history.models import Event
from incidents.errors import Invalid, NotAllowed
from reminders.models import Deadline, Notice

pytestmark = pytest.mark.django_db
LATE = "The train from Hangzhou was 50 minutes late and nobody told us why."
HUANG = {"name": "黄小明", "phone": "13912341402", "email": "huang@example.org"}


def test_a_customer_writes_and_the_handler_is_waited_for(cast, units):
    complaint, token = intake.receive(
        by=None, unit=units.station, text=LATE, channel=Channel.WEB, contact=HUANG
    )
    assert complaint.number.startswith("CP-") and complaint.state == State.ACKNOWLEDGED
    assert complaint.owner == complaint.first_handler == cast.handler
    deadline = Deadline.objects.get(subject=complaint.case, closed_at=None)
    assert (deadline.kind, deadline.owner, deadline.due_at) == ("classify", cast.handler, complaint.due_at)
    assert Notice.objects.filter(recipient=cast.handler, subject=complaint.case).count() == 1
    said = complaint.messages.get(direction="in")
    assert token and token not in str(Complaint.objects.values().get())
    said = complaint.messages.get(direction=Message.Direction.IN)
    assert said.text == LATE and said.way == Message.Way.PAGE


def test_nothing_personal_is_in_the_history_or_the_notice(cast, units):
    complaint, token = intake.receive(
        by=None, unit=units.station, text=LATE, channel=Channel.WEB, contact=HUANG
    )
    events = "".join(Event.objects.of(complaint.case).values_list("payload", flat=True))
    written = events + str(Notice.objects.values().get())
    for secret in (token, LATE, *HUANG.values()):
        assert secret not in written


def test_the_same_form_sent_twice_is_one_complaint_with_one_link(cast, units):
    key = uuid.uuid4()
    sent = [
        intake.receive(by=None, unit=units.station, text=LATE, channel=Channel.WEB, key=key)
        for _again in range(2)
    ]
    assert sent[0] == sent[1] and Complaint.objects.count() == 1


def test_staff_of_another_company_take_nothing_down(cast, units):
    with pytest.raises(NotAllowed):
        intake.receive(by=cast.hotel_quality, unit=units.station, text=LATE, channel=Channel.PHONE)
    with pytest.raises(Invalid):
        intake.receive(by=cast.handler, unit=units.station, text="  ", channel=Channel.PHONE)
    assert not Complaint.objects.exists() and not Event.objects.exists()
