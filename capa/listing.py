"""The list of measures, a page at a time: ordered by due date, a page begins behind a cursor (keyset)."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import DecimalField, OuterRef, Q, QuerySet, Subquery, Sum

from .models import LedgerEntry, Measure

PAGE_SIZE = 25


@dataclass(frozen=True)
class Page:
    rows: list[Measure]
    newer: str = ""  # cursor of the page before, empty when there is none
    older: str = ""  # cursor of the page behind


def with_costs(found: QuerySet) -> QuerySet:
    """Each measure with `spent`, the sum of what its ledger says was paid, in yuan; None while it says nothing."""
    paid = LedgerEntry.objects.filter(measure=OuterRef("pk"), cost__isnull=False).order_by().values("measure")
    total = Subquery(paid.annotate(total=Sum("cost")).values("total"), output_field=DecimalField())
    return found.annotate(spent=total)


def page_of(found: QuerySet, *, after: str = "", before: str = "", size: int = PAGE_SIZE) -> Page:
    """One page, the next due first. A cursor that can't be read counts as none."""
    backwards = _read(before)
    forwards = None if backwards else _read(after)
    order = ("-due_on", "-pk") if backwards else ("due_on", "pk")
    if backwards:
        day, pk = backwards
        found = found.filter(Q(due_on__lt=day) | Q(due_on=day, pk__lt=pk))
    elif forwards:
        day, pk = forwards
        found = found.filter(Q(due_on__gt=day) | Q(due_on=day, pk__gt=pk))
    found = with_costs(found).select_related("owner", "unit", "incident", "plan")
    rows = list(found.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([])
    has_newer = more if backwards else bool(forwards)
    has_older = True if backwards else more
    return Page(rows, _cursor(rows[0]) if has_newer else "", _cursor(rows[-1]) if has_older else "")


def _cursor(measure: Measure) -> str:
    return f"{measure.due_on:%Y%m%d}.{measure.pk}"


def _read(cursor: str) -> tuple[dt.date, int] | None:
    day, _dot, pk = cursor.partition(".")
    try:
        return dt.datetime.strptime(day, "%Y%m%d").date(), int(pk)
    except ValueError:
        return None
