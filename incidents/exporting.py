"""Taking a list of cases away as CSV or XLSX, with exactly the rows that its reader sees.

A small list is written while the reader waits, a larger one by the worker. Either way it is put on record who took
which filters' rows, and how many. Contacts' personal data is never in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from history.recording import record
from people.models import Person
from people.tables import write_csv, write_xlsx

from .filtering import CaseFilter
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


@dataclass(frozen=True)
class Table:
    """What is taken away of one kind of list, and how it is put on record."""

    filter_form: type[CaseFilter]
    headings: Callable[[], list[str]]
    rows_of: Callable[[CaseFilter], QuerySet]  # in the order of the list, with all that a line names
    line_of: Callable[[Any, Person], list[Any]]  # a row as this person may read it
    kind: str  # of the job
    act: str  # of the event
    title: Promise  # of the sheet
    stem: Promise  # of the file's name

    def file_name(self, format: str) -> str:
        return f"{self.stem}-{timezone.localdate():%Y-%m-%d}.{format}"

    @transaction.atomic
    def now(self, filters: CaseFilter, format: str, *, by: Person) -> Export:
        """Write the table, and put on record that it was taken."""
        count = 0

        def counted() -> Iterator[list[Any]]:
            nonlocal count
            for row in self.rows_of(filters).iterator(CHUNK):
                yield self.line_of(row, by)
                count += 1

        with self._written(format, counted()) as file:
            content = file.read()
        self.put_on_record(filters, format, by=by, rows=count)
        return Export(self.file_name(format), TYPES[format], content)

    def later(self, filters: CaseFilter, format: str, *, by: Person) -> Job:
        """Let the worker write it: the job's page shows how far it is and offers the file."""
        options = {"query": filters.data.urlencode(), "format": format}
        return enqueue(self.kind, owner=by, name=self.file_name(format), options=options)

    def run(self, work: Work) -> None:
        """Write the file of an export job. What the person may see is asked now, not when they asked for it."""
        format = work.options["format"]
        filters = self.filter_form(QueryDict(work.options["query"]), person=work.by)
        rows = self.rows_of(filters)
        total = rows.order_by().count()
        count = 0

        def counted() -> Iterator[list[Any]]:
            nonlocal count
            for row in rows.iterator(CHUNK):
                yield self.line_of(row, work.by)
                count += 1
                work.progress(count, total)

        with self._written(format, counted()) as file, work.batch(upto=max(total, count)):
            work.summary["rows"] = count
            work.job.result_file.save(work.job.name, File(file), save=False)
            self.put_on_record(filters, format, by=work.by, rows=count)

    def _written(self, format: str, table: Iterator[list[Any]]) -> BinaryIO:
        if format == XLSX:
            return write_xlsx(self.headings(), table, title=str(self.title))
        return ContentFile(b"".join(write_csv(self.headings(), table)))

    def put_on_record(self, filters: CaseFilter, format: str, *, by: Person, rows: int) -> None:
        """Who took what. The words searched for are left out: they may be a customer's name or number."""
        query = filters.data.copy()
        searched = bool(query.pop("q", None))
        record(
            by.case, self.act, label=by.username, by=by, unit=by.home_unit,
            after={"filters": query.urlencode(), "searched": searched, "format": format, "rows": rows},
        )  # fmt: skip


def ordered(filters: CaseFilter) -> QuerySet:
    """Every case that passes the filters, in their order."""
    sort = filters.order
    found = filters.found.filter(sort.only)
    if "weight" in sort.columns:
        found = found.annotate(weight=weight())
    return found.order_by(
        *(F(column).desc() if sort.descending else F(column).asc() for column in sort.columns)
    )


def rows_of(filters: IncidentFilter) -> QuerySet[Incident]:
    """Every incident that passes the filters, in their order, with all that a line of the table names."""
    return (
        ordered(filters)
        .select_related("type", "unit", "reporter", "owner", "responsible_unit", "responsible_person")
        .defer("search", "readers", "contact", "follow_digest", "facts_verified", "correction", "lessons")
    )


def headings() -> list[str]:
    return [str(heading) for heading, _value in COLUMNS]


TABLE = Table(
    IncidentFilter,
    headings=headings,
    rows_of=rows_of,
    line_of=lambda row, person: [value(row) for _heading, value in COLUMNS],
    kind=Job.Kind.EXPORT_INCIDENTS,
    act="incident.export",
    title=gettext_lazy("Incidents"),
    stem=gettext_lazy("incidents"),
)
export_now, export_later, export = TABLE.now, TABLE.later, TABLE.run
