"""Scorecards and rankings as their pages show them."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from complaints.surveys.drawing import Mark, forest
from complaints.surveys.estimates import Bounded
from metrics import access
from metrics.addresses import cases_url
from metrics.definitions import COUNTED, Kpi, kpis_of
from metrics.models import Scorecard, ScoreLine
from people.models import Person

from .personal import PERSONAL, Personal
from .ranking import Placed


@dataclass(frozen=True)
class Row:
    """One line of a card in words. `spread`: the weight that it has after the weight of lines left out was spread."""

    line: ScoreLine
    name: str
    meaning: str
    value: str
    interval: str
    made_of: str
    scale: str
    points: str
    spread: str
    url: str
    share: int  # of its points, in per cent: for the bar


def rows_of(card: Scorecard, reader: Person) -> list[Row]:
    """The lines of a card. Figures lead to their cases for who may see those."""
    known = {**kpis_of([card.unit]), **PERSONAL}
    lines = list(card.lines.all())
    weight = sum(line.weight for line in lines if not line.left and not line.is_bonus)
    sees = card.person_id is None and access.sees(reader, card.unit)
    return [_row(card, line, known.get(line.kpi), weight, sees) for line in lines]


def _row(card: Scorecard, line: ScoreLine, kpi: Kpi | Personal | None, weight: int, sees: bool) -> Row:
    places = kpi.places if kpi else 1
    unit = str(kpi.measured_in) if kpi else ""
    counts_here = isinstance(kpi, Kpi) and kpi.numerator in COUNTED
    period = card.period
    return Row(
        line=line,
        name=str(kpi or line.kpi),
        meaning=str(kpi.meaning) if kpi else "",
        value="–" if line.value is None else f"{_number(line.value, places)} {unit}".strip(),
        interval=(
            _("95 %%: %(lower)s to %(upper)s") % {
                "lower": _number(line.lower, places), "upper": _number(line.upper, places),
            } if line.lower is not None and line.value is not None else ""
        ),
        made_of=_made_of(line, kpi),
        scale=(
            _("%(none)s to %(full)s") % {"none": _number(float(line.none), None), "full": _number(float(line.full), None)}
            if line.full is not None and line.none is not None else "–"
        ),
        points="–" if line.left or line.points is None else _number(_points(line, weight), 1),
        spread=_weight(line, weight),
        url=(
            cases_url(kpi.numerator, card.unit, period.first, period.last)
            if sees and counts_here and line.value is not None
            else ""
        ),
        share=0 if line.points is None or line.left else round(100 * line.points / line.weight),
    )  # fmt: skip


def _points(line: ScoreLine, weight: int) -> float:
    return line.points if line.is_bonus else line.points * 100 / weight


def _weight(line: ScoreLine, weight: int) -> str:
    if line.left:
        return str(line.weight)
    return str(line.weight) if line.is_bonus or weight == 100 else _number(line.weight * 100 / weight, 1)


def _made_of(line: ScoreLine, kpi) -> str:
    if (
        line.value is None
        or line.numerator is None
        or line.denominator is None
        or (isinstance(kpi, Kpi) and not kpi.denominator)
    ):
        return ""
    return _("%(numerator)s of %(denominator)s") % {
        "numerator": _number(line.numerator, None),
        "denominator": _number(line.denominator, None),
    }


def _number(value: float, places: int | None) -> str:
    """With grouped thousands; `places` None: as many as are needed."""
    if places is None:
        places = next((count for count in range(4) if abs(value - round(value, count)) < 10**-9), 4)
    return number_format(round(value, places), places, use_l10n=True, force_grouping=True)  # else it cuts off


def spread_words(rows: list[Row]) -> str:
    """That the weight of what was left out is spread over the rest; empty where nothing was."""
    left = sum(row.line.weight for row in rows if row.line.left and not row.line.is_bonus)
    if not left:
        return ""
    return _(
        "Lines without points are left out: their weight (%(left)s of 100) is spread over the others."
    ) % {"left": left}


def drawn(placed: list[Placed], *, narrow: bool = False):
    """Dots with their intervals, the highest total first; None where there is nothing to draw."""
    marks = [
        Mark(
            str(one.card.unit),
            Bounded(
                0, float(one.card.points),
                None if one.card.lower is None else float(one.card.lower),
                None if one.card.upper is None else float(one.card.upper),
            ),
        )
        for one in placed
    ]  # fmt: skip
    if not marks:
        return None
    title = _("Points of the units with their 95 % intervals")
    return forest(marks, key="ranking-narrow" if narrow else "ranking", title=title, narrow=narrow)
