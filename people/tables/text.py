"""CSV files in whatever encoding and with whatever delimiter."""

import codecs
import csv
import gzip
import io
import itertools
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from . import model
from .model import CHUNK, FORMULA_STARTS, Cell, Table, TableError, with_headings, without_empty_end

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def open_text(stream: Callable[[], BinaryIO], encoding: str) -> Table:
    """`stream` opens the bytes from their beginning, as often as needed."""
    try:
        lines, encoding = _look_through(stream, encoding)
        delimiter = _delimiter_of(_decoded(stream(), encoding))
        rows = _csv_rows(_decoded(stream(), encoding), delimiter)
        return with_headings(
            rows, kind="csv", encoding=encoding.removesuffix("-sig"), delimiter=delimiter,
            rows_expected=max(lines - 1, 0),
        )  # fmt: skip
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TableError(_("The file is damaged or was cut off.")) from error


def _decoded(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    # "replace" can only meet the half character of a last line that was cut off: the rest was looked through.
    return io.TextIOWrapper(_Unclosed(stream), encoding, errors="replace", newline="")


class _Unclosed(io.BufferedReader):
    """Leaves the caller's file open when the text layer above it is thrown away."""

    def __init__(self, raw: Any):
        super().__init__(_Raw(raw))


class _Raw(io.RawIOBase):
    def __init__(self, source: BinaryIO):
        self.source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self.source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _look_through(stream: Callable[[], BinaryIO], encoding: str) -> tuple[int, str]:
    """Count the lines and find the encoding in which every byte makes sense."""
    start = stream().read(4096)
    candidates = [encoding] if encoding else _possible_encodings(start)
    for candidate in candidates:
        lines = _lines_in(stream(), candidate)
        if lines is not None:
            return lines, candidate
    raise TableError(_("The characters of this file can't be read. Save it as XLSX or as CSV in UTF-8."))


def _possible_encodings(start: bytes) -> list[str]:
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return [encoding]
    if b"\x00" in start:
        if start[1::2].count(0) > len(start) // 8:
            return ["utf-16-le"]
        if start[0::2].count(0) > len(start) // 8:
            return ["utf-16-be"]
        raise TableError(_("This is not a table. Send a CSV or XLSX file."))
    return ["utf-8", "gb18030"]


def _lines_in(stream: BinaryIO, encoding: str) -> int | None:
    """How many lines the bytes have in this encoding, or None. A half last character is let pass."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = size = 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > model.MAX_BYTES:
            raise TableError(_("The file is too large."))
        try:
            text = decoder.decode(chunk)
        except UnicodeError:
            return None
        if len(_CONTROL.findall(text)) > len(text) // 100:
            raise TableError(_("This is not a table. Send a CSV or XLSX file."))
        lines += text.count("\n")
    return lines


def _delimiter_of(text: io.TextIOWrapper) -> str:
    """Whichever of comma, semicolon and tab cuts the heading into most columns."""
    lines = list(itertools.islice((line for line in text if line.strip()), 20))
    named = re.fullmatch(r'"?sep=(.)"?\s*', lines[0]) if lines else None
    if named:
        return named[1]
    widths = {}
    for delimiter in ",;\t":
        first = next(csv.reader(lines, delimiter=delimiter), [])
        widths[delimiter] = len(first)
    return max(widths, key=widths.get)


class _Remembered:
    """Lines for csv.reader, which also tells how the row it just gave looked in the file."""

    def __init__(self, lines: Iterable[str]):
        self.lines = iter(lines)
        self.taken: list[str] = []

    def __iter__(self):
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.taken.append(line.replace("\x00", ""))
        return self.taken[-1]

    def row(self) -> list[str]:
        taken, self.taken = self.taken, []
        return taken


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[Cell]]]:
    lines = _Remembered(text)
    reader = csv.reader(lines, delimiter=delimiter)
    width = number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(
                _("Row %(number)s can't be read: a quotation mark is probably not closed."),
                number + 1,
                number=number + 1,
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise TableError(_("The file is damaged or was cut off."), row=number + 1) from error
        number += 1
        raw = lines.row()
        if number == 1 and re.fullmatch(r'"?sep=.?"?\s*', "".join(raw)):
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if width and _is_cut_off(raw, cells, width):
            raise TableError(
                _("Row %(number)s, the last one, is cut off: the file is not complete."),
                number,
                number=number,
            )
        width = width or len(cells)
        yield number, without_empty_end(map(_unescaped, cells))


def _is_cut_off(raw: list[str], cells: list[str], width: int) -> bool:
    """Only the last row of a file has no line end, or a quotation mark that is never closed."""
    unended = not raw[-1].endswith(("\n", "\r"))
    open_quote = sum(line.count('"') for line in raw) % 2 == 1
    return (unended and len(cells) < width) or (open_quote and (unended or len(raw) > 1))


def _unescaped(cell: str) -> str:
    """What `writing.write_csv` made safe, as it was: a file taken from here can be sent back."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
