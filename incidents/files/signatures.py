"""What a file is by its first bytes, and what must not be in any."""

import enum
import re
from pathlib import PurePath
from typing import BinaryIO

import filetype
from django.utils.translation import gettext_lazy as _

from .refusing import HIDDEN_CONTENT, NOT_ACCEPTED, refuse

#: The anti-virus industry's harmless test signature, in pieces so that no scanner takes this file for it.
TEST_VIRUS = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-" + rb"TEST-FILE!$H+H*"

#: What has no business in a picture, a PDF or a text, but runs when a browser or server takes the file for a page.
MARKUP = re.compile(
    rb"<script[\s>/]|<\?php\s|<html[\s>]|<!doctype\s+(?:html|svg)|<svg\s+[a-z]{3}|<iframe[\s>]|javascript:|<!entity\s",
    re.IGNORECASE,
)

TEXT_ENDINGS = {".txt", ".csv"}

_BLOCK = 4 * 1024 * 1024
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}


class Family(enum.Enum):
    """Formats that share a checker."""

    IMAGE = enum.auto()
    ISO_MEDIA = enum.auto()  # MP4, MOV, M4A
    WEBM = enum.auto()
    MP3 = enum.auto()
    WAV = enum.auto()
    OGG = enum.auto()
    PDF = enum.auto()
    OFFICE = enum.auto()
    TEXT = enum.auto()


def family_of(file: BinaryIO, name: str) -> Family:
    """Decide by content. Only what is no known binary format, and is called .txt or .csv, may be text."""
    file.seek(0)
    head = file.read(8192)
    if head[4:8] == b"ftyp":
        if head[8:12] in _HEIC_BRANDS:
            refuse(
                _(
                    "HEIC photos can't be read here. Set the camera to “Most compatible” (JPEG), "
                    "or send a screenshot of the photo."
                )
            )
        return Family.ISO_MEDIA
    for family, matches in _SIGNATURES:
        if matches(head):
            return family
    if head.startswith(_OLD_OFFICE):
        refuse(_("Old Office files (.xls, .doc) aren't accepted. Save it as .xlsx or .docx and send that."))
    if PurePath(name.lower()).suffix in TEXT_ENDINGS and filetype.guess(head) is None:
        return Family.TEXT
    refuse(NOT_ACCEPTED)


_SIGNATURES = (
    (
        Family.IMAGE,
        lambda head: head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")),
    ),
    (Family.IMAGE, lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    (Family.WAV, lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE"),
    (Family.WEBM, lambda head: head.startswith(b"\x1a\x45\xdf\xa3")),
    (Family.OGG, lambda head: head.startswith(b"OggS")),
    (Family.PDF, lambda head: head.startswith(b"%PDF-")),
    (Family.OFFICE, lambda head: head.startswith(b"PK\x03\x04")),
    (
        Family.MP3,
        lambda head: (
            head.startswith(b"ID3")
            or (head[:1] == b"\xff" and head[1:2] in {b"\xfb", b"\xf3", b"\xf2", b"\xfa"})
        ),
    ),
)


def refuse_known_malware(file: BinaryIO) -> None:
    """A scanner belongs in front of the server; that its test signature is refused shows that nothing slips past us."""
    if contains(file, TEST_VIRUS):
        refuse(
            _("This file was recognised as malware and not stored. Have the device it comes from checked.")
        )


def contains(file: BinaryIO, needle: bytes) -> bool:
    file.seek(0)
    rest = b""
    while block := file.read(_BLOCK):
        if needle in rest + block:
            return True
        rest = block[-len(needle) :]
    return False


def refuse_markup(file: BinaryIO) -> None:
    """No page or script may hide in the file."""
    file.seek(0)
    rest = b""
    while block := file.read(_BLOCK):
        if MARKUP.search(rest + block):
            refuse(HIDDEN_CONTENT)
        rest = block[-64:]


def refuse_archive_at_end(file: BinaryIO) -> None:
    """No ZIP archive may hang at the end: readers of ZIP look there first and don't mind what stands before."""
    end = file.seek(0, 2)
    file.seek(max(0, end - 66_000))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and b"PK\x01\x02" in tail[:at]:
        refuse(HIDDEN_CONTENT)
