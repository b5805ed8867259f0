"""Stage 5: the ledger of every measure, and the decisions about dates and withdrawals."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from capa import track
from capa.design import open_ended_observations
from capa.models import EntryProof, LedgerEntry, VerificationDesign
from history.models import Event
from incidents import gates, worklist
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.stages import Stage
from reminders import ruling
from reminders.models import Deadline, Notice
from tests.walks import OBSERVATION, open_measures, planned, tracked

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(cast, units):
    return planned(cast, units)


@pytest.fixture
def own(incident):
    """Chen's measure."""
    return open_measures(incident)[0]


@pytest.fixture
def lius(incident):
    """Liu's measure."""
    return open_measures(incident)[1]


def test_all_done_with_proof_and_checked(cast, units):
    incident = tracked(cast, units)
    assert (incident.stage, incident.owner) == (Stage.VERIFY, cast.quality)
    assert {m.status for m in incident.measures.all()} == {"done"}
    assert not Deadline.objects.filter(
        subject=incident.case, kind__startswith="measure", closed_at=None
    ).exists()
    assert {n.recipient for n in Notice.objects.filter(text="observing")} == {cast.owner, cast.quality}


def test_when_all_is_finished_the_turn_is_the_checkers(incident, own, lius, cast):
    for measure in (own, lius):
        track.complete_measure(measure, by=measure.owner, text="Done", notes=["Work order"])
    incident.refresh_from_db()
    assert (incident.stage, incident.owner) == (Stage.TRACK, cast.quality)
    asked = Notice.objects.filter(
        recipient=cast.quality, text__in=["turn", "check-asked"], params__about__isnull=False
    )
    assert [notice.params["about"] for notice in asked.order_by("pk")] == [own.number, lius.number]
    told_of_turn = Notice.objects.filter(recipient=cast.quality, text="turn", params__what="turn.track")
    assert not told_of_turn.exists(), "each measure was announced: the same thing isn't said twice"
    track.check(own, by=cast.quality, text="Seen.")
    incident.refresh_from_db()
    assert incident.stage == Stage.TRACK, "Liu's measure wasn't looked at yet"
    track.check(lius, by=cast.quality, text="Seen.")
    incident.refresh_from_db()
    assert incident.stage == Stage.VERIFY
    assert Event.objects.get(act="incident.complete").actor is None, "it went on by itself"


def test_every_check_has_a_day_of_its_own(incident, own, cast, units):
    """As the unit has ruled it; a finding ends it, and the next completion asks anew."""
    ruling.set_policy(units.east, by=cast.quality, kind="check", amount=4, measured_in="hours")

    def open_checks():
        rows = Deadline.objects.filter(subject=incident.case, kind=f"check:{own.pk}", closed_at=None)
        return [(row.owner, row.due_at - row.opened_at) for row in rows]

    track.complete_measure(own, by=cast.owner, text="Done", notes=["Work order"])
    ((checker, within),) = open_checks()
    assert checker == cast.quality and abs(within - dt.timedelta(hours=4)) < dt.timedelta(seconds=5)
    rows = Deadline.objects.filter(owner=cast.quality, kind__startswith="check:")
    (item,) = worklist.items(cast.quality, rows, set())
    assert (item.measure, item.url, str(item.button)) == (own, own.get_absolute_url(), "Check")
    track.check(own, by=cast.quality, text="The fan still rattles.", in_order=False)
    assert not open_checks()
    own.refresh_from_db()
    track.complete_measure(own, by=cast.owner, text="Done again", notes=["Work order 2"])
    assert len(open_checks()) == 1
    track.check(own, by=cast.quality, text="Quiet now.")
    assert not open_checks()


def test_who_has_worked_on_a_measure_does_not_judge_it_after_handing_it_on(incident, own, lius, cast):
    """Wang carries it out for a while, then hands it to Chen: checking and judging are another's."""
    track.hand_over(own, by=cast.quality_two, owner=cast.quality, reason="Chen is ill")
    own.refresh_from_db()
    track.record_progress(own, by=cast.quality, text="Half of the fans are in.", progress=50)
    track.hand_over(own, by=cast.quality_two, owner=cast.owner, reason="Chen is back")
    own.refresh_from_db()
    track.complete_measure(own, by=cast.owner, text="Done", notes=["Work order"])
    assert Deadline.objects.get(kind=f"check:{own.pk}").owner == cast.quality_two
    with pytest.raises(NotAllowed):
        track.check(own, by=cast.quality, text="Seen.")


def test_the_verdict_is_due_after_the_observation(incident, cast):
    for measure in open_measures(incident):
        track.complete_measure(measure, by=measure.owner, text="Done", notes=["Work order"])
        track.check(measure, by=cast.quality, text="Seen.")
    incident.refresh_from_db()
    today, shown = timezone.localdate(), VerificationDesign.objects.get()
    assert (shown.observed_from, shown.observed_until) == (
        today + dt.timedelta(days=1),
        today + dt.timedelta(days=OBSERVATION),
    )
    assert timezone.localdate(incident.due_at) >= shown.observed_until + dt.timedelta(days=14)
    assert open_ended_observations() == 0
    assert not Notice.objects.filter(text="turn", params__what="turn.verify").exists()
    later = shown.observed_until + dt.timedelta(days=1)
    assert [open_ended_observations(later) for _time in range(2)] == [1, 0], "told once"
    told = Notice.objects.get(text="turn", params__what="turn.verify")
    assert told.recipient == cast.quality


def test_the_owner_records_from_an_old_page(own, cast):
    track.record_progress(own, by=cast.owner, text="Half of the cards changed.", progress=50)
    track.record_progress(own, by=cast.owner, text="All but two.", progress=90, notes=["Photo on the board"])
    own.refresh_from_db()
    assert (own.status, own.progress, own.entries.count()) == ("running", 90, 2)
    event = Event.objects.filter(act="incident.ledger_progress").latest("pk")
    assert event.after["text"] == "All but two." and event.after["progress"] == 90


def test_completion_takes_proof(own, cast):
    for proofs in ({}, {"notes": [" "]}):
        with pytest.raises(Invalid):
            track.complete_measure(own, by=cast.owner, text="Done", **proofs)
    own.refresh_from_db()
    assert own.status == "planned" and not own.entries.exists()


def test_an_extension_keeps_the_original_date(incident, lius, cast):
    original, later = lius.due_on, lius.due_on + dt.timedelta(days=14)
    request = track.request_extension(lius, by=cast.depot_manager, new_due_on=later, reason="Parts are late")
    lius.refresh_from_db()
    assert lius.due_on == original
    asked = Deadline.objects.get(kind=track.request_kind(request))
    assert asked.owner == cast.quality and asked.closed_at is None
    track.decide_change(lius, by=cast.quality, request=request, granted=True, reason="Granted once")
    lius.refresh_from_db()
    incident.refresh_from_db()
    assert (lius.original_due_on, lius.due_on) == (original, later)
    deadline = Deadline.objects.get(kind=lius.deadline_kind)
    assert timezone.localtime(deadline.due_at).date() == later
    assert timezone.localtime(deadline.original_due_at).date() == original
    assert timezone.localtime(incident.due_at).date() == later
    asked.refresh_from_db()
    assert asked.closed_at is not None
    assert [e.kind for e in lius.entries.all()] == ["extension", "adjustment"]
    assert Notice.objects.filter(recipient=cast.depot_manager, text="request-granted").exists()


def test_a_refused_extension_changes_no_date(lius, cast):
    later = lius.due_on + dt.timedelta(days=14)
    request = track.request_extension(lius, by=cast.depot_manager, new_due_on=later, reason="Parts are late")
    with pytest.raises(Invalid):
        track.request_withdrawal(lius, by=cast.depot_manager, reason="One at a time")
    track.decide_change(lius, by=cast.quality, request=request, granted=False, reason="Buy elsewhere")
    lius.refresh_from_db()
    assert lius.due_on == lius.original_due_on
    with pytest.raises(Stale):
        track.decide_change(lius, by=cast.quality, request=request, granted=True, reason="Again")


def test_nobody_grants_what_they_asked_for(lius, cast):
    later = lius.due_on + dt.timedelta(days=14)
    request = track.request_extension(lius, by=cast.quality, new_due_on=later, reason="On Liu's behalf")
    assert Deadline.objects.get(kind=track.request_kind(request)).owner == cast.quality_two
    for who in (cast.quality, cast.depot_manager, cast.owner, cast.supervisor, cast.west_manager):
        with pytest.raises(NotAllowed):
            track.decide_change(lius, by=who, request=request, granted=True, reason="Yes")
    lius.refresh_from_db()
    assert lius.due_on == lius.original_due_on and lius.entries.count() == 1


def test_a_withdrawal_is_asked_for_and_decided(incident, own, lius, cast):
    request = track.request_withdrawal(lius, by=cast.depot_manager, reason="The batch was scrapped")
    track.decide_change(lius, by=cast.quality, request=request, granted=True, reason="Seen the note")
    lius.refresh_from_db()
    assert lius.status == "withdrawn"
    last = track.request_withdrawal(own, by=cast.owner, reason="Neither")
    with pytest.raises(Invalid, match="last measure"):
        track.decide_change(own, by=cast.quality, request=last, granted=True, reason="No")
    own.refresh_from_db()
    assert own.status == "planned"


def test_a_deviation_is_told(own, cast):
    track.record_deviation(own, by=cast.owner, text="The card template is locked.")
    assert Notice.objects.filter(recipient=cast.quality, text="deviation").exists()


def test_a_check_that_finds_something_puts_the_measure_back_to_work(incident, own, lius, cast):
    for measure in (own, lius):
        track.complete_measure(measure, by=measure.owner, text="Done", notes=["Work order"])
    track.check(own, by=cast.quality, text="Two cards unsigned.", in_order=False)
    own.refresh_from_db()
    incident.refresh_from_db()
    assert own.status == "running"
    assert Deadline.objects.get(kind=own.deadline_kind).closed_at is None
    assert incident.stage == Stage.TRACK and len(gates.missing(incident, "complete")) == 2
    track.complete_measure(own, by=cast.owner, text="Now signed", notes=["Cards 7 and 8"])
    track.check(own, by=cast.supervisor, text="Signed.")
    track.check(lius, by=cast.supervisor, text="Fine.")
    incident.refresh_from_db()
    assert incident.stage == Stage.VERIFY


@pytest.mark.parametrize(
    "who", ["owner", "depot_manager", "reporter", "site_manager", "executive", "admin", "west_manager"]
)
def test_who_carries_out_does_not_check(own, cast, who):
    with pytest.raises(NotAllowed):
        track.check(own, by=getattr(cast, who), text="All fine")
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    "who", ["reporter", "colleague", "site_manager", "supervisor", "executive", "admin", "west_manager"]
)
def test_nobody_else_records(own, cast, who):
    with pytest.raises(NotAllowed):
        track.record_progress(own, by=getattr(cast, who), text="Half", progress=50)
    own.refresh_from_db()
    assert own.progress == 0 and not LedgerEntry.objects.exists()


def test_an_owner_records_for_the_own_measure_only(incident, own, units, cast):
    """Wei owns a measure now, but nothing else gives him a say about Chen's."""
    lius = open_measures(incident)[1]
    track.hand_over(lius, by=cast.quality, owner=cast.colleague, reason="Liu is on leave")
    track.record_progress(lius, by=cast.colleague, text="Begun", progress=10)
    with pytest.raises(NotAllowed):
        track.record_progress(own, by=cast.colleague, text="His too", progress=10)
    assert Deadline.objects.get(kind=lius.deadline_kind).owner == cast.colleague
    own.refresh_from_db()
    assert own.progress == 0


def test_the_ledger_is_never_changed_or_erased(own, cast):
    track.record_progress(own, by=cast.owner, text="Half", progress=50, notes=["Card 1"])
    connection.check_constraints()  # nothing pending: what is refused is refused by the trigger
    for table in ("capa_ledgerentry", "capa_entryproof"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)
    assert LedgerEntry.objects.count() == 1 and EntryProof.objects.count() == 1


def test_finished_is_finished(own, cast):
    track.complete_measure(own, by=cast.owner, text="Done", notes=["Work order"])
    with pytest.raises(Stale):
        track.record_progress(own, by=cast.owner, text="More", progress=10)
    assert own.entries.count() == 1


def test_nothing_is_complete_while_a_measure_is_open(incident, own, cast):
    track.check(own, by=cast.quality, text="An early look.")
    assert len(gates.missing(incident, "complete")) == 3


def test_who_will_check_and_judge_a_measure_does_not_finish_it(cast, units):
    incident = planned(cast, units)
    measure = open_measures(incident)[0]
    with pytest.raises(NotAllowed):
        track.complete_measure(measure, by=cast.quality, text="Done.", notes=["Work order 4711"])
    measure.refresh_from_db()
    assert measure.status == "planned" and not measure.entries.exists()
