"""Checking files that people send: allowed by content, not by name; cleaned of what they shouldn't carry.

`check` is the only door. What it returns may be stored; everything else raises Invalid with a message for the sender.
A working copy lies in a temporary file, so a long video costs disk and no memory.
"""

import hashlib
import logging
import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from incidents.errors import Refused

from . import documents, images, isomedia, sound, webm
from .names import clean_name
from .refusing import DAMAGED, megabytes, refuse
from .signatures import Family, family_of, refuse_known_malware

__all__ = ["Checked", "check", "clean_name"]

logger = logging.getLogger(__name__)

_BLOCK = 1024 * 1024

_CHECKERS = {
    Family.IMAGE: images.recode,
    Family.ISO_MEDIA: isomedia.clean,
    Family.WEBM: webm.clean,
    Family.MP3: sound.clean_mp3,
    Family.WAV: sound.clean_wav,
    Family.OGG: sound.clean_ogg,
    Family.PDF: documents.check_pdf,
    Family.OFFICE: documents.check_office,
    Family.TEXT: documents.check_text,
}


@dataclass(frozen=True)
class Checked:
    """A file that may be stored, with what is known about it."""

    name: str
    kind: str
    content_type: str
    content: BinaryIO
    size: int  # bytes of `content`
    sha256: str  # of the file as it was sent
    stored_sha256: str
    thumbnail: bytes
    width: int | None
    height: int | None
    taken_at: datetime | None


def check(upload: File, *, name: str) -> Checked:
    """Decide what the file really is, and make the copy that may be kept.

    `name` is what the sender calls it: only ever shown, but plain text is believed to be text by its ending alone.
    Raises Invalid({"file": message}).
    """
    copy = tempfile.TemporaryFile()
    try:
        sha256 = _take(upload, copy)
        family = family_of(copy, name)
        found = _CHECKERS[family](copy, name)
    except Refused:
        copy.close()
        raise
    except Exception:
        # Readers of hostile files fail in every way there is: a clear answer for the sender, the rest for the log.
        copy.close()
        logger.warning("A file could not be read", exc_info=True)
        refuse(DAMAGED)
    if found.content is not copy:
        copy.close()
    found.content.seek(0)
    stored_sha256 = hashlib.file_digest(found.content, "sha256").hexdigest()
    size = found.content.seek(0, 2)
    found.content.seek(0)
    return Checked(
        name=clean_name(name, found.extensions),
        kind=found.kind,
        content_type=found.content_type,
        content=found.content,
        size=size,
        sha256=sha256,
        stored_sha256=stored_sha256,
        thumbnail=found.thumbnail,
        width=found.width,
        height=found.height,
        taken_at=found.taken_at,
    )


def _take(upload: File, copy: BinaryIO) -> str:
    """Copy the upload, counting and hashing: what a client says about size and type is worth nothing."""
    digest, size = hashlib.sha256(), 0
    for block in upload.chunks(_BLOCK):
        size += len(block)
        if size > settings.UPLOAD_MAX_BYTES:
            refuse(_("This file is larger than %(limit)s MB."), limit=megabytes(settings.UPLOAD_MAX_BYTES))
        digest.update(block)
        copy.write(block)
    if not size:
        refuse(_("This file is empty."))
    refuse_known_malware(copy)
    return digest.hexdigest()
