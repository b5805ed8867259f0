"""Files made for the tests: honest ones, and ones that mean harm."""

import io
import struct
import zipfile
import zlib

from PIL import Image

TEST_VIRUS = b"X5O!P%@AP[4" + b"\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE" + b"!$H+H*"
#: A place in Hangzhou as cameras write it into MP4 files (ISO 6709).
PLACE = b"+30.2436+120.2130/"


# Pictures ------------------------------------------------------------------------------------------------------------
def picture(form: str = "JPEG", size=(64, 48), colour="#336699", **saving) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, form, **saving)
    return target.getvalue()


def photo_with_place(orientation: int = 6) -> bytes:
    """A JPEG as a phone takes it: GPS position, moment, camera, and lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Phonemaker"
    exif.get_ifd(0x8769)[0x9003] = "2026:03:14 15:09:26"
    exif.get_ifd(0x8769)[0x9011] = "+08:00"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (30.0, 14.0, 37.0), "E", (120.0, 12.0, 47.0)
    return picture(size=(80, 40), exif=exif, comment=b"taken at home", quality=90)


def pixel_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few kB that would be decoded to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif_with_script() -> bytes:
    """Both a GIF and a program: its size says "/*", and behind the picture the comment ends."""
    gif = bytearray(picture("GIF", size=(8, 8)))
    gif[6:8] = b"/*"
    return bytes(gif) + b"*/=1;alert(document.domain);//"


def animation(form: str = "GIF", frames: int = 3) -> bytes:
    pictures = [Image.new("RGB", (40, 30), (60 * n, 0, 0)) for n in range(frames)]
    target = io.BytesIO()
    pictures[0].save(target, form, save_all=True, append_images=pictures[1:], duration=80)
    return target.getvalue()


# Films ---------------------------------------------------------------------------------------------------------------
def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def track(handler: bytes, *, offset: int = 0, sample: bytes = b"", extra: bytes = b"") -> bytes:
    tables = box(
        b"stbl",
        box(b"stsd", bytes(8)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(">IIII", 0, 0, 1, len(sample))),
        box(b"stco", struct.pack(">III", 0, 1, offset)),
    )
    return box(
        b"trak",
        box(b"tkhd", bytes(76), struct.pack(">II", 640 << 16, 360 << 16)),
        box(b"mdia", box(b"mdhd", bytes(24)), box(b"hdlr", bytes(8), handler, bytes(12), b"maker\0"),
            box(b"minf", tables)),
        extra,
    )  # fmt: skip


def film(brand: bytes = b"isom", handler: bytes = b"vide", *, with_place: bool = False) -> bytes:
    """A tiny MP4 (not playable, but whole): with everything in which phones and cameras leave places."""
    head = box(b"ftyp", brand, bytes(4), brand)
    pictures, positions = b"PICTURE" * 20, b"SENSOR " + PLACE
    media = box(b"mdat", pictures, positions if with_place else b"")
    offset = len(head) + 8
    tracks = [track(handler, offset=offset, sample=pictures)]
    place = b""
    if with_place:
        tracks = [
            track(handler, offset=offset, sample=pictures, extra=box(b"udta", box(b"\xa9xyz", PLACE))),
            track(b"meta", offset=offset + len(pictures), sample=positions),
        ]
        apple = box(b"keys", b"mdtacom.apple.quicktime.location.ISO6709") + box(b"ilst", box(b"data", PLACE))
        place = box(b"udta", box(b"\xa9xyz", PLACE), box(b"loci", PLACE)) + box(b"meta", apple)
    made = struct.pack(">IIII", 0, 3_856_000_000, 0, 1000)
    moov = box(b"moov", box(b"mvhd", made, bytes(84)), *tracks, place)
    tail = box(b"uuid", bytes(16), b"<x:xmpmeta>", PLACE) if with_place else b""
    return head + media + moov + tail


def webm(*, tags: bytes = b"", doctype: bytes = b"webm") -> bytes:
    def element(ident: bytes, content: bytes) -> bytes:
        return ident + (0x0100_0000_0000_0000 | len(content)).to_bytes(8, "big") + content

    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", doctype))
    tracks = element(b"\x16\x54\xae\x6b", element(b"\xae", element(b"\x83", b"\x01")))
    cluster = element(b"\x1f\x43\xb6\x75", element(b"\xe7", b"\0"))
    extra = element(b"\x12\x54\xc3\x67", tags) if tags else b""
    return head + element(b"\x18\x53\x80\x67", tracks + cluster + extra)


# Sounds --------------------------------------------------------------------------------------------------------------
def mp3(*, tag: bytes = b"") -> bytes:
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    size = len(tag)
    head = b"ID3\x04\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + tag
    return (head if tag else b"") + frame * 5


def wav(*, note: bytes = b"") -> bytes:
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    if note:
        chunks += b"LIST" + struct.pack("<I", len(note)) + note + b"\0" * (len(note) % 2)
    chunks += b"data" + struct.pack("<I", 100) + bytes(100)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


# Documents -----------------------------------------------------------------------------------------------------------
def pdf(*objects: bytes) -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, start=2))
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def hidden_in_stream(content: bytes) -> bytes:
    """A PDF object stream: the dangerous object stands in it deflated."""
    packed = zlib.compress(content)
    head = b"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    return head + packed + b"\nendstream"


def workbook(**parts: bytes) -> bytes:
    return archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", **parts})


def archive(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return target.getvalue()
