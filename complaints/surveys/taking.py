"""Results to take away: every figure as a row of one table, and the drawings as files that stand for themselves."""

from collections.abc import Iterator
from typing import Any

import resvg_py
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from incidents import lettering

from .estimates import Bounded
from .figures import Line
from .statistics import Results

#: Pixels of the PNG per unit of the drawing: sharp on a slide and in print.
SCALE = 2
#: The light theme of tokens.css, without custom properties: drawing programs don't know them.
STYLE = """
text{font-family:sans-serif;font-size:11.5px;fill:#5f6b67}
.lbl,.num{font-weight:600;fill:#43504c}
.title{font-size:14px;font-weight:bold;fill:#18211f}
.grid{stroke:#e3e7e2;stroke-width:1}
.lim{stroke:#868f8a;stroke-width:1.2;stroke-dasharray:5 4}
.val{fill:none;stroke:#868f8a;stroke-width:1.8}
.reach{stroke:#43504c;stroke-width:1.6}
.p{stroke:#ffffff;stroke-width:1.5}
.p-c{fill:#43504c}
.p-good{fill:#2b6cb0}
.p-bad{fill:#d95f0e}
.bar{fill:#868f8a}
""".strip()


def as_document(drawn: SafeString, title: str, style: str = STYLE) -> str:
    """A drawing of the page as an SVG file with its styles inside and its title above."""
    opening, rest = drawn.split(">", 1)
    width, height = (float(part) for part in opening.split('viewBox="0 0 ')[1].split('"')[0].split())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -40 {width + 40:.0f} {height + 60:.0f}" '
        f'width="{width + 40:.0f}" height="{height + 60:.0f}" role="img"><style>{style}</style>'
        f'<rect x="-20" y="-40" width="100%" height="100%" fill="#ffffff"/>'
        f'<text class="title" x="0" y="-16">{escape(title)}</text>{rest}\n'
    )


def as_png(document: str) -> bytes:
    """The same as pixels. Raises lettering.NoFont when the server has no font for what is written in it."""
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


def headings() -> list[str]:
    return [
        _("Table"), _("Row"), _("Figure"), pgettext("column", "Value"), _("From (95 %)"), _("To (95 %)"),
        pgettext("column", "n"),
    ]  # fmt: skip


def rows(results: Results, units: list[Line]) -> Iterator[list[Any]]:
    """Every figure of the page with both ends of its interval. What is hidden on the page is not in here either."""
    if results.is_hidden:
        return
    index, whole = _("Customer satisfaction index"), _("All answers")
    yield _row(_("Whole"), whole, index, results.csi)
    if rate := results.response_rate:
        yield _row(_("Whole"), whole, _("Response rate in %"), rate)
    for name, lines in (
        (_("Unit"), units), (_("Over time"), results.periods), (_("Group"), results.groups),
    ):  # fmt: skip
        for line in lines:
            yield _row(name, line.label, index, line.figure)
    for row in results.shown_dimensions:
        yield _row(_("Dimension"), str(row.label), index, row.figure)
        if row.driver:
            yield _row(_("Dimension"), str(row.label), _("Correlation with the whole"), row.driver, 3)
    for row in results.shown_items:
        name = str(row.item)
        if row.promoters:
            yield _row(_("Question"), name, _("Net promoter score"), row.promoters)
        else:
            yield _row(_("Question"), name, _("Mean"), row.figure, 3)
            yield _row(_("Question"), name, _("Best answer in %"), row.top_box)
            yield _row(_("Question"), name, _("Two best answers in %"), row.top_two)
        for level, count, share in row.shares:
            yield [
                _("Question"),
                name,
                _("Answer %(level)s in %%") % {"level": level},
                round(share, 2),
                "",
                "",
                count,
            ]


def _row(table: str, label: str, what: str, figure: Bounded | None, places: int = 2) -> list[Any]:
    if figure is None:
        return [table, label, what, _("too few"), "", "", ""]
    ends = ["" if end is None else round(end, places) for end in (figure.lower, figure.upper)]
    return [table, label, what, round(figure.value, places), *ends, figure.n]
