"""An early warning is opened once, looked into by who answers for it, and closed with a finding."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from history.models import Event
from history.verification import verify
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Evidence, Incident
from metrics import notes
from metrics.definitions import KPIS
from metrics.models import Note, Signal
from metrics.spc.chart import Rule
from metrics.warning import acts, pairs
from metrics.warning.evidence import chart_of
from metrics.warning.watching import look
from reminders import sweeping
from reminders.models import Deadline, Notice

from .warning_world import (
    CUSTOMERS,
    RISEN,
    USUAL,
    acts_of,
    change,
    kind,
    months,
    now,
    one_risen,
    put_complaints,
    set_target,
)  # fmt: skip

pytestmark = pytest.mark.django_db

RATE = KPIS["complaint-rate"]
FALLEN = (30, 28, 33, 31, 27, 30, 29, 32, 28)


@pytest.fixture
def risen(cast, units) -> Signal:
    return one_risen(cast, units)


# Looking ----------------------------------------------------------------------------------------------------------------
def test_a_rise_is_opened_once_and_told_to_who_answers_for_it(risen, cast, units):
    month = months(1)[0]
    assert (risen.rule, risen.side, risen.is_concern) == (Rule.LIMIT, 1, True)
    assert (risen.begins_on, risen.ends_on) == (month.first, month.first)
    chart = chart_of(risen)
    assert chart.points[-1].value == pytest.approx(RATE.scale * RISEN[0] / CUSTOMERS)
    assert chart.points[-1].upper < chart.points[-1].value and len(chart.points) == len(USUAL) + 1
    due = Deadline.objects.get(subject=risen.case)
    assert (due.kind, due.owner, due.unit, due.label) == (
        "signal",
        cast.site_manager,
        units.crew,
        f"EW-{risen.pk}",
    )
    assert dt.timedelta(days=5) <= due.due_at - risen.opened_at <= dt.timedelta(days=16)
    notice = Notice.objects.get(subject=risen.case)
    assert (notice.recipient, notice.text, notice.url) == (
        cast.site_manager,
        "signal-concern",
        risen.get_absolute_url(),
    )
    assert acts_of(risen) == ["signal.open"] and list(verify()) == []
    for _night in range(3):
        assert look(timezone.now() + dt.timedelta(minutes=5)) == 0
    assert Signal.objects.count() == Notice.objects.count() == Deadline.objects.count() == 1


def test_usual_variation_missing_and_unfinished_periods_bring_nothing(cast, units):
    periods = put_complaints(units.crew, USUAL)
    put_complaints(units.station, [*USUAL, 500], customers=None)  # nobody entered the customers
    put_complaints(units.west, [*USUAL, 500], end=periods[-1].shifted(1))  # this month isn't over
    for unit in (units.crew, units.station, units.west):
        set_target(unit, by=cast.quality, owner=cast.site_manager)
    assert look() == 0 and not Signal.objects.exists()


def test_what_goes_on_makes_the_open_one_grow_and_nobody_is_told_again(cast, units):
    end = months(1)[0]
    put_complaints(units.crew, [*USUAL, *RISEN[:3]], end=end)
    set_target(units.crew, by=cast.quality, owner=cast.site_manager)
    assert look() == 1
    signal = Signal.objects.get()
    assert signal.ends_on == end.shifted(-2).first
    assert [row["day"] for row in signal.evidence["later"]] == [
        end.shifted(-1).first.isoformat(),
        end.first.isoformat(),
    ]
    assert signal.version == 1 and Notice.objects.count() == 1
    assert acts_of(signal) == ["signal.open", "signal.grow", "signal.grow"]
    assert look() == 0 and acts_of(signal) == ["signal.open", "signal.grow", "signal.grow"]


def test_a_figure_that_comes_late_or_is_corrected_is_judged(cast, units):
    periods = put_complaints(units.crew, USUAL)
    set_target(units.crew, by=cast.quality, owner=None)
    assert look() == 0
    change(units.crew, periods[-2], 190)
    assert look() == 1
    signal = Signal.objects.get()
    assert signal.ends_on == periods[-2].first
    assert signal.owner in (
        cast.quality,
        cast.quality_two,
    )  # the target names nobody: the nearest quality manager


def test_an_improvement_asks_only_whether_the_level_is_new(cast, units):
    put_complaints(units.crew, [*USUAL, FALLEN[0]])
    set_target(units.crew, by=cast.quality, owner=cast.quality)
    assert look() == 1
    signal = Signal.objects.get()
    assert (signal.is_concern, signal.side) == (False, -1)
    assert Notice.objects.get().text == "signal-better"
    with pytest.raises(Invalid):
        acts.raise_incident(
            signal, by=cast.quality, version=1, type=kind(), description="Nothing is wrong here."
        )
    assert not Incident.objects.exists() and not Evidence.objects.exists()
    acts.close(
        signal, by=cast.quality, version=1, finding="known", text="The new training works.", rebase=True
    )
    (note,) = Note.objects.all()
    assert (note.kpi, note.unit, note.day, note.rebases) == (
        "complaint-rate",
        units.crew,
        signal.begins_on,
        True,
    )
    assert look() == 0


# What is watched --------------------------------------------------------------------------------------------------------
def test_watched_is_where_a_target_was_set_and_what_somebody_switched_on(cast, units):
    for unit in (units.east, units.crew, units.station):
        put_complaints(unit, [*USUAL, RISEN[0]])
    set_target(units.east, by=cast.quality, owner=cast.supervisor)
    assert [(pair.unit, pair.owner) for pair in pairs.watched()] == [(units.east, cast.supervisor)]
    with pytest.raises(NotAllowed):
        pairs.switch(RATE, units.crew, by=cast.site_manager, on=True, reason="I want it.")
    with pytest.raises(Invalid):
        pairs.switch(RATE, units.crew, by=cast.quality, on=True, reason=" ")
    with pytest.raises(Stale):
        pairs.switch(RATE, units.crew, by=cast.quality, on=False, reason="It is off already.")
    pairs.switch(RATE, units.crew, by=cast.quality, on=True, reason="Many customers.")
    pairs.switch(RATE, units.east, by=cast.quality, on=False, reason="The sites are looked at one by one.")
    # who answers for the target above answers here as well
    assert [(pair.unit, pair.owner) for pair in pairs.watched()] == [(units.crew, cast.supervisor)]
    assert look() == 1 and Signal.objects.get().unit == units.crew
    assert look(units=[units.station]) == 0
    pairs.switch(RATE, units.east, by=cast.quality, on=True, reason="As before.")
    assert [pair.unit for pair in pairs.watched()] == [units.east, units.crew]
    told = Event.objects.of(f"watch:{units.east.pk}:complaint-rate").order_by("seq")
    assert [event.act for event in told] == ["watch.off", "watch.on"] and told[0].reason.startswith(
        "The sites"
    )


def test_a_night_takes_a_few_statements_however_many_units(cast, units):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert look() == 0
        return len(asked)

    put_complaints(units.crew, USUAL)
    set_target(units.crew, by=cast.quality, owner=cast.site_manager)
    few = statements()
    for unit in (units.east, units.west, units.station, units.depot, units.workshop):
        put_complaints(unit, USUAL)
        set_target(unit, by=cast.quality, owner=None)
    assert (
        few <= 9 and statements() <= few + 1
    )  # one more: who is the quality manager of all that name no owner


# Acting -----------------------------------------------------------------------------------------------------------------
def test_from_my_work_to_its_finding(risen, cast, client):
    client.force_login(cast.site_manager)
    page = client.get(reverse("mywork")).content.decode()
    assert "Early warning" in page and "Complaint rate" in page and risen.get_absolute_url() in page
    acts.take(risen, by=cast.site_manager, version=1)
    with pytest.raises(Stale):
        acts.take(risen, by=cast.site_manager, version=2)
    acts.annotate(risen, by=cast.site_manager, version=2, text="Since the new timetable.")
    with pytest.raises(Stale):
        acts.annotate(risen, by=cast.site_manager, version=2, text="Lost?")
    with pytest.raises(Invalid) as refused:
        acts.hand_over(risen, by=cast.site_manager, version=3, to=cast.west_manager, reason="")
    assert set(refused.value.fields) == {"to", "reason"}
    acts.hand_over(
        risen, by=cast.site_manager, version=3, to=cast.supervisor, reason="It is all over the division."
    )
    assert Deadline.objects.get().owner == cast.supervisor
    assert Notice.objects.get(recipient=cast.supervisor).text == "handed-over"
    with pytest.raises(NotAllowed):
        acts.annotate(risen, by=cast.site_manager, version=4, text="No longer mine.")
    with pytest.raises(Invalid) as refused:
        acts.close(risen, by=cast.supervisor, version=4, finding="chance", text="", rebase=True)
    assert set(refused.value.fields) == {"text", "limits"}
    with pytest.raises(NotAllowed):  # the limits of a chart are the quality manager's
        acts.close(risen, by=cast.supervisor, version=4, finding="cause", text="The timetable.", rebase=True)
    acts.close(risen, by=cast.supervisor, version=4, finding="cause", text="The timetable.")
    done = now(risen)
    assert (done.status, done.finding, done.closed_by) == ("closed", "cause", cast.supervisor)
    assert Deadline.objects.get().closed_at and not Note.objects.exists()
    assert acts_of(risen)[1:] == ["signal.take", "signal.annotate", "signal.hand_over", "signal.close"]
    with pytest.raises(Stale):
        acts.take(risen, by=cast.supervisor, version=5)
    page = client.get(risen.get_absolute_url()).content.decode()
    assert "The timetable." in page and "Sun Ning" in page and list(verify()) == []


def test_a_closed_one_is_not_told_again_until_something_new_happens(cast, units):
    before, month = months(2)
    then = timezone.make_aware(dt.datetime.combine(month.first, dt.time(12))) + dt.timedelta(days=14)
    put_complaints(units.crew, [*USUAL, *RISEN[:2]], end=month)
    set_target(units.crew, by=cast.quality, owner=cast.site_manager)
    assert look(then) == 1
    first = Signal.objects.get()
    assert (first.ends_on, first.opened_at) == (before.first, then)
    acts.close(first, by=cast.quality, version=1, finding="chance", text="Nobody knows why.")
    assert look(then) == 0
    assert look() == 1  # high again in the month after
    newest = Signal.objects.latest("pk")
    assert newest.begins_on == newest.ends_on == month.first
    acts.close(newest, by=cast.quality, version=1, finding="chance", text="Again.")
    assert look() == look(then) == 0


def test_new_limits_or_a_period_left_out_silence_what_is_known(cast, units):
    end = months(1)[0]
    put_complaints(units.crew, [*USUAL, *RISEN], end=end)
    set_target(units.crew, by=cast.quality, owner=cast.quality)
    assert look() == 1
    signal = Signal.objects.get()
    acts.close(
        signal, by=cast.quality, version=1, finding="known", text="More trains, more customers.", rebase=True
    )
    note = Note.objects.get()
    assert note.rebases and note.day == signal.begins_on and note.text == "More trains, more customers."
    assert look() == 0
    notes.withdraw(note, by=cast.quality, reason="It was the other line.")
    assert look() == 0, "the same run stays told"
    put_complaints(units.station, [*USUAL, 200], end=end)
    set_target(units.station, by=cast.quality, owner=cast.quality)
    assert look() == 1
    spike = Signal.objects.get(unit=units.station)
    acts.close(spike, by=cast.quality, version=1, finding="data", text="Counted twice.", leave_out=True)
    assert Note.objects.get(unit=units.station).leaves_out and look() == 0


def test_an_incident_is_raised_with_the_chart_as_its_evidence(risen, cast, units, client):
    told = {"type": kind(), "description": "Complaints about the air conditioning rose.", "version": 1}
    with pytest.raises(NotAllowed):
        acts.raise_incident(risen, by=cast.supervisor, **told)
    with pytest.raises(Invalid):
        acts.raise_incident(risen, by=cast.site_manager, **told | {"unit": units.west})
    assert not Incident.objects.exists() and not Evidence.objects.exists()
    incident = acts.raise_incident(risen, by=cast.site_manager, **told)
    picture = Evidence.objects.get(incident=incident)
    assert picture.kind == "image" and picture.name == f"EW-{risen.pk}.png"
    assert timezone.localtime(incident.occurred_at).date() == months(1)[0].last
    assert now(risen).incident == incident and now(risen).status == "taken" and not now(risen).closed_at
    with pytest.raises(Invalid):
        acts.raise_incident(risen, by=cast.site_manager, **told | {"version": 2})
    assert Incident.objects.count() == 1
    client.force_login(cast.site_manager)
    assert risen.get_absolute_url() in client.get(incident.get_absolute_url()).content.decode()
    assert incident.number in client.get(risen.get_absolute_url()).content.decode()
    acts.close(risen, by=cast.quality, version=2, finding="cause", text="The fans.", leave_out=True)
    assert Note.objects.get().incident == incident


def test_it_escalates_like_everything_else(risen, cast):
    sweeping.sweep(timezone.now() + dt.timedelta(days=40))
    assert Notice.objects.filter(recipient=cast.site_manager, text="overdue").exists()
    assert Notice.objects.filter(recipient=cast.executive, subject=risen.case, text="escalated").exists()
