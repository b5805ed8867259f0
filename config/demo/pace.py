"""When the steps of a case happen: at working hours, as fast or slow as such a company is."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from random import Random

from incidents.limits import WORKING_DAYS
from incidents.stages import Stage
from reminders.calendar import add_working_days, close_of_business, is_working_day

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
_DAY = dt.timedelta(days=1)

#: Days for which the effect of measures is observed, before anybody can judge it.
OBSERVED = 20
#: Days from the step before: the least and the most. What isn't named here is a matter of the same day.
GAPS: dict[str, tuple[float, float]] = {
    "judged": (0.01, 0.16), "dismissed": (0.02, 0.3), "merged": (0.02, 0.3), "accepted": (0.3, 2.2),
    "attributed": (0.3, 1.0), "agreed": (0.15, 0.8), "objected": (0.8, 1.6), "decided": (0.4, 1.2),
    "concluded": (2.0, 5.0), "submitted": (1.0, 3.0), "returned": (0.3, 1.0), "resubmitted": (0.5, 1.5),
    "approved": (0.3, 1.3), "completed": (12.0, 26.0), "watched": (19.0, 21.0), "verified": (23.0, 29.0),
    "archived": (4.0, 9.0), "reopened": (6.0, 20.0),
}  # fmt: skip


def snapped(moment: dt.datetime, *, back: bool = False) -> dt.datetime:
    """A working moment near this one: in the evening of the same day, else after it; or, with `back`, before it."""
    local = moment.astimezone(ZONE)
    if local.hour < 8:
        local = _evening(local - _DAY) if back else local.replace(hour=8, minute=30 + local.minute // 4)
    elif local.hour >= 18:
        local = _evening(local)
    while not is_working_day(local.date()):
        local = local - _DAY if back else local + _DAY
    return local


def _evening(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=17, minute=moment.minute // 2 + 10)


def pace(names: Sequence[str], rng: Random, anchor: str, at: dt.datetime) -> dict[str, dt.datetime]:
    """A moment for each named step; the `anchor` happens at `at`, those before it earlier, those behind it later.

    Names of a later round end in its number ("concluded2") and take as long as their namesakes.
    """
    place = names.index(anchor)
    moments = {anchor: at}
    moment = at
    for name in names[place + 1 :]:
        moment = max(snapped(moment + _gap(name, rng)), moment + dt.timedelta(minutes=20))
        moments[name] = moment
    moment = at
    for number in range(place, 0, -1):
        moment = min(snapped(moment - _gap(names[number], rng), back=True), moment - dt.timedelta(minutes=20))
        moments[names[number - 1]] = moment
    return {name: moments[name] for name in names}


def _gap(name: str, rng: Random) -> dt.timedelta:
    least, most = GAPS.get(name.rstrip("0123456789"), (0.05, 0.2))
    return dt.timedelta(days=rng.uniform(least, most))


def entered(stage: str, severity: int, due: dt.date, hour: float) -> dt.datetime:
    """When a case must have come to a stage so that it is due there on that day: the latest such moment."""
    limit = WORKING_DAYS[stage][severity - 1]
    day = due
    while add_working_days(day, limit) > due:
        day -= _DAY
    return at(day - OBSERVED * _DAY if stage == Stage.VERIFY else day, hour)


def at(day: dt.date, hour: float) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZONE) + dt.timedelta(hours=hour)


def coming_close(now: dt.datetime) -> dt.date:
    """The day of the next close of business that still leaves an hour or two: today, if it isn't too late."""
    today = now.astimezone(ZONE).date()
    return today if close_of_business(today, ZONE.key) - now > dt.timedelta(hours=1) else today + _DAY


def working_day(day: dt.date) -> dt.date:
    """That day or the first working day behind it."""
    while not is_working_day(day):
        day += _DAY
    return day
