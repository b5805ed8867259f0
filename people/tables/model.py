"""What a table is to its readers and writers, and how much of it is let in."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 400 * 1024 * 1024  # once unpacked
MAX_ROWS = 500_000
MAX_COLUMNS = 500
MAX_CELL = 100_000  # characters
CHUNK = 1024 * 1024

#: What a spreadsheet would run as a formula begins with one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | None


class TableError(Exception):
    """The file can't be read as a table, or not beyond `row`; tells the person why, in their language.

    `message` is the sentence with its `params` still open, so that it can be kept and read later.
    """

    def __init__(self, message: str | Promise, row: int | None = None, **params):
        super().__init__(message)
        self.message = message
        self.row = row
        self.params = params

    def __str__(self):
        return str(self.message) % self.params if self.params else str(self.message)


@dataclass
class Table:
    """A table that is being read: `rows` yields (row number, cells) once, without wholly empty rows.

    Rows have at least as many cells as there are headings. More of them hold something beyond the last heading.
    `rows_expected` is only good for a progress bar.
    """

    headings: list[str]
    rows: Iterator[tuple[int, list[Cell]]]
    kind: str  # csv, xlsx
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    rows_expected: int = 0
    _close: Callable[[], None] = field(default=lambda: None, repr=False)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self) -> None:
        self._close()


def with_headings(rows: Iterator[tuple[int, list[Cell]]], **about: Any) -> Table:
    """The first row that holds anything names the columns."""
    first = next(rows, None)
    if first is None:
        raise TableError(_("The table is empty."))
    headings = [text_of(cell) for cell in first[1]]
    return Table(headings=headings, rows=_bounded(rows, len(headings)), **about)


def _bounded(rows: Iterator[tuple[int, list[Cell]]], width: int) -> Iterator[tuple[int, list[Cell]]]:
    for count, (number, cells) in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise TableError(_("The table has more than %(limit)s rows."), number, limit=MAX_ROWS)
        if len(cells) > MAX_COLUMNS:
            raise TableError(_("The table has more than %(limit)s columns."), number, limit=MAX_COLUMNS)
        if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in cells):
            raise TableError(
                _("A cell of row %(number)s holds more than %(limit)s characters."),
                number,
                number=number,
                limit=MAX_CELL,
            )
        yield number, cells + [None] * (width - len(cells))


def without_empty_end(cells: Iterable[Cell]) -> list[Cell]:
    cells = list(cells)
    while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
        cells.pop()
    return cells


def text_of(cell: Cell) -> str:
    """A cell as the text a person would have typed, without spaces around it: 24 rather than 24.0, ISO dates."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        whole_day = cell.time() == dt.time() and cell.tzinfo is None
        return cell.date().isoformat() if whole_day else cell.isoformat(" ")
    return str(cell).strip()
