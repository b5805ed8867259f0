"""Bringing a complaint to a state through the real functions, for the stories that begin there."""

from complaints import following, handling, intake, replying
from complaints.models import Category, Complaint, FollowUp
from complaints.states import Channel
from reminders.models import Deadline

RUDE = "The conductor shouted at my mother, who is eighty. Call me on 13912341402."
HUANG = {"name": "黄小明", "phone": "13912341402"}
#: The kinds of which exactly one is open while a complaint is.
MAIN = ("receipt", "classify", "reply", "followup", "close")


def fresh(complaint: Complaint) -> Complaint:
    return Complaint.objects.select_related("unit", "owner", "handler", "first_handler").get(pk=complaint.pk)


def received(units, *, by=None, channel=Channel.WEB, unit=None, **details) -> Complaint:
    """Mr Huang writes on the page of High-speed Crew 3: acknowledged by that, it waits for Zhao Qian."""
    values = {"text": RUDE, "contact": HUANG} | details
    complaint, _token = intake.receive(by=by, unit=unit or units.crew, channel=channel, **values)
    return fresh(complaint)


def category(code: str = "attitude") -> Category:
    return Category.objects.get(code=code)


def classified(cast, units, complaint: Complaint | None = None, **values) -> Complaint:
    """Zhao classifies it: attitude, of medium urgency and high importance."""
    complaint = complaint or received(units)
    values = {"by": cast.handler, "category": category(), "urgency": 2, "importance": 3} | values
    return fresh(handling.classify(complaint, version=complaint.version, **values))


def investigated(cast, units, complaint: Complaint | None = None) -> Complaint:
    """Zhao has found out: he did shout."""
    complaint = complaint or classified(cast, units)
    complaint = handling.investigate(complaint, by=cast.handler, version=complaint.version)
    return fresh(
        handling.record_finding(
            complaint, by=cast.handler, version=complaint.version, finding="Two colleagues confirm it."
        )
    )


def replied(cast, units, complaint: Complaint | None = None) -> Complaint:
    """Zhao has answered on the phone."""
    complaint = complaint or investigated(cast, units)
    replying.draft(
        complaint, by=cast.handler, version=complaint.version, text="We are sorry. He was talked to."
    )
    replying.send(complaint, by=cast.handler, version=fresh(complaint).version, way="spoken")
    return fresh(complaint)


def followed_up(cast, units, complaint: Complaint | None = None) -> Complaint:
    """Mr Huang is content."""
    complaint = complaint or replied(cast, units)
    following.record_follow_up(
        complaint, by=cast.handler, version=complaint.version, outcome=FollowUp.Outcome.SATISFIED
    )
    return fresh(complaint)


def closed(cast, units, complaint: Complaint | None = None) -> Complaint:
    complaint = complaint or followed_up(cast, units)
    return fresh(handling.close(complaint, by=cast.handler, version=complaint.version))


def main_deadlines(complaint: Complaint) -> list[Deadline]:
    return list(Deadline.objects.filter(subject=complaint.case, kind__in=MAIN, closed_at=None))
