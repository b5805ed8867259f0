"""The fishbone as a file that stands for itself: its styles inside, its fonts by generic family, its caption below."""

import resvg_py
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incidents import lettering
from incidents.drawing import box, dot, number, width_of, words, wrap
from incidents.models import Incident

from .fishbone import picture
from .sides import Side

MARGIN, CAPTION = 24, 56
#: Pixels of the PNG per unit of the drawing: sharp on a slide and in print.
SCALE = 2

#: The light theme of tokens.css, without custom properties: drawing programs don't know them.
STYLE = """
text{font-family:sans-serif;font-size:14px;fill:#43504c}
.ground{fill:#ffffff}
.spine{stroke:#43504c;stroke-width:3;fill:none}
.bone{stroke:#868f8a;stroke-width:2}
.rib{stroke:#c6cdc6;stroke-width:1.4}
.rib-root{stroke:#d95f0e;stroke-width:2.4}
.catbox{fill:#ffffff;stroke:#868f8a;stroke-width:1.4}
.cat{font-size:14.5px;font-weight:bold;fill:#18211f}
.headbox{fill:#18211f}
.headtext{font-size:15px;font-weight:bold;fill:#ffffff}
.t-root{font-weight:bold;fill:#b34700}
.t-sure{font-weight:bold;fill:#18211f}
.t-out{fill:#5f6b67;text-decoration:line-through}
.d-root{fill:#d95f0e}
.d-sure{fill:#43504c}
.d-open{fill:#ffffff;stroke:#868f8a;stroke-width:1.8}
.d-out{fill:#c6cdc6}
.title{font-size:16px;font-weight:bold;fill:#18211f}
.small{font-size:12px;fill:#5f6b67}
""".strip()  # fmt: skip


def svg_of(incident: Incident, side: Side) -> str:
    """The drawing of one question of the present round as a document of its own."""
    return _document(incident, side)[0]


def png_of(incident: Incident, side: Side) -> bytes:
    """The same as pixels. Raises lettering.NoFont when the server has no font for what is written in it."""
    drawing, written = _document(incident, side)
    family = lettering.family_for(written, language=get_language() or "")
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing, zoom=SCALE, background="#ffffff", sans_serif_family=family, font_family=family
        )
    )


def _document(incident: Incident, side: Side) -> tuple[str, str]:
    """The drawing, and every word in it."""
    drawn = picture(side.causes, side.effect)
    width, height = drawn.width + 2 * MARGIN, drawn.height + MARGIN + CAPTION + MARGIN
    title = f"{incident.number} · {side.label}"
    below = _("%(title)s · round %(round)s · %(day)s") % {
        "title": wrap(incident.title, 12, width - 260, most=1)[0],
        "round": incident.cycle,
        "day": timezone.localdate().isoformat(),
    }
    caption = [words("title", 0, -22, title), words("small", 0, 0, below)]
    parts = [
        box("ground", 0, 0, width, height),
        _moved(MARGIN, MARGIN, drawn.parts),
        _moved(MARGIN, height - MARGIN, [*caption, *_legend(drawn.width)]),
    ]
    written = " ".join(
        [title, below, drawn.desc, side.effect, *(bone.label for bone in side.bones), *_texts(side)]
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} '
        f'{number(height)}" width="{number(width)}" height="{number(height)}" role="img">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    ), written


def _texts(side: Side) -> list[str]:
    return [cause.text for cause in side.causes]


def _moved(x: float, y: float, parts: list[SafeString]) -> str:
    return f'<g transform="translate({number(x)} {number(y)})">{"".join(parts)}</g>'


def _legend(width: float) -> list[SafeString]:
    """What the dots mean, at the right end of the caption."""
    entries = [
        ("root", _("Root cause")),
        ("sure", _("Confirmed")),
        ("open", _("To be checked")),
        ("out", _("Ruled out")),
    ]
    parts, x = [], width
    for state, label in reversed(entries):
        x -= width_of(label, 12) + 8
        parts += [words("small", x, -22, label), dot(f"d-{state}", x - 10, -26, 4.6)]
        x -= 26
    return parts
