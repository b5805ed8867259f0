"""Review meetings: called, prepared from the cases of a period, held, decided, signed; and who sees what of them."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from capa import agenda, decisions, meetings, verify
from capa.meetings import Topic
from capa.models import AgendaItem, Decision, Meeting, Recurrence
from history.models import Event, Signature
from history.signing import still_says
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Incident
from reminders import sweeping
from reminders.models import Deadline, Notice
from tests import walks
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def today(days: int = 0) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


@pytest.fixture
def meeting(cast, units) -> Meeting:
    """Wang calls the November meeting of the whole railway; Sun takes the chair, Chen and He are asked to come."""
    return meetings.call(
        by=cast.quality, unit=units.rail, title="November review", period_from=today(-30), period_until=today(),
        held_at=timezone.now() - dt.timedelta(hours=1), place="Room 301", chair=cast.supervisor,
        attendees=[cast.owner, cast.colleague, cast.supervisor],
    )  # fmt: skip


def version(meeting: Meeting) -> int:
    meeting.refresh_from_db()
    return meeting.version


def decision_on(meeting, cast, units, **more) -> Decision:
    values = {
        "text": "Buy a spare fan for every depot", "owner": cast.depot_manager, "unit": units.depot,
        "due_on": today(30), "target": "A fan on every shelf",
    }  # fmt: skip
    return decisions.decide(meeting, by=cast.quality, version=version(meeting), **values | more)


# Calling -------------------------------------------------------------------------------------------------------------
def test_who_is_asked_is_told_once(meeting, cast):
    assert meeting.number.startswith("RM-") and meeting.number.endswith("000001")
    told = Notice.objects.filter(text="meeting-called", subject=meeting.case)
    assert {notice.recipient for notice in told} == {cast.supervisor, cast.owner, cast.colleague}
    assert set(meeting.attendees.all()) == {cast.owner, cast.colleague}  # the chair is there anyway
    assert Event.objects.get(case=meeting.case).act == "meeting.call"


@pytest.mark.parametrize(
    "who", ["supervisor", "executive", "admin", "site_manager", "west_manager", "hotel_quality"]
)
def test_only_quality_managers_of_the_unit_call_one(cast, units, who):
    with pytest.raises(NotAllowed):
        meetings.call(
            by=getattr(cast, who), unit=units.east, title="Mine", period_from=today(-9), period_until=today(),
            held_at=timezone.now(), chair=cast.supervisor,
        )  # fmt: skip
    assert not Meeting.objects.exists() and not Event.objects.filter(act="meeting.call").exists()


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"title": " "}, "title"), ({"period_until": today(-31)}, "period_until"), ({"chair": "hotel_quality"}, "chair"),
        ({"attendees": ["hotel_quality"]}, "attendees"),
    ],
)  # fmt: skip
def test_what_can_not_be(cast, units, wrong, field):
    values = {
        "title": "Review", "unit": units.rail, "period_from": today(-30), "period_until": today(),
        "held_at": timezone.now(), "chair": cast.supervisor, **wrong,
    }  # fmt: skip
    if isinstance(values["chair"], str):
        values["chair"] = getattr(cast, values["chair"])
    values["attendees"] = [getattr(cast, name) for name in values.get("attendees", [])]
    with pytest.raises(Invalid) as refused:
        meetings.call(by=cast.quality, **values)
    assert list(refused.value.fields) == [field] and not Meeting.objects.exists()


def test_a_moved_meeting_is_told_to_everybody_a_new_guest_is_invited(meeting, cast):
    values = {"title": meeting.title, "place": "Room 7", "chair": cast.supervisor}
    row = meetings.change_details(
        meeting, by=cast.supervisor, version=1, held_at=meeting.held_at, attendees=[cast.owner, cast.executive], **values
    )  # fmt: skip
    told = Notice.objects.filter(text="meeting-called", subject=meeting.case, occasion__endswith=":2")
    assert [notice.recipient for notice in told] == [cast.executive]
    later = meeting.held_at + dt.timedelta(days=1)
    meetings.change_details(
        row, by=cast.supervisor, version=2, held_at=later, attendees=[cast.owner, cast.executive], **values
    )
    told = Notice.objects.filter(text="meeting-called", subject=meeting.case, occasion__endswith=":3")
    assert {notice.recipient for notice in told} == {cast.owner, cast.executive}


# The agenda ----------------------------------------------------------------------------------------------------------
def test_the_period_offers_its_cases_with_the_reasons(cast, units):
    closed = walks.improved(cast, units, title="Closed one")
    failed = verify.judge(
        (tracked := walks.tracked(cast, units, title="Failed one")), by=cast.quality, version=tracked.version,
        **walks.verdict("not_effective", 48, 47),
    )  # fmt: skip
    late = walks.substantiate(walks.report(cast, units, title="Late one"), cast, severity=2)
    Incident.objects.filter(pk=late.pk).update(due_at=timezone.now() - dt.timedelta(days=3))
    quiet = walks.substantiate(walks.report(cast, units, title="Quiet one"), cast, severity=1)
    again = walks.substantiate(walks.report(cast, units, title="Again"), cast, severity=1)
    Recurrence.objects.create(earlier=closed, later=again)
    found = {
        one.incident.title: one.reasons
        for one in agenda.candidates(cast.quality, units.rail, today(-30), today())
    }
    assert found == {
        "Closed one": ["severe", "recurring", "closed"], "Failed one": ["severe", "not_effective"],
        "Late one": ["overdue"], "Again": ["recurring"],
    }  # fmt: skip
    assert quiet.title not in found and failed.cycle == 2
    assert agenda.candidates(cast.quality, units.west, today(-30), today()) == []  # of the unit only
    assert (
        agenda.candidates(cast.west_manager, units.rail, today(-30), today()) == []
    )  # seen by the caller only
    old = agenda.candidates(cast.quality, units.rail, today(-90), today(-60))
    assert old == []


def test_the_facts_are_those_of_the_day_and_say_nothing_that_was_written(cast, units, meeting):
    case = walks.improved(cast, units, title="Secret words")
    meetings.set_agenda(
        meeting,
        by=cast.quality,
        version=1,
        topics=[Topic(case, reasons=("severe", "closed")), Topic(text="Budget")],
    )
    item = meeting.agenda.get(incident=case)
    assert "Secret" not in str(item.facts) and item.text == ""
    words = agenda.in_words(item.facts)
    assert words.startswith("serious or major · closed in the period · severity: Serious · stage: Closed")
    assert (
        agenda.in_words({}) == ""
        and agenda.in_words({"reasons": ["of a later release"], "severity": 9}) == ""
    )


def test_an_agenda_is_ordered_and_reordered(cast, units, meeting):
    first, second = walks.report(cast, units, title="A"), walks.report(cast, units, title="B")
    meetings.set_agenda(
        meeting, by=cast.supervisor, version=1, topics=[Topic(second), Topic(text="Budget"), Topic(first)]
    )
    items = list(meeting.agenda.all())
    assert [item.incident or item.text for item in items] == [second, "Budget", first]
    meetings.write_minutes(
        meeting, by=cast.supervisor, version=2, minutes="Held.", notes={items[1].pk: "Twice as much"}
    )
    meetings.set_agenda(
        meeting, by=cast.supervisor, version=3,
        topics=[Topic(text="Money", item=items[1]), Topic(first, item=items[2])],
    )  # fmt: skip
    assert [(item.text, item.notes) for item in meeting.agenda.all()] == [
        ("Money", "Twice as much"),
        ("", ""),
    ]
    told = Event.objects.filter(case=meeting.case, act="meeting.set_agenda").latest("pk").after
    assert told["cases"] == [first.number] and told["topics"] == ["Money"]


def test_nobody_puts_a_case_on_the_agenda_that_they_do_not_see(cast, units, meeting):
    case = walks.report(cast, units, unit=units.west_station, by=cast.west_manager)
    with pytest.raises(NotAllowed):
        meetings.set_agenda(meeting, by=cast.supervisor, version=1, topics=[Topic(case)])
    assert not AgendaItem.objects.exists() and version(meeting) == 1


def test_a_line_with_a_decision_stays(cast, units, meeting):
    meetings.set_agenda(meeting, by=cast.quality, version=1, topics=[Topic(text="Fans"), Topic(text="Cups")])
    fans = meeting.agenda.get(text="Fans")
    decision_on(meeting, cast, units, item=fans)
    with pytest.raises(Invalid):
        meetings.set_agenda(meeting, by=cast.quality, version=version(meeting), topics=[])
    assert meeting.agenda.count() == 2


# A guest who may not see a case --------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", ["meeting", "meeting-print"])
def test_a_case_that_a_guest_may_not_open_is_a_number(cast, units, meeting, client, page):
    case = walks.report(cast, units, unit=units.station, by=cast.supervisor, title="Secret title")
    meetings.set_agenda(meeting, by=cast.quality, version=1, topics=[Topic(case), Topic(text="Budget")])
    item = meeting.agenda.get(incident=case)
    meetings.write_minutes(
        meeting, by=cast.quality, version=2, minutes="Held.", notes={item.pk: "Secret note"}
    )
    client.force_login(cast.colleague)
    html = client.get(reverse(page, args=[meeting.number])).content.decode()
    assert case.number in html and "a case you can&#x27;t open" in html and "Budget" in html
    assert "Secret" not in html and case.get_absolute_url() not in html
    client.force_login(cast.quality)
    html = client.get(reverse(page, args=[meeting.number])).content.decode()
    assert "Secret title" in html and "Secret note" in html


def test_who_writes_the_minutes_without_seeing_a_case_writes_nothing_on_it(cast, units, meeting, client):
    """Sun takes the chair, but what happened in the west is none of the eastern supervisor's business."""
    case = walks.report(cast, units, unit=units.west_station, by=cast.west_manager, title="Western secret")
    meetings.set_agenda(meeting, by=cast.quality, version=1, topics=[Topic(case), Topic(text="Budget")])
    client.force_login(cast.supervisor)
    for slug in ("agenda", "minutes", "decide"):
        html = client.get(reverse("meeting-act", args=[meeting.number, slug])).content.decode()
        assert "Western secret" not in html
    item = meeting.agenda.get(incident=case)
    data = {"version": 2, "minutes": "Held.", f"notes_{item.pk}": "Sneaked in"}
    assert client.post(reverse("meeting-act", args=[meeting.number, "minutes"]), data).status_code == 302
    item.refresh_from_db()
    assert item.notes == ""


@pytest.mark.parametrize(
    "who", ["reporter", "site_manager", "handler", "admin", "west_manager", "hotel_quality"]
)
def test_a_meeting_of_others_does_not_exist(cast, units, meeting, client, who):
    decision = decision_on(meeting, cast, units)
    client.force_login(getattr(cast, who))
    for url in (
        meeting.get_absolute_url(), reverse("meeting-print", args=[meeting.number]),
        reverse("meeting-act", args=[meeting.number, "minutes"]), decision.get_absolute_url(),
    ):  # fmt: skip
        assert client.get(url).status_code == 404, url
    assert meeting.number not in client.get(reverse("meeting-list")).content.decode()


@pytest.mark.parametrize("who", ["owner", "colleague", "executive"])
@pytest.mark.parametrize("slug", ["details", "agenda", "minutes", "decide", "sign"])
def test_guests_read_and_write_nothing(cast, units, meeting, client, who, slug):
    client.force_login(getattr(cast, who))
    events = Event.objects.count()
    url = reverse("meeting-act", args=[meeting.number, slug])
    assert client.get(meeting.get_absolute_url()).status_code == 200
    assert client.get(url).status_code == 403
    assert client.post(url, {"version": 1, "minutes": "Mine"}).status_code == 403
    meeting.refresh_from_db()
    assert (meeting.version, meeting.minutes, Event.objects.count()) == (1, "", events)


# Minutes -------------------------------------------------------------------------------------------------------------
def test_a_stale_save_is_refused_and_shows_both_texts(meeting, cast, client):
    meetings.write_minutes(meeting, by=cast.quality, version=1, minutes="Wang's words")
    with pytest.raises(Stale):
        meetings.write_minutes(meeting, by=cast.supervisor, version=1, minutes="Sun's words")
    client.force_login(cast.supervisor)
    url = reverse("meeting-act", args=[meeting.number, "minutes"])
    page = client.post(url, {"version": 1, "minutes": "Sun's words"})
    html = page.content.decode()
    assert page.status_code == 409 and "Wang&#x27;s words" in html and "Sun&#x27;s words" in html
    meeting.refresh_from_db()
    assert meeting.minutes == "Wang's words"
    assert page.context["form"]["version"].value() == 2  # sent again it counts for what stands there now
    client.post(url, {"version": 2, "minutes": "Both"})
    meeting.refresh_from_db()
    assert (meeting.minutes, meeting.status) == ("Both", "held")


def test_the_chair_signs_with_the_password_and_then_nothing_changes(meeting, cast, units, client):
    decision = decision_on(meeting, cast, units)
    client.force_login(cast.supervisor)
    url = reverse("meeting-act", args=[meeting.number, "sign"])
    assert (
        client.post(url, {"version": version(meeting), "password": PASSWORD}).status_code == 409
    )  # no minutes yet
    meetings.write_minutes(
        meeting, by=cast.quality, version=version(meeting), minutes="We looked at the fans."
    )
    assert client.post(url, {"version": version(meeting), "password": "wrong"}).status_code == 422
    assert not Signature.objects.exists() and version(meeting) == 3
    assert client.post(url, {"version": 3, "password": PASSWORD}).status_code == 302
    meeting.refresh_from_db()
    signature = Signature.objects.get(case=meeting.case)
    assert (meeting.status, signature.signer, signature.meaning, signature.method) == (
        "signed", cast.supervisor, "minutes", "password",
    )  # fmt: skip
    assert (
        still_says(signature, meetings.signed_content(meeting))
        and "We looked at the fans." in signature.content
    )
    assert Event.objects.get(act="meeting.sign").after["digest"] == signature.digest
    held, before = version(meeting), Event.objects.count()
    for act in (
        lambda: meetings.write_minutes(meeting, by=cast.quality, version=held, minutes="Other"),
        lambda: meetings.set_agenda(meeting, by=cast.quality, version=held, topics=[Topic(text="Late")]),
        lambda: meetings.sign(meeting, by=cast.supervisor, version=held),
        lambda: decision_on(meeting, cast, units),
        lambda: decisions.amend_decision(
            decision, by=cast.quality, version=held, text="Other", owner=cast.owner, unit=units.depot,
            due_on=today(9), target="x",
        ),
        lambda: meetings.change_details(
            meeting, by=cast.quality, version=held, title="x", held_at=timezone.now(), place="", chair=cast.quality,
            attendees=[],
        ),
    ):  # fmt: skip
        with pytest.raises(Stale, match="signed"):
            act()
    assert Event.objects.count() == before and still_says(signature, meetings.signed_content(meeting))
    decisions.finish_decision(decision, by=cast.depot_manager, proof="Order 4711")
    decision.refresh_from_db()
    assert decision.done_by == cast.depot_manager
    client.force_login(cast.quality)
    assert client.get(reverse("meeting-act", args=[meeting.number, "minutes"])).status_code == 302


def test_only_the_chair_signs_and_only_what_was_held(meeting, cast):
    meetings.write_minutes(meeting, by=cast.quality, version=1, minutes="Held.")
    with pytest.raises(NotAllowed):
        meetings.sign(meeting, by=cast.quality, version=2)
    Meeting.objects.filter(pk=meeting.pk).update(held_at=timezone.now() + dt.timedelta(days=1))
    with pytest.raises(NotYet):
        meetings.sign(meeting, by=cast.supervisor, version=2)
    assert not Signature.objects.exists()


# Decisions -----------------------------------------------------------------------------------------------------------
def test_a_decision_is_carried_out_from_my_work(meeting, cast, units, client):
    """Liu wasn't at the meeting. He is told, finds it in his work, is reminded, and shows that it is done."""
    decision = decision_on(meeting, cast, units)
    assert decision.number == "CA-" + str(today().year) + "-000001"
    notice = Notice.objects.get(recipient=cast.depot_manager, text="decision-assigned")
    deadline = Deadline.objects.get(subject=meeting.case)
    assert (deadline.kind, deadline.owner, deadline.label) == (
        decision.deadline_kind, cast.depot_manager, decision.number,
    )  # fmt: skip
    client.force_login(cast.depot_manager)
    page = client.get("/").content.decode()
    assert (
        decision.text in page
        and decision.get_absolute_url() in page
        and "Decision of a review meeting" in page
    )
    assert client.get(notice.url).status_code == 200
    sweeping.sweep(deadline.due_at + dt.timedelta(hours=1))
    reminder = Notice.objects.get(recipient=cast.depot_manager, text="overdue")
    assert client.get(reminder.url).url == decision.get_absolute_url()  # of the meeting he sees only that
    assert client.get(reverse("meeting-print", args=[meeting.number])).status_code == 404
    assert client.post(decision.get_absolute_url(), {"proof": " "}).status_code == 422
    assert client.post(decision.get_absolute_url(), {"proof": "Order 4711, shelf photo"}).status_code == 302
    decision.refresh_from_db()
    deadline.refresh_from_db()
    assert decision.proof == "Order 4711, shelf photo" and deadline.closed_at is not None
    assert Notice.objects.filter(text="decision-done", recipient=cast.supervisor).exists()
    assert decision.text not in client.get("/").content.decode()
    assert decision.text in client.get("/?tab=done").content.decode()
    with pytest.raises(Stale):
        decisions.finish_decision(decision, by=cast.depot_manager, proof="Again")


def test_measures_and_decisions_share_one_series(meeting, cast, units):
    case = walks.planned(cast, units)
    assert decision_on(meeting, cast, units).number.endswith("-000003")
    assert {measure.number[-6:] for measure in case.measures.all()} == {"000001", "000002"}


@pytest.mark.parametrize("who", ["quality", "supervisor", "owner", "executive"])
def test_nobody_finishes_anothers_decision(meeting, cast, units, client, who):
    decision = decision_on(meeting, cast, units)
    client.force_login(getattr(cast, who))
    assert client.get(decision.get_absolute_url()).status_code == 200
    assert client.post(decision.get_absolute_url(), {"proof": "Mine"}).status_code == 403
    decision.refresh_from_db()
    assert decision.done_at is None and Deadline.objects.get(subject=meeting.case).closed_at is None


@pytest.mark.parametrize(
    "wrong", ["text", "target", "due_on", "unit", "owner", "item"],
)  # fmt: skip
def test_a_decision_says_what_who_when_and_how_it_is_seen(meeting, cast, units, wrong):
    other = meetings.call(
        by=cast.quality, unit=units.rail, title="Other", period_from=today(), period_until=today(),
        held_at=timezone.now(), chair=cast.quality,
    )  # fmt: skip
    values = {
        "text": " ", "target": "", "due_on": today(-1), "unit": units.hotels, "owner": cast.hotel_quality,
        "item": AgendaItem.objects.create(meeting=other, text="Elsewhere"),
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        decision_on(meeting, cast, units, **{wrong: values[wrong]})
    assert list(refused.value.fields) == [wrong]
    assert not Decision.objects.exists() and version(meeting) == 1


def test_a_decision_is_reworded_before_the_signature(meeting, cast, units):
    decision = decision_on(meeting, cast, units)
    decisions.amend_decision(
        decision, by=cast.supervisor, version=version(meeting), text="Buy two", owner=cast.owner, unit=units.depot,
        due_on=today(60), target="Two on every shelf",
    )  # fmt: skip
    decision.refresh_from_db()
    assert (decision.text, decision.owner, decision.original_due_on) == ("Buy two", cast.owner, today(30))
    deadline = Deadline.objects.get(subject=meeting.case)
    assert deadline.owner == cast.owner and timezone.localdate(deadline.due_at) == today(60)
    assert Notice.objects.filter(recipient=cast.owner, text="decision-assigned").exists()


def test_a_leavers_decision_is_handed_over_even_after_the_signature(meeting, cast, units, client):
    decision = decision_on(meeting, cast, units)
    meetings.write_minutes(meeting, by=cast.quality, version=2, minutes="Held.")
    meetings.sign(meeting, by=cast.supervisor, version=3)
    client.force_login(cast.admin)
    page = client.get(reverse("hand-over", args=[cast.depot_manager.pk])).content.decode()
    assert decision.number in page and decision.text not in page  # that it is there, not what it says
    client.force_login(cast.depot_manager)
    url = reverse("decision-hand-over", args=[decision.number])
    assert client.post(url, {"owner": "chen", "reason": "No time"}).status_code == 403
    client.force_login(cast.quality)
    assert client.post(url, {"owner": "chen", "reason": "Liu leaves"}).status_code == 302
    decision.refresh_from_db()
    assert decision.owner == cast.owner and Deadline.objects.get(subject=meeting.case).owner == cast.owner
    event = Event.objects.get(act="meeting.hand_over_decision")
    assert event.reason == "Liu leaves"


# The pages -----------------------------------------------------------------------------------------------------------
def test_from_the_call_to_the_signature_in_the_browser(cast, units, client):
    case = walks.improved(cast, units)
    client.force_login(cast.quality)
    data = {
        "title": "November review", "unit": units.rail.pk, "period_from": str(today(-30)), "period_until": str(today()),
        "held_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}", "place": "Room 301", "chair": "wang",
        "attendee_0": "Sun Ning (sun)", "attendee_1": "",
    }  # fmt: skip
    assert client.post(reverse("meeting-call"), {**data, "chair": "Nobody"}).status_code == 422
    response = client.post(reverse("meeting-call"), data)
    meeting = Meeting.objects.get()
    url = reverse("meeting-act", args=[meeting.number, "agenda"])
    assert response.url == url and list(meeting.attendees.all()) == [cast.supervisor]
    page = client.get(url)
    assert page.context["form"][f"on_case_{case.pk}"].value() is True  # a new agenda begins with all of them
    fields = {"version": 1, f"on_case_{case.pk}": "on", f"place_case_{case.pk}": "2", "topic_0": "Budget"}
    assert client.post(url, fields).status_code == 302
    assert [item.incident or item.text for item in meeting.agenda.all()] == [case, "Budget"]
    first, second = meeting.agenda.all()
    fields = {
        "version": 2, f"on_item_{first.pk}": "on", f"place_item_{first.pk}": "2", f"on_item_{second.pk}": "on",
        f"place_item_{second.pk}": "1", f"topic_item_{second.pk}": "Money",
    }  # fmt: skip
    client.post(url, fields)
    assert [item.incident or item.text for item in meeting.agenda.all()] == ["Money", case]
    fields = {"version": 3, "minutes": "We talked.", f"notes_{first.pk}": "Well done."}
    client.post(reverse("meeting-act", args=[meeting.number, "minutes"]), fields)
    fields = {
        "version": 4, "text": "Buy fans", "owner": "liu", "unit": units.depot.pk, "due_on": str(today(20)),
        "target": "A fan on every shelf", "item": first.pk,
    }  # fmt: skip
    assert client.post(reverse("meeting-act", args=[meeting.number, "decide"]), fields).status_code == 302
    client.post(reverse("meeting-act", args=[meeting.number, "sign"]), {"version": 5, "password": PASSWORD})
    for url in (meeting.get_absolute_url(), reverse("meeting-print", args=[meeting.number])):
        html = client.get(url).content.decode()
        for words in (
            "We talked.",
            "Well done.",
            "Buy fans",
            "Money",
            case.title,
            "SHA-256",
            "Minutes signed",
        ):
            assert words in html
    html = client.get(meeting.get_absolute_url()).content.decode()
    for words in (
        "called the meeting: November review",
        f"set the agenda: {case.number}",
        "recorded the decision",
    ):
        assert words in html
    html = client.get(reverse("meeting-list")).content.decode()
    assert "0 of 1 carried out" in html and meeting.number in html


def test_the_form_of_the_call_is_for_quality_managers(cast, client):
    client.force_login(cast.supervisor)
    assert client.get(reverse("meeting-call")).status_code == 403
    assert client.post(reverse("meeting-call"), {}).status_code == 403


@pytest.mark.parametrize("name", ["meeting-list", "meeting", "meeting-print", "agenda", "minutes", "mywork"])
def test_the_number_of_statements_does_not_grow(meeting, cast, units, client, name):
    url = (
        reverse(name) if name in ("meeting-list", "mywork")
        else reverse("meeting-act", args=[meeting.number, name]) if name in ("agenda", "minutes")
        else reverse(name, args=[meeting.number])
    )  # fmt: skip
    client.force_login(cast.quality)
    counts = []
    for size in (1, 8):
        for place in range(size):
            case = walks.report(cast, units, title=f"{size} {place}")
            topics = [Topic(item.incident, item.text, item=item) for item in meeting.agenda.all()]
            meetings.set_agenda(
                meeting, by=cast.quality, version=version(meeting), topics=[*topics, Topic(case)]
            )
            decision_on(meeting, cast, units, owner=cast.quality, text=f"Decision {size} {place}")
            meetings.call(
                by=cast.quality, unit=units.rail, title=f"M {place}", period_from=today(), period_until=today(),
                held_at=timezone.now(), chair=cast.quality,
            )  # fmt: skip
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 24, counts
