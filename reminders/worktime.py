"""Working time by a unit's calendar: its hours, the public holidays and make-up days, and the days it sets itself.

A limit never becomes shorter because of a holiday, and no clock runs at night: everything that counts is a span of
working time on a working day. Moments are compared in UTC, so a change of summer time neither adds nor loses an hour.
"""

import datetime as dt
import functools
import zoneinfo
from dataclasses import dataclass, field

from . import calendar

Hours = tuple[tuple[tuple[dt.time, dt.time], ...], ...]

#: Nine to six from Monday to Friday.
USUAL_HOURS: Hours = (((calendar.OPENS, calendar.CLOSES),),) * 5 + ((), ())
#: The farthest that a limit is followed, in days: a calendar without working days must not run for ever.
FARTHEST = 3660


class NoWorkingTime(ValueError):
    """The calendar has no working time in which the limit could end."""


@dataclass(frozen=True)
class WorkTime:
    """What counts as working time. `hours` are seven tuples of spans, Monday first; `days` overrule all else."""

    zone: zoneinfo.ZoneInfo
    hours: Hours = USUAL_HOURS
    keeps_public_holidays: bool = True
    days: dict[dt.date, bool] = field(default_factory=dict, hash=False)

    def is_working_day(self, day: dt.date) -> bool:
        if day in self.days:
            return self.days[day]
        if self.keeps_public_holidays and calendar.holiday_on(day):  # off, or worked in exchange
            return calendar.is_working_day(day)
        return bool(self.hours[day.weekday()])

    def spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """The spans of working time of a day, in UTC, the earliest first."""
        if not self.is_working_day(day):
            return []
        return [(self._moment(day, begins), self._moment(day, ends)) for begins, ends in self._hours_of(day)]

    def _hours_of(self, day: dt.date) -> tuple[tuple[dt.time, dt.time], ...]:
        """A weekend day that is worked has the hours of the first day of the week that has any."""
        return self.hours[day.weekday()] or next((spans for spans in self.hours if spans), USUAL_HOURS[0])

    def _moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)

    def local_day(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.zone).date()

    def closes(self, day: dt.date) -> dt.datetime:
        """The moment at which something due on `day` is late, working day or not."""
        return self._moment(day, self._hours_of(day)[-1][1])

    def add_days(self, since: dt.datetime, days: int) -> dt.datetime:
        """The close of business of the `days`-th working day after the day of `since`."""
        day, left = self.local_day(since), days
        for _step in range(FARTHEST):
            if left <= 0:
                return self.closes(day)
            day += dt.timedelta(days=1)
            left -= self.is_working_day(day)
        raise NoWorkingTime

    def add(self, since: dt.datetime, time: dt.timedelta) -> dt.datetime:
        """The moment at which so much working time has passed after `since`; less than nothing goes back."""
        if time < dt.timedelta():
            return self._back(since, -time)
        day, left, since = self.local_day(since), time, since.astimezone(dt.UTC)
        for _step in range(FARTHEST):
            for begins, ends in self.spans(day):
                begins = max(begins, since)
                if begins < ends and left <= ends - begins:
                    return begins + left
                left -= max(dt.timedelta(), ends - begins)
            day += dt.timedelta(days=1)
        raise NoWorkingTime

    def _back(self, until: dt.datetime, time: dt.timedelta) -> dt.datetime:
        day, left, until = self.local_day(until), time, until.astimezone(dt.UTC)
        for _step in range(FARTHEST):
            for begins, ends in reversed(self.spans(day)):
                ends = min(ends, until)
                if begins < ends and left <= ends - begins:
                    return ends - left
                left -= max(dt.timedelta(), ends - begins)
            day -= dt.timedelta(days=1)
        raise NoWorkingTime

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """The working time from `start` to `end`; negative when `end` lies before."""
        if end < start:
            return -self.between(end, start)
        start, end = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
        total, day, last = dt.timedelta(), self.local_day(start), self.local_day(end)
        while day <= last:
            for begins, ends in self.spans(day):
                total += max(dt.timedelta(), min(ends, end) - max(begins, start))
            day += dt.timedelta(days=1)
        return total


@functools.cache
def usual(zone: str) -> WorkTime:
    """Where no unit has set its own: office hours, with the public holidays as published."""
    return WorkTime(zoneinfo.ZoneInfo(zone))


def read_hours(kept: list) -> Hours:
    """The hours as a WorkCalendar keeps them: seven lists of ["09:00", "12:00"] pairs."""
    return tuple(
        tuple((dt.time.fromisoformat(begins), dt.time.fromisoformat(ends)) for begins, ends in spans)
        for spans in kept
    )
