"""Steps before and after: whom, when, again how often; deputies, nudges, and the auditor behind it all."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from reminders import absences, auditing, nudging
from reminders.absences import announce_absence, end_absence
from reminders.deadlines import close_deadline, open_deadline
from reminders.escalation import DEFAULT, Step, next_moment
from reminders.models import Absence, Deadline, EscalationStep, Gap, Heartbeat, Notice
from reminders.notices import notify, sentence
from reminders.sweeping import sweep

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)  # a Monday, in Shanghai
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def due(cast, units, at=NOON + 2 * DAY, owner="site_manager", number=2) -> Deadline:
    return open_deadline(
        f"incident:{number}", "identify", cycle=1, label=f"SQ-{number}", owner=getattr(cast, owner), unit=units.crew,
        due_at=at,
    )  # fmt: skip


def step(unit, by, hours, audience, repeat=None) -> EscalationStep:
    return EscalationStep.objects.create(
        unit=unit, offset=hours * HOUR, audience=audience, repeat_every=repeat and repeat * HOUR, set_by=by
    )


def story(clock, until, every=HOUR) -> list[tuple]:
    """What is told hour by hour: (hours from the due moment of SQ-2, to whom, what)."""
    told, moment = [], Deadline.objects.get(subject="incident:2").due_at
    while timezone.now() < until:
        clock.shift(every)
        seen = set(Notice.objects.values_list("pk", flat=True))
        sweep()
        told += [
            ((timezone.now() - moment) / HOUR, notice.recipient.username, notice.text)
            for notice in Notice.objects.exclude(pk__in=seen).order_by("pk")
        ]
    return told


# Steps ---------------------------------------------------------------------------------------------------------------
def test_who_a_week_late_still_waits_reaches_the_executive(cast, units, clock):
    due(cast, units)
    told = story(clock, NOON + 9 * DAY + HOUR)
    assert [(hours, who) for hours, who, text in told if text == "escalated"] == [
        (48, "wang"), (7 * 24, "gao"),
    ]  # fmt: skip


def test_a_units_own_steps_hold_for_what_is_below_it_and_the_nearest_counts(cast, units, clock):
    step(units.rail, cast.quality, -48, "owner")
    step(units.east, cast.quality, -4, "owner")
    step(units.east, cast.quality, -2, "quality")
    step(units.east, cast.quality, 0, "owner", repeat=6)
    step(units.east, cast.quality, 3, "executive")
    due(cast, units)
    assert story(clock, NOON + 2 * DAY + 13 * HOUR) == [
        (-4, "li", "due-soon"),
        (-2, "wang", "escalation-ahead"),
        (0, "li", "overdue"),
        (3, "gao", "escalated"),
        (6, "li", "overdue"),
        (12, "li", "overdue"),
    ]


def test_nothing_becomes_late_in_silence_whatever_a_unit_has_set(cast, units, clock):
    step(units.crew, cast.quality, -4, "owner")
    due(cast, units)
    assert (0, "li", "overdue") in story(clock, NOON + 2 * DAY + HOUR)


def test_moments_of_steps():
    at = NOON
    assert next_moment(DEFAULT, at, at - 5 * DAY) == at - DAY
    assert next_moment(DEFAULT, at, at - DAY) == at
    assert next_moment(DEFAULT, at, at) == at + DAY
    assert next_moment(DEFAULT, at, at + 100 * DAY) == at + 101 * DAY
    assert next_moment((Step(-DAY, "owner"),), at, at) is None


# Absence -------------------------------------------------------------------------------------------------------------
def away(cast, days=5, **values) -> Absence:
    today = timezone.localdate()
    values = {
        "deputy": cast.supervisor,
        "begins_on": today,
        "ends_on": today + dt.timedelta(days=days),
    } | values
    return announce_absence(cast.site_manager, by=cast.site_manager, **values)


def test_the_deputy_gets_it_once_and_only_while_the_absence_lasts(cast, units, clock):
    notify(
        [cast.site_manager],
        "turn",
        occasion="before",
        subject="incident:1",
        url="/",
        params={"label": "SQ-0"},
    )
    clock.shift(DAY)
    absence = away(cast)
    deadline = due(cast, units, at=NOON + 2 * DAY)
    clock.move_to(deadline.due_at)
    sweep()
    sweep()
    told = Notice.objects.get(recipient=cast.supervisor)
    assert told.text == "stand-in" and "Li Min is away" in sentence(told) and "SQ-2" in sentence(told)
    assert Notice.objects.filter(recipient=cast.site_manager, text="overdue").count() == 1, (
        "who is away reads it later"
    )
    end_absence(absence, by=cast.site_manager)
    clock.shift(DAY)
    sweep()
    assert Notice.objects.filter(recipient=cast.supervisor, text="stand-in").count() == 1


def test_what_was_told_before_the_absence_stays_with_the_person(cast, units, clock):
    notify(
        [cast.site_manager],
        "turn",
        occasion="before",
        subject="incident:1",
        url="/",
        params={"label": "SQ-0"},
    )
    clock.shift(DAY)
    away(cast)
    assert absences.tell_deputies() == 0


def test_a_deputy_hears_no_titles(cast, units, clock):
    away(cast)
    notify(
        [cast.site_manager], "turn", occasion="x", subject="incident:1", url="/",
        params={"label": "SQ-0", "title": "A confidential matter", "what": "turn.identify"},
    )  # fmt: skip
    sweep()
    assert "confidential" not in str(Notice.objects.get(recipient=cast.supervisor).params)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"deputy": None}, "deputy"),
        ({"ends_on": dt.date(2026, 11, 1)}, "ends_on"),
        ({"begins_on": dt.date(2026, 11, 1), "ends_on": dt.date(2026, 11, 2)}, "ends_on"),
    ],
)
def test_an_absence_that_cant_be_is_refused(cast, clock, values, field):
    with pytest.raises(absences.Refused) as refused:
        away(cast, **values)
    assert field in refused.value.fields and not Absence.objects.exists()


def test_nobody_stands_in_for_themselves_or_from_another_company_and_not_twice(cast, clock):
    for deputy in (cast.site_manager, cast.hotel_quality):
        with pytest.raises(absences.Refused):
            away(cast, deputy=deputy)
    away(cast)
    with pytest.raises(absences.Refused):
        away(cast, deputy=cast.quality)


# Nudging -------------------------------------------------------------------------------------------------------------
def test_a_nudge_is_told_and_not_repeated_at_once(cast, units, clock):
    deadline = due(cast, units)
    nudging.nudge(deadline, by=cast.reporter, words="The passengers ask.", url="/incidents/x/")
    told = Notice.objects.get()
    assert told.recipient == cast.site_manager and "The passengers ask." in sentence(told)
    for by in (cast.reporter, cast.quality):
        with pytest.raises(nudging.TooOften, match="urged already"):
            nudging.nudge(deadline, by=by, words="", url="/")
    clock.shift(4 * HOUR)
    nudging.nudge(deadline, by=cast.quality, words="", url="/")
    assert Notice.objects.count() == 2


def test_nobody_nudges_all_day(cast, units, clock):
    deadlines = [due(cast, units, number=number) for number in range(2, 2 + nudging.A_DAY + 1)]
    for deadline in deadlines[:-1]:
        nudging.nudge(deadline, by=cast.reporter, words="", url="/")
    with pytest.raises(nudging.TooOften, match="enough"):
        nudging.nudge(deadlines[-1], by=cast.reporter, words="", url="/")


def test_nobody_nudges_themselves_or_what_is_done(cast, units, clock):
    deadline = due(cast, units)
    with pytest.raises(ValueError, match="Nobody"):
        nudging.nudge(deadline, by=cast.site_manager, words="", url="/")
    close_deadline("incident:2", "identify", cycle=1)
    with pytest.raises(ValueError, match="Nobody"):
        nudging.nudge(deadline, by=cast.quality, words="", url="/")


# The auditor ---------------------------------------------------------------------------------------------------------
def test_what_was_announced_is_no_gap(cast, units, clock):
    deadline = due(cast, units)
    clock.move_to(deadline.due_at)
    sweep()
    clock.shift(HOUR)
    assert auditing.audit() == 0 and not Gap.objects.exists()
    assert Heartbeat.objects.get(name="audit").at == timezone.now()


def test_what_was_overlooked_is_found_shown_and_made_good(cast, units, clock):
    """Somebody's hand has emptied the moment of the next announcement: the sweep would never look again."""
    deadline = due(cast, units)
    Deadline.objects.update(next_notice_at=None)
    clock.move_to(deadline.due_at + HOUR)
    assert sweep() == 0
    assert auditing.audit() == 1
    gap = Gap.objects.get()
    assert (gap.deadline, gap.due_moment, gap.mended_at) == (deadline, deadline.due_at, None)
    assert sweep() == 1 and Notice.objects.get().text == "overdue"
    assert auditing.audit() == 0
    gap.refresh_from_db()
    assert gap.mended_at == timezone.now()


@pytest.mark.parametrize("how", ["closed", "paused", "nobody's", "just opened", "fresh"])
def test_what_need_not_be_told_is_no_gap(cast, units, clock, how):
    deadline = due(cast, units)
    Deadline.objects.update(next_notice_at=None)
    clock.move_to(deadline.due_at + (HOUR if how != "fresh" else HOUR / 30))
    if how == "closed":
        close_deadline("incident:2", "identify", cycle=1)
    elif how == "paused":
        Deadline.objects.update(paused_at=NOON, pause_reason="part", left_when_paused=DAY)
    elif how == "nobody's":
        Deadline.objects.update(owner=None)
    elif how == "just opened":
        Deadline.objects.update(opened_at=timezone.now())
    assert auditing.audit() == 0


def test_the_audit_asks_as_often_for_many_as_for_few(cast, units, clock, django_assert_max_num_queries):
    Deadline.objects.bulk_create(
        Deadline(
            subject=f"incident:{number}", kind="analyse", label=f"SQ-{number}", owner=cast.owner, unit=units.crew,
            opened_at=NOON - DAY, due_at=NOON - HOUR, original_due_at=NOON - HOUR, next_notice_at=NOON - HOUR,
        )
        for number in range(400)
    )  # fmt: skip
    sweep()
    with django_assert_max_num_queries(12):  # two batches
        assert auditing.audit() == 0
