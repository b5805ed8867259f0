"""Answers come in by one door: checked, once each, changed until the invitation expires, never given by staff."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from complaints.models import Complaint, Invitation, Response
from complaints.surveys.answering import (
    AnsweredAlready,
    Over,
    Questionnaire,
    answer,
    answer_many,
    correct,
    stamp,
)
from history.models import Event
from incidents.errors import Invalid, NotAllowed, Stale
from people.models import Contact
from reminders.models import Notice
from tests.complaints.asking_customers import survey

pytestmark = pytest.mark.django_db
Channel = Response.Channel


@pytest.fixture
def version(cast, units):
    return survey(units, cast.quality, kinds=("likert5", "likert10", "nps", "choice", "text"))


@pytest.fixture
def invited(version, units):
    return Invitation.objects.create(
        survey=version.survey, version=version, unit=units.station, digest=uuid.uuid4().hex,
        contact=Contact.objects.create(name="黄小明", phone="13912341402"),
        expires_at=timezone.now() + dt.timedelta(days=14),
    )  # fmt: skip


def by_invitation(invited, scores, **more):
    return answer(
        invited.version, scores=scores, unit=invited.unit, channel=Channel.LINK, invitation=invited, **more
    )


def test_an_answer_is_kept_with_its_index(version, invited):
    given = by_invitation(
        invited, {"a": 4, "b": 10, "c": 9, "d": 50}, comment=" Kind people. ", language="en"
    )
    assert given.scores == [4, 10, 9, 50, None] and given.comment == "Kind people."
    assert given.index == Decimal("75.0000")  # (3/4 + 9/9 + 50/100) / 3


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [
        ({"a": 6}, "a"), ({"a": 0}, "a"), ({"b": 11}, "b"), ({"c": -1}, "c"), ({"d": 25}, "d"), ({"a": True}, "a"),
        ({"a": "5"}, "a"), ({}, "scores"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_nothing_is_kept(invited, scores, wrong):
    with pytest.raises(Invalid) as refused:
        by_invitation(invited, scores)
    assert list(refused.value.fields) == [wrong] and not Response.objects.exists()


def test_what_must_be_answered(version, invited):
    version.items.filter(code__in=["a", "e"]).update(required=True)
    with pytest.raises(Invalid) as refused:
        by_invitation(invited, {"b": 5})
    assert list(refused.value.fields) == ["a", "e"]


def test_a_customer_changes_the_answer_until_the_invitation_expires(invited):
    first = by_invitation(invited, {"a": 2}, seen="")
    second = by_invitation(invited, {"a": 5}, seen=stamp(first))
    assert second.pk == first.pk and second.changed_at and second.index == 100
    with time_machine.travel(invited.expires_at + dt.timedelta(seconds=1), tick=False), pytest.raises(Over):
        by_invitation(invited, {"a": 1}, seen=stamp(second))
    assert Response.objects.get().scores[0] == 5


def test_two_windows_do_not_overwrite_each_other(invited):
    by_invitation(invited, {"a": 2}, seen="")
    assert by_invitation(invited, {"a": 2}, seen="").changed_at is None, "the same sent twice is one"
    with pytest.raises(Stale):
        by_invitation(invited, {"a": 5}, seen="")
    assert Response.objects.get().scores[0] == 2


def test_at_a_place_a_device_answers_once(version, units):
    given = {"unit": units.station, "channel": Channel.PLACE, "device": "d" * 64}
    answer(version, scores={"a": 3}, **given)
    with pytest.raises(AnsweredAlready):
        answer(version, scores={"a": 5}, **given)
    assert Response.objects.get().scores[0] == 3


def test_staff_type_in_what_customers_wrote_but_never_rate(cast, version, units, invited):
    paper = answer(
        version, scores={"a": 3}, unit=units.station, channel=Channel.PAPER, entered_by=cast.handler
    )
    assert paper.entered_by == cast.handler and Event.objects.get(act="survey.enter").actor == cast.handler
    for channel, who in (
        (Channel.LINK, cast.handler), (Channel.PLACE, cast.quality), (Channel.PAPER, cast.reporter),
        (Channel.PAPER, cast.hotel_quality), (Channel.PAPER, None), (Channel.INTERVIEW, cast.executive),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            answer(version, scores={"a": 1}, unit=units.station, channel=channel, entered_by=who)
    with pytest.raises(Invalid):
        answer(version, scores={"a": 3}, unit=units.hotels, channel=Channel.PLACE)
    assert Response.objects.count() == 1


def test_a_mistyped_answer_is_corrected_for_a_reason_and_history_keeps_both(cast, version, units, invited):
    typed = answer(
        version, scores={"a": 3}, comment="Mrs Huang, 13912341402", unit=units.station, channel=Channel.PAPER,
        entered_by=cast.handler,
    )  # fmt: skip
    change = {"scores": {"a": 4}, "comment": "", "seen": stamp(typed)}
    for who, reason, error in ((cast.reporter, "Typo", NotAllowed), (cast.handler, " ", Invalid)):
        with pytest.raises(error):
            correct(typed, by=who, reason=reason, **change)
    assert correct(typed, by=cast.quality, reason="Read wrongly", **change).index == 75
    with pytest.raises(Stale):
        correct(typed, by=cast.handler, reason="Read wrongly", **change)
    event = Event.objects.get(act="survey.correct")
    assert (event.before["scores"][0], event.after["scores"][0], event.reason) == (3, 4, "Read wrongly")
    assert "Huang" not in event.payload
    with pytest.raises(NotAllowed):
        correct(by_invitation(invited, {"a": 1}), by=cast.quality, reason="Too bad", **change)


def test_a_bad_rating_raises_one_complaint_and_its_handler_is_told(cast, version, invited):
    version.survey.bad_below = 40
    version.survey.save()
    invited.refresh_from_db()
    rated = by_invitation(invited, {"a": 1}, comment="Nobody ever called back.", seen="")
    complaint = Complaint.objects.get()
    assert rated.complaint == complaint and complaint.contact == invited.contact
    assert complaint.channel == "survey" and "Nobody ever called back." in complaint.text
    assert complaint.unit == invited.unit and complaint.owner == cast.handler
    assert Notice.objects.filter(recipient=cast.handler, subject=complaint.case).exists()
    by_invitation(invited, {"a": 1, "b": 1}, seen=stamp(rated))
    assert Complaint.objects.count() == 1


def test_answers_of_a_file_are_kept_once_and_raise_nothing(cast, version, units):
    version.survey.bad_below = 40
    version.survey.save()
    version.items.update(required=True)
    questions = Questionnaire(version)

    def rows():
        return [
            questions.build(
                scores=[1, None, None, None, None], unit=units.station, channel=Channel.IMPORT, external_source="file",
                external_id=str(number),
            )
            for number in range(3)
        ]  # fmt: skip

    assert (answer_many(rows()), answer_many(rows())) == (3, 0)
    assert not Complaint.objects.exists()
