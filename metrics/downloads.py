"""An indicator to take away: its table for a spreadsheet, its chart as a file that stands for itself."""

from collections.abc import Iterator
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints.surveys.taking import STYLE, as_document, as_png
from metrics.drawing.control import control_chart
from metrics.drawing.table import Line
from metrics.indicator.choice import Asked

__all__ = ["as_document", "as_png", "chart_document", "headings", "rows"]

#: The light theme, without custom properties: drawing programs don't know them.
CHART_STYLE = (
    STYLE
    + """
.band{fill:#edf0ed}
.mean{fill:none;stroke:#43504c;stroke-width:1.4}
.lim{fill:none;stroke:#8b9691}
.goal{stroke:#6a3d9c;stroke-width:1.5;stroke-dasharray:1.5 4;stroke-linecap:round}
.lbl-goal{fill:#6a3d9c}
.val{stroke:#8b9691}
.val-open{stroke-dasharray:3 3}
.gone{fill:#f8f9f7;stroke:#c6cdc6;stroke-dasharray:3 3}
.p-c{fill:#8b9691}
.p-good{fill:#1f7fcb}
.p-bad{fill:#d95f0e}
.p-off{fill:#43504c}
.p-open{fill:#ffffff;stroke:#8b9691;stroke-width:1.8}
.p-out{fill:none;stroke:#43504c;stroke-width:1.6}
.hit{fill:none}
.evt{stroke:#5f6b67;stroke-dasharray:2 3}
.evt-t{fill:#43504c}
.evt-b{fill:#ffffff;stroke:#c6cdc6}
.now{font-size:12.5px;font-weight:bold;fill:#18211f;stroke:#ffffff;stroke-width:3.5px;paint-order:stroke;stroke-linejoin:round}
"""
)


def chart_document(drawn: SafeString, title: str) -> str:
    return as_document(drawn, title, CHART_STYLE)


def drawing_of(asked: Asked, chart, marks) -> SafeString:
    """The wide chart of a page."""
    return control_chart(
        chart, title=str(asked.kpi.name), key="file", unit=str(asked.kpi.measured_in), places=asked.kpi.places,
        marks=marks,
    )  # fmt: skip


def headings() -> list[str]:
    return [
        _("Unit"), _("Unit code"), _("Period"), _("From"), _("Until"), _("Numerator"), _("Denominator"),
        pgettext("column", "Value"), _("Measured in"), _("From (95 %)"), _("To (95 %)"), _("Centre"), _("Lower limit"),
        _("Upper limit"), pgettext("indicator", "Target"), _("What it says"), _("Why"), _("Missing because"),
    ]  # fmt: skip


def rows(asked: Asked, lines: list[Line], target: float | None) -> Iterator[list[Any]]:
    """A row for each period, the oldest first; figures as they are, not rounded. Missing ones are empty, never zero."""
    for line in lines:
        of, point = line.of, line.point
        yield [
            asked.unit.name, asked.unit.code, line.period.key, line.period.first, line.period.last,
            _cell(of.numerator), _cell(of.denominator), _cell(of.value), str(asked.kpi.measured_in), _cell(of.lower),
            _cell(of.upper), _cell(point and point.center), _cell(point and point.lower), _cell(point and point.upper),
            _cell(target), line.word, line.reasons, of.missing,
        ]  # fmt: skip


def _cell(value: float | None) -> float | str:
    return "" if value is None else round(value, 8)
