"""Working time: no clock runs at night, a holiday never shortens a limit, and the unit's own days count."""

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.calendar import add_working_days, is_working_day
from reminders.worktime import NoWorkingTime, WorkTime, usual

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
OFFICE = usual("Asia/Shanghai")
#: A station that is staffed every day from six to ten at night, holidays or not.
STATION = WorkTime(SHANGHAI, (((dt.time(6), dt.time(22)),),) * 7, keeps_public_holidays=False)
#: An office with an hour for lunch.
LUNCH = WorkTime(SHANGHAI, (((dt.time(9), dt.time(12)), (dt.time(13), dt.time(18))),) * 5 + ((), ()))
MOMENTS = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2026, 12, 31), timezones=st.just(SHANGHAI))
SPANS = st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(hours=120))


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_three_working_days_over_the_national_holiday():
    """QUALITY A: received 2026-09-30, due 2026-10-10, the make-up Saturday."""
    assert OFFICE.add_days(local("2026-09-30 10:00"), 3) == local("2026-10-10 18:00")


@pytest.mark.parametrize(
    ("work", "since", "hours", "until"),
    [
        (OFFICE, "2026-11-20 17:00", 2, "2026-11-23 10:00"),  # Friday evening to Monday morning
        (OFFICE, "2026-11-20 22:00", 1, "2026-11-23 10:00"),  # at night the clock stands
        (OFFICE, "2026-11-16 09:00", 9, "2026-11-16 18:00"),  # a whole day ends with the day
        (OFFICE, "2026-09-30 17:00", 10, "2026-10-08 18:00"),  # one hour before the holiday, nine after it
        (OFFICE, "2026-10-09 17:30", 1, "2026-10-10 09:30"),  # on into the make-up Saturday
        (LUNCH, "2026-11-16 11:30", 1, "2026-11-16 13:30"),  # nobody works at lunch
        (STATION, "2026-10-01 21:00", 2, "2026-10-02 07:00"),  # open on the National Day
    ],
)
def test_working_hours_end_when_a_person_would_say(work, since, hours, until):
    assert work.add(local(since), dt.timedelta(hours=hours)) == local(until)


def test_days_of_its_own_overrule_everything():
    closed = WorkTime(SHANGHAI, days={dt.date(2026, 11, 23): False, dt.date(2026, 11, 21): True})
    assert closed.add_days(local("2026-11-20 10:00"), 1) == local("2026-11-21 18:00")
    assert closed.add_days(local("2026-11-20 10:00"), 2) == local("2026-11-24 18:00")


def test_a_calendar_without_working_days_is_noticed():
    never = WorkTime(SHANGHAI, ((),) * 7, keeps_public_holidays=False)
    with pytest.raises(NoWorkingTime):
        never.add_days(local("2026-11-20 10:00"), 1)


def test_summer_time_neither_adds_nor_loses_an_hour():
    """London sets its clocks forward on 2026-03-29, a Sunday: this place works through the night of it."""
    night = WorkTime(zoneinfo.ZoneInfo("Europe/London"), (((dt.time(0), dt.time(8)),),) * 7, False)
    since = dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)
    assert night.add(since, dt.timedelta(hours=3)) == dt.datetime(2026, 3, 29, 3, tzinfo=dt.UTC)
    assert night.between(since, dt.datetime(2026, 3, 30, 0, tzinfo=dt.UTC)) == dt.timedelta(hours=8)


@given(day=st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 31)))
def test_office_days_are_those_that_the_state_council_published(day):
    assert OFFICE.is_working_day(day) == is_working_day(day)


@given(since=MOMENTS, days=st.integers(1, 30))
def test_days_are_counted_as_by_the_calendar(since, days):
    assert OFFICE.add_days(since, days).astimezone(SHANGHAI).date() == add_working_days(since.date(), days)


@given(work=st.sampled_from([OFFICE, STATION, LUNCH]), since=MOMENTS, time=SPANS)
def test_what_was_added_lies_between(work, since, time):
    """So a pause gives back exactly what was left."""
    until = work.add(since, time)
    assert work.between(since, until) == time
    assert until - since >= time, "no limit gets shorter than by the clock"
    assert work.between(until, since) == -time


@given(work=st.sampled_from([OFFICE, STATION, LUNCH]), since=MOMENTS, time=SPANS)
def test_back_is_the_way_there(work, since, time):
    assert work.between(work.add(since, -time), since) == time
