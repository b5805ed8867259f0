"""Many handlers at the same moment: one step counts, the others are told (QUALITY D2)."""

import functools

import pytest

from complaints import handling, incidents_link, takeover, watching
from complaints.models import Complaint
from complaints.states import State
from history.models import Event
from history.verification import verify
from incidents.models import IncidentType
from reminders.models import Deadline, Notice
from tests.complaints.ways import MAIN, category, classified, received
from tests.races.crowd import all_at_once, outcomes
from tests.walks import substantiate

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 20


def acts_of(complaint) -> list[str]:
    return list(Event.objects.of(complaint.case).order_by("seq").values_list("act", flat=True))


def open_main(complaint) -> int:
    return Deadline.objects.filter(subject=complaint.case, kind__in=MAIN, closed_at=None).count()


def test_of_twenty_same_classifications_one_counts(cast, units):
    complaint = received(units)
    classify = functools.partial(
        handling.classify, complaint, by=cast.handler, version=complaint.version, category=category(), urgency=2,
        importance=2,
    )  # fmt: skip
    assert outcomes(all_at_once([classify] * CROWD)) == {"done": 1, "Stale": CROWD - 1}
    assert acts_of(complaint) == ["complaint.receive", "complaint.acknowledge", "complaint.classify"]
    assert Complaint.objects.get().version == complaint.version + 1 and open_main(complaint) == 1


def test_of_twenty_different_ends_one_counts(cast, units):
    complaint, other = classified(cast, units), received(units)
    seen = {"by": cast.handler, "version": complaint.version}
    ends = [
        functools.partial(handling.withdraw, complaint, reason="He called.", **seen),
        functools.partial(handling.pass_on, complaint, to_whom="City", text="Ask the city.", **seen),
        functools.partial(handling.merge, complaint, into=other, **seen),
        functools.partial(handling.escalate, complaint, reason="Now", **seen),
    ]
    assert outcomes(all_at_once(ends * (CROWD // 4))) == {"done": 1, "Stale": CROWD - 1}
    row = Complaint.objects.get(pk=complaint.pk)
    assert open_main(row) == (row.state == State.CLASSIFIED) and len(acts_of(row)) == 4
    assert list(verify()) == []


def test_two_merges_the_opposite_way_round_do_not_deadlock(cast, units):
    for _round in range(5):
        one, two = received(units), received(units)
        merges = [
            functools.partial(handling.merge, one, by=cast.handler, version=one.version, into=two),
            functools.partial(handling.merge, two, by=cast.quality, version=two.version, into=one),
        ]
        results = all_at_once(merges)
        assert outcomes(results)["done"] == 1, results
        states = set(Complaint.objects.filter(pk__in=[one.pk, two.pk]).values_list("state", flat=True))
        assert states == {State.ACKNOWLEDGED, State.MERGED}


def test_accepted_declined_and_offered_anew_at_once(cast, units):
    complaint = classified(cast, units)
    complaint = takeover.offer(
        complaint, by=cast.handler, version=complaint.version, to=cast.supervisor, reason="Hers"
    )
    answers = [
        functools.partial(takeover.accept, complaint, by=cast.supervisor, version=complaint.version),
        functools.partial(
            takeover.decline, complaint, by=cast.supervisor, version=complaint.version, reason="No"
        ),
        functools.partial(
            takeover.offer,
            complaint,
            by=cast.handler,
            version=complaint.version,
            to=cast.quality,
            reason="Or hers",
        ),
    ]
    found = outcomes(all_at_once(answers * 4))
    assert found["done"] == 1 and found["Stale"] + found["NotAllowed"] == 11
    row = Complaint.objects.get()
    asked = Deadline.objects.filter(subject=row.case, kind="takeover", closed_at=None).count()
    assert asked == (row.offered_to_id is not None) and open_main(row) == 1


def test_many_looks_at_one_moment_tell_nothing_twice(cast, units):
    kind = IncidentType.objects.get(code="complaint-attitude")
    first = classified(cast, units)
    incident = incidents_link.raise_incident(
        first, by=cast.handler, version=first.version, type=kind, description="A conductor shouted."
    )
    for _number in range(4):
        complaint = classified(cast, units)
        incidents_link.join_incident(complaint, by=cast.handler, version=complaint.version, incident=incident)
    substantiate(incident, cast)
    results = all_at_once([watching.look_at_incidents] * 8, in_transaction=False)
    assert outcomes(results) == {"done": 8} and sum(results) == 5
    assert Notice.objects.filter(text="complaint-incident-moved").count() == 5
    assert Event.objects.filter(act="complaint.incident_moved").count() == 5
