"""What quality managers rule for their units: time limits, working hours, the company's own days, escalation.

Everything holds for deadlines that are opened from now on; what is open keeps the limit it was given.
"""

import datetime as dt
import zoneinfo
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from people.models import Person, Role, Unit

from .escalation import EARLIEST, HOUR
from .models import CalendarDay, DeadlinePolicy, EscalationStep, WorkCalendar

#: The longest limit, in each measure.
MOST = {
    DeadlinePolicy.Measure.WORKING_DAYS: 260,
    DeadlinePolicy.Measure.WORKING_HOURS: 2000,
    DeadlinePolicy.Measure.DAYS: 400,
    DeadlinePolicy.Measure.HOURS: 9600,
}
#: How long after the due moment a step can lie.
LATEST = dt.timedelta(days=60)


class Unruly(ValueError):
    """What can't be: `fields` says what is wrong where."""

    def __init__(self, fields: dict):
        super().__init__(fields)
        self.fields = fields


class NotYours(PermissionError):
    """Somebody else rules here."""


def ruled_units(person: Person):
    """The units for which this person sets the rules: those in which they are the quality manager."""
    return Unit.objects.within(*person.posted_units(Role.QUALITY))


def _require(by: Person, unit: Unit) -> None:
    if not by.is_active or not by.has_role(Role.QUALITY, unit):
        raise NotYours


def _tell(unit: Unit, act: str, by: Person, *, before: dict | None = None, after: dict | None = None) -> None:
    record(unit.case, f"unit.{act}", label=unit.name, by=by, unit=unit, before=before, after=after)


# Time limits ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_policy(
    unit: Unit,
    *,
    by: Person,
    kind: str,
    amount: int,
    measured_in: str,
    type_code: str = "",
    severity: int | None = None,
) -> DeadlinePolicy:
    """From now on this kind of deadline has this limit, in this unit and below it; what held for the same ends.

    Raises NotYours, Unruly.
    """
    _require(by, unit)
    wrong = {}
    if measured_in not in MOST:
        wrong["measured_in"] = _("Choose in what it is measured.")
    elif not 1 <= amount <= MOST[measured_in]:
        wrong["amount"] = _("Choose a limit from 1 to %(most)s.") % {"most": MOST[measured_in]}
    if wrong:
        raise Unruly(wrong)
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    same = DeadlinePolicy.objects.filter(
        unit=unit, kind=kind, type_code=type_code, severity=severity, ended_at=None
    )
    before = {}
    for old in same:
        before = {"amount": old.amount, "measured_in": old.measured_in}
    same.update(ended_at=timezone.now(), ended_by=by)
    policy = DeadlinePolicy.objects.create(
        unit=unit,
        kind=kind,
        type_code=type_code,
        severity=severity,
        amount=amount,
        measured_in=measured_in,
        set_by=by,
    )
    after = {
        "kind": kind,
        "type": type_code,
        "severity": severity,
        "amount": amount,
        "measured_in": measured_in,
    }
    _tell(unit, "set_limit", by, before=before, after=after)
    return policy


@transaction.atomic
def end_policy(policy: DeadlinePolicy, *, by: Person) -> None:
    """From now on what holds above, or the default, holds here again. Ending it twice changes nothing."""
    _require(by, policy.unit)
    if not DeadlinePolicy.objects.filter(pk=policy.pk, ended_at=None).update(
        ended_at=timezone.now(), ended_by=by
    ):
        return
    _tell(
        policy.unit, "end_limit", by,
        before={
            "kind": policy.kind, "type": policy.type_code, "severity": policy.severity, "amount": policy.amount,
            "measured_in": policy.measured_in,
        },
    )  # fmt: skip


# Working hours -------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_hours(
    unit: Unit,
    *,
    by: Person,
    version: int,
    hours: Sequence[Sequence[tuple[dt.time, dt.time]]],
    keeps_public_holidays: bool,
    time_zone: str,
) -> WorkCalendar:
    """The working hours of a unit: seven days, Monday first, each with its spans. `version` is 0 for the first ones.

    Raises NotYours, Unruly (also when somebody else changed them meanwhile).
    """
    _require(by, unit)
    _examine(hours, time_zone)
    kept = [
        [[begins.isoformat("minutes"), ends.isoformat("minutes")] for begins, ends in day] for day in hours
    ]
    Unit.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    calendar = WorkCalendar.objects.filter(unit=unit).first()
    if (calendar.version if calendar else 0) != version:
        raise Unruly(
            {"version": _("Somebody changed these hours since you opened them. Look at them again.")}
        )
    before = {"hours": calendar.hours} if calendar else {}
    calendar = calendar or WorkCalendar(unit=unit, version=0)
    calendar.hours, calendar.keeps_public_holidays, calendar.time_zone = (
        kept,
        keeps_public_holidays,
        time_zone,
    )
    calendar.version, calendar.set_by, calendar.set_at = calendar.version + 1, by, timezone.now()
    calendar.save()
    _tell(
        unit, "set_hours", by, before=before, after={"hours": kept, "public_holidays": keeps_public_holidays}
    )
    return calendar


def _examine(hours, time_zone: str) -> None:
    if time_zone not in zoneinfo.available_timezones():
        raise Unruly({"time_zone": _("Choose a time zone.")})
    if len(hours) != 7 or not any(hours):
        raise Unruly({"hours": _("There must be at least one working day.")})
    for day in hours:
        last = dt.time.min
        for begins, ends in day:
            if not last <= begins < ends:
                raise Unruly(
                    {"hours": _("Each span must begin before it ends, and after the one before it.")}
                )
            last = ends


@transaction.atomic
def set_day(calendar: WorkCalendar, *, by: Person, day: dt.date, works: bool, name: str) -> CalendarDay:
    """A day that is off, or worked, in this unit whatever the calendar says."""
    _require(by, calendar.unit)
    if not name.strip():
        raise Unruly({"name": _("Say what day it is.")})
    row, _made = CalendarDay.objects.update_or_create(
        calendar=calendar, day=day, defaults={"works": works, "name": name.strip()[:80]}
    )
    _tell(calendar.unit, "set_day", by, after={"day": day, "works": works, "name": row.name})
    return row


@transaction.atomic
def drop_day(row: CalendarDay, *, by: Person) -> None:
    """The day is again what the calendar says."""
    _require(by, row.calendar.unit)
    _tell(row.calendar.unit, "drop_day", by, before={"day": row.day, "works": row.works, "name": row.name})
    row.delete()


# Escalation ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_step(
    unit: Unit, *, by: Person, offset: dt.timedelta, audience: str, repeat_every: dt.timedelta | None = None
) -> EscalationStep:
    """One more step in this unit and below it. A unit's own steps replace those from above as a whole.

    Raises NotYours, Unruly.
    """
    _require(by, unit)
    wrong = {}
    if audience not in EscalationStep.Audience.values:
        wrong["audience"] = _("Choose who is told.")
    if not -EARLIEST <= offset <= LATEST:
        wrong["offset"] = _("Choose a moment from 14 days before to 60 days after.")
    if repeat_every is not None and not HOUR <= repeat_every <= LATEST:
        wrong["repeat_every"] = _("Repeat after an hour at the least.")
    if repeat_every is not None and offset < dt.timedelta():
        wrong["repeat_every"] = _("Only what is overdue can be told again and again.")
    if not wrong and EscalationStep.objects.filter(unit=unit, offset=offset, audience=audience).exists():
        wrong["offset"] = _("There is such a step already.")
    if wrong:
        raise Unruly(wrong)
    step = EscalationStep.objects.create(
        unit=unit, offset=offset, audience=audience, repeat_every=repeat_every, set_by=by
    )
    _tell(unit, "add_step", by, after=_described(step))
    return step


@transaction.atomic
def drop_step(step: EscalationStep, *, by: Person) -> None:
    """A step less. Without any of its own a unit has the steps from above again."""
    _require(by, step.unit)
    _tell(step.unit, "drop_step", by, before=_described(step))
    step.delete()


def _described(step: EscalationStep) -> dict:
    hours = step.offset.total_seconds() / 3600
    return {
        "hours": hours, "audience": step.audience,
        "repeat_hours": step.repeat_every.total_seconds() / 3600 if step.repeat_every else None,
    }  # fmt: skip
