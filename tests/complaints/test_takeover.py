"""Who answers for it: whoever received it first, until somebody has accepted it; and who alone may know of it."""

import pytest
from django.urls import reverse

from complaints import handling, intake, replying, restricting, succession, takeover
from complaints.models import Complaint
from complaints.states import Channel, State
from history.administration import staff
from history.models import Event
from incidents import inheritance
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.reorganise import move_unit
from people.models import Person, Post, Role
from reminders.models import Deadline, Notice
from tests.complaints.test_handling import rows
from tests.complaints.ways import RUDE, category, classified, fresh, investigated, main_deadlines, received

pytestmark = pytest.mark.django_db


def sees(person, complaint) -> bool:
    return Complaint.objects.visible_to(Person.objects.get(pk=person.pk)).filter(pk=complaint.pk).exists()


def waiting(complaint) -> list[tuple]:
    """What is open: (kind, whose)."""
    open_ones = Deadline.objects.filter(subject=complaint.case, closed_at=None).order_by("kind")
    return [(deadline.kind, deadline.owner) for deadline in open_ones]


def offered(complaint, cast, to, **values) -> Complaint:
    values = {"by": cast.handler, "reason": "It is about her division."} | values
    return takeover.offer(complaint, version=complaint.version, to=to, **values)


# Offered, accepted, declined -----------------------------------------------------------------------------------------
def test_who_received_it_first_answers_until_somebody_has_accepted(cast, units):
    complaint, _token = intake.receive(by=cast.supervisor, unit=units.crew, text=RUDE, channel=Channel.PHONE)
    assert complaint.first_handler == complaint.owner == cast.supervisor
    complaint = offered(complaint, cast, cast.handler, by=cast.supervisor)
    assert (complaint.owner, complaint.offered_to) == (cast.supervisor, cast.handler)
    assert waiting(complaint) == [("classify", cast.supervisor), ("takeover", cast.handler)]
    notice = Notice.objects.get(recipient=cast.handler, text="complaint-offered")
    assert notice.params["by"] == "Sun Ning" and RUDE not in str(notice.params)
    due = complaint.due_at
    complaint = takeover.accept(complaint, by=cast.handler, version=complaint.version)
    assert (complaint.owner, complaint.handler, complaint.offered_to) == (cast.handler, cast.handler, None)
    assert (complaint.first_handler, complaint.due_at) == (cast.supervisor, due), (
        "the moment stays, the fact too"
    )
    assert waiting(complaint) == [("classify", cast.handler)]
    assert Notice.objects.get(text="complaint-accepted").recipient == cast.supervisor
    with pytest.raises((NotAllowed, Stale)):
        takeover.accept(complaint, by=cast.handler, version=complaint.version)


def test_whoever_answers_may_do_what_it_waits_for(cast, units):
    complaint, _token = intake.receive(by=cast.supervisor, unit=units.crew, text=RUDE, channel=Channel.PHONE)
    complaint = classified(cast, units, complaint, by=cast.supervisor)
    assert complaint.handler == cast.supervisor


def test_declined_it_stays_where_it_is(cast, units):
    complaint = offered(classified(cast, units), cast, cast.supervisor, by=cast.quality)
    with pytest.raises(Invalid):
        takeover.decline(complaint, by=cast.supervisor, version=complaint.version, reason="")
    complaint = takeover.decline(
        complaint, by=cast.supervisor, version=complaint.version, reason="Not mine; ask 13912341402."
    )
    assert (complaint.owner, complaint.offered_to) == (cast.handler, None)
    assert waiting(complaint) == [("reply", cast.handler)]
    told = Notice.objects.filter(text="complaint-declined")
    assert {notice.recipient for notice in told} == {cast.handler, cast.quality}
    assert (
        "13912341402" not in str(list(told.values())) + Event.objects.of(complaint.case).latest("seq").payload
    )


def test_a_second_offer_takes_the_place_of_the_first(cast, units):
    complaint = offered(classified(cast, units), cast, cast.supervisor)
    complaint = offered(complaint, cast, cast.quality)
    assert waiting(complaint) == [("reply", cast.handler), ("takeover", cast.quality)]
    with pytest.raises(NotAllowed):
        takeover.accept(complaint, by=cast.supervisor, version=complaint.version)


def test_only_who_could_handle_it_is_asked(cast, units):
    complaint = classified(cast, units, about=cast.site_manager)
    before = rows(complaint)
    for to, why in {
        cast.handler: "already", cast.colleague: "no role", cast.hotel_quality: "another company",
        cast.site_manager: "about", cast.west_manager: "no role",
    }.items():  # fmt: skip
        with pytest.raises(Invalid, match=why):
            offered(complaint, cast, to)
    for who in ("reporter", "executive", "site_manager", "west_manager", "hotel_quality"):
        with pytest.raises(NotAllowed):
            offered(complaint, cast, cast.quality, by=getattr(cast, who))
    with pytest.raises(Invalid, match="Say why"):
        offered(complaint, cast, cast.quality, reason=" ")
    with pytest.raises(Stale):
        takeover.offer(complaint, by=cast.handler, version=1, to=cast.quality, reason="Old page")
    assert rows(complaint) == before


def test_to_another_unit_it_goes_when_it_is_accepted(cast, units):
    complaint = classified(cast, units)
    complaint = offered(complaint, cast, cast.west_manager, unit=units.west_station)
    assert sees(cast.supervisor, complaint) and sees(cast.west_manager, complaint), (
        "to decide she has to read it"
    )
    assert complaint.unit == units.crew
    complaint = takeover.accept(complaint, by=cast.west_manager, version=complaint.version)
    assert (complaint.unit, complaint.owner) == (units.west_station, cast.west_manager)
    assert not sees(cast.supervisor, complaint) and sees(cast.west_manager, complaint)
    assert f"p{cast.handler.pk}" in complaint.readers, "who had it keeps sight of it"
    (deadline,) = main_deadlines(complaint)
    assert (deadline.unit, deadline.owner) == (units.west_station, cast.west_manager)
    event = Event.objects.of(complaint.case).latest("seq")
    assert (event.act, event.before["unit"], event.after["unit"]) == (
        "complaint.accept", f"people.unit:{units.crew.pk}", f"people.unit:{units.west_station.pk}",
    )  # fmt: skip
    with pytest.raises(Invalid, match="another company"):
        offered(complaint, cast, cast.hotel_quality, by=cast.west_manager, unit=units.hotels)


def test_the_approval_goes_with_it(cast, units):
    complaint = investigated(cast, units)
    replying.draft(complaint, by=cast.handler, version=complaint.version, text="We are sorry.")
    replying.submit(complaint, by=cast.handler, version=fresh(complaint).version)
    east = Post.objects.create(person=cast.supervisor, unit=units.east, role=Role.QUALITY)
    Deadline.objects.filter(subject=complaint.case, kind="reply-approval").update(owner=east.person)
    complaint = offered(fresh(complaint), cast, cast.west_manager, unit=units.west_station)
    complaint = takeover.accept(complaint, by=cast.west_manager, version=complaint.version)
    assert ("reply-approval", cast.west_manager) in waiting(complaint)


def test_the_approval_goes_to_somebody_who_is_named(cast, units):
    complaint = investigated(cast, units)
    replying.draft(complaint, by=cast.handler, version=complaint.version, text="We are sorry.")
    replying.submit(complaint, by=cast.handler, version=fresh(complaint).version)
    assert ("reply-approval", cast.quality) in waiting(complaint)
    people = [cast.handler, cast.quality_two]
    restricting.restrict(complaint, by=cast.handler, version=None, people=people, reason="Abuse")
    assert ("reply-approval", cast.quality_two) in waiting(complaint)


def test_named_in_the_classification_somebody_else_is_asked(cast, units):
    complaint = classified(cast, units, handler=cast.supervisor)
    assert (complaint.handler, complaint.owner, complaint.offered_to) == (
        cast.handler, cast.handler, cast.supervisor,
    )  # fmt: skip
    assert waiting(complaint) == [("reply", cast.handler), ("takeover", cast.supervisor)]
    mine = classified(cast, units, by=cast.quality, handler=cast.quality)
    assert (mine.handler, mine.offered_to) == (cast.quality, None), "who takes it themselves isn't asked"


def test_an_end_ends_the_offer(cast, units):
    complaint = offered(classified(cast, units), cast, cast.supervisor)
    complaint = handling.withdraw(complaint, by=cast.handler, version=complaint.version, reason="He called.")
    assert complaint.offered_to is None and waiting(complaint) == []


# Named people only ---------------------------------------------------------------------------------------------------
def test_named_people_only(cast, units):
    complaint = classified(cast, units)
    people = [cast.handler, cast.quality]
    before = rows(complaint)
    for wrong in ([], [cast.quality], [*people, cast.hotel_quality]):
        with pytest.raises(Invalid):
            restricting.restrict(
                complaint, by=cast.handler, version=complaint.version, people=wrong, reason="Abuse"
            )
    for who in (cast.site_manager, cast.executive, cast.hotel_quality):
        with pytest.raises(NotAllowed):
            restricting.restrict(complaint, by=who, version=complaint.version, people=people, reason="Abuse")
    assert rows(complaint) == before
    complaint = restricting.restrict(
        complaint, by=cast.handler, version=complaint.version, people=people, reason="Abuse"
    )
    assert complaint.sensitive and set(complaint.readers) == {f"p{person.pk}" for person in people}
    assert [sees(getattr(cast, who), complaint) for who in ("handler", "quality", "supervisor", "executive")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert Notice.objects.get(text="complaint-restricted").recipient == cast.quality
    unseen = rows(complaint)
    with pytest.raises(NotAllowed):
        handling.investigate(complaint, by=cast.supervisor, version=complaint.version)
    with pytest.raises(Invalid, match="named people"):
        offered(complaint, cast, cast.supervisor)
    assert rows(complaint) == unseen
    complaint = handling.escalate(complaint, by=cast.handler, version=complaint.version, reason="Up")
    assert complaint.owner == cast.quality, "not to a supervisor who isn't named"
    complaint = restricting.lift(
        complaint, by=cast.quality, version=complaint.version, reason="It was nothing."
    )
    assert not complaint.sensitive and sees(cast.supervisor, complaint)
    with pytest.raises(Stale):
        restricting.lift(complaint, by=cast.quality, version=complaint.version, reason="Again")


def test_whoever_it_is_about_is_never_named(cast, units):
    complaint = classified(cast, units, about=cast.supervisor)
    with pytest.raises(Invalid, match="about Sun Ning"):
        restricting.restrict(
            complaint,
            by=cast.handler,
            version=complaint.version,
            people=[cast.handler, cast.supervisor],
            reason="A",
        )


# Who leaves, what is moved -------------------------------------------------------------------------------------------
def handed_over(complaint, cast, taker, **values):
    values = {"by": cast.admin, "giver": cast.handler, "reason": "Zhao leaves"} | values
    return succession.hand_over(complaint, taker=taker, **values)


def test_who_leaves_is_succeeded_in_every_part(cast, units):
    owned, asked = classified(cast, units), received(units)
    asked = offered(asked, cast, cast.quality)
    pieces = inheritance.open_work(cast.handler, asks=cast.admin)
    assert {piece.case.pk for piece in pieces} == {owned.pk, asked.pk}
    assert not any(piece.is_readable for piece in pieces), "an administrator runs the system, not the cases"
    assert [str(part) for part in pieces[0].parts] and inheritance.open_work(
        cast.reporter, asks=cast.admin
    ) == []
    row, parts = handed_over(owned, cast, cast.quality)
    assert (row.owner, row.handler) == (cast.quality, cast.quality) and waiting(row) == [
        ("reply", cast.quality)
    ]
    row, _parts = handed_over(asked, cast, cast.quality)
    assert (row.owner, row.first_handler, row.offered_to) == (cast.quality, cast.quality, None)
    assert waiting(row) == [("classify", cast.quality)], "nobody is asked to take over what is theirs"
    assert inheritance.open_work(cast.handler, asks=cast.admin) == []
    assert Notice.objects.filter(recipient=cast.quality, text="handed-over").count() == 2
    back = succession.take_back(
        owned.pk,
        by=cast.admin,
        giver=cast.handler,
        taker=cast.quality,
        parts=parts,
        version=fresh(owned).version,
    )
    assert back.owner == back.handler == cast.handler and sees(cast.quality, owned)


def test_who_was_asked_passes_the_question_on(cast, units):
    complaint = offered(classified(cast, units), cast, cast.quality)
    row, _parts = handed_over(complaint, cast, cast.quality_two, giver=cast.quality)
    assert (row.owner, row.offered_to) == (cast.handler, cast.quality_two)
    assert waiting(row) == [("reply", cast.handler), ("takeover", cast.quality_two)]


def test_not_everybody_hands_over_or_takes(cast, units):
    complaint = classified(cast, units, about=cast.supervisor)
    before = rows(complaint)
    for values, error in (
        ({"by": cast.reporter}, NotAllowed), ({"by": cast.executive}, NotAllowed), ({"reason": ""}, Invalid),
        ({"giver": cast.site_manager, "by": cast.quality}, Stale),
    ):  # fmt: skip
        with pytest.raises(error):
            handed_over(complaint, cast, cast.quality, **values)
    for taker in (cast.supervisor, cast.colleague, cast.hotel_quality, cast.handler):
        with pytest.raises(Invalid):
            handed_over(complaint, cast, taker)
    with pytest.raises(NotAllowed, match="to yourself"):
        handed_over(complaint, cast, cast.admin)
    assert rows(complaint) == before


def test_a_sensitive_one_goes_to_a_named_person_while_there_is_one(cast, units):
    complaint = classified(cast, units)
    complaint = restricting.restrict(
        complaint,
        by=cast.handler,
        version=complaint.version,
        people=[cast.handler, cast.quality],
        reason="Abuse",
    )
    with pytest.raises(Invalid, match="named people"):
        handed_over(complaint, cast, cast.quality_two)
    staff.leave(cast.quality, by=cast.admin)
    row, _parts = handed_over(complaint, cast, cast.quality_two)
    assert row.owner == cast.quality_two and sees(cast.quality_two, row) and not sees(cast.supervisor, row)


def test_on_the_page_of_the_hand_over(client, cast, units):
    complaint, kept = classified(cast, units), received(units)
    client.force_login(cast.admin)
    url = reverse("hand-over", args=[cast.handler.pk])
    page = client.get(url).content.decode()
    assert complaint.number in page and "shouted" not in page and "What else waits" not in page
    sent = {"reason": "Leaves", "taker": cast.quality.username, f"pass-complaint-{complaint.pk}": "on"}
    answer = client.post(url, sent, follow=True)
    assert "1 case was handed over." in answer.content.decode()
    assert (fresh(complaint).owner, fresh(kept).owner) == (cast.quality, cast.handler)
    client.post(reverse("hand-over-undo", args=[cast.handler.pk]))
    assert fresh(complaint).owner == cast.handler
    refused = client.post(url, sent | {"taker": cast.colleague.username})
    assert refused.status_code == 409 and "has no role" in refused.content.decode()


def test_the_list_costs_the_same_however_long_it_is(cast, units, django_assert_num_queries):
    for number in (1, 3):
        while Complaint.objects.count() < number:
            classified(cast, units)
        giver, asks = (Person.objects.get(pk=person.pk) for person in (cast.handler, cast.quality))
        # deadlines, complaints, which of them the asker sees (their posts), and suggestions
        with django_assert_num_queries(5):
            assert len(inheritance.open_work(giver, asks=asks)) == number


def test_a_sensitive_one_is_joined_only_with_what_the_same_people_see(cast, units):
    secret, other = classified(cast, units), received(units)
    secret = restricting.restrict(
        secret, by=cast.handler, version=None, people=[cast.handler], reason="Abuse"
    )
    for one, into in ((secret, other), (other, secret)):
        before = rows(one), rows(into)
        with pytest.raises(Invalid, match="named people"):
            handling.merge(one, by=cast.handler, version=None, into=into)
        assert (rows(one), rows(into)) == before
    restricting.restrict(other, by=cast.handler, version=None, people=[cast.handler], reason="Abuse")
    assert handling.merge(other, by=cast.handler, version=None, into=secret).merged_into == secret


def test_a_moved_unit_takes_its_complaints_along(cast, units):
    complaint, secret = received(units), classified(cast, units)
    secret = restricting.restrict(
        secret, by=cast.handler, version=secret.version, people=[cast.handler], reason="A"
    )
    assert move_unit(units.crew, units.west, by=cast.admin) == 1
    assert sees(cast.west_manager, complaint) and not sees(cast.supervisor, complaint)
    assert fresh(secret).readers == secret.readers and fresh(secret).state == State.CLASSIFIED


def test_someone_who_left_is_waited_for_no_longer(cast, units):
    complaint = received(units)
    staff.leave(cast.handler, by=cast.admin)
    complaint = handling.classify(
        complaint, by=cast.quality, version=complaint.version, category=category(), urgency=1, importance=1
    )
    assert complaint.owner == complaint.handler == cast.quality
