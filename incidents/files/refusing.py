"""How a file is refused, and what a checker has found when it isn't."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NoReturn

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid

DAMAGED = _("This file is damaged or incomplete. Send it again, or take it anew.")
NOT_ACCEPTED = _(
    "Files of this kind aren't accepted. Send photos (JPEG, PNG, WebP, GIF), videos (MP4, MOV, WebM), "
    "recordings (MP3, M4A, WAV, OGG) or documents (PDF, XLSX, DOCX, CSV, TXT)."
)
HIDDEN_CONTENT = _("This file carries hidden content of another kind. Send a clean copy of it.")


@dataclass(frozen=True)
class Found:
    """What a checker made of a file: `content` may be stored."""

    kind: str
    content_type: str
    extensions: tuple[str, ...]  # the first one is given to files whose name ends in another
    content: BinaryIO
    thumbnail: bytes = b""
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None


_filled = lazy(lambda text, values: str(text) % values, str)


def refuse(text: Promise, **values) -> NoReturn:
    """Raise Invalid for the file, in the reader's language."""
    raise Invalid({"file": _filled(text, values) if values else text})


def megabytes(size: int) -> int:
    return size // (1024 * 1024)
