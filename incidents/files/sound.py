"""Recordings: MP3, WAV and OGG, without the tags that say who made them, and where."""

import re
import tempfile
from typing import BinaryIO

from .refusing import DAMAGED, Found, refuse
from .signatures import refuse_archive_at_end

# Bit rates in kbit/s by MPEG version 1 and 2, layer III; sampling rates by version bits.
_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLING = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_FRAMES_TO_SEE = 3

_KEPT_CHUNKS = {b"fmt ", b"data", b"fact", b"JUNK"}
_STREAMING = 0xFFFFFFFF
_CODECS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
_PLACE_TAG = re.compile(rb"(?i)((?:geo|gps|location)[\w ._-]{0,30}=)([ -~]+)")


def clean_mp3(file: BinaryIO, name: str) -> Found:
    """The frames without the tags around them (ID3 may carry places, pictures and whole files)."""
    end = file.seek(0, 2)
    start = 0
    while head := _id3_header(file, start):
        start = head
    end = _before_trailing_tags(file, end)
    position = start
    for _number in range(_FRAMES_TO_SEE):
        length = _mp3_frame(file, position)
        if not length or position + length > end:
            refuse(DAMAGED)
        position += length
    target = tempfile.TemporaryFile()
    file.seek(start)
    left = end - start
    while left > 0 and (block := file.read(min(left, 1024 * 1024))):
        target.write(block)
        left -= len(block)
    refuse_archive_at_end(target)
    return Found(kind="audio", content_type="audio/mpeg", extensions=("mp3",), content=target)


def _id3_header(file: BinaryIO, position: int) -> int:
    """Where an ID3v2 tag at this position ends; 0 when there is none."""
    file.seek(position)
    head = file.read(10)
    if len(head) < 10 or not head.startswith(b"ID3"):
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return position + 10 + size + (10 if head[5] & 0x10 else 0)


def _before_trailing_tags(file: BinaryIO, end: int) -> int:
    file.seek(max(0, end - 128))
    if file.read(3) == b"TAG":
        end -= 128
    file.seek(max(0, end - 32))
    footer = file.read(32)
    if footer.startswith(b"APETAGEX"):
        end -= min(end, int.from_bytes(footer[12:16], "little") + (32 if footer[23] & 0x80 else 0))
    return end


def _mp3_frame(file: BinaryIO, position: int) -> int:
    """The length of the MPEG layer III frame here, 0 when there is none."""
    file.seek(position)
    head = file.read(4)
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, sampling = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate in {0, 15} or sampling == 3:
        return 0
    kbits = (_RATES_1 if version == 3 else _RATES_2)[rate]
    factor = 144 if version == 3 else 72
    return factor * kbits * 1000 // _SAMPLING[version][sampling] + (head[2] >> 1 & 1)


def clean_wav(file: BinaryIO, name: str) -> Found:
    """Format and samples; every other chunk (notes, XMP, broadcast data) is blanked in place."""
    refuse_archive_at_end(file)
    end = file.seek(0, 2)
    seen, position = set(), 12
    while position + 8 <= end:
        file.seek(position)
        head = file.read(8)
        kind, size = head[:4], int.from_bytes(head[4:], "little")
        seen.add(kind)
        stop = position + 8 + size
        if stop > end:
            if kind == b"data" and size == _STREAMING:
                break  # recorded as a stream: the samples reach to the end
            refuse(DAMAGED)
        if kind not in _KEPT_CHUNKS:
            file.seek(position)
            file.write(b"JUNK")
        if kind not in {b"fmt ", b"data", b"fact"}:
            file.seek(position + 8)
            file.write(bytes(size))
        position = stop + size % 2
    if not {b"fmt ", b"data"} <= seen:
        refuse(DAMAGED)
    return Found(kind="audio", content_type="audio/wav", extensions=("wav",), content=file)


def clean_ogg(file: BinaryIO, name: str) -> Found:
    """Whole pages of a known sound codec; places in its comments are overwritten."""
    refuse_archive_at_end(file)
    end = file.seek(0, 2)
    position, number = 0, 0
    while position < end:
        file.seek(position)
        head = file.read(27)
        if len(head) < 27 or not head.startswith(b"OggS"):
            refuse(DAMAGED)
        lacing = file.read(head[26])
        length = 27 + len(lacing) + sum(lacing)
        if position + length > end:
            refuse(DAMAGED)
        if number == 0 and not file.read(16).startswith(_CODECS):
            refuse(DAMAGED)
        if number and not int.from_bytes(head[6:14], "little"):
            _blank_places(file, position, length)
        position += length
        number += 1
    if number < 2:
        refuse(DAMAGED)
    return Found(kind="audio", content_type="audio/ogg", extensions=("ogg", "oga", "opus"), content=file)


def _blank_places(file: BinaryIO, position: int, length: int) -> None:
    """Pages before the first sound hold the comments: places in them become dashes, with a new checksum."""
    file.seek(position)
    page = file.read(length)
    cleaned = _PLACE_TAG.sub(lambda tag: tag[1] + b"-" * len(tag[2]), page)
    if cleaned == page:
        return
    cleaned = cleaned[:22] + bytes(4) + cleaned[26:]
    file.seek(position)
    file.write(cleaned[:22] + _ogg_checksum(cleaned).to_bytes(4, "little") + cleaned[26:])


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 as Ogg defines it: polynomial 04c11db7, nothing reflected, starting from zero."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _bit in range(8):
            value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value
