"""Taking the measures away as CSV or XLSX, with exactly the rows that their reader sees.

As with incidents: a small list is written while the reader waits, a larger one by the worker, and it is put on record
who took which filters' rows, and how many.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from history.recording import record
from incidents.exporting import TYPES, XLSX, Export
from incidents.jobs import Work, enqueue
from incidents.models import Job
from people.models import Person
from people.tables import write_csv, write_xlsx

from .forms.measures import FilterForm
from .listing import with_costs
from .models import LedgerEntry, Measure
from .slippage import slippage_of

AT_ONCE = 2000  # rows that are written while the reader waits
CHUNK = 1000

#: Heading and value of each column.
COLUMNS: tuple[tuple[str | Promise, Any], ...] = (
    (gettext_lazy("Number"), lambda row: row.number),
    (gettext_lazy("Measure"), lambda row: row.text),
    (gettext_lazy("Incident"), lambda row: row.incident.number),
    (pgettext_lazy("column", "Title of the incident"), lambda row: row.incident.title),
    (gettext_lazy("Against the cause"), lambda row: row.cause.text if row.cause else ""),
    (gettext_lazy("Round"), lambda row: row.plan.cycle),
    (gettext_lazy("Kind"), lambda row: row.get_kind_display()),
    (gettext_lazy("Strength"), lambda row: row.get_strength_display()),
    (gettext_lazy("Owner"), lambda row: row.owner.display_name if row.owner else ""),
    (gettext_lazy("Unit"), lambda row: row.unit.name if row.unit else ""),
    (gettext_lazy("Target"), lambda row: row.target),
    (gettext_lazy("Status"), lambda row: row.get_status_display()),
    (gettext_lazy("Progress in %"), lambda row: row.progress),
    (gettext_lazy("Originally due"), lambda row: row.original_due_on),
    (pgettext_lazy("column", "Due"), lambda row: row.due_on),
    (gettext_lazy("Done"), lambda row: row.done_at),
    (gettext_lazy("Days behind the original date"), lambda row: slippage_of(row).days),
    (gettext_lazy("Extensions granted"), lambda row: row.extensions),
    (gettext_lazy("Deviations"), lambda row: row.deviations),
    (gettext_lazy("Checks"), lambda row: row.checks),
    (gettext_lazy("Cost planned, in yuan"), lambda row: row.cost),
    (gettext_lazy("Cost spent, in yuan"), lambda row: row.spent),
)


def rows_of(filters: FilterForm) -> QuerySet[Measure]:
    """Every measure that passes the filters, the next due first, with all that a line of the table names."""
    kinds = LedgerEntry.Kind
    # Access first: the joins of the counts must not multiply with its own.
    chosen = filters.found().values("pk")
    found = Measure.objects.filter(pk__in=chosen).annotate(
        extensions=Count("entries", filter=Q(entries__kind=kinds.ADJUSTMENT, entries__new_due_on__isnull=False)),
        deviations=Count("entries", filter=Q(entries__kind=kinds.DEVIATION)),
        checks=Count("entries", filter=Q(entries__kind=kinds.CHECK)),
    )  # fmt: skip
    return (
        with_costs(found)
        .select_related("incident", "cause", "plan", "owner", "unit")
        .order_by("due_on", "pk")
    )


def lines(measures: Iterator[Measure]) -> Iterator[list[Any]]:
    for row in measures:
        yield [value(row) for _heading, value in COLUMNS]


def headings() -> list[str]:
    return [str(heading) for heading, _value in COLUMNS]


def file_name(format: str) -> str:
    return f"{_('measures')}-{timezone.localdate():%Y-%m-%d}.{format}"


@transaction.atomic
def export_now(filters: FilterForm, format: str, *, by: Person) -> Export:
    """Write the table, and put on record that it was taken."""
    table = list(lines(rows_of(filters).iterator(CHUNK)))
    with _written(format, iter(table)) as file:
        content = file.read()
    put_on_record(filters, format, by=by, rows=len(table))
    return Export(file_name(format), TYPES[format], content)


def export_later(filters: FilterForm, format: str, *, by: Person) -> Job:
    """Let the worker write it: the job's page shows how far it is and offers the file."""
    options = {"query": filters.data.urlencode(), "format": format}
    return enqueue(Job.Kind.EXPORT_MEASURES, owner=by, name=file_name(format), options=options)


def export(work: Work) -> None:
    """Write the file of an export job. What the person may see is asked now, not when they asked for it."""
    format = work.options["format"]
    filters = FilterForm(QueryDict(work.options["query"]), person=work.by)
    total, count = filters.found().order_by().count(), 0

    def counted() -> Iterator[list[Any]]:
        nonlocal count
        for line in lines(rows_of(filters).iterator(CHUNK)):
            yield line
            count += 1
            work.progress(count, total)

    with _written(format, counted()) as file, work.batch(upto=max(total, count)):
        work.summary["rows"] = count
        work.job.result_file.save(work.job.name, File(file), save=False)
        put_on_record(filters, format, by=work.by, rows=count)


def _written(format: str, table: Iterator[list[Any]]) -> BinaryIO:
    if format == XLSX:
        return write_xlsx(headings(), table, title=_("Measures"))
    return ContentFile(b"".join(write_csv(headings(), table)))


def put_on_record(filters: FilterForm, format: str, *, by: Person, rows: int) -> None:
    """Who took what."""
    record(
        by.case, "measure.export", label=by.username, by=by, unit=by.home_unit,
        after={"filters": filters.data.urlencode(), "format": format, "rows": rows},
    )  # fmt: skip
