"""The watch over a case that was closed as effective: for a while, what happens in the same place is looked at."""

import datetime as dt

from incidents.models import Incident
from incidents.stages import Severity

from .models import RecurrenceWatch

#: Days of watching after the close, by severity: what does most harm may be seldom, so it is watched longest.
WATCH_DAYS = {Severity.MINOR: 90, Severity.MODERATE: 120, Severity.SERIOUS: 180, Severity.MAJOR: 365}


def open_watch(row: Incident, at: dt.datetime) -> RecurrenceWatch:
    """Watch over a case that is just being archived: one watch per round, of this type at this place."""
    watch, _made = RecurrenceWatch.objects.update_or_create(
        incident=row,
        cycle=row.cycle,
        defaults={
            "begins_at": at,
            "ends_at": at + dt.timedelta(days=WATCH_DAYS[Severity(row.severity)]),
            "type_id": row.type_id,
            "unit_id": row.unit_id,
            "place": row.place.strip().lower(),
        },
    )
    return watch


def end_watches(row: Incident, at: dt.datetime) -> None:
    """The case is open again: what it is about can't come back before it is closed anew."""
    RecurrenceWatch.objects.filter(incident=row, ends_at__gt=at).update(ends_at=at)
