"""The units below, by one indicator: the shape of it, the latest value, and what is open there."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from metrics import reading, targets
from metrics.definitions import KPIS
from metrics.drawing.scale import figure
from metrics.drawing.spark import spark
from metrics.models import Note
from metrics.reading import Figure
from metrics.spc import telling
from metrics.spc.judging import Judgement, Variation
from people.models import Unit

from .choice import Choice
from .loop import open_url
from .readings import Reading, cases_of, read_chart
from .standing import Open, Standing

#: What is shown of each unit below.
RATE = "complaint-rate"
#: With fewer cases a rate says little.
FEW = 5


@dataclass(frozen=True)
class UnitRow:
    """A unit below: the shape of its rate, its latest value, and what is open there."""

    unit: Unit
    url: str
    picture: SafeString
    of: Figure
    value: str
    cases_url: str
    standing: Standing
    list_url: str
    word: str  # high for 7 months
    judged: Judgement

    @property
    def look(self) -> str:
        """By which the word is coloured: sig-good, sig-bad or nothing."""
        looks = {Variation.IMPROVING: "sig-good", Variation.CONCERN: "sig-bad"}
        return looks.get(self.judged.variation, "")

    @property
    def few(self) -> bool:
        return self.of.value is not None and (self.of.numerator or 0) < FEW

    @property
    def n(self) -> int | None:
        return None if self.of.numerator is None else round(self.of.numerator)


def units_below(choice: Choice, open_now: Open) -> list[UnitRow]:
    """The complaint rate of each, those first that need attention. Three statements, however many there are."""
    units, periods, kpi = choice.below, choice.periods, KPIS[RATE]
    if not units:
        return []
    figures = reading.read([kpi], units, periods)
    holding = targets.holding(units, choice.period.first.year, [RATE])
    notes: dict[int, list[Note]] = defaultdict(list)
    for note in Note.objects.filter(
        unit__in=units, kpi=RATE, day__gte=periods[0].first, day__lte=periods[-1].last, withdrawn_at=None
    ):
        notes[note.unit_id].append(note)
    rows = [
        _unit_row(
            choice,
            unit,
            read_chart(
                kpi, figures[RATE, unit.pk], targets.value_of(holding.get((RATE, unit.pk))), notes[unit.pk]
            ),
            open_now.units.get(unit.pk) or Standing(),
        )
        for unit in units
    ]
    return sorted(rows, key=_urgency)


def _unit_row(choice: Choice, unit: Unit, read_there: Reading, standing: Standing) -> UnitRow:
    of = read_there.current
    value = figure(of.value, read_there.kpi.places) if of.value is not None else ""
    word = telling.briefly(read_there.chart, grain=choice.period.grain)
    label = _("%(name)s over time, latest %(value)s") % {"name": unit.name, "value": value or _("no figure")}
    return UnitRow(
        unit=unit,
        url=choice.query(unit=unit.code),
        picture=spark(
            read_there.chart, label=f"{label}{pgettext('punctuation', '; ')}{word}" if word else label
        ),
        of=of,
        value=value,
        cases_url=cases_of(read_there.kpi, of),
        standing=standing,
        list_url=open_url(unit),
        word=word,
        judged=read_there.judged,
    )


def _urgency(row: UnitRow) -> tuple:
    ranks = {Variation.CONCERN: 0, Variation.CHANGED: 1}
    return (ranks.get(row.judged.variation, 2), -row.standing.late, -(row.of.value or 0), row.unit.name)
