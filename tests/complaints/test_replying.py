"""The answer of a round: written with variables, approved by a second person where a rule asks for it, sent once."""

import datetime as dt
import functools
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints import compensating, handling, reply_rules, reply_templates, replying, templating
from complaints.models import Category, Complaint, Message, Reply
from complaints.states import State
from history.models import Event
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from reminders.models import Deadline, Notice
from tests.complaints.letterbox import (
    HUANG,
    answered,
    complain,
    fresh,
    investigated,
    letters_waiting,
    mailbox,
    post_letters,
)
from tests.races.crowd import all_at_once, outcomes
from tests.reminders.mailbox import text_of

__all__ = ["mailbox"]
pytestmark = pytest.mark.django_db
SORRY = "Dear {customer}, about {number} at {unit}: {finding} Yours, {handler}"


def snapshot(complaint) -> tuple:
    """Everything that an act that was refused must leave as it was."""
    return (
        Complaint.objects.values().get(pk=complaint.pk),
        list(complaint.replies.order_by("pk").values()),
        list(complaint.messages.order_by("pk").values()),
        Event.objects.of(complaint.case).count(), Notice.objects.count(),
        list(Deadline.objects.filter(subject=complaint.case).order_by("pk").values()), letters_waiting().count(),
    )  # fmt: skip


# Without a rule -------------------------------------------------------------------------------------------------------
def test_the_handler_writes_and_sends_and_the_customer_reads_it(cast, units, mailbox):
    complaint = investigated(cast, units.station)
    reply = replying.draft(complaint, by=cast.handler, version=complaint.version, text=SORRY)
    assert "{customer}" in reply.text and HUANG["name"] not in reply.text, (
        "the name is filled in when it is sent"
    )
    assert f"about {complaint.number} at Hangzhou East Station: The crew waited for a signal." in reply.text
    complaint = fresh(complaint)
    sent = replying.send(complaint, by=cast.handler, version=complaint.version, way="mail")
    assert sent.state == State.REPLIED and sent.replied_at is not None
    reply.refresh_from_db()
    assert (reply.status, reply.way, reply.needs_approval) == ("sent", "mail", False) and reply.sent_at
    assert reply.message.text.startswith("Dear 黄小明, about CP-") and reply.message.author == cast.handler
    letter = next(mail for mail in post_letters(mailbox) if "Our answer" in str(mail["Subject"]))
    assert "Yours, Zhao Qian" in text_of(letter)
    deadlines = Deadline.objects.filter(subject=complaint.case, closed_at=None)
    assert [row.kind for row in deadlines] == ["followup"]
    for row in (*Event.objects.values(), *Notice.objects.values()):
        assert HUANG["name"] not in str(row) and "waited for a signal" not in str(row)


@pytest.mark.parametrize("way", ["spoken", "letter", "page"])
def test_what_was_said_or_posted_is_on_record_and_nothing_is_mailed(cast, units, way):
    complaint = answered(cast, units.station, way=way)
    assert complaint.state == State.REPLIED
    assert (
        complaint.messages.get(kind="reply").way == way
        and complaint.messages.get(kind="reply").message_id == ""
    )
    assert letters_waiting().count() == 1, "the receipt"


def test_the_first_answer_is_never_overwritten(cast, units):
    """Zammad's first-response time was overwritten by later updates (QUALITY C)."""
    complaint = answered(cast, units.station)
    first = complaint.replied_at
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        handling.reopen(complaint, by=cast.handler, version=None, reason="It came again.")
        replying.draft(complaint, by=cast.handler, version=None, text="Once more: {finding}")
        replying.send(complaint, by=cast.handler, version=None, way="mail")
    complaint = fresh(complaint)
    assert complaint.replied_at == first and complaint.round == 2
    assert [reply.status for reply in complaint.replies.order_by("round")] == ["sent", "sent"]


def test_what_was_sent_stays(cast, units):
    complaint = answered(cast, units.station)
    before = snapshot(complaint)
    for act in (
        lambda: replying.draft(complaint, by=cast.handler, version=None, text="Something else"),
        lambda: replying.submit(complaint, by=cast.handler, version=None),
        lambda: replying.approve(complaint, by=cast.quality, version=None),
        lambda: replying.send_back(complaint, by=cast.quality, version=None, reason="No"),
        lambda: replying.send(complaint, by=cast.handler, version=None, way="mail"),
    ):
        with pytest.raises(Stale):
            act()
    assert snapshot(complaint) == before


def test_what_is_missing_or_impossible_is_said_and_nothing_changes(cast, units):
    complaint = investigated(cast, units.station, contact={**HUANG, "email": ""}, finding="x")
    with pytest.raises(NotYet):
        replying.send(complaint, by=cast.handler, version=None, way="spoken")
    with pytest.raises(Invalid, match="no {handy}.*{customer}, {number}"):
        replying.draft(complaint, by=cast.handler, version=None, text="Dear {handy}")
    with pytest.raises(Invalid, match="Write the reply"):
        replying.draft(complaint, by=cast.handler, version=None, text="  ")
    replying.draft(complaint, by=cast.handler, version=None, text="It happened on {occurred}.")
    before = snapshot(complaint)
    with pytest.raises(Invalid, match="gaps: {occurred}"):
        replying.send(complaint, by=cast.handler, version=None, way="spoken")
    with pytest.raises(Invalid, match="no e-mail address"):
        replying.send(complaint, by=cast.handler, version=None, way="mail")
    with pytest.raises(Invalid, match="how the customer"):
        replying.send(complaint, by=cast.handler, version=None, way="pigeon")
    with pytest.raises(Stale):
        replying.send(complaint, by=cast.handler, version=complaint.version, way="spoken")
    assert snapshot(complaint) == before
    assert replying.ways_for(complaint)[0][0] == "page" and len(replying.ways_for(complaint)) == 3


def test_a_reply_without_a_finding_is_not_sent(cast, units):
    complaint = investigated(cast, units.station)
    Complaint.objects.update(finding="")
    replying.draft(complaint, by=cast.handler, version=None, text="We are sorry.")
    before = snapshot(complaint)
    with pytest.raises(NotYet):
        replying.send(complaint, by=cast.handler, version=None, way="mail")
    assert snapshot(complaint) == before


@pytest.mark.parametrize(
    "who", ["reporter", "supervisor", "site_manager", "executive", "admin", "west_manager", "hotel_quality"]
)
def test_nobody_else_writes_or_sends_it(cast, units, who):
    complaint = investigated(cast, units.station)
    replying.draft(complaint, by=cast.handler, version=None, text="We are sorry.")
    person, before = getattr(cast, who), snapshot(complaint)
    for act in (
        lambda: replying.draft(complaint, by=person, version=None, text="Mine"),
        lambda: replying.submit(complaint, by=person, version=None),
        lambda: replying.approve(complaint, by=person, version=None),
        lambda: replying.send(complaint, by=person, version=None, way="mail"),
        lambda: compensating.compensate(complaint, by=person, version=None, kind="gift"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert snapshot(complaint) == before


# With a rule ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def rule(cast, units):
    return reply_rules.set_rule(by=cast.quality, unit=units.rail, min_priority=3)


def test_where_a_rule_asks_for_it_a_second_person_approves(cast, units, rule):
    complaint = investigated(cast, units.station, urgency=3, importance=2)
    reply = replying.draft(complaint, by=cast.handler, version=None, text=SORRY)
    assert reply.needs_approval
    with pytest.raises(NotYet):
        replying.send(complaint, by=cast.handler, version=None, way="mail")
    replying.submit(complaint, by=cast.handler, version=None)
    deadline = Deadline.objects.get(subject=complaint.case, kind="reply-approval")
    assert deadline.owner in (cast.quality, cast.quality_two) and deadline.closed_at is None
    assert Notice.objects.filter(recipient=deadline.owner, text="complaint-reply-approval").count() == 1
    replying.send_back(
        complaint, by=cast.quality, version=None, reason="Mr Huang asked about the ticket, too."
    )
    assert Reply.objects.get().returned_reason and "Huang" not in str(list(Event.objects.values()))
    assert "Huang" not in str(list(Notice.objects.values())), "the reason stands with the reply only"
    replying.draft(complaint, by=cast.handler, version=None, text=SORRY + " The ticket is refunded.")
    replying.submit(complaint, by=cast.handler, version=None)
    replying.approve(complaint, by=cast.quality_two, version=None)
    deadline.refresh_from_db()
    assert deadline.closed_at is not None and Reply.objects.get().approver == cast.quality_two
    assert Notice.objects.filter(recipient=cast.handler, text="complaint-reply-approved").exists()
    assert replying.send(complaint, by=cast.handler, version=None, way="mail").state == State.REPLIED


def test_who_wrote_a_part_of_it_does_not_approve_it(cast, units, rule):
    complaint = investigated(cast, units.station, urgency=3, importance=3)
    replying.draft(complaint, by=cast.quality, version=None, text="A long reply.")
    replying.draft(complaint, by=cast.handler, version=None, text="A long reply with a comma,")
    replying.submit(complaint, by=cast.handler, version=None)
    assert Deadline.objects.get(kind="reply-approval").owner == cast.quality_two
    with pytest.raises(NotAllowed, match="wrote a part"):
        replying.approve(complaint, by=cast.quality, version=None)
    with pytest.raises(IntegrityError), transaction.atomic():  # and the database says the same
        Reply.objects.update(approver=cast.handler)
    replying.draft(complaint, by=cast.quality_two, version=None, text="Mine.")
    replying.submit(complaint, by=cast.quality_two, version=None)
    with pytest.raises(NotAllowed, match="author of the reply"):
        replying.approve(complaint, by=cast.quality_two, version=None)


def test_a_change_takes_the_approval_away(cast, units, rule):
    complaint = investigated(cast, units.station, urgency=3, importance=3)
    replying.draft(complaint, by=cast.handler, version=None, text="We are sorry.")
    replying.submit(complaint, by=cast.handler, version=None)
    replying.approve(complaint, by=cast.quality, version=None)
    replying.draft(complaint, by=cast.handler, version=None, text="We aren't sorry.")
    before = snapshot(complaint)
    with pytest.raises(NotYet):
        replying.send(complaint, by=cast.handler, version=None, way="mail")
    assert snapshot(complaint) == before


def test_the_rule_is_asked_again_when_it_is_sent(cast, units):
    complaint = investigated(cast, units.station)
    assert not replying.draft(complaint, by=cast.handler, version=None, text="We are sorry.").needs_approval
    reply_rules.set_rule(by=cast.quality, unit=units.east, category=Category.objects.get(code="service"))
    before = snapshot(complaint)
    with pytest.raises(NotYet):
        replying.send(complaint, by=cast.handler, version=None, way="mail")
    assert snapshot(complaint) == before


def test_money_recorded_after_the_approval_asks_for_another_one(cast, units):
    reply_rules.set_rule(by=cast.quality, unit=units.rail, min_compensation=Decimal(500))
    complaint = investigated(cast, units.station)
    give = {"by": cast.handler, "version": None, "kind": "refund"}
    compensating.compensate(complaint, amount=Decimal("499.99"), **give)
    replying.draft(complaint, by=cast.handler, version=None, text="We give back {compensation}.")
    assert "Refund 499.99 CNY" in Reply.objects.get().text and not Reply.objects.get().needs_approval
    replying.submit(complaint, by=cast.handler, version=None)
    replying.approve(complaint, by=cast.quality, version=None)
    compensating.compensate(complaint, amount=Decimal("600"), currency="HKD", **give)
    assert reply_rules.sums_of(complaint) == {"CNY": Decimal("499.99"), "HKD": Decimal(600)}
    assert Reply.objects.get().status == "draft" and Reply.objects.get().approver is None
    with pytest.raises(NotYet):
        replying.send(complaint, by=cast.handler, version=None, way="mail")


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"min_priority": 3}, False), ({"min_priority": 2}, True), ({"category": "service"}, True),
        ({"category": "price"}, False), ({"min_priority": 2, "category": "price"}, False),
        ({"min_priority": 1, "min_compensation": Decimal(1)}, False),
    ],
)  # fmt: skip
def test_a_rule_asks_for_all_that_it_says_and_one_that_fits_is_enough(cast, units, asked, fits):
    complaint = investigated(cast, units.station)  # priority 2
    asked |= {"category": Category.objects.get(code=asked["category"])} if "category" in asked else {}
    rule = reply_rules.set_rule(by=cast.quality, unit=units.rail, **asked)
    reply_rules.set_rule(by=cast.west_manager, unit=units.west, min_priority=1)
    assert reply_rules.asks(complaint) is fits
    reply_rules.end_rule(rule, by=cast.quality)
    assert not reply_rules.asks(complaint)


@pytest.mark.parametrize("who", ["handler", "supervisor", "admin", "hotel_quality", "west_manager"])
def test_only_their_quality_managers_set_rules(cast, units, rule, who):
    with pytest.raises(NotAllowed):
        reply_rules.set_rule(by=getattr(cast, who), unit=units.east, min_priority=1)
    with pytest.raises(NotAllowed):
        reply_rules.end_rule(rule, by=getattr(cast, who))
    rule.refresh_from_db()
    assert rule.ended_at is None
    with pytest.raises(Invalid):
        reply_rules.set_rule(by=cast.quality, unit=units.east)


def test_compensation_is_worth_something(cast, units):
    complaint = investigated(cast, units.station)
    for wrong in (
        {"kind": "refund"}, {"kind": "refund", "amount": Decimal(-1)}, {"kind": "wish"},
        {"kind": "refund", "amount": Decimal(1), "currency": "XXX"},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            compensating.compensate(complaint, by=cast.handler, version=None, **wrong)
    assert not complaint.compensations.exists()
    compensating.compensate(
        complaint, by=cast.handler, version=None, kind="apology", note="Mr Huang was visited"
    )
    assert "Huang" not in str(list(Event.objects.values()))


# Variables -----------------------------------------------------------------------------------------------------------
def test_templates_say_at_once_which_word_they_do_not_know(cast, units):
    values = {"unit": units.rail, "language": "zh-hans", "name": "延误致歉"}
    with pytest.raises(Invalid) as refused:
        reply_templates.add_template(by=cast.handler, text="尊敬的{姓名}：{ number } {finding}", **values)
    assert "{姓名}" in str(refused.value) and "{incident_measures}" in str(refused.value)
    template = reply_templates.add_template(
        by=cast.handler, text="尊敬的｛customer｝：{ number } {finding}", **values
    )
    for stranger in (cast.supervisor, cast.hotel_quality, cast.west_manager):
        with pytest.raises(NotAllowed):
            reply_templates.change_template(template, by=stranger, name="x", language="en", text="x")
    complaint = investigated(cast, units.station, language="zh-hans")
    assert templating.templates_for(complaint, "zh-hans") == [template]
    reply = replying.draft(complaint, by=cast.handler, version=None, template=template)
    assert reply.text == f"尊敬的｛customer｝：{complaint.number} The crew waited for a signal."
    reply_templates.retire_template(template, by=cast.quality)
    with pytest.raises(Invalid, match="not offered"):
        replying.draft(complaint, by=cast.handler, version=None, template=template)
    with pytest.raises(Stale):
        reply_templates.change_template(template, by=cast.quality, name="x", language="en", text="x")


def test_a_template_computes_nothing(cast, units):
    """Neither attributes nor formats nor Django's own tags: only whole words in braces."""
    complaint = investigated(
        cast, units.station, finding="{customer.phone} {% now 'Y' %} {{ settings.SECRET_KEY }}"
    )
    with pytest.raises(Invalid):
        replying.draft(complaint, by=cast.handler, version=None, text="{number.__class__}")
    text = replying.draft(complaint, by=cast.handler, version=None, text="{finding}").text
    assert "{customer.phone}" in text and HUANG["phone"] not in text


def test_the_measures_of_an_incident_are_told_by_those_who_see_it_only(cast, units):
    complaint = investigated(cast, units.station)
    assert templating.fill("{incident_measures}", complaint, cast.handler) == "{incident_measures}"
    assert templating.fill("{number}", complaint, None) == complaint.number


# At once -------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_at_once_one_does(cast, units):
    complaint = investigated(cast, units.station)
    replying.draft(complaint, by=cast.handler, version=None, text="We are sorry.")
    version = fresh(complaint).version
    send = functools.partial(replying.send, complaint, by=cast.handler, way="mail")
    results = all_at_once([functools.partial(send, version=seen) for seen in (None, version, None, version)])
    assert outcomes(results) == {"done": 1, "Stale": 3}
    assert Message.objects.filter(kind="reply").count() == 1 and letters_waiting().count() == 2
    assert Event.objects.filter(act="complaint.send_reply").count() == 1


def test_sending_asks_a_known_number_of_statements(cast, units, rule):
    def statements(complaint) -> int:
        replying.draft(complaint, by=cast.handler, version=None, text=SORRY)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            replying.send(complaint, by=cast.handler, version=None, way="mail")
        return len(asked)

    one = statements(investigated(cast, units.station))
    for _more in range(5):
        complain(units.station)
        reply_rules.set_rule(by=cast.quality, unit=units.rail, min_priority=4)
    assert statements(investigated(cast, units.station)) == one <= 40


def test_a_sentence_that_brings_its_full_stop_ends_once(cast):
    for text, language in (("查明：{finding}。", "zh-hans"), ("We found: {finding}.", "en")):
        said = templating.sample(text, language, None, cast.quality)
        assert said[-1] == text[-1] and said[-2] != text[-1]
