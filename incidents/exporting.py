"""Taking a list of incidents away as CSV or XLSX, with exactly the rows that its reader sees.

A small list is written while the reader waits, a larger one by the worker. Either way it is put on record who took
which filters' rows, and how many. Contacts' personal data is never in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from history.recording import record
from people.models import Person
from people.tables import write_csv, write_xlsx

from .filters import IncidentFilter
from .jobs import Work, enqueue
from .listing import weight
from .models import Incident, Job
from .stages import Severity

AT_ONCE = 2000  # rows that are written while the reader waits
CHUNK = 1000

CSV, XLSX = "csv", "xlsx"
TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

#: Heading and value of each column.
COLUMNS: tuple[tuple[str | Promise, Any], ...] = (
    (gettext_lazy("Number"), lambda row: row.number),
    (gettext_lazy("Title"), lambda row: row.title),
    (gettext_lazy("Type"), lambda row: str(row.type)),
    (gettext_lazy("Severity"), lambda row: Severity(row.severity).label if row.severity else ""),
    (gettext_lazy("Stage"), lambda row: row.get_stage_display()),
    (gettext_lazy("Round"), lambda row: row.cycle),
    (gettext_lazy("Unit"), lambda row: row.unit.name),
    (gettext_lazy("Exact place"), lambda row: row.place),
    (gettext_lazy("Happened"), lambda row: row.occurred_at),
    (gettext_lazy("Reported"), lambda row: row.reported_at),
    (gettext_lazy("Reported by"), lambda row: row.reporter.display_name if row.reporter else ""),
    (gettext_lazy("Channel"), lambda row: row.get_channel_display()),
    (gettext_lazy("People affected"), lambda row: row.people_affected),
    (gettext_lazy("What happened"), lambda row: row.description),
    (gettext_lazy("Scope of impact"), lambda row: row.impact),
    (gettext_lazy("Done on the spot"), lambda row: row.containment),
    (gettext_lazy("Waits for"), lambda row: row.owner.display_name if row.owner else ""),
    (pgettext_lazy("column", "Due"), lambda row: row.due_at),
    (gettext_lazy("Responsible unit"), lambda row: row.responsible_unit.name if row.responsible_unit else ""),
    (
        gettext_lazy("Responsible person"),
        lambda row: row.responsible_person.display_name if row.responsible_person else "",
    ),
    (pgettext_lazy("column", "Closed"), lambda row: row.closed_at),
    (gettext_lazy("Number elsewhere"), lambda row: row.external_id),
)


@dataclass(frozen=True)
class Export:
    """A finished file."""

    name: str
    content_type: str
    content: bytes


def rows_of(filters: IncidentFilter) -> QuerySet[Incident]:
    """Every incident that passes the filters, in their order, with all that a line of the table names."""
    sort = filters.order
    found = filters.found.filter(sort.only)
    if "weight" in sort.columns:
        found = found.annotate(weight=weight())
    order = [F(column).desc() if sort.descending else F(column).asc() for column in sort.columns]
    return (
        found.select_related("type", "unit", "reporter", "owner", "responsible_unit", "responsible_person")
        .defer("search", "readers", "contact", "follow_digest", "facts_verified", "correction", "lessons")
        .order_by(*order)
    )


def lines(incidents: Iterator[Incident]) -> Iterator[list[Any]]:
    for row in incidents:
        yield [value(row) for _heading, value in COLUMNS]


def headings() -> list[str]:
    return [str(heading) for heading, _value in COLUMNS]


def file_name(format: str) -> str:
    return f"{_('incidents')}-{timezone.localdate():%Y-%m-%d}.{format}"


@transaction.atomic
def export_now(filters: IncidentFilter, format: str, *, by: Person) -> Export:
    """Write the table, and put on record that it was taken."""
    count = 0

    def counted() -> Iterator[list[Any]]:
        nonlocal count
        for line in lines(rows_of(filters).iterator(CHUNK)):
            count += 1
            yield line

    with _written(format, counted()) as file:
        content = file.read()
    put_on_record(filters, format, by=by, rows=count)
    return Export(file_name(format), TYPES[format], content)


def export_later(filters: IncidentFilter, format: str, *, by: Person) -> Job:
    """Let the worker write it: the job's page shows how far it is and offers the file."""
    options = {"query": filters.data.urlencode(), "format": format}
    return enqueue(Job.Kind.EXPORT_INCIDENTS, owner=by, name=file_name(format), options=options)


def export(work: Work) -> None:
    """Write the file of an export job. What the person may see is asked now, not when they asked for it."""
    format = work.options["format"]
    filters = IncidentFilter(QueryDict(work.options["query"]), person=work.by)
    incidents = rows_of(filters)
    total = incidents.order_by().count()
    count = 0

    def counted() -> Iterator[list[Any]]:
        nonlocal count
        for line in lines(incidents.iterator(CHUNK)):
            yield line
            count += 1
            work.progress(count, total)

    with _written(format, counted()) as file, work.batch(upto=max(total, count)):
        work.summary["rows"] = count
        work.job.result_file.save(work.job.name, File(file), save=False)
        put_on_record(filters, format, by=work.by, rows=count)


def _written(format: str, table: Iterator[list[Any]]) -> BinaryIO:
    if format == XLSX:
        return write_xlsx(headings(), table, title=_("Incidents"))
    return ContentFile(b"".join(write_csv(headings(), table)))


def put_on_record(filters: IncidentFilter, format: str, *, by: Person, rows: int) -> None:
    """Who took what. The words searched for are left out: they may be a customer's name or number."""
    query = filters.data.copy()
    searched = bool(query.pop("q", None))
    record(
        by.case, "incident.export", label=by.username, by=by, unit=by.home_unit,
        after={"filters": query.urlencode(), "searched": searched, "format": format, "rows": rows},
    )  # fmt: skip
