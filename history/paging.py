"""A long list, newest first, a page at a time from a cursor: each page costs the same, however far back it is."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

SIZE = 50
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Page:
    rows: list[Any] = field(default_factory=list)
    newer: str = ""  # cursor for ?before=, empty on the first page
    older: str = ""  # cursor for ?after=, empty on the last one


def page(rows: QuerySet, query: QueryDict, *, moment: str = "", size: int = SIZE) -> Page:
    """The page that ?after= or ?before= names, of rows by id, or by the column `moment` and then by id.

    A cursor that nobody gave out leads to the first page.
    """
    after, before = _read(query.get("after", ""), moment), _read(query.get("before", ""), moment)
    backwards = before is not None and after is None
    columns = [moment, "id"] if moment else ["id"]
    rows = rows.order_by(*(column if backwards else f"-{column}" for column in columns))
    if cursor := before if backwards else after:
        rows = rows.filter(_beyond(cursor, moment, "gt" if backwards else "lt"))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page()
    return Page(
        rows=found,
        newer=_write(found[0], moment) if (more if backwards else after is not None) else "",
        older=_write(found[-1], moment) if (backwards or more) else "",
    )


def _beyond(cursor: tuple[dt.datetime | None, int], moment: str, lookup: str) -> Q:
    at, pk = cursor
    if not moment:
        return Q(**{f"id__{lookup}": pk})
    # The first condition bounds the index; the second says what comes among equal moments.
    return Q(**{f"{moment}__{lookup}e": at}) & (Q(**{f"{moment}__{lookup}": at}) | Q(**{f"id__{lookup}": pk}))


def _write(row: Any, moment: str) -> str:
    return f"{(getattr(row, moment) - _EPOCH) // _MICROSECOND}-{row.pk}" if moment else str(row.pk)


def _read(cursor: str, moment: str) -> tuple[dt.datetime | None, int] | None:
    try:
        at, _dash, pk = cursor.rpartition("-")
        return (_EPOCH + int(at) * _MICROSECOND if moment else None), min(int(pk), 2**63 - 1)
    except (ValueError, OverflowError):
        return None
