"""What waits for the reader of a dashboard: the next deadlines, and reports to sign."""

import datetime as dt
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from incidents import worklist
from incidents.listing import open_work
from incidents.models import Incident
from incidents.stages import Stage
from metrics.models import MonthlyReport
from people.models import Person, Role

#: So many are named.
MOST = 5


@dataclass(frozen=True)
class Waiting:
    """One thing to do: what, about which case and where, and until when."""

    title: str
    task: str | Promise
    place: str
    url: str
    due_at: dt.datetime | None = None
    paused_at: dt.datetime | None = None


def waiting_for(person: Person) -> list[Waiting]:
    """The next things that are due, then the reports that this person may sign."""
    rows = list(open_work(person).order_by("due_at", "pk")[:MOST])
    found = [_of(item) for item in worklist.items(person, rows, _approvals(person, rows))]
    return [*found, *_reports(person)][: MOST + 1]


def _approvals(person: Person, rows: list) -> set[int]:
    """The incidents among these whose submitted plan waits for a yes or no."""
    planning = [
        int(row.subject.removeprefix(worklist.INCIDENT))
        for row in rows
        if row.kind == Stage.PLAN and row.subject.startswith(worklist.INCIDENT)
    ]
    if not planning:
        return set()
    return set(
        Incident.objects.visible_to(person)
        .filter(pk__in=planning, plans__status="submitted")
        .values_list("pk", flat=True)
    )


def _of(item: worklist.Item) -> Waiting:
    deadline = item.deadline
    task = item.other.task or item.other.sort if item.other else item.button
    place = item.other.place if item.other else str(item.incident.unit)
    return Waiting(item.title, task, place, item.url, deadline.due_at, deadline.paused_at)


def _reports(person: Person) -> list[Waiting]:
    """Monthly reports that still have to be signed, of the units whose quality somebody manages."""
    if not person.has_any_role(Role.QUALITY):
        return []
    drafts = MonthlyReport.objects.filter(
        unit__in=person.units(Role.QUALITY), status=MonthlyReport.Status.DRAFT
    ).select_related("unit")
    found = []
    for report in drafts.order_by("-month", "pk")[:MOST]:
        try:
            url = report.get_absolute_url()
        except (AttributeError, NoReverseMatch):
            url = reverse("dashboard")
        title = _("Monthly report %(month)s") % {"month": f"{report.month:%Y-%m}"}
        found.append(Waiting(title, _("Read, complete and sign"), str(report.unit), url))
    return found
