"""Long lists, a page at a time, at a cost that hardly grows with the archive.

A page begins behind a cursor (keyset). Its rows are looked for in steps: among the next few hundred cases in the
list's order, which answers most questions at once; among the next thousands; and only then among all, by whatever
index collects the fewest. So neither a rare nor a frequent filter makes the database read the archive, whatever its
statistics say.
"""

import base64
import binascii
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    DateTimeField,
    DurationField,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import CombinedExpression, RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Person
from reminders.models import Deadline

from .models import Incident
from .search import is_phrase

PAGE_SIZE = 25
#: How many cases in the list's order the first steps look at.
NEAR, FAR = 500, 20_000
#: How many times as far back in time as FAR the newest-first order looks before it looks everywhere.
FARTHER = 10
A_CENTURY = dt.timedelta(days=36_525)
#: How far it is looked for phrases instead of FAR.
FAR_BY_PHRASE = 2_000
#: Whom and what a row of a list names.
SHOWN_WITH = ("type", "unit", "owner")
#: What no row of a list shows: long texts and what only the database needs.
UNSHOWN = (
    "description", "impact", "containment", "facts_verified", "correction", "lessons", "search", "readers",
    "follow_digest",
)  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """What is listed: a kind of case, with whom and what a row of its list names, and what no row shows."""

    model: type[Model]
    shown_with: tuple[str, ...]
    unshown: tuple[str, ...]


INCIDENTS = Shelf(Incident, SHOWN_WITH, UNSHOWN)


@dataclass(frozen=True)
class Sort:
    """An order of the list: its columns all run the same way, and the last one is the id."""

    key: str
    label: str | Promise
    columns: tuple[str, ...]
    descending: bool
    only: Q = field(default_factory=Q)  # rows that this order leaves out
    of: Shelf = INCIDENTS

    @property
    def is_newest(self) -> bool:
        """Does it begin with what came last? Then a list without a filter ends soon."""
        return self.descending and len(self.columns) == 2

    def rows(self) -> QuerySet:
        """All cases with the columns of the order."""
        rows = self.of.model.objects.all()
        return rows.annotate(weight=weight()) if "weight" in self.columns else rows


def weight() -> Coalesce:
    """Severity as a number that is never empty: what isn't judged yet stands last. Has an index of its own."""
    return Coalesce("severity", Value(0), output_field=IntegerField())


NEWEST = Sort("newest", _("Newest first"), ("reported_at", "id"), descending=True)
SORTS = {
    sort.key: sort
    for sort in (
        NEWEST,
        Sort("oldest", _("Oldest first"), ("reported_at", "id"), descending=False),
        Sort(
            "due",
            pgettext_lazy("sort", "Due first"),
            ("due_at", "id"),
            descending=False,
            only=Q(due_at__isnull=False),
        ),
        Sort("severity", _("Most severe first"), ("weight", "reported_at", "id"), descending=True),
    )
}


class BadCursor(ValueError):
    """The place in the list that the address names doesn't exist."""


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind a row when `forwards`, else before it. Without values: at the list's beginning."""

    values: tuple = ()
    forwards: bool = True

    @classmethod
    def of(cls, columns: tuple[str, ...], *, after: str = "", before: str = "") -> "Place":
        """The place that an address names. Raises BadCursor."""
        if not after and not before:
            return cls()
        return cls(_read_cursor(columns, after or before), forwards=bool(after))


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    newer: str = ""  # cursor of the page before, empty when there is none
    older: str = ""  # cursor of the page behind


def page_of(
    found: QuerySet,
    sort: Sort = NEWEST,
    place: Place = Place(),
    *,
    size: int = PAGE_SIZE,
    within: Q = Q(),  # noqa: B008
    text: str = "",
) -> Page:
    """One page of `found` (cases that the person may see, filtered).

    `within` repeats those of its conditions that only bound the first column of the order: they move the place where
    the search begins. `text` is what they search for, if they do: the index of words finds a seldom word at once, so
    the middle distance is left out; a phrase of bigrams, however, may be frequent where its parts are not.
    """
    rows = _next_rows(found, sort, place, size + 1, within, text)
    more, rows = len(rows) > size, rows[:size]
    if not place.forwards:
        rows.reverse()
    if not rows:
        return Page([])
    back = bool(place.values) if place.forwards else more
    onwards = more if place.forwards else True
    return Page(
        rows,
        newer=cursor_of(rows[0], sort.columns) if back else "",
        older=cursor_of(rows[-1], sort.columns) if onwards else "",
    )


def _next_rows(found: QuerySet, sort: Sort, place: Place, wanted: int, within: Q, text: str) -> list[Any]:
    """The first `wanted` rows from the place on: near, far, or anywhere."""
    falling = sort.descending == place.forwards
    start = within & sort.only
    if place.values:
        start &= Q(beyond(sort.columns, place.values, falling))
    if "weight" in sort.columns:
        found = found.annotate(weight=weight())
    found = found.filter(start)
    ordered = [F(column).desc() if falling else F(column).asc() for column in sort.columns]
    line = sort.rows().filter(start).order_by(*ordered)

    def rows(keys: QuerySet | RawSQL) -> list[Any]:
        """The whole rows of those found and sorted by their ids alone, so that little is carried along."""
        chosen = sort.rows().filter(pk__in=keys)
        shelf = sort.of
        return list(chosen.select_related(*shelf.shown_with).defer(*shelf.unshown).order_by(*ordered))

    near = rows(_walk(line, found, NEAR, wanted))
    if len(near) == wanted:
        return near
    if is_phrase(text):
        far = rows(_walk(line, found, FAR_BY_PHRASE, wanted))
        if len(far) == wanted:
            return far
    elif not text and (horizon := next(iter(line.values_list(*sort.columns)[FAR : FAR + 1]), None)):
        limits = [Q(beyond(sort.columns, horizon, not falling))]
        if sort.is_newest and falling:
            start_at = min(place.values[0], timezone.now()) if place.values else timezone.now()
            back = min(start_at - horizon[0], A_CENTURY / FARTHER)
            limits.append(Q(**{f"{sort.columns[0]}__gt": start_at - FARTHER * back}))
        for limit in limits:
            far = rows(found.filter(limit).order_by(*ordered).values("pk")[:wanted])
            if len(far) == wanted:
                return far
    return rows(found.order_by(_unindexed(sort, falling), *ordered[1:]).values("pk")[:wanted])


def _walk(line: QuerySet, found: QuerySet, most: int, wanted: int) -> RawSQL:
    """Walk along the line row by row, at most so far, and stop at the last row wanted: its subselect.

    Written out, because the database must not reorder it: it would rather collect all that it believes to be little.
    """
    hit = Subquery(found.filter(pk=OuterRef("pk")).order_by().values("pk")[:1])
    sql, params = line.annotate(hit=hit).values("hit")[:most].query.sql_with_params()
    return RawSQL(f"SELECT hit::bigint FROM ({sql}) line WHERE hit IS NOT NULL LIMIT %s", (*params, wanted))


def _unindexed(sort: Sort, falling: bool):
    """The first column in a disguise that no index knows. Else the database might walk the whole archive in the list's
    order, hoping to meet rows soon that in fact lie far back; like this it collects what fits, and sorts that.
    """
    nothing = (
        Value(0) if sort.columns[0] == "weight" else Value(dt.timedelta(0), output_field=DurationField())
    )
    output = IntegerField() if sort.columns[0] == "weight" else DateTimeField()
    disguised = CombinedExpression(F(sort.columns[0]), "+", nothing, output_field=output)
    return disguised.desc() if falling else disguised.asc()


def beyond(columns: tuple[str, ...], values: tuple, falling: bool) -> CombinedExpression:
    """(a, b) < (x, y): a comparison of rows, which an index on these columns answers."""
    types = {"id": BigIntegerField, "weight": IntegerField}
    sides = (
        Func(*(F(column) for column in columns), function="ROW"),
        Func(
            *(
                Value(v, output_field=types.get(c, DateTimeField)())
                for c, v in zip(columns, values, strict=True)
            ),
            function="ROW",
        ),
    )
    return CombinedExpression(sides[0], "<" if falling else ">", sides[1], output_field=BooleanField())


def cursor_of(row, columns: tuple[str, ...]) -> str:
    """The row's place in an order by these columns, for an address."""
    parts = [getattr(row, column) for column in columns]
    text = " ".join(part.isoformat() if isinstance(part, dt.datetime) else str(part) for part in parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(columns: tuple[str, ...], cursor: str) -> tuple:
    try:
        padded = cursor[:200] + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        return tuple(_read(column, part) for column, part in zip(columns, text.split(" "), strict=True))
    except (ValueError, OverflowError, binascii.Error) as error:
        raise BadCursor(cursor) from error


def _read(column: str, part: str) -> int | dt.datetime:
    if column in ("id", "weight"):
        number = int(part)
        if not 0 <= number < 2 ** (63 if column == "id" else 31):
            raise ValueError(part)
        return number
    moment = dt.datetime.fromisoformat(part)
    if moment.tzinfo is None:
        raise ValueError(part)
    return moment.astimezone(dt.UTC)


def capped_count(found: QuerySet, most: int) -> int:
    """How many rows, counted up to `most`."""
    return found.order_by().values("pk")[:most].count()


def open_work(person: Person) -> QuerySet[Deadline]:
    """What waits for this person, by its deadline. The limit of the whole loop is nobody's task: its stages are."""
    return Deadline.objects.filter(owner=person, closed_at=None).exclude(kind="loop")
