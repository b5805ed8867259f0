"""What a monthly report is made from: read once, by the queries of the dashboards, and kept as plain values.

Everything that the report says and draws comes from these values, so that it can be checked against them for ever.
Cases are counted only where a figure is none of the indicators: what is open now, verdicts, early warnings. There is no
name of anybody in them, and nothing that somebody has typed except the names of units, categories and notes on charts.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Count, Q
from django.utils import timezone

from capa.models import Measure, Recurrence, RecurrenceWatch, Verification
from complaints.models import Category
from incidents.models import Incident
from people.models import Unit

from .. import reading, targets
from ..dashboards.parts import not_classified
from ..definitions import KPIS, LEADING, Kpi, kpi_of
from ..models import Note, Signal
from ..periods import Grain, Period, today, zone
from ..reading import Figure
from ..spc.chart import Chart
from ..spc.judging import Judgement, judge

#: So many months are drawn.
SHOWN = 24
#: Indicators besides the leading ones of which the report says the figure of the month.
FURTHER = (
    "reply-time", "reply-time-p90", "reply-on-time", "incidents-reported", "effective-first", "on-time-rate", "loop-time",
)  # fmt: skip
#: The head of the Pareto: categories until so much of the complaints is named, but no more than so many.
HEAD_SHARE, HEAD_MOST = 0.8, 4


def collect(unit: Unit, month: Period) -> dict:
    """The figures of this unit and everything below it. Words in it are in the language that is active."""
    kpis = [KPIS[code] for code in LEADING]
    further = [KPIS[code] for code in FURTHER if code not in LEADING]
    periods = month.back(SHOWN)
    figures = reading.read([*kpis, *further], [unit], periods)
    held = targets.holding([unit], month.first.year, [*LEADING, *FURTHER])
    notes = reading.notes_on(kpis, unit, periods[0].first, month.last)
    return {
        "month": month.key,
        "counted_until": today().isoformat(),
        "indicators": [
            _indicator(kpi, figures[kpi.code, unit.pk], held.get((kpi.code, unit.pk)), notes.get(kpi.code, []))
            for kpi in kpis
        ],
        "further": {
            kpi.code: [_kept(figure) for figure in figures[kpi.code, unit.pk][-2:]] for kpi in [*kpis, *further]
        },
        "complaints": _complaints(unit, month),
        "loop": _loop(unit, month),
        "warnings": _warnings(unit, month),
    }  # fmt: skip


def _indicator(kpi: Kpi, figures: Iterable[Figure], target, notes: Iterable[Note]) -> dict:
    return {
        "code": kpi.code,
        "points": [_kept(figure) for figure in figures],
        "target": targets.value_of(target),
        "notes": [
            {"day": note.day.isoformat(), "text": note.text, "rebases": note.rebases, "leaves_out": note.leaves_out}
            for note in notes
        ],
    }  # fmt: skip


def _kept(figure: Figure) -> dict:
    return {
        "period": figure.period.key,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "lower": figure.lower,
        "upper": figure.upper,
        "missing": str(figure.missing),
        "is_open": figure.is_open,
    }


# What is no indicator ------------------------------------------------------------------------------------------------
def bounds(month: Period) -> tuple[dt.datetime, dt.datetime]:
    """The first moment of the month and the first one after it, where the days of the figures are cut."""
    return tuple(dt.datetime.combine(day, dt.time(), zone()) for day in (month.first, month.shifted(1).first))


def _complaints(unit: Unit, month: Period) -> dict:
    """How the complaints of the month are told apart; how many there were the rate itself knows."""
    kinds = reading.breakdown("complaints.received", unit, [month], "kind", with_rest=True)
    names = {row.code: str(row) for row in Category.objects.filter(code__in=kinds)}
    return {
        "kinds": [
            {"code": code, "name": names.get(code, code) or not_classified(), "count": count}
            for code, count in kinds.items()
        ]
    }


def head_of(kinds: list[dict]) -> list[dict]:
    """The few kinds that most of it comes down to."""
    total, so_far, head = sum(kind["count"] for kind in kinds), 0, []
    for kind in kinds[:HEAD_MOST]:
        head.append(kind)
        so_far += kind["count"]
        if so_far >= HEAD_SHARE * total:
            break
    return head


def _loop(unit: Unit, month: Period) -> dict:
    """What is open, late and coming: as it stands at this moment, since nobody keeps what stood on the last evening."""
    within = Unit.objects.within(unit)
    now, (begins, ends) = timezone.now(), bounds(month)
    coming = month.shifted(1)
    still = Incident.objects.open().filter(unit__in=within)
    stages = (
        still.order_by().values("stage").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)))
    )
    found = {row["stage"]: row for row in stages}
    verdicts = dict(
        Verification.objects.filter(incident__unit__in=within, judged_at__gte=begins, judged_at__lt=ends)
        .order_by()
        .values_list("verdict")
        .annotate(n=Count("pk"))
    )
    undone = Measure.objects.filter(
        incident__unit__in=within, number__isnull=False,
        status__in=[Measure.Status.PLANNED, Measure.Status.RUNNING],
    ).exclude(incident__in=Incident.objects.filter(closed_at__isnull=False))  # fmt: skip
    return {
        "at": now.isoformat(),
        "open": {stage: row["n"] for stage, row in found.items()},
        "late": sum(row["late"] for row in found.values()),
        "verdicts": verdicts,
        "came_back": Recurrence.objects.filter(
            earlier__unit__in=within, status=Recurrence.Status.CONFIRMED, decided_at__gte=begins, decided_at__lt=ends
        ).count(),
        "measures_late": undone.filter(due_on__lt=today()).count(),
        "measures_coming": undone.filter(due_on__gte=coming.first, due_on__lte=coming.last).count(),
        "watches_ending": RecurrenceWatch.objects.filter(
            unit__in=within, ends_at__gte=bounds(coming)[0], ends_at__lt=bounds(coming)[1]
        ).count(),
    }  # fmt: skip


def _warnings(unit: Unit, month: Period) -> dict:
    """Early warnings that were opened and closed in the month. What was found stands here by its kind, not in anybody's
    words: those may name people.
    """
    begins, ends = bounds(month)
    rows = Signal.objects.filter(unit__in=Unit.objects.within(unit)).select_related("unit", "incident")
    opened = rows.filter(opened_at__gte=begins, opened_at__lt=ends).order_by("opened_at", "pk")
    closed = rows.filter(closed_at__gte=begins, closed_at__lt=ends).order_by("closed_at", "pk")
    return {
        "opened": [_warning(row, unit) for row in opened],
        "closed": [_warning(row, unit) for row in closed],
        "open": rows.filter(closed_at=None).count(),
    }


def _warning(row: Signal, unit: Unit) -> dict:
    kpi = kpi_of(row.kpi, row.unit)
    return {
        "signal": row.pk,
        "indicator": str(kpi or row.kpi),
        "unit": "" if row.unit_id == unit.pk else row.unit.name,
        "is_concern": row.is_concern,
        "finding": row.finding,
        "incident": row.incident.number if row.incident else "",
    }


# Back from what was kept ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class KeptNote:
    day: dt.date
    text: str
    rebases: bool
    leaves_out: bool


@dataclass
class Indicator:
    """One of the leading indicators as the report knows it: the figure of the month, and its chart."""

    kpi: Kpi
    figures: list[Figure]
    chart: Chart
    target: float | None
    notes: list[KeptNote]

    @property
    def figure(self) -> Figure:
        return self.figures[-1]

    @cached_property
    def judged(self) -> Judgement:
        return judge(self.chart)

    @property
    def meets_target(self) -> bool | None:
        """None where there is no target, no figure, or no better side."""
        value, better = self.figure.value, self.kpi.direction
        if value is None or self.target is None or not better:
            return None
        return value * better >= self.target * better


def indicators(unit: Unit, facts: dict) -> list[Indicator]:
    """The leading indicators again, from the values that were kept, drawn up as they were."""
    return [_again(unit, kept) for kept in facts["indicators"] if kept["code"] in KPIS]


def _again(unit: Unit, kept: dict) -> Indicator:
    kpi = KPIS[kept["code"]]
    figures = [figure_again(kpi, unit, point) for point in kept["points"]]
    notes = [replace(KeptNote(**note), day=dt.date.fromisoformat(note["day"])) for note in kept["notes"]]
    chart = reading.charted(kpi, figures, target=kept["target"], notes=notes)
    return Indicator(kpi, figures, chart, kept["target"], notes)


def figure_again(kpi: Kpi, unit: Unit, point: dict) -> Figure:
    """A figure from what was kept."""
    values = {
        name: point[name] for name in ("value", "numerator", "denominator", "lower", "upper", "missing")
    }
    is_open = point.get("is_open", False)  # earlier reports don't say
    return Figure(kpi, unit, Period.parse(point["period"]), is_open=is_open, **values)


def changed_since(unit: Unit, facts: dict) -> list[tuple[Kpi, Figure, Figure]]:
    """Where the figures of the month say something else today: (indicator, as it was kept, as it is now)."""
    kept = {code: points[-1] for code, points in facts["further"].items() if code in KPIS and points}
    now = reading.read(
        [KPIS[code] for code in kept], [unit], [Period(Period.parse(facts["month"]).first, Grain.MONTH)]
    )
    pairs = [
        (KPIS[code], figure_again(KPIS[code], unit, point), now[code, unit.pk][0]) for code, point in kept.items()
    ]  # fmt: skip
    return [pair for pair in pairs if not _same(pair[1], pair[2])]


def _same(kept: Figure, now: Figure) -> bool:
    return all(
        getattr(kept, name) == getattr(now, name)
        or None not in (getattr(kept, name), getattr(now, name))
        and abs(getattr(kept, name) - getattr(now, name)) < 1e-9
        for name in ("value", "numerator", "denominator")
    )
