"""The way of a complaint from receipt to its end, and the ways aside: told with the cast."""

import pytest

from complaints import handling, intake
from complaints.models import Category, Complaint
from complaints.states import Channel, Priority, State
from history.models import Event
from reminders.models import Deadline, Notice

pytestmark = pytest.mark.django_db
RUDE = "The conductor shouted at my mother; call me on 13912341402."


def received(units, *, channel=Channel.WEB, by=None, **details) -> Complaint:
    complaint, _token = intake.receive(by=by, unit=units.crew, text=RUDE, channel=channel, **details)
    return Complaint.objects.get(pk=complaint.pk)


def category(code="attitude") -> Category:
    return Category.objects.get(code=code)


def classified(cast, units, complaint=None, **values) -> Complaint:
    complaint = complaint or received(units)
    values = {"category": category(), "urgency": 2, "importance": 3} | values
    return handling.classify(
        complaint, by=values.pop("by", cast.handler), version=complaint.version, **values
    )


def main_deadlines(complaint) -> list[Deadline]:
    kinds = ["receipt", "classify", "reply", "followup", "close"]
    return list(Deadline.objects.filter(subject=complaint.case, kind__in=kinds, closed_at=None))


def test_on_the_page_it_is_acknowledged_by_the_page(cast, units):
    complaint = received(units)
    assert complaint.state == State.ACKNOWLEDGED and complaint.acknowledged_at is not None
    assert [event.act for event in Event.objects.of(complaint.case).order_by("seq")] == [
        "complaint.receive", "complaint.acknowledge",
    ]  # fmt: skip
    assert Event.objects.of(complaint.case).order_by("-seq").first().actor is None
    (deadline,) = main_deadlines(complaint)
    assert (deadline.kind, deadline.owner, deadline.due_at) == ("classify", cast.handler, complaint.due_at)
    assert Notice.objects.filter(recipient=cast.handler).count() == 1


def test_the_straight_way(cast, units):
    complaint = classified(cast, units)
    assert (complaint.state, complaint.priority, complaint.handler) == (
        State.CLASSIFIED,
        Priority.HIGH,
        cast.handler,
    )
    (deadline,) = main_deadlines(complaint)
    assert deadline.kind == "reply"
    complaint = handling.investigate(complaint, by=cast.handler, version=complaint.version)
    complaint = handling.record_finding(
        complaint, by=cast.handler, version=complaint.version, finding="He did shout."
    )
    assert complaint.state == State.INVESTIGATING
    assert main_deadlines(complaint) == [deadline], "the same is due, by the same moment"
