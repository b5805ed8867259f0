"""How well the loop itself runs: how long cases stand in each stage, what is late, what comes back, where it is stuck."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from incidents.stages import LOOP, Stage
from metrics import reading
from metrics.addresses import cases_url
from metrics.definitions import KPIS, STAGE_TIMES, Kpi
from metrics.drawing import bars, flow
from metrics.drawing.scale import figure
from metrics.reading import Figure
from people.models import Unit

from .choice import Choice
from .saying import run_on
from .standing import AGES, Open, Standing, open_incidents

#: Times from so few cases say nothing about a stage as a whole.
FEW = 5
#: Nine of ten cases have left the stage within this time.
NINETIETH: dict[str, Kpi] = {
    key: replace(kpi, code=f"{kpi.code}-p90", quantile=0.9) for key, kpi in STAGE_TIMES.items()
}
STEPS = [stage.value for stage in LOOP]


@dataclass(frozen=True)
class StageRow:
    """One stage in the chosen period: its times, its deadlines, and what stands in it now."""

    stage: Stage
    number: int
    median: Figure
    ninetieth: Figure
    due: int
    met: int
    standing: Standing
    cases_url: str
    due_url: str
    is_slowest: bool = False

    @property
    def n(self) -> int:
        return round(self.median.numerator or 0)

    @property
    def is_few(self) -> bool:
        return 0 < self.n < FEW

    @property
    def on_time(self) -> float | None:
        return 100 * self.met / self.due if self.due else None


@dataclass(frozen=True)
class AgeRow:
    """The open cases of one stage by how long ago they were reported."""

    stage: Stage
    number: int
    counts: list[int]
    total: int
    late: int
    url: str
    late_url: str


@dataclass(frozen=True)
class BackRow:
    """Cases that went back from one stage to an earlier one, of all that left it."""

    start: Stage
    end: Stage
    count: int
    left: int
    url: str

    @property
    def share(self) -> float:
        return 100 * self.count / self.left


@dataclass(frozen=True)
class UnitRow:
    """What stands in a unit below: open cases by stage, how many late, and how long the whole loop takes there."""

    unit: Unit
    url: str
    list_url: str
    cells: list[Standing]
    whole: Standing
    loop_time: Figure | None
    is_own: bool = False


@dataclass(frozen=True)
class LoopHealth:
    choice: Choice
    sentence: str
    stages: list[StageRow]
    ages: list[AgeRow]
    age_names: list[str]
    backs: list[BackRow]
    units: list[UnitRow]
    open: Open
    map: SafeString
    map_narrow: SafeString
    has_moves: bool


def gathered(choice: Choice) -> LoopHealth:
    """Six statements: times, loop times of the units below, three series by their facet, and what is open now."""
    unit, period = choice.unit, choice.period
    figures = reading.read([*STAGE_TIMES.values(), *NINETIETH.values()], [unit], [period])
    due, met, moves = (
        reading.breakdown(series, unit, [period], "kind") for series in ("stages.due", "stages.met", "moves")
    )
    standing = open_incidents(unit, with_ages=True)
    medians = {stage: figures[STAGE_TIMES[stage.value].code, unit.pk][0] for stage in LOOP}
    slowest = _slowest(medians)
    stages = [
        StageRow(
            stage=stage,
            number=place,
            median=medians[stage],
            ninetieth=figures[NINETIETH[stage.value].code, unit.pk][0],
            due=round(due.get(stage.value, 0)),
            met=round(met.get(stage.value, 0)),
            standing=standing.stages[stage],
            cases_url=_cases(choice, f"stage.{stage.value}"),
            due_url=_cases(choice, "stages.due", stage.value),
            is_slowest=stage == slowest,
        )
        for place, stage in enumerate(LOOP, 1)
    ]
    backs = _backs(choice, moves)
    map_wide, map_narrow = _maps(stages, moves)
    return LoopHealth(
        choice=choice,
        sentence=_sentence(stages, standing, backs),
        stages=stages,
        ages=_ages(unit, standing),
        age_names=[str(name) for _key, name, _since, _until in AGES],
        backs=backs,
        units=_units(choice, standing),
        open=standing,
        map=map_wide,
        map_narrow=map_narrow,
        has_moves=bool(moves),
    )


def stage_bars(unit: Unit, standing: Open) -> Sequence[bars.Row]:
    """Open incidents by stage and of them the late ones, each with the list behind it."""
    return bars.rows(
        bars.Row(
            f"{place} {stage.label}",
            standing.stages[stage].count,
            standing.stages[stage].late,
            ngettext("%(number)s late", "%(number)s late", late) % {"number": f"{late:,}"} if late else "",
            open_url(unit, stage) if standing.stages[stage].count else "",
            open_url(unit, stage, late=True) if late else "",
        )
        for place, stage in enumerate(LOOP, 1)
        for late in [standing.stages[stage].late]
    )


def legend() -> list[str]:
    """What the two parts of a bar are."""
    return [pgettext("legend", "open"), pgettext("legend", "of which late")]


def open_url(unit: Unit, stage: Stage | None = None, *, late: bool = False) -> str:
    """The list of incidents with the same filter."""
    chosen = {"state": "open", "unit": unit.code} | ({"stage": stage.value} if stage else {})
    chosen |= {"overdue": "on"} if late else {}
    return f"{reverse('incident-list')}?{urlencode(chosen)}"


def _cases(choice: Choice, series: str, kind: str = "") -> str:
    return cases_url(series, choice.unit, choice.period.first, choice.period.last, kind=kind)


def _slowest(medians: dict[Stage, Figure]) -> Stage | None:
    """The stage in which cases stand longest, if enough cases left it."""
    enough = {stage: of.value for stage, of in medians.items() if of.value and (of.numerator or 0) >= FEW}
    return max(enough, key=enough.get) if len(enough) > 1 else None


def _ages(unit: Unit, standing: Open) -> list[AgeRow]:
    return [
        AgeRow(
            stage,
            place,
            [standing.stages[stage].ages[key] for key, _name, _since, _until in AGES],
            standing.stages[stage].count,
            standing.stages[stage].late,
            open_url(unit, stage),
            open_url(unit, stage, late=True),
        )
        for place, stage in enumerate(LOOP, 1)
    ]


# What came back -----------------------------------------------------------------------------------------------------
def _steps(moves: dict[str, float]) -> list[tuple[str, str, int]]:
    found = []
    for step, count in moves.items():
        start, _sign, end = step.partition(">")
        found.append((start, end, round(count)))
    return found


def _backs(choice: Choice, moves: dict[str, float]) -> list[BackRow]:
    steps = _steps(moves)
    left = {start: sum(count for one, _end, count in steps if one == start) for start, _end, _count in steps}
    return sorted(
        (
            BackRow(Stage(start), Stage(end), count, left[start], _cases(choice, "moves", f"{start}>{end}"))
            for start, end, count in steps
            if start in Stage.values and end in STEPS and count
            # what was closed or dismissed and is taken up again comes back as well
            if start not in STEPS or STEPS.index(end) < STEPS.index(start)
        ),
        key=lambda row: -row.count,
    )


# Where it is stuck ----------------------------------------------------------------------------------------------------
def _units(choice: Choice, standing: Open) -> list[UnitRow]:
    """The units below, those with the most late cases first; and what is the unit's own, if it is anything."""
    if not choice.below:
        return []
    kpi = KPIS["loop-time"]
    times = reading.read([kpi], choice.below, [choice.period])
    rows = [
        UnitRow(
            unit=unit,
            url=choice.query(unit=unit.code),
            list_url=open_url(unit),
            cells=[standing.cells[unit.pk, stage.value] for stage in LOOP],
            whole=standing.units[unit.pk],
            loop_time=times[kpi.code, unit.pk][0],
        )
        for unit in choice.below
    ]
    rows.sort(key=lambda row: (-row.whole.late, -row.whole.count, row.unit.name))
    if own := standing.units.get(choice.unit.pk):
        cells = [standing.cells[choice.unit.pk, stage.value] for stage in LOOP]
        rows.append(UnitRow(choice.unit, "", "", cells, own, None, is_own=True))
    return rows


# In one picture and in words ------------------------------------------------------------------------------------------
def _maps(stages: list[StageRow], moves: dict[str, float]) -> tuple[SafeString, SafeString]:
    places = [
        flow.Place(
            row.stage.value,
            str(row.stage.label),
            row.standing.count,
            row.standing.late,
            days(row.median) if row.n >= FEW else "",
            row.is_slowest,
        )
        for row in stages
    ]
    ways = [flow.Way(start, end, count) for start, end, count in _steps(moves)]
    title = _("The way of the cases through the seven stages")
    return (
        flow.process_map(places, ways, title=title, key="loop-map"),
        flow.process_map(places, ways, title=title, key="loop-map-narrow", narrow=True),
    )


def days(of: Figure) -> str:
    """3.4 days; under a day in hours; what went through at once in no time worth a number."""
    if of.value is None:
        return ""
    if of.value < 1 / 24 / 60:
        return _("under a minute")
    if of.value < 1 / 24:
        return _("%(number)s min") % {"number": figure(of.value * 24 * 60, 0)}
    if of.value < 1:
        return _("%(number)s h") % {"number": figure(of.value * 24, 1)}
    return _("%(number)s days") % {"number": figure(of.value, 1)}


def _sentence(stages: list[StageRow], standing: Open, backs: list[BackRow]) -> str:
    """Where cases stand longest, how much is late and where most of that is, and what came back."""
    parts = []
    slowest = next((row for row in stages if row.is_slowest), None)
    if slowest:
        parts.append(
            _(
                "Cases stand longest in “%(stage)s”: half of them up to %(median)s, nine of ten up to %(ninetieth)s."
            )
            % {
                "stage": slowest.stage.label,
                "median": days(slowest.median),
                "ninetieth": days(slowest.ninetieth),
            }
        )
    parts.append(_told_open(stages, standing))
    again = [row for row in backs if row.start == Stage.VERIFY]
    if again:
        came, left = sum(row.count for row in again), again[0].left
        parts.append(
            ngettext(
                "Of %(left)s verified, %(count)s went back to the analysis.",
                "Of %(left)s verified, %(count)s went back to the analysis.",
                came,
            )
            % {"left": left, "count": came}
        )
    return run_on(parts)


def _told_open(stages: list[StageRow], standing: Open) -> str:
    whole = standing.whole
    if not whole.count:
        return _("Nothing is open.")
    told = {"count": f"{whole.count:,}", "late": f"{whole.late:,}"}
    if not whole.late:
        return ngettext("%(count)s is open, none late.", "%(count)s are open, none late.", whole.count) % told
    worst = max(stages, key=lambda row: row.standing.late)
    return ngettext(
        "%(count)s is open, %(late)s late, most of those in “%(stage)s”.",
        "%(count)s are open, %(late)s late, most of those in “%(stage)s”.",
        whole.count,
    ) % (told | {"stage": worst.stage.label})
