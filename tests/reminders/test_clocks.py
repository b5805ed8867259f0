"""QUALITY D8: whatever clocks do, each due moment is announced once and none early.

Clocks set back and ahead, a leap day, zones whose clocks change, and the holidays of China; and any journey of the
clock that hypothesis can think of.
"""

import datetime as dt
import itertools
import zoneinfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.models import Unit
from reminders.auditing import audit
from reminders.deadlines import open_deadline
from reminders.models import Deadline, Gap, Notice
from reminders.sweeping import sweep
from reminders.worktime import usual

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
NOON = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)
numbers = itertools.count(1)


@pytest.fixture
def due_at(cast, units):
    """Open a deadline of Chen's that is due then."""

    def due_at(
        moment: dt.datetime, *, opened_at: dt.datetime | None = None, unit: Unit | None = None
    ) -> Deadline:
        number = next(numbers)
        return open_deadline(
            f"incident:{number}", "analyse", cycle=1, label=f"SQ-{number}", owner=cast.owner,
            unit=unit or units.crew, due_at=moment, opened_at=opened_at or moment - 30 * DAY,
        )  # fmt: skip

    return due_at


def announced(deadline: Deadline) -> list[dt.datetime]:
    """When its owner was told on the first day that it is overdue; it comes again daily, as an occasion of its own."""
    rows = Notice.objects.filter(subject=deadline.subject, text="overdue")
    moments = list(rows.order_by("pk").values_list("created_at", flat=True))
    return [moment for moment in moments if moment < deadline.due_at + DAY or moment == moments[0]]


def told_early() -> list[str]:
    """What was called overdue before it was due."""
    rows = Notice.objects.filter(text__in=["overdue", "escalated", "ownerless"])
    return [row.occasion for row in rows if row.created_at < dt.datetime.fromisoformat(row.params["due"])]


def told_twice() -> int:
    return Notice.objects.count() - Notice.objects.values("recipient", "occasion").distinct().count()


def let_pass(clock, span: dt.timedelta, step: dt.timedelta = 5 * MINUTE) -> None:
    """A sweep every `step` for that long, an audit every fourth time."""
    for number in range(span // step):
        clock.shift(step)
        sweep()
        if number % 4 == 0:
            audit()


def test_an_hour_back(due_at):
    """What was told before the clock went back is not told again; what lies in the hour that comes twice is told once."""
    with time_machine.travel(NOON, tick=False) as clock:
        before, within, after = (
            due_at(NOON + 10 * MINUTE),
            due_at(NOON + 50 * MINUTE),
            due_at(NOON + 90 * MINUTE),
        )
        let_pass(clock, HOUR)
        clock.shift(-HOUR)
        let_pass(clock, 2 * HOUR)
        assert announced(before) == [before.due_at] and announced(within) == [within.due_at]
        assert announced(after) == [after.due_at]
        assert not told_early() and not told_twice() and not Gap.objects.exists()


def test_three_days_ahead_and_back_again(due_at):
    """A clock that ran ahead by mistake announces what that clock says is due, and nothing again when it is put right."""
    with time_machine.travel(NOON, tick=False) as clock:
        soon, within, later = due_at(NOON + 5 * MINUTE), due_at(NOON + 2 * DAY), due_at(NOON + 4 * DAY)
        let_pass(clock, 10 * MINUTE)
        clock.shift(3 * DAY)
        let_pass(clock, 10 * MINUTE)
        assert announced(within) == [NOON + 3 * DAY + 15 * MINUTE], "once, at the first sweep"
        clock.shift(-3 * DAY)
        let_pass(clock, 5 * DAY, HOUR)
        assert [len(announced(row)) for row in (soon, within, later)] == [1, 1, 1]
        assert not told_early() and not told_twice() and not Gap.objects.exists()


def test_a_leap_day(due_at):
    """Due on 29 February 2028: announced on that day, and again a day and a year of days later as every other."""
    moment = dt.datetime(2028, 2, 29, 10, tzinfo=dt.UTC)
    with time_machine.travel(moment - 2 * DAY, tick=False) as clock:
        row, next_day = due_at(moment), due_at(moment + DAY)
        let_pass(clock, 3 * DAY, 15 * MINUTE)
    assert announced(row) == [moment]
    assert announced(next_day) == [dt.datetime(2028, 3, 1, 10, tzinfo=dt.UTC)]
    early_word = Notice.objects.get(subject=next_day.subject, text="due-soon")
    assert early_word.created_at == moment, "a day before 1 March is 29 February"
    assert not told_early()


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", "2026-10-25"),  # an hour comes twice
        ("Europe/Berlin", "2027-03-28"),  # an hour is left out
        ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2027-04-04"),  # half an hour
        ("Asia/Shanghai", "2026-10-25"),  # its clocks never change
    ],
)
def test_nights_in_which_clocks_change(due_at, units, zone, night):
    """Every quarter of an hour of such a night is somebody's due moment: told in that quarter, once."""
    units.crew.time_zone = zone
    units.crew.save()
    midnight = dt.datetime.combine(
        dt.date.fromisoformat(night), dt.time(), zoneinfo.ZoneInfo(zone)
    ).astimezone(dt.UTC)
    with time_machine.travel(midnight - HOUR, tick=False) as clock:
        rows = [due_at(midnight + 15 * MINUTE * quarter) for quarter in range(24)]
        let_pass(clock, 8 * HOUR, 15 * MINUTE)
    assert [announced(row) for row in rows] == [[row.due_at] for row in rows]
    assert not told_early() and not told_twice()


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2026-09-30 10:00", 3, "2026-10-10 18:00"),  # QUALITY A: the make-up Saturday
        ("2026-09-30 23:30", 3, "2026-10-10 18:00"),  # at night no clock runs
        ("2026-02-14 09:00", 1, "2026-02-24 18:00"),  # the Spring Festival
        (
            "2026-12-31 17:59",
            1,
            "2027-01-04 18:00",
        ),  # over New Year: what is in force is asked for, not counted
    ],
)
def test_over_holidays_nothing_is_late_before_its_working_day_has_ended(due_at, received, days, due):
    """From receipt to the night after, every two hours: silence until the day before, then the due moment, once."""
    shanghai = zoneinfo.ZoneInfo("Asia/Shanghai")
    since = dt.datetime.fromisoformat(received).replace(tzinfo=shanghai)
    moment = usual("Asia/Shanghai").add_days(since, days)
    assert moment == dt.datetime.fromisoformat(due).replace(tzinfo=shanghai)
    with time_machine.travel(since.astimezone(dt.UTC), tick=False) as clock:
        row = due_at(moment, opened_at=since)
        let_pass(clock, moment - since + 12 * HOUR, 2 * HOUR)
    found = announced(row)
    assert len(found) == 1 and dt.timedelta() <= found[0] - moment < 2 * HOUR
    assert not told_early()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    offsets=st.lists(st.integers(-3 * 1440, 6 * 1440), min_size=1, max_size=6),
    jumps=st.lists(st.integers(-600, 4 * 1440), min_size=1, max_size=12),
)
def test_whatever_way_the_clock_takes(due_at, offsets, jumps):
    """Minutes, back and ahead: told once if the clock was ever past it at a sweep, never before, and never twice."""
    with time_machine.travel(NOON, tick=False) as clock:
        rows = [due_at(NOON + MINUTE * offset, opened_at=NOON - 10 * DAY) for offset in offsets]
        seen, now = [], NOON
        for jump in jumps:
            now += MINUTE * jump
            clock.move_to(now)
            sweep()
            seen.append(now)
        for row in rows:
            # "Overdue" comes daily: the first moment is its own occasion, unless whole days were slept through.
            past = [moment for moment in seen if moment >= row.due_at]
            overdue = Notice.objects.filter(subject=row.subject, text="overdue").order_by("pk")
            assert overdue.exists() == bool(past)
            if past:
                assert overdue.first().created_at == past[0], "at the first sweep that could know"
        assert not told_early() and not told_twice()
