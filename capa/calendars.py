"""A month of measures by the day on which they are due, with the days on which nobody works."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.functional import Promise

from reminders.calendar import holiday_on, is_working_day

from .models import Measure

#: Measures that are written out on one day; the rest is a number that leads to the list.
PER_DAY = 3
FIRST, LAST = dt.date(1951, 1, 1), dt.date(2198, 12, 1)


@dataclass(frozen=True)
class Day:
    """One square of the calendar."""

    date: dt.date
    is_in_month: bool
    is_today: bool = False
    is_working: bool = True
    holiday: str | Promise = ""  # the name of the public holiday because of which it is off, or is worked
    measures: list[Measure] = field(default_factory=list)
    more: int = 0  # further measures of this day

    @property
    def is_make_up(self) -> bool:
        """A weekend day that is worked, for a holiday's sake (调休)."""
        return self.is_working and bool(self.holiday)


def month_of(text: str) -> dt.date:
    """The first day of the month written as "2026-11"; of the present month when that can't be read."""
    try:
        month = dt.datetime.strptime(text.strip(), "%Y-%m").date()
    except ValueError:
        month = timezone.localdate().replace(day=1)
    return min(max(month, FIRST), LAST)


def month_after(month: dt.date, step: int = 1) -> dt.date:
    """The first day of the month `step` months on."""
    years, place = divmod(month.month - 1 + step, 12)
    return dt.date(month.year + years, place + 1, 1)


def weeks_of(month: dt.date, found: QuerySet[Measure]) -> list[list[Day]]:
    """The weeks that the month touches, Monday first, with the measures of `found` that are due in it: one query, and
    never more rows of a day than are shown.
    """
    following = month_after(month)
    by_day = _by_day(found.filter(due_on__gte=month, due_on__lt=following))
    day, today = month - dt.timedelta(days=month.weekday()), timezone.localdate()
    weeks = []
    while day < following:
        week = [day + dt.timedelta(days=place) for place in range(7)]
        weeks.append([_square(date, date.month == month.month, today, by_day.get(date, [])) for date in week])
        day += dt.timedelta(days=7)
    return weeks


def _square(date: dt.date, is_in_month: bool, today: dt.date, measures: list[Measure]) -> Day:
    if not is_in_month:
        return Day(date, False)
    more = measures[0].of_day - len(measures) if measures else 0
    return Day(date, True, date == today, is_working_day(date), holiday_on(date), measures, more)


def _by_day(found: QuerySet[Measure]) -> dict[dt.date, list[Measure]]:
    """The first few measures of each day, each knowing how many that day has (`of_day`)."""
    rows = (
        found.annotate(
            place=Window(RowNumber(), partition_by=F("due_on"), order_by="pk"),
            of_day=Window(Count("pk"), partition_by=F("due_on")),
        )
        .filter(place__lte=PER_DAY)
        .select_related("owner")
        .order_by("due_on", "pk")
    )
    days: dict[dt.date, list[Measure]] = {}
    for row in rows:
        days.setdefault(row.due_on, []).append(row)
    return days
