"""Quiet hours, in the zone of the person."""

import datetime as dt
import zoneinfo

from reminders.models import Preferences

DAY = dt.timedelta(days=1)


def ends_at(preferences: Preferences, zone: str, now: dt.datetime) -> dt.datetime | None:
    """When the quiet hours end in which `now` lies; None outside of them. 22:00 to 07:00 goes over midnight.

    Reckoned on the wall clock: with the clocks set forward a night is shorter, and the end is still 07:00.
    """
    begins, ends = preferences.quiet_from, preferences.quiet_until
    if begins is None or ends is None or begins == ends:
        return None
    place = zoneinfo.ZoneInfo(zone)
    local = now.astimezone(place)
    clock = local.time()
    over_midnight = begins > ends
    if over_midnight:
        quiet = clock >= begins or clock < ends
    else:
        quiet = begins <= clock < ends
    if not quiet:
        return None
    day = local.date() + DAY if over_midnight and clock >= begins else local.date()
    return dt.datetime.combine(day, ends, place).astimezone(dt.UTC)
