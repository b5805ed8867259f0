"""The clock of a case stands while somebody outside is waited for: with a reason, in sight, and not a minute lost."""

import datetime as dt
import zoneinfo

import pytest
from django.urls import reverse

from history.models import Event
from incidents import pausing
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.listing import open_work
from incidents.models import Incident
from incidents.worklist import counts, groups
from reminders.models import Deadline, Notice
from reminders.sweeping import sweep
from tests.walks import analysed, confirmed, planned, report, substantiate

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(at("2026-11-16 10:00"), tick=False)  # a Monday
    return time_machine


@pytest.fixture
def case(clock, cast, units):
    """Serious: the group has one working day, until Tuesday at six."""
    return substantiate(report(cast, units), cast)


def stopped(case, by, **values):
    values = {
        "reason": "customer",
        "note": "The passenger sends the ticket.",
        "version": case.version,
    } | values
    return pausing.pause(case, by=by, **values)


def test_what_was_left_is_left_again(case, cast, clock):
    assert case.due_at == at("2026-11-17 18:00")
    clock.move_to(at("2026-11-16 16:00"), tick=False)  # eleven working hours are left
    case = stopped(case, cast.supervisor)
    assert (case.due_at, case.paused_since) == (None, at("2026-11-16 16:00"))
    assert set(Deadline.objects.exclude(paused_at=None).values_list("kind", flat=True)) == {"confirm", "loop"}
    clock.move_to(at("2026-11-19 14:00"), tick=False)
    case = pausing.resume(case, by=cast.quality, version=case.version, note="It came.")
    assert case.due_at == at("2026-11-20 16:00"), "Thursday's four hours and seven of Friday's"
    row = Deadline.objects.get(subject=case.case, kind="confirm")
    assert (row.due_at, row.original_due_at) == (case.due_at, at("2026-11-17 18:00"))
    loop = Deadline.objects.get(subject=case.case, kind="loop")
    assert loop.due_at - loop.original_due_at == dt.timedelta(days=2, hours=22), "the loop runs by the clock"
    acts = Event.objects.filter(act__in=["incident.pause", "incident.resume"]).order_by("pk")
    assert [(event.act, event.reason) for event in acts] == [
        ("incident.pause", "The passenger sends the ticket."), ("incident.resume", "It came."),
    ]  # fmt: skip
    assert Notice.objects.filter(text="resumed", recipient=case.owner).count() == 1


def test_nobody_is_reminded_of_what_stands(case, cast, clock):
    case = stopped(case, cast.supervisor)
    clock.move_to(at("2026-12-16 10:00"), tick=False)
    sweep()
    assert not Notice.objects.filter(text__in=["due-soon", "overdue", "escalated", "ownerless"]).exists()
    work = open_work(case.owner)
    number = counts(work, groups(at("2026-12-16 10:00")))
    assert (number["paused"], number["overdue"]) == (1, 0)


def test_an_overdue_case_stays_as_overdue(case, cast, clock):
    clock.move_to(at("2026-11-18 12:00"), tick=False)  # three working hours late
    case = stopped(case, cast.supervisor)
    clock.move_to(at("2026-11-20 12:00"), tick=False)
    case = pausing.resume(case, by=cast.supervisor, version=case.version)
    assert case.due_at == at("2026-11-20 09:00")


def test_a_step_ends_the_pause(clock, cast, units):
    case = confirmed(cast, units)
    case = stopped(case, cast.owner, reason="part")
    clock.shift(dt.timedelta(days=3))
    case = analysed(cast, units, case)
    assert case.paused_since is None and case.due_at is not None
    assert not Deadline.objects.filter(closed_at=None).exclude(paused_at=None).exists()


@pytest.mark.parametrize("who", ["reporter", "colleague", "executive", "admin", "west_manager", "handler"])
def test_who_has_no_part_in_it_stops_no_clock(case, cast, who):
    before = Incident.objects.values().get()
    with pytest.raises(NotAllowed):
        stopped(case, getattr(cast, who))
    assert Incident.objects.values().get() == before


def test_a_pause_says_why(case, cast):
    with pytest.raises(Invalid) as refused:
        stopped(case, cast.supervisor, reason="holiday", note=" ")
    assert refused.value.fields.keys() == {"reason", "note"}


def test_what_is_carried_out_is_extended_not_paused(clock, cast, units):
    case = planned(cast, units)
    with pytest.raises(Stale):
        stopped(case, cast.quality)


def test_not_twice_and_not_from_an_old_page(case, cast):
    old = case.version
    case = stopped(case, cast.supervisor)
    for version in (old, case.version):
        with pytest.raises(Stale):
            stopped(case, cast.supervisor, version=version)
    case = pausing.resume(case, by=cast.supervisor, version=case.version)
    with pytest.raises(Stale):
        pausing.resume(case, by=cast.supervisor, version=case.version)


def test_the_pages_say_it(case, cast, client):
    stopped(case, cast.supervisor)
    client.force_login(cast.supervisor)
    page = client.get(reverse("incident", args=[case.number])).content.decode()
    assert "Waiting for the customer" in page and "The passenger sends the ticket." in page
    assert "of its time are left" in page
    listed = client.get(reverse("incident-list")).content.decode()
    work = client.get(reverse("mywork")).content.decode()
    assert "Paused" in listed and "Paused" in work
