"""What the page of an indicator shows: its chart and what that says, the table, the units below it, what it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from complaints.models import Category
from complaints.states import Channel as ComplaintChannel
from incidents.models import IncidentType
from incidents.stages import Channel as IncidentChannel
from metrics.addresses import cases_url
from metrics.definitions import COUNTED, Kpi, series_name
from metrics.drawing.pareto import Parts, parts_of
from metrics.drawing.scale import figure as shown
from metrics.drawing.table import Line, lines_of
from metrics.models import Note, Signal, Target
from metrics.reading import Figure, breakdown, charted, notes_on, read, read_one
from metrics.spc.chart import Chart, Kind
from metrics.spc.judging import Judgement, judge
from metrics.spc.telling import sentences
from metrics.targets import holding, value_of
from metrics.warning.permissions import visible_to

from .choice import Asked
from .comparing import Comparison, compared
from .rare import Rare, rare_of


@dataclass(frozen=True)
class Breakdown:
    """The numerator of the periods shown, by channel or kind."""

    facet: str
    title: str
    parts: Parts
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> list[tuple[str, str, int, float, float]]:
        """(label, address, count, share, share so far) of each part."""
        return [(b.label, self.urls.get(b.key, ""), b.count, b.share, b.cumulative) for b in self.parts.shown]


@dataclass(frozen=True)
class Page:
    """Everything on the page but the notes' forms."""

    asked: Asked
    figures: list[Figure]
    before: list[Figure]
    notes: list[Note]
    target: Target | None
    chart: Chart
    judged: Judgement
    comparison: Comparison | None
    breakdowns: list[Breakdown]
    rare: Rare | None = None
    warnings: list[Signal] = field(default_factory=list)  # open early warnings that the reader may see

    @property
    def kpi(self) -> Kpi:
        return self.asked.kpi

    @cached_property
    def lines(self) -> list[Line]:
        return lines_of(self.kpi, self.figures, self.chart, before=self.before)

    @property
    def has_chart(self) -> bool:
        return any(point.value is not None for point in self.chart.points)

    @property
    def latest(self) -> Figure:
        """The latest figure of a period that is over and has one, else the last period's."""
        over = (one for one in reversed(self.figures) if one.value is not None and not one.is_open)
        return next(over, self.figures[-1])

    @property
    def latest_line(self) -> Line | None:
        return next((line for line in self.lines if line.period == self.latest.period), None)

    @property
    def year_earlier(self) -> Figure | None:
        """The latest figure's counterpart, where the page compares."""
        found = {one.period: one for one in self.before}
        return found.get(self.latest.period.year_before())

    @property
    def said(self) -> list[str]:
        """What the chart says, in sentences."""
        return sentences(self.chart, grain=self.asked.grain, show=self.show)

    def show(self, value: float) -> str:
        text = shown(value, self.kpi.places)
        unit = str(self.kpi.measured_in)
        return f"{text} {unit}" if unit == "%" else text

    @property
    def marks(self) -> list[tuple]:
        return [(note.day, note.text) for note in self.notes]

    @property
    def target_value(self) -> float | None:
        return value_of(self.target)

    @property
    def missing(self) -> list[Figure]:
        """Finished periods without a figure since anything was counted."""
        return [line.of for line in self.lines if line.of.value is None and not line.of.is_open]

    @property
    def needs_volumes(self) -> bool:
        return any(code not in COUNTED for code in (self.kpi.numerator, self.kpi.denominator) if code)

    @property
    def numerator_name(self) -> str:
        return str(series_name(self.kpi.numerator))

    @property
    def denominator_name(self) -> str:
        return str(series_name(self.kpi.denominator)) if self.kpi.denominator else ""

    @property
    def is_duration(self) -> bool:
        return self.kpi.quantile is not None

    @property
    def kind_name(self) -> str:
        return kind_name(self.chart.kind)

    @property
    def sources(self) -> str:
        """Where the numbers come from."""
        codes = [code for code in (self.kpi.numerator, self.kpi.denominator) if code]
        counted = [code in COUNTED for code in codes]
        if all(counted):
            return _("Counted by the system from its cases, refreshed every few minutes.")
        if not any(counted):
            return _("Volumes that are entered, imported or sent; revisions are kept as versions.")
        return _("Cases are counted by the system; the volume is entered, imported or sent.")


def kind_name(kind: Kind) -> str:
    return {
        Kind.RUN: _("Run chart"), Kind.P: _("p chart"), Kind.P_LANEY: _("Laney p′ chart"), Kind.U: _("u chart"),
        Kind.U_LANEY: _("Laney u′ chart"), Kind.C: _("c chart"), Kind.XMR: _("Individuals (XmR) chart"),
        Kind.G: _("g chart"), Kind.T: _("t chart"),
    }[kind]  # fmt: skip


def main_chart(asked: Asked) -> tuple[list[Figure], list[Note], Target | None, Chart]:
    """The chart alone, for a download: three statements."""
    figures = read_one(asked.kpi, asked.unit, asked.periods)
    notes = notes_on([asked.kpi], asked.unit, asked.periods[0].first, asked.periods[-1].last)[asked.kpi.code]
    target = holding([asked.unit], asked.period.first.year, [asked.kpi.code]).get(
        (asked.kpi.code, asked.unit.pk)
    )
    return figures, notes, target, charted(asked.kpi, figures, target=value_of(target), notes=notes)


def page_of(asked: Asked) -> Page:
    figures, notes, target, chart = main_chart(asked)
    return Page(
        asked=asked,
        figures=figures,
        before=read_one(asked.kpi, asked.unit, asked.years_before) if asked.compares else [],
        notes=notes,
        target=target,
        chart=chart,
        judged=judge(chart),
        comparison=_comparison(asked, figures),
        breakdowns=[found for facet in asked.kpi.facets if (found := _breakdown(asked, facet))],
        rare=rare_of(asked.kpi, asked.unit, figures, notes),
        warnings=list(
            visible_to(asked.person).filter(kpi=asked.kpi.code, unit=asked.unit, closed_at=None)[:2]
        ),
    )


def _comparison(asked: Asked, whole: Sequence[Figure]) -> Comparison | None:
    if not asked.below:
        return None
    found = read([asked.kpi], asked.below, asked.periods)
    targets = holding(asked.below, asked.period.first.year, [asked.kpi.code])
    return compared(asked, whole, found, targets)


# What it is made of ---------------------------------------------------------------------------------------------------
def _breakdown(asked: Asked, facet: str) -> Breakdown | None:
    series = asked.kpi.numerator
    counted = breakdown(series, asked.unit, asked.periods, facet, with_rest=True)
    names = labels(series, facet, list(counted))
    parts = parts_of(
        [(code, names.get(code) or code or _("Not told apart"), count) for code, count in counted.items()],
        what=_facet_name(facet), unit_of_count=str(series_name(series)),
    )  # fmt: skip
    if parts is None:
        return None
    first, last = asked.periods[0].first, asked.periods[-1].last
    urls = (
        {code: cases_url(series, asked.unit, first, last, **{facet: code}) for code in counted if code}
        if series in COUNTED
        else {}
    )
    return Breakdown(facet, _facet_title(facet), parts, urls)


def _facet_name(facet: str) -> str:
    return {"channel": _("Channel"), "kind": _("Kind")}[facet]


def _facet_title(facet: str) -> str:
    return {"channel": _("By channel"), "kind": _("By kind")}[facet]


def labels(series: str, facet: str, codes: Sequence[str]) -> dict[str, str]:
    """The names of the parts in the reader's language; one statement at most."""
    is_complaint = series.startswith("complaints.") or series.startswith("replies.")
    if facet == "channel":
        channels = ComplaintChannel if is_complaint else IncidentChannel
        return {code: str(channels(code).label) for code in codes if code in channels.values}
    if series not in COUNTED or not codes:
        return {code: code for code in codes}
    model = Category if is_complaint else IncidentType
    return {row.code: str(row) for row in model.objects.filter(code__in=codes)}
