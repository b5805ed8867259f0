"""Stage 6: before and after, what the data say, and who may conclude something from it."""

import datetime as dt

import pytest
from django.utils import timezone

from capa import track, verify
from capa.models import Verification
from history.models import Event
from incidents.errors import Invalid, NotAllowed
from incidents.models import Incident
from incidents.stages import Stage
from reminders.models import Deadline, Notice
from tests.walks import analysed, observed, open_measures, planned, tracked, verdict, verified

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(cast, units):
    return tracked(cast, units)


def judge(incident, who, outcome, **values):
    return verify.judge(incident, by=who, version=incident.version, **verdict(outcome, **values))


def test_effective_goes_on_to_the_lessons(incident, cast):
    incident = judge(incident, cast.quality, "effective")
    row = Verification.objects.get()
    assert (incident.stage, row.proposal, row.cycle) == (Stage.IMPROVE, "effective", 1)
    event = Event.objects.get(act="incident.judge_effective")
    assert event.after["before"] == "48 / 1200000" and event.reason


def test_not_effective_opens_the_next_round_and_overwrites_nothing(incident, cast, units):
    incident = judge(incident, cast.quality, "not_effective", before=48, after=44)
    assert (incident.stage, incident.cycle, incident.owner) == (Stage.ANALYSE, 2, cast.owner)
    assert {n.recipient for n in Notice.objects.filter(text="looped")} == {
        cast.owner, cast.reporter, cast.depot_manager,
    }  # fmt: skip
    assert Deadline.objects.get(subject=incident.case, kind=Stage.VERIFY, cycle=1).closed_at
    assert not Deadline.objects.get(subject=incident.case, kind=Stage.ANALYSE, cycle=2).closed_at
    incident = verified(
        cast, units, tracked(cast, units, planned(cast, units, analysed(cast, units, incident)))
    )
    assert (incident.stage, incident.cycle) == (Stage.IMPROVE, 2)
    assert [(a.cycle, bool(a.why_differs)) for a in incident.analyses.all()] == [(1, False), (2, True)]
    assert [c.cycle for c in incident.causes.order_by("pk")] == [1, 1, 2, 2]
    assert [(v.cycle, v.verdict) for v in incident.verifications.all()] == [
        (1, "not_effective"),
        (2, "effective"),
    ]
    assert incident.measures.filter(status="done").count() == 4


def test_inconclusive_watches_on(incident, cast):
    until = timezone.localdate() + dt.timedelta(days=60)
    with pytest.raises(Invalid) as refused:
        judge(incident, cast.quality, "inconclusive", before=12, after=6)
    assert "watch_until" in refused.value.fields and not Verification.objects.exists()
    incident = judge(incident, cast.quality, "inconclusive", before=12, after=6, watch_until=until)
    assert (incident.stage, Verification.objects.get().proposal) == (Stage.VERIFY, "inconclusive")
    deadline = Deadline.objects.get(subject=incident.case, kind=Stage.VERIFY)
    assert timezone.localtime(incident.due_at).date() == until and deadline.due_at == incident.due_at
    assert deadline.original_due_at < deadline.due_at
    assert judge(incident, cast.quality, "effective").stage == Stage.IMPROVE


def test_a_verdict_may_differ_from_the_data_but_keeps_them_beside_it(incident, cast):
    judge(
        incident,
        cast.quality,
        "effective",
        before=12,
        after=6,
        reasons="The bearing type is gone from the fleet.",
    )
    row = Verification.objects.get()
    assert (row.proposal, row.verdict) == ("inconclusive", "effective")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reasons", " "),
        ("source", ""),
        ("verdict", "perhaps"),
        ("after_exposure", 0),
        ("after_until", timezone.localdate() + dt.timedelta(days=2)),
        ("before_until", timezone.localdate() - dt.timedelta(days=500)),
        ("after_from", timezone.localdate() - dt.timedelta(days=300)),
    ],
)
def test_what_cant_be_is_refused(incident, cast, field, value):
    with pytest.raises(Invalid) as refused:
        verify.judge(
            incident, by=cast.quality, version=incident.version, **(verdict("effective") | {field: value})
        )
    assert field in refused.value.fields
    assert Incident.objects.get().stage == Stage.VERIFY and not Verification.objects.exists()


@pytest.mark.parametrize(
    "who", ["owner", "depot_manager", "supervisor", "executive", "admin", "west_manager"]
)
@pytest.mark.parametrize("outcome", ["effective", "not_effective", "inconclusive"])
def test_who_carried_out_does_not_judge(incident, cast, who, outcome):
    with pytest.raises(NotAllowed):
        judge(incident, getattr(cast, who), outcome)
    assert Incident.objects.get().stage == Stage.VERIFY and not Verification.objects.exists()


def test_a_quality_manager_who_owned_a_measure_does_not_judge(cast, units):
    incident = planned(cast, units)
    track.hand_over(incident.measures.last(), by=cast.owner, owner=cast.quality, reason="Needs the supplier")
    for measure in open_measures(incident):
        track.complete_measure(measure, by=measure.owner, text="Done", notes=["Contract 9"])
        track.check(measure, by=cast.quality_two, text="Seen.")
    incident = observed(incident)
    assert incident.owner == cast.quality_two
    with pytest.raises(NotAllowed, match="measure owner"):
        judge(incident, cast.quality, "effective")
    assert judge(incident, cast.quality_two, "effective").stage == Stage.IMPROVE
