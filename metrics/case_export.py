"""The list behind a figure as CSV or XLSX, with exactly the lines that its reader sees."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from incidents.exporting import Table
from incidents.models import Incident, Job
from people.models import Person

from .case_words import Line
from .cases import Asked, Wrong, lines_of
from .periods import zone

BATCH = 500


class Filter:
    """An address as `incidents.exporting` wants it: what it finds, and whether that can be."""

    def __init__(self, query: QueryDict, *, person: Person):
        self.data, self.person = query, person
        try:
            self.asked: Asked | None = Asked.read(person, query)
        except Wrong:
            self.asked = None

    @property
    def problems(self) -> list[str]:
        return [] if self.asked else [_("There is no such figure.")]

    @property
    def found(self) -> QuerySet:
        return self.asked.rows(self.person) if self.asked else Incident.objects.none()


@dataclass(frozen=True)
class _Lines:
    """The lines of a whole list, read in batches; counts and runs as the rows themselves would."""

    asked: Asked
    found: QuerySet
    person: Person

    def order_by(self) -> "_Lines":
        return self

    def count(self) -> int:
        return self.found.order_by().count()

    def iterator(self, size: int = BATCH) -> Iterator[Line]:
        batch: list[Model] = []
        for row in self.found.order_by("-counted_at", "-pk").iterator(size):
            batch.append(row)
            if len(batch) == BATCH:
                yield from lines_of(self.asked, batch, self.person)
                batch = []
        yield from lines_of(self.asked, batch, self.person) if batch else ()


def _whole(filters: Filter) -> _Lines:
    if filters.asked is None:  # the sight of the unit was lost since
        raise Wrong(filters.data.urlencode())
    return _Lines(filters.asked, filters.found, filters.person)


HEADINGS = (
    gettext_lazy("Number"), gettext_lazy("Title"), gettext_lazy("Unit"), pgettext_lazy("counted", "Counted on"),
    gettext_lazy("State"), pgettext_lazy("counted", "What was counted"), pgettext_lazy("counted", "Minutes or amount"),
)  # fmt: skip


def _written(line: Line, _person: Person) -> list[Any]:
    moment = line.at
    day = localtime(moment, zone()).date() if isinstance(moment, dt.datetime) else moment
    return [line.number, line.title, line.unit, day, line.state, line.detail, line.amount]


TABLE = Table(
    Filter,
    headings=lambda: [str(heading) for heading in HEADINGS],
    rows_of=_whole,
    line_of=_written,
    kind=Job.Kind.EXPORT_FIGURES,
    act="figures.export",
    title=gettext_lazy("Cases behind a figure"),
    stem=pgettext_lazy("filename", "cases"),
)
