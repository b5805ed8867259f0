"""Photographs: decoded and encoded anew, so that nothing of the file but its picture is kept."""

import datetime as dt
import io
import re
from typing import BinaryIO, NoReturn

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from .refusing import Found, refuse
from .signatures import refuse_archive_at_end, refuse_markup

#: Pixels that are decoded at most (about 160 MB of memory). Plain JPEGs may be larger: they are decoded smaller.
MAX_PIXELS = 40_000_000
MAX_JPEG_PIXELS = 120_000_000
MAX_WEBP_PIXELS = 20_000_000  # its decoder needs several times as much memory
MAX_FRAMES = 200
Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS  # above twice as many Pillow refuses to open, by the header alone
THUMBNAIL = (480, 480)

_DATE_TIME, _EXIF, _TAKEN, _TAKEN_OFFSET = 0x0132, 0x8769, 0x9003, 0x9011
_FORMATS = {
    "JPEG": ("image/jpeg", ("jpg", "jpeg")),
    "PNG": ("image/png", ("png",)),
    "GIF": ("image/gif", ("gif",)),
    "WEBP": ("image/webp", ("webp",)),
}


def recode(file: BinaryIO, name: str) -> Found:
    """A clean copy of the picture, upright, without metadata; when it was taken is told beside it."""
    refuse_archive_at_end(file)
    refuse_markup(file)
    file.seek(0)
    try:
        return _recode(file)
    except Image.DecompressionBombError:
        refuse_size(MAX_PIXELS)


def refuse_size(limit: int) -> NoReturn:
    refuse(
        _("This picture has too many pixels (more than %(limit)s million). Send a smaller copy."),
        limit=limit // 1_000_000,
    )


def _recode(file: BinaryIO) -> Found:
    image = Image.open(file, formats=list(_FORMATS))
    form = "JPEG" if image.format == "MPO" else image.format
    pixels, limit = image.width * image.height, MAX_WEBP_PIXELS if form == "WEBP" else MAX_PIXELS
    if pixels > limit:
        if form != "JPEG" or pixels > MAX_JPEG_PIXELS or image.info.get("progressive"):
            refuse_size(limit)
        image.draft("RGB", (image.width // 2, image.height // 2))
    exif = image.getexif()
    taken_at = _taken_at(exif)
    if form in {"GIF", "WEBP"} and getattr(image, "n_frames", 1) > 1:
        content, first = _animation(image, form)
    else:
        image.load()
        first = _bare(ImageOps.exif_transpose(image), form)
        image.close()
        content = io.BytesIO()
        first.save(content, form, **_saving(first, form))
    content_type, extensions = _FORMATS[form]
    return Found(
        kind="image",
        content_type=content_type,
        extensions=extensions,
        content=content,
        thumbnail=thumbnail_of(first),
        width=first.width,
        height=first.height,
        taken_at=taken_at,
    )


def _bare(image: Image.Image, form: str) -> Image.Image:
    """The picture alone: every comment, profile and text that an encoder might copy is dropped."""
    if form == "JPEG" and image.mode not in {"RGB", "L"}:
        image = image.convert("RGB")
    elif form == "WEBP" and image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGBA")
    transparency = image.info.get("transparency")
    image.info = {} if transparency is None else {"transparency": transparency}
    return image


def _saving(image: Image.Image, form: str) -> dict:
    if form == "JPEG":
        return {"quality": 88}
    if form == "WEBP":
        return {"quality": 88, "method": 2}
    if form == "PNG":
        return {"compress_level": 6 if image.width * image.height < 4_000_000 else 1}
    return {}


def _animation(image: Image.Image, form: str) -> tuple[io.BytesIO, Image.Image]:
    """A moving picture, frame by frame, as long as the frames together aren't more than one large picture."""
    if image.n_frames > MAX_FRAMES or image.n_frames * image.width * image.height > MAX_WEBP_PIXELS:
        refuse(_("This animation is too long. Send it as a video."))
    frames, durations = [], []
    for number in range(image.n_frames):
        image.seek(number)
        image.load()
        durations.append(max(20, int(image.info.get("duration", 100))))
        frames.append(image.convert("RGBA"))
        frames[-1].info = {}
    content = io.BytesIO()
    frames[0].save(content, form, save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return content, frames[0]


def thumbnail_of(image: Image.Image) -> bytes:
    """A small copy for lists."""
    small = image.copy() if image.mode in {"RGB", "RGBA"} else image.convert("RGBA")
    small.thumbnail(THUMBNAIL)
    small.info = {}
    target = io.BytesIO()
    small.save(target, "WEBP", quality=78)
    return target.getvalue()


def _taken_at(exif: Image.Exif) -> dt.datetime | None:
    """When the camera says the picture was taken; cameras that know no zone are believed to be in the sender's."""
    details = exif.get_ifd(_EXIF)
    text = details.get(_TAKEN) or exif.get(_DATE_TIME)
    found = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)", str(text or "").strip("\x00 "))
    if not found:
        return None
    offset = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(details.get(_TAKEN_OFFSET) or "").strip("\x00 "))
    try:
        moment = dt.datetime(*map(int, found.groups()))
        if offset:
            span = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            zone = dt.timezone(-span if offset[1] == "-" else span)
        else:
            zone = timezone.get_current_timezone()
        moment = moment.replace(tzinfo=zone)
    except ValueError:
        return None
    return plausible(moment)


def plausible(moment: dt.datetime) -> dt.datetime | None:
    """A camera whose clock was never set is not believed."""
    earliest = dt.datetime(2000, 1, 2, tzinfo=dt.UTC)
    return moment if earliest <= moment <= timezone.now() + dt.timedelta(days=1) else None
