"""The hard way round: a plan sent back twice, a deviation, an extension, a first round that did not work, a second that did.

One case from the report to the archive, through the real functions only; at its end everything of it is still there.
"""

import datetime as dt

import pytest
from django.utils import timezone

from capa import improve, plan, track, verify
from capa.models import LedgerEntry, Measure, RecurrenceWatch
from history.models import Event, Signature
from history.verification import verify as verify_history
from incidents import gates
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.stages import Stage
from reminders.models import Deadline, Notice
from tests.walks import analysed, designed, drafted, improved, observed, open_measures, planned, verdict

pytestmark = pytest.mark.django_db


def sent_back(incident, cast, reason):
    """Chen submits, Wang sends it back, Chen begins the next version with what the last one said."""
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    incident = plan.send_back(incident, by=cast.quality, version=incident.version, reason=reason)
    assert incident.owner == cast.owner
    return plan.begin(incident, by=cast.owner, version=incident.version)


def carried_out(incident, cast):
    for measure in open_measures(incident):
        track.complete_measure(measure, by=measure.owner, text="Done.", notes=["Work order 4711"])
        track.check(measure, by=cast.quality, text="Seen on the spot.")
    return observed(incident)


def test_a_case_goes_the_hard_way(cast, units):
    incident = drafted(cast, units)

    # The plan comes back twice; each version stays, the third one stands.
    incident = sent_back(incident, cast, "No date can be held without the supplier.")
    incident = sent_back(incident, cast, "Say how it is measured.")
    first, second, third = incident.plans.order_by("revision")
    assert [row.status for row in (first, second, third)] == ["returned", "returned", "draft"]
    assert third.measures.count() == 2 and third.design.metric == first.design.metric
    incident = designed(incident, cast.owner, observation_days=180, smallest_change=30)
    incident = plan.submit(incident, by=cast.owner, version=incident.version)
    with pytest.raises(NotAllowed):
        plan.approve(incident, by=cast.owner, version=incident.version)
    incident = plan.approve(incident, by=cast.quality, version=incident.version, method="password")
    assert Signature.objects.get(of=f"plan:{third.pk}").method == "password"

    # A deviation, an extension refused and one granted: the first date is shown for ever.
    measure = open_measures(incident)[0]
    was_due = measure.due_on
    track.record_deviation(measure, by=cast.owner, text="The supplier is late.")
    later = was_due + dt.timedelta(days=9)
    for granted in (False, True):
        wish = track.request_extension(
            measure, by=cast.owner, new_due_on=later, reason="Parts come on the 8th."
        )
        assert Deadline.objects.get(kind=track.request_kind(wish)).owner == cast.quality
        track.decide_change(measure, by=cast.quality, request=wish, granted=granted, reason="So be it.")
    measure.refresh_from_db()
    assert (measure.original_due_on, measure.due_on, measure.has_slipped) == (was_due, later, True)
    assert list(measure.entries.order_by("pk").values_list("kind", flat=True)) == [
        "deviation", "extension", "refusal", "extension", "adjustment",
    ]  # fmt: skip

    # Nobody can call it effective before its window is over; when it is, the figures say that it wasn't.
    for row in open_measures(incident):
        track.complete_measure(row, by=row.owner, text="Done.", notes=["Work order 4711"])
        track.check(row, by=cast.quality, text="Seen.")
    incident.refresh_from_db()
    assert incident.stage == Stage.VERIFY and incident.due_at > timezone.now() + dt.timedelta(days=180)
    with pytest.raises(Invalid):
        verify.judge(incident, by=cast.quality, version=incident.version, **verdict("effective"))
    incident = observed(incident)
    incident = verify.judge(
        incident,
        by=cast.quality,
        version=incident.version,
        method="password",
        **verdict("not_effective", after=46),
    )
    assert (incident.stage, incident.cycle) == (Stage.ANALYSE, 2)
    looped = Notice.objects.filter(text="looped")
    assert {notice.recipient for notice in looped} == {cast.owner, cast.reporter, cast.depot_manager}

    # An old page of round one moves nothing any more.
    with pytest.raises((Stale, NotYet)):
        plan.approve(incident, by=cast.quality, version=incident.version - 1)
    assert "It says why the last analysis failed" in [
        str(words) for words in gates.missing(incident, "conclude")
    ]

    # The second round works, and the case is learned from, closed and watched.
    incident = planned(cast, units, analysed(cast, units, incident))
    incident = carried_out(incident, cast)
    incident = verify.judge(incident, by=cast.quality, version=incident.version, **verdict("effective"))
    incident = improved(cast, units, incident)
    assert (incident.stage, incident.cycle) == (Stage.CLOSED, 2)
    assert RecurrenceWatch.objects.get(incident=incident).ends_at > timezone.now()

    # Nothing of the first round is lost, and the history tells the same story.
    assert [(row.cycle, row.verdict) for row in incident.verifications.all()] == [
        (1, "not_effective"), (2, "effective"),
    ]  # fmt: skip
    assert incident.plans.count() == 4 and Measure.objects.filter(incident=incident).count() == 8
    assert LedgerEntry.objects.filter(measure__incident=incident).count() == 5 + 4 + 4
    moves = [event.act for event in Event.objects.of(incident.case).order_by("seq") if "stage" in event.after]
    assert moves == [
        f"incident.{step}"
        for step in (
            "report", "substantiate", "confirm", "conclude", "approve", "complete", "judge_not_effective",
            "conclude", "approve", "complete", "judge_effective", "archive",
        )
    ]  # fmt: skip
    assert list(verify_history()) == []
    assert not Deadline.objects.filter(subject=incident.case, closed_at=None).exists()
    improve.reopen(incident, by=cast.quality, version=incident.version, reason="It is back.")
    assert RecurrenceWatch.objects.get(incident=incident).ends_at <= timezone.now()
