"""Stage 7: lessons, lasting changes, the archive; opening a case again; the short path."""

import datetime as dt

import pytest
from django.utils import timezone

from capa import improve, short_path
from history.models import Event
from incidents import identify
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Incident
from incidents.stages import Severity, Stage
from reminders.models import Deadline, Notice
from tests.walks import analysed, improved, planned, report, substantiate, tracked, verified

pytestmark = pytest.mark.django_db

SOON = timezone.localdate() + dt.timedelta(days=30)


def test_closed_with_lessons_and_proof(cast, units):
    incident = improved(cast, units)
    assert (incident.stage, incident.owner, incident.due_at) == (Stage.CLOSED, None, None)
    assert incident.closed_at and not Deadline.objects.filter(subject=incident.case, closed_at=None).exists()
    told = {notice.recipient for notice in Notice.objects.filter(text="closed")}
    assert told == {cast.reporter, cast.owner, cast.depot_manager}
    steps = [
        e.act.split(".")[1] for e in Event.objects.of(incident.case).order_by("seq") if "stage" in e.after
    ]
    assert steps == [
        "report", "substantiate", "confirm", "conclude", "approve", "complete", "judge_effective", "archive",
    ]  # fmt: skip


def test_the_case_is_not_closed_without_lessons_and_done_changes(cast, units):
    incident = verified(cast, units)
    incident = improve.add_improvement(
        incident, by=cast.quality, version=incident.version, kind="training", text="Teach it", owner=cast.owner,
        due_on=SOON,
    )  # fmt: skip
    assert Deadline.objects.get(kind=incident.improvements.get().deadline_kind).owner == cast.owner
    with pytest.raises(NotYet) as refused:
        improve.archive(incident, by=cast.quality, version=incident.version)
    assert len(refused.value.missing) == 2
    assert Incident.objects.get().stage == Stage.IMPROVE


def test_none_needed_says_why(cast, units):
    incident = verified(cast, units)
    with pytest.raises(Invalid):
        improve.add_improvement(incident, by=cast.quality, version=incident.version, kind="none", text="")
    incident = improve.add_improvement(
        incident, by=cast.quality, version=incident.version, kind="none", text="The type is out of service."
    )
    incident = improve.write_lessons(
        incident, by=cast.quality, version=incident.version, lessons="Ask earlier."
    )
    assert improve.archive(incident, by=cast.quality, version=incident.version).stage == Stage.CLOSED


def test_the_lesson_is_passed_on_to_the_managers_of_other_units(cast, units):
    incident = verified(cast, units)
    incident = improve.pass_on(
        incident, by=cast.quality, version=incident.version, units=[units.west_station, units.workshop],
        text="Check your cards too.", due_on=SOON,
    )  # fmt: skip
    assert [i.owner for i in incident.improvements.all()] == [cast.west_manager, cast.depot_manager]
    assert Notice.objects.filter(recipient=cast.west_manager, text="improvement-assigned").exists()
    assert Incident.objects.visible_to(cast.west_manager).filter(pk=incident.pk).exists()
    theirs = incident.improvements.first()
    with pytest.raises(Invalid):
        improve.finish_improvement(
            incident, by=cast.west_manager, version=incident.version, improvement=theirs, proof=" "
        )
    incident = improve.finish_improvement(
        incident, by=cast.west_manager, version=incident.version, improvement=theirs, proof="Card W7"
    )
    theirs.refresh_from_db()
    assert theirs.done_by == cast.west_manager


@pytest.mark.parametrize(
    "who", ["owner", "depot_manager", "supervisor", "site_manager", "executive", "admin", "west_manager"]
)
def test_nobody_else_archives(cast, units, who):
    incident = verified(cast, units)
    with pytest.raises(NotAllowed):
        improve.archive(incident, by=getattr(cast, who), version=incident.version)
    assert Incident.objects.get().stage == Stage.IMPROVE


# Opening again -------------------------------------------------------------------------------------------------------
def test_a_closed_case_is_reopened_for_a_new_round(cast, units):
    closed = improved(cast, units)
    with pytest.raises(Invalid):
        improve.reopen(closed, by=cast.quality, version=closed.version, reason="")
    incident = improve.reopen(
        closed, by=cast.quality, version=closed.version, reason="It failed again on G1031."
    )
    assert (incident.stage, incident.cycle, incident.owner) == (Stage.ANALYSE, 2, cast.owner)
    assert incident.closed_at is None
    assert Notice.objects.filter(recipient=cast.reporter, text="reopened").exists()
    incident = verified(
        cast, units, tracked(cast, units, planned(cast, units, analysed(cast, units, incident)))
    )
    with pytest.raises(NotYet):  # what was improved in round 1 doesn't close round 2
        improve.archive(incident, by=cast.quality, version=incident.version)
    assert improved(cast, units, incident).stage == Stage.CLOSED


def test_a_dismissed_report_is_reopened_with_a_severity(cast, units):
    incident = report(cast, units)
    incident = identify.dismiss(
        incident, by=cast.site_manager, version=incident.version, reason="Nothing found"
    )
    with pytest.raises(NotYet):
        improve.reopen(incident, by=cast.quality, version=incident.version, reason="A second report came in")
    incident = improve.reopen(
        incident, by=cast.quality, version=incident.version, reason="A second report came in",
        severity=Severity.MODERATE,
    )  # fmt: skip
    assert (incident.stage, incident.cycle) == (Stage.CONFIRM, 1)


@pytest.mark.parametrize("who", ["owner", "reporter", "site_manager", "executive", "admin", "west_manager"])
def test_nobody_else_reopens(cast, units, who):
    incident = improved(cast, units)
    with pytest.raises(NotAllowed):
        improve.reopen(incident, by=getattr(cast, who), version=incident.version, reason="Because")
    assert Incident.objects.get().stage == Stage.CLOSED


# The short path ------------------------------------------------------------------------------------------------------
@pytest.fixture
def minor(cast, units):
    return substantiate(
        report(cast, units), cast, Severity.MINOR, short_path=True, correction="Passengers moved to car 4."
    )


def test_the_short_path_walks_every_state_in_one_go(minor, cast):
    assert (minor.stage, minor.owner) == (Stage.CONFIRM, cast.quality)
    incident = short_path.accept(minor, by=cast.quality, version=minor.version, note="Good and quick.")
    assert incident.stage == Stage.CLOSED
    stages = [e.after["stage"] for e in Event.objects.of(incident.case).order_by("seq") if "stage" in e.after]
    assert stages == ["identify", "confirm", "analyse", "plan", "track", "verify", "improve", "closed"]
    assert not Deadline.objects.filter(subject=incident.case, closed_at=None).exists()
    assert [n.text for n in Notice.objects.filter(recipient=cast.reporter)] == [
        "closed-on-the-spot", "substantiated",
    ]  # fmt: skip
    assert not Notice.objects.filter(recipient__in=[cast.quality_two, cast.supervisor]).exists()


def test_a_reopened_short_path_takes_the_whole_loop(minor, cast):
    incident = short_path.accept(minor, by=cast.quality, version=minor.version)
    incident = improve.reopen(incident, by=cast.quality, version=incident.version, reason="Again, on G1031.")
    assert (incident.stage, incident.short_path, incident.owner) == (Stage.CONFIRM, False, cast.supervisor)


def test_a_refused_short_path_takes_the_whole_loop(minor, cast):
    incident = short_path.refuse(
        minor, by=cast.quality, version=minor.version, reason="It happens every week."
    )
    assert (incident.stage, incident.short_path, incident.owner) == (Stage.CONFIRM, False, cast.supervisor)
    with pytest.raises(Invalid):
        short_path.accept(incident, by=cast.quality, version=incident.version)


@pytest.mark.parametrize(
    "who", ["site_manager", "supervisor", "reporter", "executive", "admin", "west_manager"]
)
def test_nobody_else_reviews(minor, cast, who):
    with pytest.raises(NotAllowed):
        short_path.accept(minor, by=getattr(cast, who), version=minor.version)
    assert Incident.objects.get().stage == Stage.CONFIRM


def test_who_judged_the_report_does_not_review_it(cast, units):
    incident = identify.substantiate(
        (fresh := report(cast, units)), by=cast.quality, version=fresh.version, severity=Severity.MINOR,
        short_path=True, correction="Passengers moved.",
    )  # fmt: skip
    assert incident.owner == cast.quality_two
    with pytest.raises(NotAllowed, match="judge of the report"):
        short_path.accept(incident, by=cast.quality, version=incident.version)
    with pytest.raises(Stale):
        short_path.accept(incident, by=cast.quality_two, version=incident.version - 1)
    assert short_path.accept(incident, by=cast.quality_two, version=incident.version).stage == Stage.CLOSED
