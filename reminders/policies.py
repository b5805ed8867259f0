"""How long something may take: the policy that counts, and the moment that follows from it.

The most specific policy wins: the nearest unit, then the type (a type before the one above it), then the severity.
What is asked about a unit, its working time and the policies of it and everything above, is one statement.
"""

import contextlib
import contextvars
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.functional import Promise
from django.utils.translation import ngettext

from people.models import Unit

from .models import CalendarDay, DeadlinePolicy
from .worktime import WorkTime, read_hours, usual

Measure = DeadlinePolicy.Measure
WORKING = (Measure.WORKING_DAYS, Measure.WORKING_HOURS)


@dataclass(frozen=True)
class Limit:
    """So much time, and what kind of time; `policy` is the row that says so, None for what the code says."""

    amount: int
    measured_in: str = Measure.WORKING_DAYS
    policy: int | None = None

    def ends(self, since: dt.datetime, work: WorkTime) -> dt.datetime:
        """The moment at which it is used up."""
        match self.measured_in:
            case Measure.WORKING_DAYS:
                return work.add_days(since, self.amount)
            case Measure.WORKING_HOURS:
                return work.add(since, dt.timedelta(hours=self.amount))
            case Measure.DAYS:
                return since + dt.timedelta(days=self.amount)
            case _:
                return since + dt.timedelta(hours=self.amount)

    @property
    def reckoning(self) -> dict:
        """As a Deadline keeps it: how its moment came about."""
        return {"amount": self.amount, "measured_in": str(self.measured_in), "policy": self.policy}

    @property
    def in_words(self) -> str:
        return limit_in_words(self.amount, self.measured_in)


def limit_in_words(amount: int, measured_in: str) -> str:
    match measured_in:
        case Measure.WORKING_DAYS:
            words = ngettext("%(n)s working day", "%(n)s working days", amount)
        case Measure.WORKING_HOURS:
            words = ngettext("%(n)s working hour", "%(n)s working hours", amount)
        case Measure.DAYS:
            words = ngettext("%(n)s calendar day", "%(n)s calendar days", amount)
        case _:
            words = ngettext("%(n)s hour by the clock", "%(n)s hours by the clock", amount)
    return words % {"n": amount}


#: Gives the codes of a case's type, the narrowest first; asked only where a policy names a type.
Types = Callable[[], Sequence[str]]


class Due(NamedTuple):
    """When something is due, and why then."""

    at: dt.datetime
    reckoning: dict


@dataclass
class Ground:
    """What holds in a unit: its working time, and the policies of it and the units above, the nearest first."""

    work: WorkTime
    policies: list[DeadlinePolicy]

    def limit(self, kind: str, default: Limit, *, types: Types = tuple, severity: int | None = None) -> Limit:
        """The limit for this kind of deadline."""
        asked = [p for p in self.policies if p.kind == kind and p.severity in (None, severity)]
        codes = list(types()) if any(policy.type_code for policy in asked) else []
        units = list(dict.fromkeys(policy.unit_id for policy in self.policies))

        def rank(policy: DeadlinePolicy) -> tuple[int, int, bool]:
            narrowness = codes.index(policy.type_code) if policy.type_code else len(codes)
            return units.index(policy.unit_id), narrowness, policy.severity is None

        fitting = [policy for policy in asked if policy.type_code in ("", *codes)]
        if not fitting:
            return default
        policy = min(fitting, key=rank)
        return Limit(policy.amount, policy.measured_in, policy.pk)

    def due(
        self,
        kind: str,
        since: dt.datetime,
        default: Limit,
        *,
        types: Types = tuple,
        severity: int | None = None,
    ) -> Due:
        """When something of this kind that begins at `since` is due."""
        limit = self.limit(kind, default, types=types, severity=severity)
        return Due(limit.ends(since, self.work), limit.reckoning)


#: What can be given a limit, by kind, with its name and what holds where no unit has said otherwise (by severity).
RULED: dict[str, tuple[str | Promise, Callable[[int | None], Limit]]] = {}


def rule_kind(kind: str, label: str | Promise, default: Callable[[int | None], Limit]) -> None:
    """Apps above say for which kinds of their deadlines a quality manager can set the limit."""
    RULED[kind] = label, default


#: Answers of `ground_of` while they may be reused; None: every case asks anew.
_known: contextvars.ContextVar[dict[int, Ground] | None] = contextvars.ContextVar("grounds", default=None)


@contextlib.contextmanager
def asking_once() -> Iterator[None]:
    """Within a batch of an import, what holds in a unit is asked once instead of for every case."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def ground_of(unit: Unit) -> Ground:
    """What holds in this unit: one statement, whatever the depth of the tree."""
    known = _known.get()
    if known is not None and unit.pk in known:
        return known[unit.pk]
    ground = _read(unit)
    if known is not None:
        known[unit.pk] = ground
    return ground


def _read(unit: Unit) -> Ground:
    days = CalendarDay.objects.filter(calendar__unit=OuterRef("pk"))
    policies = DeadlinePolicy.objects.filter(unit=OuterRef("pk"), ended_at=None).order_by("pk")
    rows = (
        Unit.objects.filter(pk__in=unit.lineage)
        .annotate(
            own_days=ArraySubquery(days.values(json=JSONObject(day="day", works="works"))),
            limits=ArraySubquery(
                policies.values(
                    json=JSONObject(
                        id="pk", kind="kind", type_code="type_code", severity="severity", amount="amount",
                        measured_in="measured_in",
                    )  # fmt: skip
                )
            ),
        )
        .order_by("-path")
        .values_list(
            "pk", "work_calendar__hours", "work_calendar__keeps_public_holidays", "work_calendar__time_zone",
            "own_days", "limits",
        )
    )  # fmt: skip
    work, found = None, []
    for pk, hours, keeps, zone, own_days, limits in rows:
        found += [DeadlinePolicy(unit_id=pk, **limit) for limit in limits]
        if work is None and hours is not None:
            work = WorkTime(
                zoneinfo_of(zone), read_hours(hours), keeps,
                {dt.date.fromisoformat(row["day"]): row["works"] for row in own_days},
            )  # fmt: skip
    return Ground(work or usual(settings.TIME_ZONE), found)


def zoneinfo_of(name: str):
    return usual(name).zone
