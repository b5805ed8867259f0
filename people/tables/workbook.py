"""XLSX workbooks: their first visible sheet."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import openpyxl
from django.utils.translation import gettext_lazy as _

from . import model
from .model import CHUNK, Cell, Table, TableError, with_headings, without_empty_end

_MARKUP = re.compile(rb'<(?:\w+:)?(row|v|t|f)(?=[\s>/])(?:[^>]*?\sr="(\d+)")?')


def open_workbook(source: BinaryIO) -> Table:
    try:
        with zipfile.ZipFile(source) as archive:
            _refuse_bombs(archive)
        book = _load(source, data_only=True)
        sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
        if sheet is None:
            raise TableError(_("The workbook has no sheet with a table."))
        with zipfile.ZipFile(source) as archive:
            last, has_formulas = _look_through_sheet(archive, sheet._worksheet_path)
        rows = _sheet_rows(sheet, last)
        if has_formulas:
            as_text = _load(source, data_only=False)
            rows = _formulas_without_value(rows, _sheet_rows(as_text[sheet.title], last))
        return with_headings(
            _filled(rows), kind="xlsx", sheet=sheet.title, rows_expected=max(last - 1, 0), _close=book.close
        )
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        SyntaxError,
        OSError,
        EOFError,
        zlib.error,
    ) as error:
        raise TableError(_("The workbook can't be read: it is damaged or not an XLSX file.")) from error


def _load(source: BinaryIO, *, data_only: bool):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that don't matter here
        return openpyxl.load_workbook(source, read_only=True, data_only=data_only, keep_links=False)


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise TableError(_("The file is protected with a password. Save it without one and send it again."))
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise TableError(_("This is not an XLSX workbook. Save the table as XLSX or CSV."))
    # Python's zipfile unpacks no more than the size stated here.
    if len(members) > 5000 or sum(member.file_size for member in members) > model.MAX_BYTES:
        raise TableError(_("The file is too large."))


def _look_through_sheet(archive: zipfile.ZipFile, path: str) -> tuple[int, bool]:
    """The last row that holds a value, whatever the sheet declares, and whether there are formulas."""
    row = last = 0
    formulas = False
    rest = b""
    with archive.open(path) as stream:
        while chunk := stream.read(CHUNK):
            if b"<!DOCTYPE" in rest + chunk[:4096]:
                raise TableError(_("The workbook can't be read: it is damaged or not an XLSX file."))
            data = rest + chunk
            cut = data.rfind(b"<")  # an element split between two chunks waits for the next one
            data, rest = (data[:cut], data[cut:]) if cut > 0 else (b"", data)
            for name, number in _MARKUP.findall(data):
                if name == b"row":
                    row = int(number) if number else row + 1
                else:
                    last = row
                    formulas = formulas or name == b"f"
    return last, formulas


def _sheet_rows(sheet, last: int) -> Iterator[list[Cell]]:
    sheet.reset_dimensions()  # what the sheet declares is often wrong
    return (list(cells) for cells in sheet.iter_rows(max_row=last, values_only=True)) if last else iter(())


def _formulas_without_value(
    values: Iterator[list[Cell]], texts: Iterator[list[Cell]]
) -> Iterator[list[Cell]]:
    """A formula counts as the value last seen in the spreadsheet; one that was never worked out, as its text."""
    for row, text in zip(values, texts, strict=False):
        yield [str(b) if a is None and b is not None else a for a, b in zip(row, text, strict=False)]


def _filled(rows: Iterator[list[Cell]]) -> Iterator[tuple[int, list[Cell]]]:
    try:
        for number, row in enumerate(rows, start=1):
            cells = without_empty_end(row)
            if cells:
                yield number, cells
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        SyntaxError,
        OSError,
        EOFError,
        zlib.error,
    ) as error:
        raise TableError(_("The workbook can't be read: it is damaged or not an XLSX file.")) from error
