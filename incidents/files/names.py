"""What a sender calls a file, made fit to be shown and downloaded."""

import re
import unicodedata

from django.utils.translation import gettext as _

MAX_LENGTH = 200
#: Control, format (bidi overrides, zero-width), private, surrogate and unassigned characters.
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_ENDING = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4})$")


def clean_name(name: str, extensions: tuple[str, ...]) -> str:
    """The last part of the name without anything unseen, ending in an extension of the file's true type."""
    name = re.split(r"[/\\]", name)[-1]
    name = unicodedata.normalize("NFC", name)
    name = "".join(" " if c in "\t\r\n" else c for c in name)
    name = "".join(c for c in name if unicodedata.category(c) not in _UNSEEN)
    name = _FORBIDDEN.sub("_", " ".join(name.split())).strip(". ")
    stem, extension = _split(name)
    while extension and extension not in extensions:
        stem, extension = _split(stem)
    extension = extension or extensions[0]
    stem = stem.strip(". ") or _("file")
    return f"{stem[: MAX_LENGTH - len(extension) - 1]}.{extension}"


def _split(name: str) -> tuple[str, str]:
    """report.final.PDF -> report.final, pdf; without a plausible ending, the whole name and nothing."""
    found = _ENDING.search(name)
    return (name[: found.start()], found[1].lower()) if found else (name, "")
