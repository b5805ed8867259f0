"""The chart of an early warning as a picture that stands for itself: the evidence of the incident that is raised from it."""

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from incidents.lettering import NoFont
from metrics.definitions import Kpi, kpi_of
from metrics.downloads import as_png, chart_document
from metrics.drawing.control import control_chart
from metrics.models import Signal
from metrics.periods import Period
from metrics.spc.telling import paragraph

from .evidence import chart_of


def picture_of(signal: Signal) -> ContentFile | None:
    """The chart as it was noticed, as PNG; None where there is none, or no font for what is written in it."""
    chart, kpi = chart_of(signal), kpi_of(signal.kpi, signal.unit)
    if chart is None or kpi is None:
        return None
    title = f"{kpi} · {signal.unit} · {Period(signal.ends_on, signal.grain).label} · {signal.number}"
    drawn = control_chart(chart, title=title, key="evidence", unit=str(kpi.measured_in), places=kpi.places)
    try:
        return ContentFile(as_png(chart_document(drawn, title)), name=f"{signal.number}.png")
    except NoFont:
        return None


def described(signal: Signal, kpi: Kpi, sentences: list[str]) -> str:
    """What the report of the incident begins with: what was noticed, and where."""
    return _("Early warning %(number)s: %(kpi)s of %(unit)s. %(said)s") % {
        "number": signal.number, "kpi": kpi, "unit": signal.unit, "said": paragraph(sentences),
    }  # fmt: skip
