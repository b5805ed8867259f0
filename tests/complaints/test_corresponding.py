"""Messages both ways: what the customer writes reaches the handler once, ends a pause, and may begin a round."""

import functools
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from complaints import attaching, compensating, corresponding, following, handling, pausing
from complaints.models import Attachment, Complaint, FollowUp, Message
from complaints.states import State
from history.models import Event
from history.submissions import KeyReused
from incidents.errors import Invalid, NotAllowed, Stale
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
from tests.incidents import samples
from tests.races.crowd import all_at_once, outcomes

__all__ = ["mailbox"]
pytestmark = pytest.mark.django_db
PHONE_ONLY = {**HUANG, "email": ""}
SECRET = "My neighbour Mrs Bai, 13812345678, saw it too."


def the_message(complaint, **criteria) -> Message:
    return complaint.messages.get(**criteria)


# To the customer -----------------------------------------------------------------------------------------------------
def test_the_handler_writes_and_files_go_with_the_letter(cast, units, mailbox):
    complaint = complain(units.station)
    message = corresponding.write(
        complaint, by=cast.handler, version=complaint.version, text="See the timetable.",
        files=[SimpleUploadedFile("timetable.png", samples.picture("PNG"))],
    )  # fmt: skip
    assert (message.direction, message.way, message.author) == ("out", "mail", cast.handler)
    assert Attachment.objects.get().message == message
    letter = next(mail for mail in post_letters(mailbox) if "A message" in str(mail["Subject"]))
    assert [part.get_filename() for part in letter.iter_attachments()] == ["timetable.png"]
    event = Event.objects.get(act="complaint.message")
    assert event.after["message"] == message.pk and "timetable" not in event.payload


def test_a_customer_with_a_phone_only_is_called(cast, units):
    complaint = complain(units.station, contact=PHONE_ONLY)
    corresponding.write(complaint, by=cast.quality, version=None, text="Which coach was it?")
    [deadline] = Deadline.objects.filter(subject=complaint.case, kind="call")
    assert (
        deadline.owner == cast.handler and Notice.objects.get(text="complaint-call").recipient == cast.handler
    )
    assert corresponding.waits_for_call(complaint)
    corresponding.record_call(fresh(complaint), by=cast.handler, version=None)
    deadline.refresh_from_db()
    assert deadline.closed_at is not None and not corresponding.waits_for_call(complaint)
    with pytest.raises(Stale):
        corresponding.record_call(fresh(complaint), by=cast.handler, version=None)
    corresponding.write(fresh(complaint), by=cast.handler, version=None, text="And when?")
    deadline.refresh_from_db()
    assert deadline.closed_at is None, "the next message is another reason to call"
    shown = corresponding.new_to_customer(complaint)
    corresponding.write(fresh(complaint), by=cast.handler, version=None, text="Meanwhile: coach 7?")
    assert corresponding.read_by_customer(complaint, shown) == 1
    deadline.refresh_from_db()
    assert deadline.closed_at is None, "what came while the page was drawn they haven't seen"
    shown = corresponding.new_to_customer(complaint)
    assert corresponding.read_by_customer(complaint, shown) == 1
    assert not corresponding.waits_for_call(complaint)
    deadline.refresh_from_db()
    assert deadline.closed_at is not None, "they have read it on their page"


def test_nobody_is_called_who_left_no_number(cast, units):
    complaint = complain(units.station, contact=None, anonymous=True)
    assert corresponding.write(complaint, by=cast.handler, version=None, text="Thank you.").way == "page"
    assert not Deadline.objects.filter(kind="call").exists()


@pytest.mark.parametrize(
    "who", ["reporter", "supervisor", "executive", "admin", "west_manager", "hotel_quality"]
)
def test_others_do_not_write_to_the_customer(cast, units, who):
    complaint = complain(units.station)
    counts = Message.objects.count(), Event.objects.count(), letters_waiting().count()
    with pytest.raises(NotAllowed):
        corresponding.write(complaint, by=getattr(cast, who), version=None, text="Hello", files=[object()])
    with pytest.raises(Invalid):
        corresponding.write(complaint, by=cast.handler, version=None, text=" ")
    with pytest.raises(Stale):
        corresponding.write(complaint, by=cast.handler, version=complaint.version + 1, text="Hello")
    assert counts == (Message.objects.count(), Event.objects.count(), letters_waiting().count())


# From the customer ---------------------------------------------------------------------------------------------------
def test_what_the_customer_writes_reaches_the_handler_and_stands_in_the_message_only(cast, units):
    complaint, key = complain(units.station), uuid.uuid4()
    photo = attaching.store(SimpleUploadedFile("seat.jpg", samples.picture()), by=None, key=key)
    write = functools.partial(
        corresponding.customer_writes, complaint, text=SECRET, uploads=[photo.pk], key=key, way="page"
    )
    message = write()
    assert write() == message, "sent again it is the same one, though its photo is taken up already"
    assert (message.direction, message.author, message.text) == ("in", None, SECRET)
    assert message.attachments.get() == photo
    [notice] = Notice.objects.filter(text="complaint-message")
    assert notice.recipient == cast.handler
    with pytest.raises(KeyReused):
        corresponding.customer_writes(complaint, text="Other words", key=key, way="page")
    with pytest.raises(Invalid):
        corresponding.customer_writes(complaint, text=" ", key=uuid.uuid4(), way="page")
    assert complaint.messages.filter(direction="in").count() == 2  # the complaint itself, and this
    assert Event.objects.filter(act="complaint.customer_writes").count() == 1
    assert SECRET not in str([*Event.objects.values(), *Notice.objects.values()])


def test_the_same_mail_is_one_message(cast, units):
    complaint = complain(units.station)
    first, second = (
        corresponding.customer_writes(complaint, text="Hello", key=None, way="mail", message_id="a@b.example")
        for _again in range(2)
    )
    assert first == second


def test_staff_put_on_record_what_was_said_on_the_phone(cast, units):
    complaint = complain(units.station)
    message = corresponding.customer_writes(
        complaint, text="It was coach 7.", key=None, way="spoken", by=cast.handler
    )
    assert message.author == cast.handler and not Notice.objects.filter(text="complaint-message").exists()
    with pytest.raises(NotAllowed):
        corresponding.customer_writes(complaint, text="x", key=None, way="spoken", by=cast.hotel_quality)


def test_a_message_ends_a_pause(cast, units):
    complaint = investigated(cast, units.station)
    pausing.pause(complaint, by=cast.handler, version=None, reason="customer", note="The ticket.")
    assert fresh(complaint).paused_since is not None and fresh(complaint).due_at is None
    corresponding.customer_writes(complaint, text="Here is the ticket.", key=None, way="page")
    complaint = fresh(complaint)
    assert complaint.paused_since is None and complaint.due_at is not None
    assert complaint.state == State.INVESTIGATING


def test_what_is_written_to_a_joined_complaint_goes_where_it_is_handled(cast, units):
    first, second = complain(units.station), complain(units.station)
    handling.merge(second, by=cast.handler, version=None, into=first)
    message = corresponding.customer_writes(fresh(second), text="Any news?", key=None, way="page")
    assert message.complaint == first


# Not solved ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", [State.REPLIED, State.FOLLOWED_UP, State.CLOSED])
def test_not_solved_begins_the_next_round_once(cast, units, state):
    complaint, key = answered(cast, units.station), uuid.uuid4()
    if state != State.REPLIED:
        following.customer_is_satisfied(complaint)
    if state == State.CLOSED:
        handling.close(complaint, by=cast.handler, version=None)
    say = functools.partial(corresponding.not_solved, fresh(complaint), text=SECRET, key=key)
    assert say() == say()
    complaint = fresh(complaint)
    assert (complaint.state, complaint.round, complaint.satisfied, complaint.closed_at) == (
        "investigating",
        2,
        False,
        None,
    )
    assert the_message(complaint, kind="not_solved").text == SECRET
    last = FollowUp.objects.last()
    assert (last.outcome, last.round, last.by) == ("not_satisfied", 1, None)
    assert Event.objects.filter(act="complaint.reopen").count() == 1
    assert Deadline.objects.get(subject=complaint.case, closed_at=None).kind == "reply"
    assert SECRET not in str([*Event.objects.values(), *Notice.objects.values()])


def test_before_an_answer_it_is_a_message(cast, units):
    complaint = investigated(cast, units.station)
    message = corresponding.not_solved(complaint, text="Still nothing", key=uuid.uuid4())
    assert message.kind == "message" and fresh(complaint).round == 1 and not FollowUp.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_pressed_many_times_at_once_it_is_one_round(cast, units):
    complaint, key = answered(cast, units.station), uuid.uuid4()
    say = functools.partial(corresponding.not_solved, complaint, text="Not solved", key=key)
    results = all_at_once([say] * 5, in_transaction=False)
    assert outcomes(results) == {"done": 5} and len({message.pk for message in results}) == 1
    assert fresh(complaint).round == 2 and Event.objects.filter(act="complaint.reopen").count() == 1


# Reading -------------------------------------------------------------------------------------------------------------
def test_who_handles_it_has_read_it_and_nobody_else(cast, units):
    complaint = complain(units.station)
    assert corresponding.read_by_handler(complaint, cast.quality) == 0
    assert corresponding.read_by_handler(complaint, cast.handler) == 1
    assert corresponding.read_by_handler(complaint, cast.handler) == 0
    shown = corresponding.new_to_customer(complaint)
    assert corresponding.read_by_customer(complaint, shown) == 1, "the receipt"


def test_to_what_was_erased_nothing_personal_is_added(cast, units):
    """Retention is through with it: nobody would erase it again."""
    complaint = answered(cast, units.station)
    Complaint.objects.filter(pk=complaint.pk).update(anonymised_at=timezone.now())
    counts = Message.objects.count(), Event.objects.count()
    seen = {"by": cast.handler, "version": None}
    for act in (
        lambda: corresponding.write(complaint, text=SECRET, **seen),
        lambda: corresponding.customer_writes(
            complaint, text=SECRET, key=None, way="spoken", by=cast.handler
        ),
        lambda: compensating.compensate(complaint, kind="voucher", amount=5, note=SECRET, **seen),
    ):
        with pytest.raises(Invalid, match="erased"):
            act()
    assert counts == (Message.objects.count(), Event.objects.count())
    compensating.compensate(complaint, kind="voucher", amount=5, **seen)
