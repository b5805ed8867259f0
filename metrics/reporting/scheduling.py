"""The drafts of the month before, made on the second working day of a month for every unit whose report has readers."""

import datetime as dt
import logging
from collections import Counter

from django.conf import settings
from django.db import transaction

from people.models import Unit
from reminders.policies import ground_of

from ..models import MonthlyReport, ReportReader
from ..periods import Grain, Period, today
from . import making, readers

logger = logging.getLogger(__name__)

#: On this working day of the month; late figures of the last days have come in by then.
WORKING_DAY = 2


def make_due(day: dt.date | None = None) -> int:
    """Make the drafts that are due and aren't there. How often this runs doesn't matter. Returns how many are made."""
    day = day or today()
    month = Period.containing(day, Grain.MONTH).shifted(-1)
    made = MonthlyReport.objects.filter(month=month.first).values("unit")
    units = Unit.objects.active().filter(pk__in=ReportReader.objects.values("unit")).exclude(pk__in=made)
    return sum(_tried(unit, month) for unit in units if day >= due_on(unit, month))


def _tried(unit: Unit, month: Period) -> int:
    """One unit's report that can't be made holds up nobody else's."""
    try:
        return _made(unit, month)
    except Exception:
        logger.exception("The monthly report of unit %s can't be made", unit.pk)
        return 0


def due_on(unit: Unit, month: Period) -> dt.date:
    """The second working day after the month, by the calendar of the unit."""
    work, day, left = ground_of(unit).work, month.last, WORKING_DAY
    for _step in range(31):
        day += dt.timedelta(days=1)
        left -= work.is_working_day(day)
        if not left:
            break
    return day


@transaction.atomic
def _made(unit: Unit, month: Period) -> int:
    making.one_at_a_time(unit)
    if MonthlyReport.objects.filter(unit=unit, month=month.first).exists():
        return 0
    report = making.make(unit, month, by=None, language=language_of(unit))
    readers.tell_of_draft(report)
    return 1


def language_of(unit: Unit) -> str:
    """The one that most of its readers read."""
    spoken = Counter(ReportReader.objects.filter(unit=unit).values_list("person__language", flat=True))
    known = [(count, language) for language, count in spoken.items() if language in making.LANGUAGES]
    return max(known)[1] if known else settings.LANGUAGE_CODE
