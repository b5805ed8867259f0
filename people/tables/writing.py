"""Tables to take away."""

import csv
import datetime as dt
import io
import itertools
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import openpyxl
from django.utils import timezone
from django.utils.functional import Promise
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from .model import FORMULA_STARTS


def _local(value: Any) -> Any:
    """Moments in the reader's zone; lazy words as text."""
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.localtime(value).replace(tzinfo=None)
    return str(value) if isinstance(value, Promise) else value


def _csv_cell(value: Any) -> str:
    value = _local(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"  # a spreadsheet would run it
    return "" if value is None else str(value)


def write_csv(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The table as UTF-8 CSV with a byte order mark (so that Excel reads Chinese), in pieces for a streaming response.

    Text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for row in itertools.chain([headings], rows):
        writer.writerow(map(_csv_cell, row))
        if buffer.tell() > 32 * 1024:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(headings: Sequence[Any], rows: Iterable[Sequence[Any]], title: str = "") -> BinaryIO:
    """The table as a workbook: an open temporary file at its beginning. Text stays text, whatever it begins with."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", str(title))[:31] or "1")
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        value = _local(value)
        if not isinstance(value, str):
            return (
                value if isinstance(value, int | float | dt.date | dt.time | None.__class__) else str(value)
            )
        written = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
        if value.startswith(FORMULA_STARTS):
            written.data_type = "s"
            written.quotePrefix = True  # stays text when somebody edits the cell
        return written

    for row in itertools.chain([headings], rows):
        sheet.append([cell(value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller sends and closes it
    book.save(file)
    file.seek(0)
    return file
