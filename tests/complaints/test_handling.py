"""The way of a complaint from receipt to its end, and the ways aside: told with the cast."""

import datetime as dt
import zoneinfo

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints import acts as acts_of_register
from complaints import handling, pausing
from complaints.models import Complaint, Message
from complaints.states import Channel, Priority, State
from history.models import Event
from history.timeline import timeline
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from people.models import Person, Post, Role
from reminders import absences
from reminders.models import Deadline, DeadlinePolicy, Notice
from tests.complaints.ways import (
    HUANG,
    RUDE,
    category,
    classified,
    closed,
    followed_up,
    fresh,
    investigated,
    main_deadlines,
    received,
    replied,
)  # fmt: skip

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(at("2026-11-16 10:00"), tick=False)  # a Monday
    return time_machine


def acts(complaint) -> list[str]:
    return [event.act.partition(".")[2] for event in Event.objects.of(complaint.case).order_by("seq")]


def rows(complaint) -> tuple:
    """Everything that a refusal must leave as it was."""
    return (
        Complaint.objects.filter(pk=complaint.pk).values().get(),
        list(Deadline.objects.order_by("pk").values()),
        Event.objects.count(), Notice.objects.count(), Message.objects.count(),
    )  # fmt: skip


# Acknowledged --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("channel", "contact", "state"),
    [
        (Channel.WEB, None, State.ACKNOWLEDGED),  # the page that confirms it
        (Channel.PHONE, None, State.ACKNOWLEDGED),  # spoken
        (Channel.ONSITE, HUANG, State.ACKNOWLEDGED),
        (Channel.EMAIL, {"email": "huang@example.org"}, State.ACKNOWLEDGED),
        (Channel.API, {"email": "huang@example.org"}, State.ACKNOWLEDGED),
        (Channel.API, HUANG, State.RECEIVED),  # nobody has told him
        (Channel.PAPER, HUANG, State.RECEIVED),
    ],
)
def test_acknowledged_at_once_where_the_customer_knows_by_the_receipt(cast, units, channel, contact, state):
    by = cast.handler if channel in (Channel.PHONE, Channel.ONSITE, Channel.PAPER) else None
    complaint = received(units, channel=channel, contact=contact, by=by)
    assert complaint.state == state and bool(complaint.acknowledged_at) == (state == State.ACKNOWLEDGED)
    assert acts(complaint) == ["receive", "acknowledge"][: 1 + (state == State.ACKNOWLEDGED)]
    (deadline,) = main_deadlines(complaint)
    kind = "classify" if state == State.ACKNOWLEDGED else "receipt"
    assert (deadline.kind, deadline.owner, deadline.due_at) == (kind, cast.handler, complaint.due_at)
    assert Notice.objects.filter(recipient=cast.handler).count() == (by is None)
    letters = complaint.messages.filter(kind=Message.Kind.RECEIPT).count()
    assert letters == ("email" in (contact or {}))


def test_paper_is_acknowledged_by_a_handler_once_and_for_ever(cast, units, clock):
    complaint = received(units, channel=Channel.PAPER, by=cast.handler)
    clock.move_to(at("2026-11-16 16:00"), tick=False)
    complaint = handling.acknowledge(
        complaint, by=cast.handler, version=complaint.version, note="Called him."
    )
    assert complaint.state == State.ACKNOWLEDGED and complaint.acknowledged_at == at("2026-11-16 16:00")
    clock.move_to(at("2026-11-17 10:00"), tick=False)
    before = rows(complaint)
    with pytest.raises(Stale):
        handling.acknowledge(complaint, by=cast.handler, version=complaint.version)
    assert rows(complaint) == before
    complaint = classified(cast, units, complaint)
    assert replied(cast, units, investigated(cast, units, complaint)).acknowledged_at == at(
        "2026-11-16 16:00"
    )


def test_what_was_classified_first_can_be_acknowledged_after(cast, units):
    complaint = classified(cast, units, received(units, channel=Channel.PAPER, by=cast.handler))
    assert complaint.acknowledged_at is None
    complaint = handling.acknowledge(complaint, by=cast.handler, version=complaint.version)
    assert complaint.state == State.CLASSIFIED and complaint.acknowledged_at is not None


def test_an_answer_acknowledges_too(cast, units):
    complaint = classified(cast, units, received(units, channel=Channel.PAPER, by=cast.handler))
    assert replied(cast, units, investigated(cast, units, complaint)).acknowledged_at is not None


# The straight way ----------------------------------------------------------------------------------------------------
def test_the_straight_way(cast, units, clock):
    complaint = received(units)
    assert complaint.due_at == at("2026-11-17 18:00"), "one working day to classify it"
    complaint = classified(cast, units, complaint)
    assert (complaint.priority, complaint.handler) == (Priority.HIGH, cast.handler)
    (reply,) = main_deadlines(complaint)
    assert (reply.kind, reply.due_at) == ("reply", at("2026-11-19 18:00")), "three working days from receipt"
    clock.move_to(at("2026-11-17 10:00"), tick=False)
    complaint = investigated(cast, units, complaint)
    assert main_deadlines(complaint) == [reply] and complaint.due_at == reply.due_at, "the same is due still"
    complaint = closed(cast, units, followed_up(cast, units, replied(cast, units, complaint)))
    assert complaint.state == State.CLOSED and complaint.closed_at == timezone.now()
    assert (complaint.owner, complaint.due_at) == (None, None)
    assert not Deadline.objects.filter(subject=complaint.case, closed_at=None).exists()
    assert complaint.link_expires_at == timezone.now() + dt.timedelta(days=180), (
        "the page stays for half a year"
    )


def test_no_event_and_no_notice_holds_what_the_customer_said(cast, units):
    complaint = investigated(cast, units, classified(cast, units))
    handling.escalate(
        complaint, by=cast.handler, version=complaint.version, reason="He wants it: 13912341402"
    )
    written = "".join(Event.objects.of(complaint.case).values_list("payload", flat=True))
    written += str(list(Notice.objects.values()))
    for secret in (RUDE, "shouted", "13912341402", "黄小明", "Two colleagues confirm"):
        assert secret not in written
    told = [row["text"] for row in timeline(complaint.case)]
    assert "classified it: Attitude, priority High" in told and "escalated it to Sun Ning" in told


def test_nothing_is_classified_without_its_facts(cast, units):
    complaint = received(units)
    before = rows(complaint)
    for wrong, values in {
        "category": {"category": None}, "urgency": {"urgency": 4}, "importance": {"importance": 0},
        "handler": {"handler": cast.hotel_quality}, "about": {"about": cast.hotel_quality},
    }.items():  # fmt: skip
        with pytest.raises(Invalid) as refused:
            classified(cast, units, complaint, **values)
        assert set(refused.value.fields) == {wrong}
        assert rows(complaint) == before


def test_the_gates_hold(cast, units):
    complaint = classified(cast, units)
    with pytest.raises(Stale):
        handling.close(complaint, by=cast.handler, version=complaint.version)
    complaint = handling.investigate(complaint, by=cast.handler, version=complaint.version)
    with pytest.raises(Invalid):
        handling.record_finding(complaint, by=cast.handler, version=complaint.version, finding=" ")
    complaint = replied(cast, units, investigated(cast, units, classified(cast, units)))
    with pytest.raises(NotYet):
        handling.move(complaint, "follow_up", by=cast.handler, version=complaint.version)


@pytest.mark.parametrize(
    "who", ["reporter", "colleague", "executive", "admin", "hotel_quality", "west_manager"]
)
def test_nobody_else_handles_it(cast, units, who):
    complaint, by = classified(cast, units), getattr(cast, who)
    before, seen = rows(complaint), {"by": by, "version": complaint.version}
    for act in (
        lambda: handling.investigate(complaint, **seen),
        lambda: handling.amend(complaint, title="Mine", **seen),
        lambda: handling.withdraw(complaint, reason="He said so.", **seen),
        lambda: handling.pass_on(complaint, to_whom="The city", text="Ask the city.", **seen),
        lambda: handling.escalate(complaint, reason="Now", **seen),
        lambda: handling.merge(complaint, into=complaint, **seen),
        lambda: pausing.pause(complaint, reason="customer", note="A ticket", **seen),
    ):
        with pytest.raises((NotAllowed, Invalid)):
            act()
    assert rows(complaint) == before


# Classified anew -----------------------------------------------------------------------------------------------------
def test_classified_anew_the_time_is_reckoned_anew(cast, units, clock):
    complaint = classified(cast, units, urgency=1, importance=1)
    assert complaint.due_at == at("2026-11-30 18:00"), "ten working days"
    clock.move_to(at("2026-11-17 10:00"), tick=False)
    complaint = handling.amend(
        complaint, by=cast.handler, version=complaint.version, urgency=3, importance=3, category=category("safety"),
        reason="A child was hurt.",
    )  # fmt: skip
    assert (complaint.priority, complaint.due_at) == (Priority.URGENT, at("2026-11-17 18:00"))
    (deadline,) = main_deadlines(complaint)
    assert (deadline.due_at, deadline.original_due_at) == (complaint.due_at, at("2026-11-30 18:00"))
    event = Event.objects.of(complaint.case).order_by("-seq").first()
    assert (event.before["urgency"], event.after["urgency"], event.after["priority"]) == (1, 3, 4)


def test_a_units_own_limit_counts(cast, units, clock):
    DeadlinePolicy.objects.create(
        unit=units.rail,
        kind="reply",
        type_code="safety",
        amount=4,
        measured_in="working_hours",
        set_by=cast.quality,
    )
    complaint = classified(cast, units, category=category("safety"))
    assert complaint.due_at == at("2026-11-16 14:00")


def test_what_is_corrected_is_named_and_not_told(cast, units):
    complaint = received(units)
    complaint = handling.amend(
        complaint, by=cast.handler, version=complaint.version, title="Shouting", place="Car 3"
    )
    event = Event.objects.of(complaint.case).order_by("-seq").first()
    assert event.after == {"changed": ["place", "title"]} and event.before == {}
    assert "shouting" in Complaint.objects.values_list("search", flat=True).get() and complaint.text == RUDE
    with pytest.raises(TypeError):
        handling.amend(complaint, by=cast.handler, version=complaint.version, text="Nothing happened.")


def test_corrected_to_another_unit_others_see_it(cast, units):
    complaint = received(units)
    assert Complaint.objects.visible_to(cast.supervisor).exists()
    complaint = handling.amend(complaint, by=cast.quality, version=complaint.version, unit=units.west_station)
    assert not Complaint.objects.visible_to(cast.supervisor).exists()
    assert Complaint.objects.visible_to(cast.west_manager).exists()
    assert main_deadlines(complaint)[0].unit == units.west_station
    with pytest.raises(Invalid):
        handling.amend(complaint, by=cast.quality, version=complaint.version, unit=units.hotels)


# About a member of staff ---------------------------------------------------------------------------------------------
def test_whoever_it_is_about_has_no_part_in_it(cast, units):
    complaint = classified(cast, units, about=cast.site_manager)
    before, seen = rows(complaint), {"by": cast.site_manager, "version": complaint.version}
    for act in (
        lambda: handling.investigate(complaint, **seen),
        lambda: handling.record_finding(complaint, finding="Nothing.", **seen),
        lambda: handling.escalate(complaint, reason="Not me", **seen),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(Invalid):
        handling.amend(complaint, by=cast.handler, version=complaint.version, about=cast.hotel_quality)
    assert rows(complaint) == before


def test_it_passes_by_whoever_it_turns_out_to_be_about(cast, units):
    complaint = classified(cast, units)
    with pytest.raises(Invalid, match="somebody else"):
        classified(cast, units, received(units), about=cast.handler)
    complaint = handling.amend(complaint, by=cast.handler, version=complaint.version, about=cast.handler)
    assert complaint.owner == complaint.handler == cast.quality
    assert main_deadlines(complaint)[0].owner == cast.quality
    assert Notice.objects.filter(recipient=cast.quality, text="complaint-turn").exists()
    with pytest.raises(NotAllowed):
        handling.investigate(complaint, by=cast.handler, version=complaint.version)


# Aside and back ------------------------------------------------------------------------------------------------------
def test_reopened_a_new_round_begins(cast, units, clock):
    complaint = closed(cast, units)
    clock.move_to(at("2026-12-01 10:00"), tick=False)
    with pytest.raises(Invalid):
        handling.reopen(complaint, by=cast.handler, version=complaint.version, reason=" ")
    complaint = handling.reopen(
        complaint, by=cast.handler, version=complaint.version, reason="He calls again."
    )
    assert (complaint.state, complaint.round, complaint.closed_at) == (State.INVESTIGATING, 2, None)
    (deadline,) = main_deadlines(complaint)
    assert (deadline.kind, deadline.cycle, deadline.owner) == ("reply", 2, cast.handler)
    assert deadline.due_at == at("2026-12-04 18:00"), "from the reopening on"


def test_a_customer_reopens_without_a_word_of_theirs_in_history(cast, units):
    complaint = handling.reopen(
        replied(cast, units), by=None, version=None, reason="It is still cold in car 3"
    )
    event = Event.objects.of(complaint.case).order_by("-seq").first()
    assert (event.act, event.actor, event.reason) == ("complaint.reopen", None, "")
    assert complaint.round == 2


def test_what_was_erased_is_not_reopened(cast, units):
    complaint = closed(cast, units)
    Complaint.objects.filter(pk=complaint.pk).update(anonymised_at=timezone.now())
    with pytest.raises(Invalid, match="erased"):
        handling.reopen(complaint, by=cast.handler, version=complaint.version, reason="Again")


@pytest.mark.parametrize("reach", [received, classified, followed_up])
def test_withdrawn_from_wherever_it_was(cast, units, reach):
    complaint = reach(units) if reach is received else reach(cast, units)
    complaint = handling.withdraw(complaint, by=cast.quality, version=complaint.version, reason="He called.")
    assert complaint.state == State.WITHDRAWN and main_deadlines(complaint) == []
    assert Notice.objects.get(text="complaint-withdrawn").recipient == cast.handler
    with pytest.raises(Stale):
        handling.withdraw(complaint, by=cast.quality, version=complaint.version, reason="Once more.")


def test_passed_on_the_customer_is_told_whose_it_is(cast, units):
    complaint = received(units, contact={"email": "huang@example.org"})
    with pytest.raises(Invalid) as refused:
        handling.pass_on(complaint, by=cast.handler, version=complaint.version, to_whom=" ", text="")
    assert set(refused.value.fields) == {"to_whom", "text"}
    complaint = handling.pass_on(
        complaint,
        by=cast.handler,
        version=complaint.version,
        to_whom="City buses",
        text="Please ask City buses.",
    )
    message = complaint.messages.get(kind=Message.Kind.PASSED_ON)
    assert (message.text, message.way, message.author) == ("Please ask City buses.", "mail", cast.handler)
    assert complaint.state == State.OUT_OF_SCOPE and main_deadlines(complaint) == []
    with pytest.raises(Stale):
        handling.pass_on(replied(cast, units), by=cast.handler, version=None, to_whom="City", text="Ask.")


def test_told_twice_it_is_one_case(cast, units):
    one, other = received(units), received(units)
    ended = fresh(
        handling.merge(other, by=cast.handler, version=other.version, into=one, note="The same call")
    )
    assert (ended.state, ended.merged_into, ended.owner) == (State.MERGED, one, None)
    assert one.messages.filter(direction="in").count() == other.messages.filter(direction="in").count() == 1
    assert acts(one)[-1] == "merge_from" and acts(other)[-1] == "merge"
    third = received(units)
    before = rows(third)
    for into in (other, third, closed(cast, units, followed_up(cast, units))):
        with pytest.raises(Invalid):
            handling.merge(third, by=cast.handler, version=third.version, into=into)
    assert rows(third)[0] == before[0]


def test_nobody_joins_it_with_what_they_do_not_see(cast, units):
    west = Person.objects.get(pk=cast.west_manager.pk)
    mine, theirs = received(units, unit=units.west_station), received(units)
    with pytest.raises(Invalid, match="no complaint"):
        handling.merge(mine, by=west, version=mine.version, into=theirs)
    assert fresh(mine).state == State.ACKNOWLEDGED and acts(theirs) == ["receive", "acknowledge"]


def test_companies_stay_apart_though_somebody_works_for_both(cast, units):
    start = timezone.localdate() - dt.timedelta(days=1)
    Post.objects.create(person=cast.quality, unit=units.hotels, role=Role.QUALITY, starts_on=start)
    both = Person.objects.get(pk=cast.quality.pk)
    mine, theirs = received(units), received(units, unit=units.hotels)
    with pytest.raises(Invalid, match="no complaint"):
        handling.merge(mine, by=both, version=mine.version, into=theirs)
    assert fresh(mine).state == State.ACKNOWLEDGED and acts(theirs) == ["receive", "acknowledge"]


def test_escalated_level_by_level_and_no_further(cast, units):
    complaint = classified(cast, units)
    due = complaint.due_at
    complaint = handling.escalate(
        complaint, by=cast.handler, version=complaint.version, reason="He threatens."
    )
    assert (complaint.escalation, complaint.owner, complaint.handler) == (1, cast.supervisor, cast.supervisor)
    assert complaint.due_at == due and main_deadlines(complaint)[0].owner == cast.supervisor
    assert {notice.recipient for notice in Notice.objects.filter(text="complaint-escalated")} == {
        cast.supervisor
    }
    complaint = handling.escalate(complaint, by=None, version=None, reason="Twice not content")
    assert (complaint.escalation, complaint.owner) == (2, cast.executive)
    complaint = handling.investigate(complaint, by=cast.executive, version=complaint.version)
    before = rows(complaint)
    with pytest.raises(Invalid, match="further up"):
        handling.escalate(complaint, by=cast.executive, version=complaint.version, reason="Again")
    assert rows(complaint) == before


# The clock -----------------------------------------------------------------------------------------------------------
def test_while_the_customer_is_waited_for_the_clock_stands(cast, units, clock):
    complaint = classified(cast, units)
    assert complaint.due_at == at("2026-11-19 18:00")
    clock.move_to(at("2026-11-17 10:00"), tick=False)
    with pytest.raises(Invalid):
        pausing.pause(complaint, by=cast.handler, version=complaint.version, reason="holiday", note="")
    complaint = pausing.pause(
        complaint,
        by=cast.handler,
        version=complaint.version,
        reason="customer",
        note="His ticket, from 13912341402",
    )
    assert (complaint.due_at, complaint.paused_since) == (None, at("2026-11-17 10:00"))
    (deadline,) = main_deadlines(complaint)
    assert deadline.next_notice_at is None and "13912341402" not in deadline.pause_note
    clock.move_to(at("2026-11-19 10:00"), tick=False)  # two working days later
    complaint = pausing.resume(complaint, by=cast.quality, version=complaint.version, note="It came.")
    assert complaint.due_at == at("2026-11-23 18:00") == main_deadlines(complaint)[0].due_at
    assert Notice.objects.get(text="complaint-resumed").recipient == cast.handler
    complaint = investigated(cast, units, complaint)
    assert complaint.due_at == at("2026-11-23 18:00"), "a step within it takes nothing away"
    amended = handling.amend(
        complaint,
        by=cast.handler,
        version=complaint.version,
        urgency=3,
        importance=3,
        reason="Urgent after all",
    )
    assert amended.due_at == at("2026-11-19 18:00"), "one working day, and the two that it stood"


def test_a_step_lets_the_clock_run_on(cast, units, clock):
    complaint = received(units)
    complaint = pausing.pause(
        complaint, by=cast.handler, version=complaint.version, reason="customer", note="Which train?"
    )
    clock.move_to(at("2026-11-17 10:00"), tick=False)  # one working day later
    complaint = classified(cast, units, complaint)
    assert complaint.paused_since is None and complaint.due_at == at("2026-11-20 18:00")
    assert acts(complaint)[-2:] == ["resume", "classify"]
    assert (
        not Deadline.objects.filter(subject=complaint.case, closed_at=None).exclude(paused_at=None).exists()
    )


def test_corrected_while_it_stands_it_goes_on_standing(cast, units, clock):
    complaint = classified(cast, units)
    complaint = pausing.pause(
        complaint, by=cast.handler, version=complaint.version, reason="customer", note="Ticket"
    )
    complaint = handling.amend(complaint, by=cast.handler, version=complaint.version, urgency=1, importance=1)
    (deadline,) = main_deadlines(complaint)
    assert complaint.due_at is None and deadline.paused_at == complaint.paused_since
    complaint = pausing.resume(complaint, by=cast.handler, version=complaint.version)
    assert complaint.due_at == at("2026-11-30 18:00")


# By their pages ------------------------------------------------------------------------------------------------------
def act(client, complaint, slug: str, **sent):
    url = reverse("complaint-act", args=[complaint.number, slug])
    return client.post(url, {"version": fresh(complaint).version, **sent})


def test_every_act_that_is_offered_has_a_page(client, cast, units):
    complaint = classified(cast, units)
    pausing.pause(complaint, by=cast.handler, version=complaint.version, reason="customer", note="Ticket")
    for who in ("handler", "supervisor"):
        person = Person.objects.get(pk=getattr(cast, who).pk)
        client.force_login(person)
        offered = acts_of_register.open_to(person, fresh(complaint), [])
        assert ("resume" in offered) == (who == "handler") and "escalate" in offered
        for slug in offered:
            answer = client.get(reverse("complaint-act", args=[complaint.number, slug]))
            assert answer.status_code == 200, slug


def test_the_way_by_its_pages(client, cast, units):
    complaint = received(units)
    client.force_login(cast.handler)
    page = client.get(reverse("complaint-act", args=[complaint.number, "classify"])).content.decode()
    assert "Zhao Qian (zhao)" in page, "whom it waits for is proposed as its handler"
    assert act(client, complaint, "classify", urgency="2").status_code == 422
    sent = {"category": category().pk, "urgency": "3", "importance": "3", "handler": "sun", "about": "li"}
    assert act(client, complaint, "classify", **sent).status_code == 302
    complaint = fresh(complaint)
    assert (complaint.priority, complaint.offered_to, complaint.about) == (
        4,
        cast.supervisor,
        cast.site_manager,
    )
    page = client.get(reverse("complaint-act", args=[complaint.number, "amend"])).content.decode()
    assert "Li Min (li)" in page and complaint.title in page
    sent = {
        "title": "Rude",
        "unit": units.crew.pk,
        "category": category("price").pk,
        "urgency": "1",
        "importance": "1",
    }
    assert act(client, complaint, "amend", about="li", **sent).status_code == 302
    assert fresh(complaint).about == cast.site_manager and fresh(complaint).category == category("price")
    assert act(client, complaint, "amend", **sent).status_code == 302 and fresh(complaint).about is None
    assert act(client, complaint, "restrict", people="zhao\nnobody", reason="Abuse").status_code == 422
    assert (
        act(client, complaint, "restrict", people="zhao\nSun Ning (sun)\n", reason="Abuse").status_code == 302
    )
    assert fresh(complaint).readers == sorted([f"p{cast.handler.pk}", f"p{cast.supervisor.pk}"])
    client.force_login(cast.quality)
    assert act(client, complaint, "withdraw", reason="He called.").status_code == 404, "not one of them"
    client.force_login(cast.supervisor)
    assert act(client, complaint, "accept").status_code == 302 and fresh(complaint).handler == cast.supervisor
    assert act(client, complaint, "merge", into="CP-2026-999999").status_code == 403, "the desk joins"


def test_the_deputy_of_whoever_is_away_is_told(cast, units):
    today = timezone.localdate()
    absences.announce_absence(
        cast.handler, by=cast.handler, deputy=cast.quality, begins_on=today, ends_on=today
    )
    complaint = received(units)
    absences.tell_deputies()
    notice = Notice.objects.get(recipient=cast.quality, text="stand-in")
    assert (notice.params["label"], notice.params["what"]) == (complaint.number, "classify")
    assert complaint.owner == cast.handler, "their work stays theirs"
