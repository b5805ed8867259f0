"""WebM: EBML elements. Tags and attachments, which may say where it was taken, become empty space in place."""

from typing import BinaryIO

from .refusing import DAMAGED, NOT_ACCEPTED, Found, refuse
from .signatures import refuse_archive_at_end

_HEADER, _SEGMENT, _CLUSTER, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B
_DOCTYPE, _TRACK_ENTRY, _TRACK_TYPE = 0x4282, 0xAE, 0x83
_TAGS, _ATTACHMENTS, _CHAPTERS, _INFO = 0x1254C367, 0x1941A469, 0x1043A770, 0x1549A966
_TITLE = 0x7BA9
_BLANKED = {_TAGS, _ATTACHMENTS, _CHAPTERS}
_VOID = b"\xec"
_VIDEO, _AUDIO = 1, 2
_MAX_ELEMENTS = 1_000_000


def clean(file: BinaryIO, name: str) -> Found:
    """Check that the film is whole, and blank its tags, chapters, title and attachments."""
    refuse_archive_at_end(file)
    end = file.seek(0, 2)
    kinds: set[int] = set()
    seen: set[int] = set()
    position, count = 0, 0
    while position < end:
        count += 1
        ident, size, content = _element(file, position, end)
        if count > _MAX_ELEMENTS or (count == 1) != (ident == _HEADER):
            refuse(DAMAGED)
        seen.add(ident)
        stop = end if size is None else content + size
        if stop > end or (size is None and ident not in {_SEGMENT, _CLUSTER}):
            refuse(DAMAGED)
        if ident == _HEADER:
            _require_webm(file, content, stop)
        elif ident == _TRACKS:
            kinds |= _track_kinds(file, content, stop)
        elif ident in _BLANKED:
            _void(file, position, stop)
        elif ident == _INFO:
            _void_title(file, content, stop)
        # Into the segment, and into clusters of unknown length; over everything else.
        position = content if ident == _SEGMENT or size is None else stop
    if _CLUSTER not in seen or not kinds & {_VIDEO, _AUDIO}:
        refuse(DAMAGED)
    if _VIDEO in kinds:
        return Found(kind="video", content_type="video/webm", extensions=("webm",), content=file)
    return Found(kind="audio", content_type="audio/webm", extensions=("webm", "weba"), content=file)


def _element(file: BinaryIO, position: int, end: int) -> tuple[int, int | None, int]:
    """Its id, the length of its content (None: until the end of its parent), and where the content begins."""
    file.seek(position)
    head = file.read(12)
    if not head or not head[0]:
        refuse(DAMAGED)
    id_length = 9 - head[0].bit_length()
    if id_length > 4 or len(head) <= id_length or not head[id_length]:
        refuse(DAMAGED)
    size_length = 9 - head[id_length].bit_length()
    raw = head[id_length : id_length + size_length]
    if len(raw) < size_length:
        refuse(DAMAGED)
    size = int.from_bytes(raw, "big") & ((1 << (7 * size_length)) - 1)
    unknown = size == (1 << (7 * size_length)) - 1
    return (
        int.from_bytes(head[:id_length], "big"),
        None if unknown else size,
        position + id_length + size_length,
    )


def _children(file: BinaryIO, position: int, end: int):
    while position < end:
        ident, size, content = _element(file, position, end)
        if size is None or content + size > end:
            refuse(DAMAGED)
        yield ident, position, content, content + size
        position = content + size


def _require_webm(file: BinaryIO, start: int, end: int) -> None:
    for ident, _position, content, stop in _children(file, start, end):
        if ident == _DOCTYPE:
            file.seek(content)
            if file.read(stop - content).rstrip(b"\0") == b"webm":
                return
    refuse(NOT_ACCEPTED)


def _track_kinds(file: BinaryIO, start: int, end: int) -> set[int]:
    kinds = set()
    for ident, _position, content, stop in _children(file, start, end):
        if ident == _TRACK_ENTRY:
            for child, _at, child_content, child_stop in _children(file, content, stop):
                if child == _TRACK_TYPE:
                    file.seek(child_content)
                    kinds.add(int.from_bytes(file.read(child_stop - child_content), "big"))
    return kinds


def _void_title(file: BinaryIO, start: int, end: int) -> None:
    for ident, position, _content, stop in list(_children(file, start, end)):
        if ident == _TITLE:
            _void(file, position, stop)


def _void(file: BinaryIO, start: int, end: int) -> None:
    """Overwrite an element with a Void element of the same length."""
    length = end - start
    if length < 10:
        head = _VOID + bytes([0x80 | (length - 2)])
    else:
        head = _VOID + (0x0100000000000000 | (length - 9)).to_bytes(8, "big")
    file.seek(start)
    file.write(head + bytes(length - len(head)))
