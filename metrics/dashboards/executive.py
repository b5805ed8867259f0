"""The executives' page: what really changed, what needs them, and the way from every figure to its cases."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.listing import UNSHOWN
from incidents.models import Incident
from incidents.stages import LOOP
from metrics import rolling
from metrics.addresses import kpi_url
from metrics.definitions import KPIS, LEADING, Kpi
from metrics.drawing import bars, tiles
from metrics.drawing.scale import figure
from metrics.drawing.table import Line, lines_of
from metrics.spc import telling
from metrics.spc.chart import Chart
from metrics.spc.judging import Assurance, Variation
from metrics.warning.listing import Row, shown
from metrics.warning.permissions import visible_to

from .choice import Choice
from .loop import legend, open_url, stage_bars
from .parts import Parts, by_category
from .readings import Reading, cases_of, read
from .saying import Told, lede, run_on
from .standing import Open, open_incidents
from .units import RATE, UnitRow, units_below
from .waiting import Waiting, waiting_for

#: Which charts are shown where nothing has changed.
USUALLY = (RATE, "csi")
#: Rows of the table of units before the rest is folded away; incidents of a unit without others below.
MOST_UNITS = 8
#: Early warnings named on the page.
MOST_WARNINGS = 3


@dataclass(frozen=True)
class Shown:
    """A tile with what stood there a year before."""

    tile: tiles.Tile
    year_before: str = ""


@dataclass(frozen=True)
class Card:
    """A chart that changed, with what it says; as `metrics/parts/_chart_card.html` reads it."""

    key: str
    title: str
    url: str
    chart: Chart
    kpi: Kpi
    marks: list[tuple[dt.date, str]]
    variation: SafeString
    sentence: str
    lines: list[Line]

    @property
    def unit(self) -> str:
        return str(self.kpi.measured_in)

    @property
    def places(self) -> int:
        return self.kpi.places


@dataclass(frozen=True)
class Dashboard:
    choice: Choice
    sentence: SafeString
    tiles: list[Shown]
    cards: list[Card]
    units: list[UnitRow]
    rate: Kpi
    open: Open
    open_url: str
    stage_bars: Sequence[bars.Row]
    parts: Parts | None
    waiting: list[Waiting]
    warnings: list[Row]
    as_of: dt.datetime | None
    is_complete: bool
    urgent: list[Incident] = field(default_factory=list)

    @property
    def legend(self) -> list[str]:
        return legend()

    @property
    def first_units(self) -> list[UnitRow]:
        return self.units[:MOST_UNITS]

    @property
    def more_units(self) -> list[UnitRow]:
        return self.units[MOST_UNITS:]


def gathered(choice: Choice) -> Dashboard:
    """Everything on the page; of figures only totals are read, with one statement for the unit and one for those below."""
    readings = read(choice)
    open_now = open_incidents(choice.unit)
    return Dashboard(
        choice=choice,
        sentence=lede([_told(row, choice.period.grain) for row in readings]),
        tiles=[_tile(row, choice) for row in readings],
        cards=[_card(row, choice) for row in _changed(readings)],
        units=units_below(choice, open_now),
        rate=KPIS[RATE],
        open=open_now,
        open_url=open_url(choice.unit),
        stage_bars=stage_bars(choice.unit, open_now),
        parts=by_category(choice),
        waiting=waiting_for(choice.person),
        warnings=_warnings(choice),
        as_of=rolling.as_of(),
        is_complete=rolling.is_complete(),
        urgent=_urgent(choice) if not choice.below else [],
    )  # fmt: skip


def _urgent(choice: Choice) -> list[Incident]:
    """What is open in a unit without others below, the earliest deadline first: as the list shows it."""
    rows = Incident.objects.visible_to(choice.person).filter(unit=choice.unit, stage__in=LOOP)
    return list(rows.select_related("owner").defer(*UNSHOWN).order_by("due_at", "pk")[:MOST_UNITS])


def _warnings(choice: Choice) -> list[Row]:
    """The newest concerns noticed in the unit and below it that nobody has explained yet."""
    rows = visible_to(choice.person).filter(
        unit__path__startswith=choice.unit.path, is_concern=True, closed_at=None
    )
    return shown(list(rows.order_by("-opened_at", "-pk")[:MOST_WARNINGS]))


# The leading indicators ----------------------------------------------------------------------------------------------
def _told(row: Reading, grain: str) -> Told:
    return Told(str(row.kpi.name), row.variation, telling.briefly(row.chart, grain=grain))


def _tile(row: Reading, choice: Choice) -> Shown:
    drawn = tiles.tile(
        row.kpi,
        row.current,
        row.chart,
        url=kpi_url(row.kpi, choice.unit, choice.period),
        cases_url=cases_of(row.kpi, row.current),
        target=row.target,
        kind=row.variation,
        side=0 if row.is_missing else row.judged.side,
        assured=row.judged.assurance,
    )
    return Shown(drawn, _year_before(row, choice))


def _year_before(row: Reading, choice: Choice) -> str:
    """A year before 34.2, now 3.6 less; or that there was no figure."""
    if not choice.compares:
        return ""
    then = next((of for of in row.figures if of.period == choice.year_before), None)
    if then is None or then.value is None:
        return _("A year before: no figure")
    before = figure(then.value, row.kpi.places)
    if row.current.value is None:
        return _("A year before: %(before)s") % {"before": before}
    change = row.current.value - then.value
    return _("A year before: %(before)s (%(change)s)") % {
        "before": before,
        "change": f"{'+' if change > 0 else '−' if change < 0 else '±'}{figure(abs(change), row.kpi.places)}",
    }


def _changed(readings: list[Reading]) -> list[Reading]:
    """The two charts worth a look: concerns before improvements, then targets missed for sure, then what matters to
    customers; what nothing can be said about comes last."""
    ranks = {Variation.CONCERN: 0, Variation.IMPROVING: 1, Variation.CHANGED: 2, Variation.NONE: 5}

    def rank(row: Reading) -> int:
        usual = 3 if row.judged.assurance == Assurance.MISSES else 4
        return ranks.get(row.judged.variation, usual)

    places = {code: place for place, code in enumerate([*USUALLY, *LEADING])}
    with_figures = [row for row in readings if row.chart.last is not None]
    best = sorted(with_figures, key=lambda row: (rank(row), places[row.kpi.code]))[:2]
    return [row for row in readings if row in best]


def _card(row: Reading, choice: Choice) -> Card:
    said = telling.sentences(row.chart, grain=choice.period.grain, show=row.shown)
    return Card(
        key=f"chart-{row.kpi.code}",
        title=str(row.kpi.name),
        url=kpi_url(row.kpi, choice.unit, choice.period),
        chart=row.chart,
        kpi=row.kpi,
        marks=[(note.day, note.text) for note in row.notes],
        variation=row.sign,
        sentence=run_on(said),
        lines=lines_of(row.kpi, row.figures, row.chart),
    )
