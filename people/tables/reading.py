"""Telling what a file is, and opening it."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from openpyxl.utils import get_column_letter

from .model import CHUNK, MAX_COLUMNS, Table, TableError
from .text import open_text
from .workbook import open_workbook


def read_table(
    file: BinaryIO | Path | str, name: str = "", *, encoding: str = "", repeated_headings: bool = False
) -> Table:
    """Open a CSV (also .gz) or XLSX file. What it is, is seen from its content; `name` only helps to say what is wrong.

    `encoding` overrules the guess. Headings that occur twice are refused, or numbered ("Date", "Date (2)") where
    `repeated_headings` are allowed. The caller closes the file it gave; a path is closed with the table.
    """
    if isinstance(file, Path | str):
        source: BinaryIO = open(file, "rb")  # noqa: SIM115 - closed by Table.close
        close = source.close
        name = name or str(file)
    else:
        source, close = file, lambda: None
    try:
        table = _open(source, name, encoding)
        table.headings = _checked_headings(table.headings, repeated_headings)
    except BaseException:
        close()
        raise
    closers = (table._close, close)
    table._close = lambda: [step() for step in closers]
    return table


def _open(source: BinaryIO, name: str, encoding: str) -> Table:
    source.seek(0)
    start = source.read(4096)
    source.seek(0)
    if not start:
        raise TableError(_("The file is empty."))
    if start.startswith(b"PK\x03\x04"):
        return open_workbook(source)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(_old_or_encrypted(source))
    if start.startswith(b"\x1f\x8b"):
        return open_text(lambda: _unpacked(source), encoding)
    if start.startswith((b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")):
        raise TableError(_("This is not a table. Send a CSV or XLSX file."))
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        raise TableError(
            _("This is a web page or XML, not a table. Open it in a spreadsheet and save it as XLSX.")
        )
    return open_text(lambda: _rewound(source), encoding)


def _rewound(source: BinaryIO) -> BinaryIO:
    source.seek(0)
    return source


def _unpacked(source: BinaryIO) -> BinaryIO:
    source.seek(0)
    return gzip.GzipFile(fileobj=source, mode="rb")


def _old_or_encrypted(source: BinaryIO) -> Promise:
    source.seek(0)
    if "EncryptedPackage".encode("utf-16-le") in source.read(CHUNK * 8):
        return _("The file is protected with a password. Save it without one and send it again.")
    return _("This is an old Excel file (.xls). Save it as XLSX or CSV and send it again.")


def _checked_headings(headings: Sequence[str], number_repeated: bool) -> list[str]:
    """Trimmed, named and different from each other."""
    if len(headings) > MAX_COLUMNS:
        raise TableError(_("The table has more than %(limit)s columns."), limit=MAX_COLUMNS)
    seen: dict[str, int] = {}
    named = []
    for position, heading in enumerate(headings, start=1):
        name = " ".join(heading.split()) or f"({get_column_letter(position)})"
        seen[name] = count = seen.get(name, 0) + 1
        if count > 1 and not number_repeated:
            raise TableError(_("Two columns have the same heading: %(heading)s."), 1, heading=name)
        named.append(name if count == 1 else f"{name} ({count})")
    return named
