"""Working days in China: public holidays and make-up days count, and no holiday ever makes a limit shorter."""

import datetime as dt

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders import calendar
from reminders.calendar import add_working_days, due_after_working_days, is_working_day

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31))


def test_the_library_knows_this_year():
    """Fails when the year's holidays are missing: update chinesecalendar."""
    assert chinese_calendar.is_holiday(dt.date(2026, 10, 1)) and chinese_calendar.is_workday(
        dt.date(2026, 10, 10)
    )


def test_three_working_days_over_the_national_holiday():
    """Received 2026-09-30: the 8th, the 9th and the make-up Saturday. Not 10-05, not 10-12."""
    assert add_working_days(dt.date(2026, 9, 30), 3) == dt.date(2026, 10, 10)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2026-11-16", 1, "2026-11-17"),  # an ordinary Monday
        ("2026-11-20", 1, "2026-11-23"),  # Friday: the weekend doesn't count
        ("2026-11-21", 1, "2026-11-23"),  # received on a Saturday
        ("2026-02-14", 1, "2026-02-24"),  # over the Spring Festival
        ("2026-10-01", 1, "2026-10-08"),  # received on a holiday
        ("2026-11-16", 0, "2026-11-16"),
        ("2028-02-28", 2, "2028-03-01"),  # a leap day on a Tuesday
    ],
)
def test_known_limits(received, days, due):
    assert add_working_days(dt.date.fromisoformat(received), days) == dt.date.fromisoformat(due)


def test_holidays_fixed_by_law_count_before_the_year_is_published():
    beyond = max(chinese_calendar.constants.holidays).year + 1
    assert not is_working_day(dt.date(beyond, 1, 1)) and not is_working_day(dt.date(beyond, 10, 1))


@given(start=DAYS, days=st.integers(1, 30))
def test_a_limit_never_ends_on_a_day_off_and_holidays_only_lengthen_it(start, days):
    """The rule that was broken elsewhere: three days with three holidays became none."""
    due = add_working_days(start, days)
    assert is_working_day(due) and (due - start).days >= days
    counted = sum(is_working_day(start + dt.timedelta(days=n)) for n in range(1, (due - start).days + 1))
    assert counted == days


@given(start=DAYS, days=st.integers(1, 20))
def test_more_days_end_later_and_a_later_start_never_ends_earlier(start, days):
    assert add_working_days(start, days) < add_working_days(start, days + 1)
    assert add_working_days(start, days) <= add_working_days(start + dt.timedelta(days=1), days)


@given(since=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 1)), days=st.integers(1, 10))
def test_it_is_due_at_the_close_of_business_where_the_unit_is(since, days):
    zone = dt.timezone(dt.timedelta(hours=8))
    due = due_after_working_days(since.replace(tzinfo=dt.UTC), days, "Asia/Shanghai").astimezone(zone)
    assert due.timetz().replace(tzinfo=None) == calendar.CLOSES and is_working_day(due.date())


def test_the_day_is_the_units_day_not_londons():
    """23:00 UTC on the 16th is already the 17th in Shanghai."""
    since = dt.datetime(2026, 11, 16, 23, tzinfo=dt.UTC)
    assert due_after_working_days(since, 1, "Asia/Shanghai").date() == dt.date(2026, 11, 18)


def test_clocks_that_change_change_no_due_hour():
    """Berlin leaves summer time on 2026-10-25: due is 18:00 there, whatever that is in UTC."""
    before = due_after_working_days(dt.datetime(2026, 10, 21, 8, tzinfo=dt.UTC), 1, "Europe/Berlin")
    after = due_after_working_days(dt.datetime(2026, 10, 26, 8, tzinfo=dt.UTC), 1, "Europe/Berlin")
    assert (before.hour, after.hour) == (18, 18)
    assert before.astimezone(dt.UTC).hour == 16 and after.astimezone(dt.UTC).hour == 17
