"""An indicator of a unit as the dashboards read it: its figures, its chart, and what the chart says."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from metrics import reading, targets
from metrics.addresses import cases_url
from metrics.definitions import COUNTED, KPIS, LEADING, Kpi
from metrics.drawing import icons
from metrics.drawing.scale import with_unit
from metrics.models import Note
from metrics.reading import Figure
from metrics.spc import judging
from metrics.spc.chart import Chart
from metrics.spc.judging import Judgement, Variation

from .choice import Choice


@dataclass(frozen=True)
class Reading:
    """An indicator of the unit: its figures, chart and what the chart says."""

    kpi: Kpi
    figures: list[Figure]
    chart: Chart
    judged: Judgement
    notes: list[Note]
    target: float | None

    @property
    def current(self) -> Figure:
        return self.figures[-1]

    @property
    def variation(self) -> str:
        """How it varies; of a period without a figure nothing is said, whatever the ones before it did."""
        return Variation.NONE if self.is_missing else self.judged.variation

    @property
    def is_missing(self) -> bool:
        return self.current.value is None and not self.current.is_open

    @property
    def sign(self) -> SafeString:
        return icons.variation(self.judged.variation, self.judged.side)

    def shown(self, value: float) -> str:
        return with_unit(value, self.kpi.places, str(self.kpi.measured_in))


def read(choice: Choice, codes: Iterable[str] = LEADING) -> list[Reading]:
    """Three statements: figures, targets and notes."""
    unit, periods = choice.unit, choice.periods
    kpis = [KPIS[code] for code in codes]
    figures = reading.read(kpis, [unit], periods)
    holding = targets.holding([unit], choice.period.first.year, codes)
    notes = reading.notes_on(kpis, unit, periods[0].first, periods[-1].last)
    return [
        read_chart(
            kpi,
            figures[kpi.code, unit.pk],
            targets.value_of(holding.get((kpi.code, unit.pk))),
            notes.get(kpi.code, []),
        )
        for kpi in kpis
    ]


def read_chart(kpi: Kpi, figures: list[Figure], target: float | None, notes: list[Note]) -> Reading:
    chart = reading.charted(kpi, figures, target=target, notes=notes)
    return Reading(kpi, figures, chart, judging.judge(chart), notes, target)


def cases_of(kpi: Kpi, of: Figure) -> str:
    """The cases behind the numerator, where it is counted and isn't nothing."""
    if kpi.numerator not in COUNTED or not of.cases or kpi.numerator.startswith("answers."):
        return ""
    return cases_url(kpi.numerator, of.unit, of.period.first, of.period.last)
