"""After the reply the customer is asked whether it helped: satisfied, not satisfied, not reached; or says so first."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.utils import timezone

from complaints import following, handling
from complaints.models import Complaint, FollowUp
from complaints.states import State
from history.models import Event
from incidents.errors import Invalid, NotAllowed, Stale
from reminders.models import Deadline, Notice
from tests.complaints.letterbox import answered, fresh, investigated

pytestmark = pytest.mark.django_db
FRIDAY = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)  # 10:00 in Shanghai


def call(complaint, person, outcome, note="") -> FollowUp:
    return following.record_follow_up(complaint, by=person, version=None, outcome=outcome, note=note)


def test_satisfied_is_the_end_of_the_follow_up(cast, units):
    complaint = answered(cast, units.station)
    call(complaint, cast.handler, "satisfied", "Thanked us.")
    complaint = fresh(complaint)
    assert complaint.state == State.FOLLOWED_UP and complaint.satisfied is True
    assert Deadline.objects.get(subject=complaint.case, closed_at=None).kind == "close"
    assert handling.close(complaint, by=cast.handler, version=None).state == State.CLOSED
    assert "Thanked" not in str(list(Event.objects.values()))


def test_not_satisfied_begins_the_next_round_and_those_above_hear_of_it(cast, units):
    complaint = answered(cast, units.station)
    with pytest.raises(Invalid):
        call(complaint, cast.handler, "not_satisfied")
    call(complaint, cast.handler, "not_satisfied", "Huang wants to know who was responsible.")
    complaint = fresh(complaint)
    assert (complaint.state, complaint.round, complaint.satisfied) == (State.INVESTIGATING, 2, False)
    assert complaint.handler == cast.handler
    deadline = Deadline.objects.get(subject=complaint.case, closed_at=None)
    assert (deadline.kind, deadline.cycle, deadline.due_at) == ("reply", 2, complaint.due_at)
    told = Notice.objects.filter(text="complaint-dissatisfied").values_list("recipient", flat=True)
    assert set(told) == {cast.supervisor.pk, cast.quality.pk}
    assert "Huang wants" not in str([*Event.objects.values(), *Notice.objects.values()])


@pytest.mark.parametrize(("grades", "rounds"), [({}, 2), ({"urgency": 3, "importance": 3}, 1)])
def test_who_is_not_content_again_is_answered_by_those_above(cast, units, grades, rounds):
    """At the second time, or at once where it is urgent."""
    complaint = answered(cast, units.station, **grades)
    for round_ in range(1, rounds + 1):
        Complaint.objects.filter(pk=complaint.pk).exclude(state=State.REPLIED).update(state=State.REPLIED)
        assert fresh(complaint).handler == cast.handler
        call(fresh(complaint), cast.handler, "not_satisfied", f"No, {round_}")
    complaint = fresh(complaint)
    assert complaint.handler == complaint.owner == cast.supervisor and complaint.escalation == 1


def test_who_is_not_reached_is_tried_again_and_then_it_is_enough(cast, units, settings):
    settings.FOLLOW_UP_TRIES = 3
    with time_machine.travel(FRIDAY, tick=False) as clock:
        complaint = answered(cast, units.station)
        original = Deadline.objects.get(subject=complaint.case, kind="followup").original_due_at
        made = call(complaint, cast.handler, "unreachable")
        complaint = fresh(complaint)
        assert not made.is_final and complaint.state == State.REPLIED
        assert timezone.localtime(complaint.due_at).date() == dt.date(2026, 11, 23), (
            "Monday: a working day later"
        )
        deadline = Deadline.objects.get(subject=complaint.case, kind="followup")
        assert (deadline.due_at, deadline.original_due_at) == (complaint.due_at, original)
        clock.shift(dt.timedelta(days=3))
        call(complaint, cast.handler, "unreachable")
        assert following.tries_of(complaint) == 2
        clock.shift(dt.timedelta(days=1))
        assert call(complaint, cast.handler, "unreachable").is_final
    complaint = fresh(complaint)
    assert complaint.state == State.FOLLOWED_UP and complaint.satisfied is None, "nobody knows"


def test_tries_are_counted_by_round(cast, units, settings):
    settings.FOLLOW_UP_TRIES = 2
    complaint = answered(cast, units.station)
    call(complaint, cast.handler, "unreachable")
    call(complaint, cast.handler, "not_satisfied", "No.")
    Complaint.objects.update(state=State.REPLIED)
    assert not call(fresh(complaint), cast.handler, "unreachable").is_final


@pytest.mark.parametrize(
    "who", ["reporter", "executive", "admin", "west_manager", "hotel_quality", "supervisor"]
)
def test_others_record_no_follow_up_and_nobody_does_before_the_reply(cast, units, who):
    complaint = answered(cast, units.station)
    events = Event.objects.count()
    with pytest.raises(NotAllowed):
        call(complaint, getattr(cast, who), "satisfied")
    with pytest.raises(Invalid):
        call(complaint, cast.handler, "delighted")
    early = investigated(cast, units.station)
    with pytest.raises(Stale):
        call(early, cast.handler, "satisfied")
    with pytest.raises(Stale):
        following.customer_is_satisfied(early)
    assert not FollowUp.objects.exists() and fresh(complaint).state == State.REPLIED
    assert Event.objects.of(complaint.case).count() == events


def test_the_customer_says_so_on_their_page_once(cast, units):
    complaint, key = answered(cast, units.station), uuid.uuid4()
    for _again in range(3):
        assert following.customer_is_satisfied(complaint, key=key).pk == complaint.pk
    following.customer_is_satisfied(complaint)
    complaint = fresh(complaint)
    assert complaint.state == State.FOLLOWED_UP and complaint.satisfied
    assert FollowUp.objects.get().by is None and Event.objects.get(act="complaint.follow_up").actor is None
