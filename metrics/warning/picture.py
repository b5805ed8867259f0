"""The chart of an early warning as a picture that stands for itself: the evidence of the incident that is raised from it."""

import resvg_py
from django.core.files.base import ContentFile
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incidents import lettering
from metrics.definitions import kpi_of
from metrics.drawing.control import control_chart
from metrics.models import Signal
from metrics.periods import Period

from .evidence import chart_of

#: Pixels per unit of the drawing.
SCALE = 2
MARGIN, HEAD = 24, 56
#: The light theme of tokens.css, without custom properties, for what a control chart is made of.
STYLE = """
text{font-family:sans-serif;font-size:11.5px;fill:#5f6b67}
.lbl,.num{font-weight:600;fill:#43504c}
.title{font-size:16px;font-weight:bold;fill:#18211f}
.small{font-size:12px;fill:#5f6b67}
.grid{stroke:#e3e7e2;stroke-width:1}
.band{fill:#eef1ee}
.lim{fill:none;stroke:#868f8a;stroke-width:1.2;stroke-dasharray:5 4}
.mean{fill:none;stroke:#43504c;stroke-width:1.2}
.val{fill:none;stroke:#868f8a;stroke-width:1.8}
.goal{stroke:#6b4fa0;stroke-width:1.5;stroke-dasharray:1.5 4}
.lbl-goal{fill:#6b4fa0}
.gone{fill:#f2f4f1;stroke:#c6cdc6;stroke-dasharray:3 3}
.hit{fill:none}
.p{stroke:#ffffff;stroke-width:1.5}
.p-c{fill:#43504c}
.p-good{fill:#2b6cb0}
.p-bad{fill:#d95f0e}
.p-off{fill:#43504c}
.p-open{fill:#ffffff;stroke:#868f8a;stroke-width:1.8}
.p-out{fill:none;stroke:#43504c;stroke-width:1.6}
.now{font-size:12.5px;font-weight:bold;fill:#18211f}
""".strip()


def picture_of(signal: Signal) -> ContentFile | None:
    """The chart as it was noticed, as PNG; None where there is none, or no font for what is written in it."""
    chart, kpi = chart_of(signal), kpi_of(signal.kpi, signal.unit)
    if chart is None or kpi is None:
        return None
    title = f"{kpi} · {signal.unit}"
    below = f"{signal.number} · {Period(signal.ends_on, signal.grain).label} · {kpi.measured_in}"
    drawn = control_chart(chart, title=title, key="evidence", unit=str(kpi.measured_in), places=kpi.places)
    try:
        return ContentFile(_png(_document(drawn, title, below)), name=f"{signal.number}.png")
    except lettering.NoFont:
        return None


def _document(drawn: str, title: str, below: str) -> str:
    opening, rest = drawn.split(">", 1)
    width, height = (float(part) for part in opening.split('viewBox="0 0 ')[1].split('"')[0].split())
    width, height = width + 2 * MARGIN, height + HEAD + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-MARGIN} {-MARGIN - HEAD} {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}"><style>{STYLE}</style>'
        f'<text class="title" x="0" y="{16 - HEAD}">{escape(title)}</text>'
        f'<text class="small" x="0" y="{36 - HEAD}">{escape(below)}</text>{rest}'
    )


def _png(document: str) -> bytes:
    family = lettering.family_for(document, language=get_language() or "")
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=document,
            zoom=SCALE,
            background="#ffffff",
            sans_serif_family=family,
            font_family=family,
        )
    )


def described(signal: Signal, sentences: list[str]) -> str:
    """What the report of the incident begins with: what was noticed, and where the chart is."""
    kpi = kpi_of(signal.kpi, signal.unit)
    return _("Early warning %(number)s: %(kpi)s of %(unit)s. %(said)s") % {
        "number": signal.number, "kpi": kpi, "unit": signal.unit, "said": " ".join(sentences),
    }  # fmt: skip
