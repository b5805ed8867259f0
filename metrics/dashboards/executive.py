"""The executives' page: what really changed, what needs them, and the way from every figure to its cases."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from complaints.models import Category
from incidents.listing import UNSHOWN
from incidents.models import Incident
from incidents.stages import LOOP
from metrics import reading, targets
from metrics.addresses import cases_url, kpi_url
from metrics.definitions import COUNTED, KPIS, LEADING, Kpi
from metrics.drawing import bars, icons, tiles
from metrics.drawing.scale import figure, with_unit
from metrics.drawing.spark import spark
from metrics.drawing.table import Line, lines_of
from metrics.models import Note, Stale
from metrics.periods import Period
from metrics.reading import Figure
from metrics.spc import judging, telling
from metrics.spc.chart import Chart
from metrics.spc.judging import Judgement, Variation
from people.models import Unit

from .choice import Choice
from .loop import legend, open_url, stage_bars
from .saying import Told, lede, run_on
from .standing import Open, Standing, open_incidents
from .waiting import Waiting, waiting_for

#: What is shown of each unit below, and where nothing has changed.
RATE = "complaint-rate"
USUALLY = (RATE, "csi")
#: Rows of the table of units before the rest is folded away; categories before the rest is one row.
MOST_UNITS, MOST_PARTS = 8, 6
#: With fewer cases a rate says little.
FEW = 5
#: With fewer complaints no category stands out.
FEW_COMPLAINTS = 20
#: So many months of complaints are told apart by category.
MONTHS = 3


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
    def variation(self) -> SafeString:
        return icons.variation(self.judged.variation, self.judged.side)

    def shown(self, value: float) -> str:
        return with_unit(value, self.kpi.places, str(self.kpi.measured_in))


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


@dataclass(frozen=True)
class Parts:
    """What the complaints were about, the most frequent first, with the share of each and all before it."""

    rows: Sequence[bars.Row]
    total: int
    sentence: str
    since: Period


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
    as_of: dt.datetime
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
        units=_units(choice, open_now),
        rate=KPIS[RATE],
        open=open_now,
        open_url=open_url(choice.unit),
        stage_bars=stage_bars(choice.unit, open_now),
        parts=_parts(choice),
        waiting=waiting_for(choice.person),
        as_of=as_of(),
        urgent=_urgent(choice) if not choice.below else [],
    )  # fmt: skip


def _urgent(choice: Choice) -> list[Incident]:
    """What is open in a unit without others below, the earliest deadline first: as the list shows it."""
    rows = Incident.objects.visible_to(choice.person).filter(unit=choice.unit, stage__in=LOOP)
    return list(rows.select_related("owner").defer(*UNSHOWN).order_by("due_at", "pk")[:MOST_UNITS])


def as_of() -> dt.datetime:
    """The figures hold everything up to this moment: the earliest change that isn't counted yet, or now."""
    waiting = Stale.objects.order_by("pk").values_list("at", flat=True).first()
    return waiting or timezone.now()


# The leading indicators ----------------------------------------------------------------------------------------------
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


def _told(row: Reading, grain: str) -> Told:
    return Told(str(row.kpi.name), row.judged.variation, telling.briefly(row.chart, grain=grain))


def _tile(row: Reading, choice: Choice) -> Shown:
    drawn = tiles.tile(
        row.kpi,
        row.current,
        row.chart,
        url=kpi_url(row.kpi, choice.unit, choice.period),
        cases_url=cases_of(row.kpi, row.current),
        target=row.target,
        kind=row.judged.variation,
        side=row.judged.side,
        assured=row.judged.assurance,
    )
    return Shown(drawn, _year_before(row, choice))


def cases_of(kpi: Kpi, of: Figure) -> str:
    """The cases behind the numerator, where it is counted and isn't nothing."""
    if kpi.numerator not in COUNTED or not of.cases or kpi.numerator.startswith("answers."):
        return ""
    return cases_url(kpi.numerator, of.unit, of.period.first, of.period.last)


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
    """The two charts worth a look: concerns before improvements; where nothing changed, what matters to customers."""
    ranks = {Variation.CONCERN: 0, Variation.IMPROVING: 1, Variation.CHANGED: 2}
    places = {code: place for place, code in enumerate([*USUALLY, *LEADING])}
    with_figures = [row for row in readings if row.chart.last is not None]
    best = sorted(with_figures, key=lambda row: (ranks.get(row.judged.variation, 3), places[row.kpi.code]))[
        :2
    ]
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
        variation=row.variation,
        sentence=run_on(said),
        lines=lines_of(row.kpi, row.figures, row.chart),
    )


# The units below ------------------------------------------------------------------------------------------------------
def _units(choice: Choice, open_now: Open) -> list[UnitRow]:
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


# What the complaints were about -------------------------------------------------------------------------------------
def _parts(choice: Choice) -> Parts | None:
    """By category over the last three months, or over the quarter or year that was chosen. Two statements."""
    periods = choice.period.back(MONTHS) if choice.period.grain == "month" else [choice.period]
    counted = reading.breakdown("complaints.received", choice.unit, periods, "kind")
    if not counted:
        return None
    names = {row.code: str(row) for row in Category.objects.all()}
    total = round(sum(counted.values()))
    first, last = periods[0].first, periods[-1].last
    rows, so_far = [], 0.0
    most = MOST_PARTS if len(counted) <= MOST_PARTS else MOST_PARTS - 1
    for code, count in list(counted.items())[:most]:
        so_far += count
        url = cases_url("complaints.received", choice.unit, first, last, kind=code) if code else ""
        name = names.get(code, code) if code else pgettext("category", "Not classified yet")
        rows.append(bars.Row(name, count, note=_share(so_far, total), url=url))
    shares = list(counted.values())
    if rest := sum(shares[most:]):
        label = _("%(number)s others") % {"number": len(shares) - most}
        rows.append(bars.Row(label, rest, note=_share(total, total)))
    return Parts(bars.rows(rows), total, _told_parts(shares, total, rows), periods[0])


def _share(part: float, total: float) -> str:
    return f"{100 * part / total:.0f} %"


def _told_parts(counts: list[float], total: int, rows: list[bars.Row]) -> str:
    if total < FEW_COMPLAINTS:
        return ngettext(
            "Only %(number)s complaint: too few to say what is behind most of them.",
            "Only %(number)s complaints: too few to say what is behind most of them.",
            total,
        ) % {"number": total}
    if len(counts) < 2:
        return _("All of them are of one category.")
    first, second = (row.label for row in rows[:2])
    if len(counts) == 2:
        told = {"name": first, "share": _share(counts[0], total)}
        return _("“%(name)s” alone makes up %(share)s of the complaints.") % told
    told = {"first": first, "second": second, "share": _share(counts[0] + counts[1], total)}
    return _("“%(first)s” and “%(second)s” together make up %(share)s of the complaints.") % told
