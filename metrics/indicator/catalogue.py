"""All indicators of a unit in one list: what each means, its target and owner, its latest figure and how it varies."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from metrics.addresses import kpi_url
from metrics.definitions import KPIS, Kpi, kpis_of
from metrics.drawing.icons import assurance, variation
from metrics.drawing.scale import figure
from metrics.drawing.spark import spark
from metrics.drawing.tiles import target_text
from metrics.models import Note, Target
from metrics.periods import Period, today
from metrics.reading import Figure, charted, read
from metrics.spc.judging import Judgement, judge
from metrics.targets import holding, value_of
from people.models import Unit

from .choice import BACK


@dataclass(frozen=True)
class Row:
    kpi: Kpi
    url: str
    latest: Figure | None  # of the last period that is over and has a figure
    target: Target | None
    judged: Judgement
    picture: SafeString
    is_own: bool

    @property
    def value(self) -> str:
        return figure(self.latest.value, self.kpi.places) if self.latest else ""

    @property
    def target_text(self) -> str:
        return target_text(self.kpi, value_of(self.target))

    @property
    def variation(self) -> SafeString:
        return variation(self.judged.variation, self.judged.side)

    @property
    def assurance(self) -> SafeString:
        return assurance(self.judged.assurance, has_target=self.target_text != "")


def names(unit: Unit) -> dict[str, Kpi]:
    """Every indicator that holds in the unit: the common ones, then the company's own. One statement."""
    return kpis_of([unit])


def rows(unit: Unit, kpis: Sequence[Kpi]) -> list[Row]:
    """These indicators of the unit: one statement for the notes, one for the targets, one for each grain."""
    by_grain: dict[str, list[Kpi]] = defaultdict(list)
    for kpi in kpis:
        by_grain[kpi.grain].append(kpi)
    figures = {}
    for grain, some in by_grain.items():
        figures |= read(some, [unit], Period.containing(today(), grain).back(BACK[grain]))
    targets = holding([unit], today().year, [kpi.code for kpi in kpis])
    notes = defaultdict(list)
    for note in Note.objects.filter(unit=unit, kpi__in=[kpi.code for kpi in kpis], withdrawn_at=None):
        notes[note.kpi].append(note)
    return [_row(kpi, unit, figures[kpi.code, unit.pk], targets, notes[kpi.code]) for kpi in kpis]


def _row(kpi: Kpi, unit: Unit, figures: list[Figure], targets, notes: list[Note]) -> Row:
    target = targets.get((kpi.code, unit.pk))
    chart = charted(kpi, figures, target=value_of(target), notes=notes)
    return Row(
        kpi=kpi,
        url=kpi_url(kpi, unit),
        latest=next((one for one in reversed(figures) if one.value is not None and not one.is_open), None),
        target=target,
        judged=judge(chart),
        picture=spark(chart, label=str(kpi.name)),
        is_own=kpi.code not in KPIS,
    )
