"""The sweep: each due moment announced once, none early, nothing lost, no flood."""

import datetime as dt
from itertools import pairwise

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from incidents.models import Incident
from incidents.stages import Stage
from reminders import sweeping, tasks
from reminders.deadlines import close_deadline, hand_to, open_deadline, postpone
from reminders.models import Deadline, Heartbeat, Notice
from reminders.notices import sentence
from reminders.sweeping import sweep
from tests.walks import report

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)  # a Monday, in Shanghai
HOUR, DAY, MINUTE = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def deadline(cast, units, clock) -> Deadline:
    """Li Min has two days for something; Qian Yu's is over already. Nobody has been told anything yet."""
    done = open_deadline(
        "incident:1",
        "confirm",
        cycle=1,
        label="SQ-1",
        owner=cast.quality_two,
        unit=units.crew,
        due_at=NOON + HOUR,
    )
    close_deadline("incident:1", "confirm", cycle=1)
    assert Deadline.objects.get(pk=done.pk).next_notice_at is None
    return open_deadline(
        "incident:2", "identify", cycle=1, label="SQ-2", owner=cast.site_manager, unit=units.crew, due_at=NOON + 2 * DAY
    )  # fmt: skip


def minute_by_minute(clock, until, step=MINUTE * 10) -> list[tuple]:
    """Let time pass with a sweep every ten minutes: (when, to whom, what) of each notice."""
    told = []
    while timezone.now() < until:
        clock.shift(step)
        before = set(Notice.objects.values_list("pk", flat=True))
        sweep()
        told += [
            (timezone.now(), notice.recipient, notice.text)
            for notice in Notice.objects.exclude(pk__in=before).order_by("pk")
        ]
    return told


def texts() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("text", flat=True))


def test_a_day_before_at_the_due_moment_daily_and_the_third_time_to_the_superiors(cast, deadline, clock):
    told = minute_by_minute(clock, deadline.due_at + 4 * DAY + HOUR)
    due = deadline.due_at
    assert told == [
        (due - DAY, cast.site_manager, "due-soon"),
        (due, cast.site_manager, "overdue"),
        (due + DAY, cast.site_manager, "overdue"),
        (due + 2 * DAY, cast.site_manager, "overdue"),
        (due + 2 * DAY, cast.quality, "escalated"),
        (due + 3 * DAY, cast.site_manager, "overdue"),
        (due + 4 * DAY, cast.site_manager, "overdue"),
    ]


def test_nothing_is_told_early(deadline, clock):
    clock.move_to(deadline.due_at - DAY - MINUTE)
    assert sweep() == 0
    clock.move_to(deadline.due_at - MINUTE)
    assert sweep() == 1 and texts() == ["due-soon"]
    assert sweep() == 0


def test_a_short_limit_is_announced_when_it_is_due(cast, units, clock):
    open_deadline(
        "incident:3", "verify", cycle=1, label="SQ-3", owner=cast.quality, unit=units.crew, due_at=NOON + HOUR
    )
    told = minute_by_minute(clock, NOON + 2 * HOUR)
    assert told == [(NOON + HOUR, cast.quality, "overdue")]


def test_three_days_off_each_is_announced_once_and_goes_on_as_before(cast, deadline, clock):
    """The due moment passed while nothing ran: told once, escalated because it is that late, then daily again."""
    clock.move_to(deadline.due_at + 3 * DAY + HOUR)
    assert sweep() == 2 and sorted(texts()) == ["escalated", "overdue"]
    assert sweep() == 0
    told = minute_by_minute(clock, deadline.due_at + 5 * DAY + HOUR)
    assert [(at - deadline.due_at, text) for at, _person, text in told] == [
        (4 * DAY, "overdue"),
        (5 * DAY, "overdue"),
    ]


def test_a_night_with_a_thousand_overdue_ones_writes_one_notice_each(
    cast, units, clock, django_assert_max_num_queries
):
    Deadline.objects.bulk_create(
        Deadline(
            subject=f"incident:{number}", kind="analyse", label=f"SQ-{number}", owner=cast.owner, unit=units.crew,
            opened_at=NOON - 90 * DAY, due_at=NOON - 60 * DAY, original_due_at=NOON - 60 * DAY,
            next_notice_at=NOON - 60 * DAY,
        )
        for number in range(1000)
    )  # fmt: skip
    with django_assert_max_num_queries(70):  # five batches
        sweep()
    assert Notice.objects.filter(recipient=cast.owner).count() == 1000
    assert (
        Notice.objects.filter(text="escalated").count() == 3000
    )  # to site manager, quality manager and executive
    assert sweep() == 0 and Notice.objects.count() == 4000
    assert set(Deadline.objects.values_list("next_notice_at", flat=True)) == {NOON + DAY}


def test_the_clock_set_back_repeats_nothing(deadline, clock):
    clock.move_to(deadline.due_at + MINUTE)
    sweep()
    clock.shift(-HOUR)
    assert sweep() == 0
    clock.shift(HOUR)
    assert sweep() == 0 and texts() == ["overdue"]


@pytest.mark.parametrize("off", [HOUR, 5 * HOUR, DAY, 3 * DAY, 10 * DAY, 400 * DAY])
def test_however_long_it_was_off_no_due_moment_is_told_twice_or_early(deadline, clock, off):
    seen = []
    for moment in [
        deadline.due_at - DAY - MINUTE,
        deadline.due_at - DAY + off,
        deadline.due_at + off,
        deadline.due_at + off + DAY,
    ]:
        if moment < timezone.now():
            continue
        clock.move_to(moment)
        sweep()
        seen.append(Deadline.objects.get(pk=deadline.pk).next_notice_at)
        assert seen[-1] > timezone.now() and (seen[-1] - timezone.now()) <= DAY + off
    assert all(earlier <= later for earlier, later in pairwise(seen))
    occasions = list(Notice.objects.values_list("recipient", "occasion"))
    assert len(occasions) == len(set(occasions))


def test_what_is_done_or_postponed_is_not_told(cast, deadline, clock):
    postpone("incident:2", "identify", cycle=1, due_at=deadline.due_at + 3 * DAY)
    clock.move_to(deadline.due_at + HOUR)
    assert sweep() == 0
    clock.move_to(deadline.due_at + 3 * DAY)
    assert sweep() == 1 and texts() == ["overdue"]
    close_deadline("incident:2", "identify", cycle=1)
    clock.shift(5 * DAY)
    assert sweep() == 0


def test_a_postponed_deadline_is_announced_anew(deadline, clock):
    clock.move_to(deadline.due_at)
    sweep()
    postpone("incident:2", "identify", cycle=1, due_at=deadline.due_at + 2 * DAY)
    told = minute_by_minute(clock, deadline.due_at + 2 * DAY)
    assert [text for _at, _person, text in told] == ["due-soon", "overdue"]


def test_the_new_owner_is_told_and_the_old_one_left_in_peace(cast, deadline, clock):
    clock.move_to(deadline.due_at)
    sweep()
    hand_to("incident:2", "identify", cycle=1, owner=cast.supervisor)
    clock.shift(DAY)
    sweep()
    assert list(Notice.objects.order_by("pk").values_list("recipient__username", "text")) == [
        ("li", "overdue"), ("sun", "overdue"),
    ]  # fmt: skip


@pytest.mark.parametrize("gone", [True, False])
def test_what_waits_for_nobody_is_told_to_the_superiors(cast, deadline, clock, gone):
    if gone:
        Deadline.objects.update(owner=cast.reporter)
        cast.reporter.is_active = False
        cast.reporter.save()
    else:
        Deadline.objects.update(owner=None)
    clock.move_to(deadline.due_at)
    sweep()
    assert set(Notice.objects.values_list("recipient__username", "text")) == {
        ("li", "ownerless"),
        ("wang", "ownerless"),
    }


def test_what_waits_for_nobody_is_called_overdue_only_when_it_is(deadline, clock):
    Deadline.objects.update(owner=None)
    clock.move_to(deadline.due_at - DAY)
    sweep()
    assert set(texts()) == {"ownerless-ahead"}
    assert "is due" in sentence(Notice.objects.first()) and "overdue" not in sentence(Notice.objects.first())
    clock.move_to(deadline.due_at)
    sweep()
    assert texts()[2:] == ["ownerless", "ownerless"]


def test_nobody_is_told_of_their_own_lateness_twice(cast, units, clock):
    """The owner is the unit's quality manager: the escalation goes to the others only."""
    open_deadline(
        "incident:3", "verify", cycle=1, label="SQ-3", owner=cast.quality, unit=units.crew, due_at=NOON
    )
    clock.shift(2 * DAY)
    sweep()
    assert set(Notice.objects.values_list("recipient__username", "text")) == {
        ("wang", "overdue"),
        ("li", "escalated"),
    }


def test_another_company_hears_nothing(cast, deadline, clock):
    clock.move_to(deadline.due_at + 10 * DAY)
    sweep()
    assert not Notice.objects.filter(recipient__in=[cast.hotel_quality, cast.west_manager]).exists()


def test_the_notice_leads_to_the_incident_and_says_what_is_to_be_done(cast, units, clock):
    incident = report(cast, units)
    clock.move_to(incident.due_at)
    Notice.objects.all().delete()
    sweep()
    notice = Notice.objects.get()
    assert notice.recipient == cast.site_manager and notice.url == Incident.objects.get().get_absolute_url()
    assert incident.stage == Stage.IDENTIFY
    assert sentence(notice) == f"{incident.number} is overdue since today 18:00: Judge the report"


def test_the_sweep_leaves_a_heartbeat(deadline, clock):
    assert sweeping.is_silent()
    sweep()
    assert not sweeping.is_silent() and Heartbeat.objects.get().at == NOON
    clock.shift(dt.timedelta(minutes=4))
    assert sweeping.is_silent()
    sweep()
    assert not sweeping.is_silent() and Heartbeat.objects.count() == 1


def test_beats_message_sweeps(deadline, clock):
    clock.move_to(deadline.due_at)
    assert tasks.sweep.name == settings.CELERY_BEAT_SCHEDULE["sweep-deadlines"]["task"]
    tasks.sweep()
    assert texts() == ["overdue"] and not sweeping.is_silent()
