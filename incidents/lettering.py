"""Which of the server's fonts can write a text. A picture drawn without the right font is a row of boxes, and looks
finished: so nothing is drawn until it is known that every character has its shape.
"""

import functools
import os
import sys
import unicodedata
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import ImageFont

#: Sans-serif families with Chinese, the better ones first; {} is SC or TC.
PREFERRED = (
    "Noto Sans CJK {}", "Noto Sans {}", "Source Han Sans {}", "PingFang {}", "Microsoft YaHei", "Microsoft JhengHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback",
)  # fmt: skip
#: No family has more faces than this in one collection file.
MOST_FACES = 40


class NoFont(Exception):
    """The server has no font for some characters: its text says which, and what to do."""

    def __init__(self, characters: str):
        super().__init__(
            _(
                "No font of the server can draw: %(characters)s. Install one (for example Noto Sans CJK) or take the SVG."
            )
            % {"characters": " ".join(characters[:20])}
        )


def family_for(text: str, *, language: str = "") -> str:
    """The family that a drawing is set in. Raises NoFont when some character of `text` is in no font at all."""
    faces = _faces()
    letters = {
        letter for letter in text if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Mn")
    }
    lacking = "".join(
        sorted(letter for letter in letters if not any(_has(*face[1:], letter) for face in faces))
    )
    if lacking or not faces:
        raise NoFont(lacking or "?")
    return max(faces, key=lambda face: _fitness(face, letters, language))[0]


def _fitness(face: tuple[str, str, int], letters: set[str], language: str) -> tuple:
    """How well a face suits: how much of the text it has, then how far up the family stands in PREFERRED."""
    family, path, index = face
    region = "TC" if language.lower().startswith(("zh-hant", "zh-tw", "zh-hk")) else "SC"
    wanted = [name.format(region) for name in PREFERRED]
    rank = wanted.index(family) if family in wanted else len(wanted)
    return (
        sum(_has(path, index, letter) for letter in letters),
        -rank,
        "serif" not in family.lower() or "sans" in family.lower(),
    )


@functools.lru_cache(maxsize=1)
def _faces() -> list[tuple[str, str, int]]:
    """Every face that stands upright in regular weight: family, file, place in the file."""
    found = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in (".ttf", ".otf", ".ttc", ".otc"):
                for index, family, style in _faces_in(path):
                    if style.lower() in ("regular", "book", "normal", "roman", "medium", "light"):
                        found.setdefault(family, (family, str(path), index))
    return list(found.values())


def _folders() -> list[Path]:
    if sys.platform == "win32":
        places = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    elif sys.platform == "darwin":
        places = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), Path.home() / "Library/Fonts"]
    else:
        places = [
            Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts",
            Path.home() / ".local/share/fonts",
        ]  # fmt: skip
    return [place for place in places if place.is_dir()]


def _faces_in(path: Path) -> list[tuple[int, str, str]]:
    faces = []
    for index in range(MOST_FACES if path.suffix.lower() in (".ttc", ".otc") else 1):
        try:
            family, style = ImageFont.truetype(str(path), 16, index=index).getname()
        except OSError:  # no further face, or a file that isn't a font
            break
        faces.append((index, family or "", style or ""))
    return faces


@functools.lru_cache(maxsize=64)
def _face(path: str, index: int) -> tuple[ImageFont.FreeTypeFont, bytes]:
    """The font, and what it draws for a character that it doesn't have."""
    font = ImageFont.truetype(path, 16, index=index)
    return font, _shape(font, "\U0010ffff")


@functools.lru_cache(maxsize=20_000)
def _has(path: str, index: int, letter: str) -> bool:
    font, nothing = _face(path, index)
    shape = _shape(font, letter)
    return bool(shape) and shape != nothing


def _shape(font: ImageFont.FreeTypeFont, letter: str) -> bytes:
    mask = font.getmask(letter)
    return bytes(str(mask.size), "ascii") + bytes(mask) if mask.size[0] and mask.size[1] else b""
