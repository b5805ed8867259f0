"""MP4, MOV and M4A: boxes within boxes. What could tell where it was taken is blanked out in place.

Allowed is a list: boxes that players need. Every other box (user data, metadata, XMP, a camera maker's own) becomes
a `free` box of the same size filled with zeros, so that no offset in the file changes. Tracks that are neither picture,
sound nor subtitles (positions, motion sensors) lose their samples too.
"""

import datetime as dt
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from .images import plausible
from .refusing import DAMAGED, NOT_ACCEPTED, Found, refuse
from .signatures import refuse_archive_at_end

_TOP = {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"pdin", b"prft"}
_KEPT_WITHIN = {
    b"moov": {b"mvhd", b"trak", b"mvex", b"iods"},
    b"trak": {b"tkhd", b"edts", b"mdia", b"tref", b"tapt", b"load", b"clip", b"matt", b"trgr"},
    b"mdia": {b"mdhd", b"hdlr", b"minf", b"elng"},
    b"minf": {b"vmhd", b"smhd", b"nmhd", b"sthd", b"gmhd", b"hmhd", b"dinf", b"stbl", b"hdlr"},
    b"moof": {b"mfhd", b"traf"},
    b"traf": {b"tfhd", b"trun", b"tfdt", b"sdtp", b"sbgp", b"sgpd", b"subs", b"saiz", b"saio", b"senc"},
}
_PLAYED = {
    b"vide": "video",
    b"soun": "audio",
    b"text": "",
    b"sbtl": "",
    b"subt": "",
    b"tmcd": "",
    b"clcp": "",
}
_VIDEO_BRANDS = {b"qt  ": ("video/quicktime", ("mov", "qt"))}
_EPOCH = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)
_ZEROS = b"\0" * 65536
_MAX_BOXES = 100_000
_MAX_DASHCAM_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Box:
    kind: bytes
    start: int
    content: int  # where its content begins
    end: int


@dataclass
class _Film:
    """What the walk has found out."""

    has_video: bool = False
    has_audio: bool = False
    width: int | None = None
    height: int | None = None
    made_at: dt.datetime | None = None
    has_media: bool = False
    is_fragmented: bool = False


def clean(file: BinaryIO, name: str) -> Found:
    """Check that the film is whole, and blank everything that is not needed to play it."""
    refuse_archive_at_end(file)
    brand, film = _walk(file)
    if not film.has_media or not (film.has_video or film.has_audio):
        refuse(DAMAGED)
    _blank_dashcam_blocks(file)
    if film.has_video:
        content_type, extensions = _VIDEO_BRANDS.get(brand, ("video/mp4", ("mp4", "m4v")))
        kind = "video"
    else:
        content_type, extensions, kind = "audio/mp4", ("m4a", "mp4"), "audio"
    return Found(
        kind=kind,
        content_type=content_type,
        extensions=extensions,
        content=file,
        width=film.width,
        height=film.height,
        taken_at=film.made_at,
    )


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes between two positions. A box that reaches beyond its parent means that the file was cut off."""
    count = 0
    while start + 8 <= end:
        count += 1
        if count > _MAX_BOXES:
            refuse(DAMAGED)
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            header = 16
        elif size == 0:
            size = end - start
        if size < header or start + size > end:
            refuse(DAMAGED)
        yield Box(kind, start, start + header, start + size)
        start += size
    if start != end and any(_read(file, start, end)):
        refuse(DAMAGED)


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _blank(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    while start < end:
        start += file.write(_ZEROS[: end - start])


def _free(file: BinaryIO, box: Box) -> None:
    """Turn the box into empty space of the same size."""
    file.seek(box.start + 4)
    file.write(b"free")
    _blank(file, box.content, box.end)


def _walk(file: BinaryIO) -> tuple[bytes, _Film]:
    end = file.seek(0, 2)
    film, brand = _Film(), b""
    moov = None
    for box in _boxes(file, 0, end):
        if box.kind == b"ftyp":
            brand = _read(file, box.content, min(box.content + 4, box.end))
        elif box.kind == b"moov":
            moov = box
        elif box.kind == b"mdat":
            film.has_media = film.has_media or box.end > box.content
        elif box.kind == b"moof":
            film.is_fragmented = True
            _clean_within(file, box)
        if box.kind not in _TOP:
            _free(file, box)
    if moov is None:
        refuse(DAMAGED)  # a recording that was never finished has no table of contents
    for box in _boxes(file, moov.content, moov.end):
        if box.kind == b"cmov":
            refuse(NOT_ACCEPTED)
        if box.kind not in _KEPT_WITHIN[b"moov"]:
            _free(file, box)
        elif box.kind == b"mvhd":
            film.made_at = _creation(file, box)
        elif box.kind == b"trak":
            _clean_track(file, box, film, end)
    return brand, film


def _clean_within(file: BinaryIO, parent: Box) -> None:
    for box in _boxes(file, parent.content, parent.end):
        if box.kind not in _KEPT_WITHIN[parent.kind]:
            _free(file, box)
        elif box.kind in _KEPT_WITHIN:
            _clean_within(file, box)


def _clean_track(file: BinaryIO, track: Box, film: _Film, end: int) -> None:
    handler, size = b"", (0, 0)
    for media in _boxes(file, track.content, track.end):
        if media.kind == b"tkhd":
            size = struct.unpack(">II", _read(file, media.end - 8, media.end))
        elif media.kind == b"mdia":
            for box in _boxes(file, media.content, media.end):
                if box.kind == b"hdlr":
                    handler = _read(file, box.content + 8, box.content + 12)
                    _blank(file, min(box.content + 24, box.end), box.end)  # its name: a maker's free text
    if handler not in _PLAYED:
        if film.is_fragmented:
            refuse(
                _(
                    "This video carries a track of positions that can't be removed. Export it without and send that."
                )
            )
        _blank_samples(file, track, end)
        _free(file, track)
        return
    if _PLAYED[handler] == "video":
        film.has_video = True
        film.width, film.height = (side >> 16 or None for side in size)
    elif _PLAYED[handler] == "audio":
        film.has_audio = True
    _clean_within(file, track)


def _creation(file: BinaryIO, header: Box) -> dt.datetime | None:
    version = _read(file, header.content, header.content + 1)
    if version == b"\x01":
        (seconds,) = struct.unpack(">Q", _read(file, header.content + 4, header.content + 12))
    else:
        (seconds,) = struct.unpack(">I", _read(file, header.content + 4, header.content + 8))
    try:
        return plausible(_EPOCH + dt.timedelta(seconds=seconds))
    except OverflowError:
        return None


def _blank_samples(file: BinaryIO, track: Box, end: int) -> None:
    """Zero the samples of a track that is not played, by its own tables of chunks."""
    tables = dict(_tables(file, track))
    if not {b"stsc", b"stsz"} <= tables.keys() or not {b"stco", b"co64"} & tables.keys():
        return
    offsets = _chunk_offsets(tables)
    sizes = _sample_sizes(tables[b"stsz"])
    per_chunk = struct.iter_unpack(">III", tables[b"stsc"][8:])
    runs = [(first, samples) for first, samples, _description in per_chunk]
    sample = 0
    for number, offset in enumerate(offsets, start=1):
        while len(runs) > 1 and runs[1][0] <= number:
            runs.pop(0)
        count = min(runs[0][1] if runs else 0, _MAX_BOXES)
        length = sum(sizes[sample : sample + count])
        sample += count
        if offset < end:
            _blank(file, offset, min(offset + length, end))


def _tables(file: BinaryIO, parent: Box) -> Iterator[tuple[bytes, bytes]]:
    for box in _boxes(file, parent.content, parent.end):
        if box.kind in {b"mdia", b"minf", b"stbl"}:
            yield from _tables(file, box)
        elif box.kind in {b"stsc", b"stsz", b"stco", b"co64"}:
            yield box.kind, _read(file, box.content, box.end)


def _chunk_offsets(tables: dict[bytes, bytes]) -> list[int]:
    letter, table = ("Q", tables[b"co64"]) if b"co64" in tables else ("I", tables[b"stco"])
    width = struct.calcsize(f">{letter}")
    body = table[8:]
    return [value for (value,) in struct.iter_unpack(f">{letter}", body[: len(body) // width * width])]


def _sample_sizes(table: bytes) -> list[int]:
    same, count = struct.unpack(">II", table[4:12])
    if same:
        return [same] * min(count, _MAX_BOXES)
    body = table[12:]
    return [value for (value,) in struct.iter_unpack(">I", body[: len(body) // 4 * 4])]


def _blank_dashcam_blocks(file: BinaryIO) -> None:
    """Dashboard cameras put blocks marked "freeGPS " between the pictures: [size][free][GPS ...]."""
    file.seek(0)
    position, rest = 0, b""
    found: list[int] = []
    while block := file.read(len(_ZEROS) * 64):
        data = rest + block
        base = position - len(rest)
        at = data.find(b"freeGPS ")
        while at >= 0:
            found.append(base + at)
            at = data.find(b"freeGPS ", at + 1)
        position += len(block)
        rest = block[-7:]
    end = position
    for at in found:
        size = int.from_bytes(_read(file, at - 4, at), "big") if at >= 4 else 0
        if not 16 <= size <= _MAX_DASHCAM_BLOCK:
            size = 4096
        _blank(file, at + 4, min(at - 4 + size, end))
