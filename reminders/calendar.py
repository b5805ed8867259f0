"""Working time: days and hours that count, with China's public holidays and make-up working days."""

import datetime as dt
import functools
import zoneinfo

import chinese_calendar
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Hours of a working day, local time.
OPENS, CLOSES = dt.time(9), dt.time(18)


#: Holidays that the law puts on a date of the solar year: New Year, Labour Day, National Day. (month, day)
FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}


#: The public holidays by the names under which they are published.
HOLIDAYS: dict[str, Promise] = {
    "New Year's Day": _("New Year's Day"),
    "Spring Festival": _("Spring Festival"),
    "Tomb-sweeping Day": _("Tomb-sweeping Day"),
    "Labour Day": _("Labour Day"),
    "Dragon Boat Festival": _("Dragon Boat Festival"),
    "National Day": _("National Day"),
    "Mid-autumn Festival": _("Mid-autumn Festival"),
}
_FIXED_NAMES = {1: "New Year's Day", 5: "Labour Day", 10: "National Day"}  # by month


@functools.lru_cache(maxsize=4096)
def is_working_day(day: dt.date) -> bool:
    """Does this day count? For years that the State Council has not published yet: no weekend, no fixed holiday."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def is_published(year: int) -> bool:
    """Has the State Council said which days of this year are off?"""
    try:
        chinese_calendar.is_workday(dt.date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def holiday_on(day: dt.date) -> str | Promise:
    """The public holiday because of which this day is off, or, on a weekend, is worked (调休); empty on all others."""
    try:
        _is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        name = _FIXED_NAMES[day.month] if (day.month, day.day) in FIXED_HOLIDAYS else ""
    return HOLIDAYS.get(name, name or "")


def add_working_days(start: dt.date, days: int) -> dt.date:
    """The day on which a limit of `days` working days ends that begins to run on the day after `start`."""
    day = start
    while days > 0:
        day += dt.timedelta(days=1)
        days -= is_working_day(day)
    return day


def close_of_business(day: dt.date, zone: str) -> dt.datetime:
    """The moment at which something due on `day` is late."""
    return dt.datetime.combine(day, CLOSES, zoneinfo.ZoneInfo(zone))


def due_after_working_days(since: dt.datetime, days: int, zone: str) -> dt.datetime:
    """The close of business of the `days`-th working day after `since`, in the unit's zone."""
    begins = since.astimezone(zoneinfo.ZoneInfo(zone)).date()
    return close_of_business(add_working_days(begins, days), zone)
