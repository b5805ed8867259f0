"""Documents: kept as they are, so they are refused when they could run something."""

import io
import re
import zipfile
import zlib
from pathlib import PurePath
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from .refusing import DAMAGED, HIDDEN_CONTENT, NOT_ACCEPTED, Found, refuse
from .signatures import TEST_VIRUS, refuse_archive_at_end, refuse_known_malware, refuse_markup

_MB = 1024 * 1024

# PDF -----------------------------------------------------------------------------------------------------------------
_MAX_UNPACKED_PDF = 64 * _MB


def _pdf_name(name: str) -> str:
    """A PDF name whose letters may each be written as #xx."""
    return "/" + "".join(f"(?:{c}|#{ord(c):02x})" for c in name)


_RUNS = re.compile(
    "|".join(
        [*(rf"{_pdf_name(name)}(?![A-Za-z])" for name in ("JavaScript", "Launch", "RichMedia", "ImportData")),
         _pdf_name("EmbeddedFile"), rf"{_pdf_name('XFA')}\s*[\[\d]"]
    ).encode(), re.IGNORECASE,
)  # fmt: skip
_ENCRYPTED = re.compile(rf"{_pdf_name('Encrypt')}\s*[\d<]".encode(), re.IGNORECASE)
_OBJECT_STREAM = re.compile(
    rf"{_pdf_name('ObjStm')}[^\x00]{{0,2000}}?stream\r?\n".encode(), re.IGNORECASE | re.DOTALL
)


def check_pdf(file: BinaryIO, name: str) -> Found:
    """A PDF that only shows something: no script, no started program, no file inside, no password."""
    refuse_markup(file)
    refuse_archive_at_end(file)
    file.seek(0)
    data = file.read()
    if b"%%EOF" not in data[-2048:]:
        refuse(DAMAGED)
    if _ENCRYPTED.search(data):
        refuse(
            _("This PDF is protected by a password or by rights. Save it without protection and send that.")
        )
    if _RUNS.search(data) or any(_RUNS.search(part) for part in _object_streams(data)):
        refuse(
            _(
                "This PDF contains a script, an attached file or a program call. Print it to a new PDF and send that."
            )
        )
    return Found(kind="document", content_type="application/pdf", extensions=("pdf",), content=file)


def _object_streams(data: bytes):
    """Objects may stand in compressed streams: unpack those, within a limit."""
    left = _MAX_UNPACKED_PDF
    for found in _OBJECT_STREAM.finditer(data):
        unpacker = zlib.decompressobj()
        try:
            part = unpacker.decompress(memoryview(data)[found.end() :], left)
        except zlib.error:
            continue  # not deflated: its content was searched as it stands
        left -= len(part)
        if left <= 0:
            refuse(DAMAGED)
        yield part


# XLSX and DOCX -------------------------------------------------------------------------------------------------------
_MAX_PARTS = 5000
_MAX_UNPACKED = 200 * _MB
_MAX_RATIO = 150  # how much the whole may grow when unpacked
_MAX_DEPTH = 2
_MAX_NESTED = 20 * _MB
_OFFICE = {
    "xl/workbook.xml": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    "word/document.xml": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ("docx",),
    ),
}
_MACRO_PARTS = re.compile(
    r"vbaproject|macrosheets/|activex/|oleobject|\.(exe|dll|js|vbs|bat|cmd|ps1|scr|jar|msi)$", re.I
)
_MACROS = _(
    "This file contains macros or an embedded program. Save it without them (.xlsx, .docx) and send that."
)
_TOO_BIG_INSIDE = _("This file unpacks to far more than a document needs, and was not stored.")


def check_office(file: BinaryIO, name: str) -> Found:
    """A workbook or text without macros, that is no bomb and writes nowhere when unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_archive(archive, depth=1)
            names = set(archive.namelist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        refuse(DAMAGED)
    for part, (content_type, extensions) in _OFFICE.items():
        if part in names and "[Content_Types].xml" in names:
            return Found(kind="document", content_type=content_type, extensions=extensions, content=file)
    refuse(NOT_ACCEPTED)


def _check_archive(archive: zipfile.ZipFile, *, depth: int) -> None:
    parts = archive.infolist()
    packed = sum(part.compress_size for part in parts)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MAX_PARTS or unpacked > _MAX_UNPACKED:
        refuse(_TOO_BIG_INSIDE)
    if unpacked > 10 * _MB and unpacked > packed * _MAX_RATIO:
        refuse(_TOO_BIG_INSIDE)
    if len({part.filename for part in parts}) != len(parts) or len(archive.comment) > 0:
        refuse(HIDDEN_CONTENT)
    if parts and min(part.header_offset for part in parts) != 0:
        refuse(HIDDEN_CONTENT)  # something stands before the archive
    for part in parts:
        _check_part(archive, part, depth=depth)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, *, depth: int) -> None:
    name = part.filename
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name or "\0" in name:
        refuse(HIDDEN_CONTENT)
    if part.flag_bits & 0x1:
        refuse(_("This file is protected by a password. Save it without one and send that."))
    if _MACRO_PARTS.search(name):
        refuse(_MACROS)
    head = b""
    with archive.open(part) as content:
        rest = b""
        while block := content.read(_MB):  # reads no more than was declared, and checks the checksum
            head = head or block
            if TEST_VIRUS in rest + block:
                refuse_known_malware(io.BytesIO(rest + block))
            rest = block[-len(TEST_VIRUS) :]
    lowered = head.lower()
    if name.endswith("[Content_Types].xml") and b"macroenabled" in lowered:
        refuse(_MACROS)
    if name.endswith(".rels") and b"attachedtemplate" in lowered and b'targetmode="external"' in lowered:
        refuse(_MACROS)
    if head.startswith((b"MZ", b"\x7fELF")):
        refuse(_MACROS)
    if head.startswith(b"PK\x03\x04"):
        if depth >= _MAX_DEPTH or part.file_size > _MAX_NESTED:
            refuse(_TOO_BIG_INSIDE)
        with zipfile.ZipFile(io.BytesIO(archive.read(part))) as inner:
            _check_archive(inner, depth=depth + 1)


# Text ----------------------------------------------------------------------------------------------------------------
_ENCODINGS = ("utf-8-sig", "gb18030", "big5")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MAX_TEXT = 20 * _MB


def check_text(file: BinaryIO, name: str) -> Found:
    """Plain text in UTF-8, UTF-16 or a Chinese encoding, without a page or script in it."""
    refuse_markup(file)
    size = file.seek(0, 2)
    if size > _MAX_TEXT:
        refuse(_("This file is larger than %(limit)s MB."), limit=_MAX_TEXT // _MB)
    file.seek(0)
    text = _decoded(file.read())
    if text is None or _CONTROL.search(text):
        refuse(NOT_ACCEPTED)
    if text.lstrip().startswith(("#!", "<", "%!")):
        refuse(NOT_ACCEPTED)
    refuse_markup(io.BytesIO(text.encode()))
    if PurePath(name.lower()).suffix == ".csv":
        return Found(kind="document", content_type="text/csv", extensions=("csv", "txt"), content=file)
    return Found(kind="document", content_type="text/plain", extensions=("txt", "csv"), content=file)


def _decoded(data: bytes) -> str | None:
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else _ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
