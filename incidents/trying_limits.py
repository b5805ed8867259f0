"""What a time limit would have meant: the last real cases, held against the limit they had and against a new one."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from people.models import Person, Unit
from reminders.models import Deadline
from reminders.policies import Limit, ground_of

from .models import Incident

#: How many of the latest cases are looked at, and how many of them are listed.
LOOKED_AT, LISTED = 200, 8
SUBJECT = "incident:"


@dataclass
class Tried:
    """One case: when it began, when it ended (None: still open), and until when it had, and would have had, time."""

    deadline: Deadline
    incident: Incident
    then: dt.datetime
    would: dt.datetime

    @property
    def ended(self) -> dt.datetime:
        return self.deadline.closed_at or timezone.now()

    @property
    def was_late(self) -> bool:
        return self.ended > self.then

    @property
    def would_be_late(self) -> bool:
        return self.ended > self.would


@dataclass
class Trial:
    """How a limit would have done on `total` cases."""

    total: int
    late: int
    would_be_late: int
    cases: list[Tried]


def try_limit(
    person: Person, unit: Unit, kind: str, limit: Limit, *, type_code: str = "", severity: int | None = None
) -> Trial:
    """Hold the limit against the latest cases in this unit and below it that the person may see: three statements."""
    found = Deadline.objects.filter(kind=kind, unit__path__startswith=unit.path, subject__startswith=SUBJECT)
    rows = list(found.order_by("-opened_at", "-pk")[: LOOKED_AT * 2])
    incidents = _fitting(person, rows, type_code, severity)
    work = ground_of(unit).work
    cases = [
        Tried(row, incidents[key], row.due_at, limit.ends(row.opened_at, work))
        for row in rows
        if (key := int(row.subject.removeprefix(SUBJECT))) in incidents
    ][:LOOKED_AT]
    return Trial(
        total=len(cases),
        late=sum(case.was_late for case in cases),
        would_be_late=sum(case.would_be_late for case in cases),
        cases=cases[:LISTED],
    )


def _fitting(
    person: Person, rows: list[Deadline], type_code: str, severity: int | None
) -> dict[int, Incident]:
    wanted = Q(pk__in={int(row.subject.removeprefix(SUBJECT)) for row in rows})
    if severity is not None:
        wanted &= Q(severity=severity)
    if type_code:
        wanted &= Q(type__code=type_code) | Q(type__parent__code=type_code)
    return Incident.objects.visible_to(person).filter(wanted).only("number", "title", "stage").in_bulk()
