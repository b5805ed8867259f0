"""Stage 7: lessons, lasting changes, the archive; opening a case again; the short path."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from capa import improve, short_path
from history.models import Event
from incidents import identify
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Incident
from incidents.stages import Severity, Stage
from reminders import ruling
from reminders.models import Deadline, Notice
from tests import walks
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
    assert Notice.objects.filter(recipient=cast.west_manager, text="lesson-passed-on").exists()
    assert Incident.objects.visible_to(cast.west_manager).filter(pk=incident.pk).exists()
    theirs = incident.improvements.first()
    with pytest.raises(Invalid, match="has to say first"):
        improve.finish_improvement(
            incident, by=cast.west_manager, version=incident.version, improvement=theirs, proof="Card W7"
        )
    incident = answer(incident, theirs, cast.west_manager, applies=True, words="We check ours on Monday.")
    with pytest.raises(Invalid):
        improve.finish_improvement(
            incident, by=cast.west_manager, version=incident.version, improvement=theirs, proof=" "
        )
    incident = improve.finish_improvement(
        incident, by=cast.west_manager, version=incident.version, improvement=theirs, proof="Card W7"
    )
    theirs.refresh_from_db()
    assert theirs.done_by == cast.west_manager


# What the units say --------------------------------------------------------------------------------------------------
def answer(incident, improvement, by, *, applies, words):
    return improve.acknowledge(
        incident, by=by, version=incident.version, improvement=improvement, applies=applies, acknowledgement=words
    )  # fmt: skip


@pytest.fixture
def passed_on(cast, units):
    incident = improve.write_lessons(
        (fresh := verified(cast, units)), by=cast.quality, version=fresh.version, lessons="Ask earlier."
    )
    return improve.pass_on(
        incident, by=cast.quality, version=incident.version, units=[units.west_station, units.workshop],
        text="Check your cards too.", due_on=SOON,
    )  # fmt: skip


def missing(incident, who):
    with pytest.raises(NotYet) as refused:
        improve.archive(incident, by=who, version=incident.version)
    return [str(text) for text in refused.value.missing]


def test_the_case_waits_for_every_unit_and_then_for_what_they_take_up(cast, units, passed_on):
    west, workshop = passed_on.improvements.all()
    assert missing(passed_on, cast.quality) == [
        "Every unit it was passed on to has said whether it applies there", "Every change is done, with proof",
    ]  # fmt: skip
    incident = answer(passed_on, west, cast.west_manager, applies=False, words="We have no such cars.")
    assert len(missing(incident, cast.quality)) == 2
    incident = answer(incident, workshop, cast.depot_manager, applies=True, words="On the card from May.")
    assert missing(incident, cast.quality) == ["Every change is done, with proof"]
    incident = improve.finish_improvement(
        incident, by=cast.depot_manager, version=incident.version, improvement=workshop, proof="Card V5"
    )
    assert improve.archive(incident, by=cast.quality, version=incident.version).stage == Stage.CLOSED
    said = Event.objects.of(incident.case).filter(act="incident.acknowledge").earliest("seq")
    assert said.after["applies"] is False and said.after["acknowledgement"] == "We have no such cars."
    assert said.actor == cast.west_manager
    west.refresh_from_db()
    assert west.is_settled and west.done_at is None


def test_each_answer_has_its_deadline_and_what_is_taken_up_has_the_next(cast, units, passed_on):
    west, workshop = passed_on.improvements.all()

    def due():
        rows = Deadline.objects.filter(subject=passed_on.case, closed_at=None, owner__isnull=False)
        return {
            row.kind: row.owner for row in rows.exclude(kind__in=["improve", "loop"]).select_related("owner")
        }

    assert due() == {
        west.acknowledgement_kind: cast.west_manager, workshop.acknowledgement_kind: cast.depot_manager,
    }  # fmt: skip
    incident = answer(passed_on, west, cast.west_manager, applies=False, words="We have no such cars.")
    answer(incident, workshop, cast.depot_manager, applies=True, words="On the card from May.")
    assert due() == {workshop.deadline_kind: cast.depot_manager}
    told = {notice.text for notice in Notice.objects.filter(recipient=cast.quality)}
    assert {"lesson-not-applying", "lesson-taken-up"} <= told


@pytest.mark.parametrize(
    ("due_on", "until"),
    [(dt.date(2026, 12, 1), dt.date(2026, 10, 13)), (dt.date(2026, 10, 9), dt.date(2026, 10, 9))],
)
def test_the_answer_is_due_after_five_working_days_or_with_the_change(cast, units, due_on, until):
    case = walks.verified(cast, units)
    with time_machine.travel(dt.datetime(2026, 9, 30, 9, tzinfo=dt.UTC), tick=False):  # 10 October is worked
        case = improve.pass_on(
            case,
            by=cast.quality,
            version=case.version,
            units=[units.west_station],
            text="Check.",
            due_on=due_on,
        )
    row = case.improvements.get(kind="spread")
    assert row.acknowledge_by == until
    closes = dt.datetime.combine(until, dt.time(18), ZoneInfo("Asia/Shanghai"))
    assert Deadline.objects.get(subject=case.case, kind=row.acknowledgement_kind).due_at == closes


def test_the_answer_is_due_as_the_unit_has_ruled_it(cast, units):
    ruling.set_policy(
        units.west, by=cast.west_manager, kind="acknowledge", amount=2, measured_in="working_days"
    )
    case = walks.verified(cast, units)
    with time_machine.travel(dt.datetime(2026, 9, 29, 9, tzinfo=dt.UTC), tick=False):
        case = improve.pass_on(
            case, by=cast.quality, version=case.version, units=[units.west_station], text="Check.",
            due_on=dt.date(2026, 12, 1),
        )  # fmt: skip
    assert case.improvements.get(kind="spread").acknowledge_by == dt.date(2026, 10, 8)


def test_an_answer_needs_words_and_is_given_once(cast, units, passed_on):
    west = passed_on.improvements.first()
    for applies in (True, False):
        with pytest.raises(Invalid):
            answer(passed_on, west, cast.west_manager, applies=applies, words=" ")
    incident = answer(passed_on, west, cast.west_manager, applies=False, words="We have no such cars.")
    with pytest.raises(Invalid):
        answer(incident, west, cast.west_manager, applies=True, words="After all.")
    with pytest.raises(Invalid, match="doesn't apply there"):
        improve.finish_improvement(
            incident, by=cast.west_manager, version=incident.version, improvement=west, proof="Card"
        )


@pytest.mark.parametrize(
    "who",
    ["quality", "owner", "supervisor", "site_manager", "executive", "admin", "depot_manager", "handler"],
)
def test_nobody_else_answers_for_a_unit(cast, units, passed_on, who):
    west = passed_on.improvements.first()
    with pytest.raises(NotAllowed):
        answer(passed_on, west, getattr(cast, who), applies=False, words="No.")
    west.refresh_from_db()
    assert west.acknowledged_at is None and passed_on.version == Incident.objects.get().version


def test_the_page_shows_who_has_answered_and_who_is_waited_for(cast, units, passed_on, client):
    west = passed_on.improvements.first()
    client.force_login(cast.west_manager)
    page = client.get(passed_on.get_absolute_url())
    assert "0 answered; 2 units are waited for." in page.content.decode()
    assert "acknowledge" in page.context["offers"] and "pass-on" not in page.context["offers"]
    url = f"/incidents/{passed_on.number}/acknowledge/?improvement={west.pk}"
    assert "Check your cards too." in client.get(url).content.decode()
    data = {"improvement": west.pk, "applies": "no", "acknowledgement": "We have no such cars."}
    assert client.post(url, data | {"version": passed_on.version}).status_code == 302
    client.force_login(cast.quality)
    page = client.get(passed_on.get_absolute_url()).content.decode()
    assert "1 answered; 1 unit is waited for." in page and "We have no such cars." in page
    assert "acknowledge" not in client.get(passed_on.get_absolute_url()).context["offers"]


def test_what_is_asked_of_a_unit_stands_in_its_managers_work(cast, units, passed_on, client):
    client.force_login(cast.west_manager)
    page = client.get("/").content.decode()
    assert "Check your cards too." in page


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
