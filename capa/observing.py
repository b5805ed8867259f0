"""What the incident page shows of stage 6: the windows of the design with what was counted in them, and every verdict."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from history.signing import is_whole, still_says
from incidents.models import Incident
from people.models import Person

from . import charts, evaluation, verify
from .effect import poisson_interval
from .evaluation import Compared, Prescription
from .measuring import Series, incident_scope, read_incidents, source_of
from .models import Measure, Plan, Verification, VerificationDesign
from .reading import Case, case_of

#: How far back the chart reaches where no design says it, and at most, in days.
LOOK_BACK, FARTHEST = 548, 1500
#: Up to so many days are drawn by the week, more by the month.
BY_WEEK = 200
MONTH = 365.25 / 12
#: So many recurrences are listed.
LISTED = 30


def approved_designs(case: Case) -> dict[int, VerificationDesign]:
    """The design that each round's verdict is judged by."""
    return {
        plan.cycle: plan.design
        for plan in case.plans
        if plan.status == Plan.Status.APPROVED and getattr(plan, "design", None)
    }


def section(incident: Incident, person: Person) -> dict:
    """Everything that the template of stage 6 shows."""
    case = case_of(incident)
    designs = approved_designs(case)
    verdicts = [_signed(case, row, designs.get(row.cycle)) for row in reversed(case.verifications)]
    shown = designs.get(incident.cycle) or (designs[max(designs)] if designs else None)
    asked = evaluation.prescription(shown)
    return {
        "verdicts": verdicts,
        "last": verdicts[0] if verdicts else None,
        "prescription": asked,
        "so_far": (so_far := _so_far(asked)),
        "watch_on": evaluation.watch_until(so_far.row, asked.design) if so_far else None,
        "recurrences": recurrences(asked, person),
        **chart(incident, asked, done_days(case)),
    }


def _signed(case: Case, row: Verification, design: VerificationDesign | None) -> Compared:
    """A verdict with its signature, and whether it still says what was signed."""
    said = verify.said_by(row)
    signatures = [
        {"signature": signature, "stands": still_says(signature, said), "forged": not is_whole(signature)}
        for signature in case.signatures_of(verify.signed_as(row))
    ]
    return replace(evaluation.by_design(row, design), signatures=signatures)


def _so_far(asked: Prescription | None) -> Compared | None:
    """What the figures say today, before anybody has judged."""
    if asked is None or not asked.has_begun or asked.to_be_typed:
        return None
    return evaluation.by_design(Verification(**asked.figures), asked.design)


# Recurrences ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Recurrences:
    """The cases counted in the observation: how many, and those of them that the reader may see, newest first."""

    total: int
    rows: list[Any]  # with `listed_as` and `listed_at`

    @property
    def hidden(self) -> int:
        """Counted, but not for these eyes; nothing is said about them."""
        return 0 if len(self.rows) >= LISTED else max(0, self.total - len(self.rows))

    @property
    def has_more(self) -> bool:
        return len(self.rows) >= LISTED and self.total > len(self.rows)


def recurrences(asked: Prescription | None, person: Person) -> Recurrences | None:
    if asked is None or asked.source.rows is None or not asked.has_begun:
        return None
    total = asked.series.events_between(asked.begins, asked.ends)
    rows = asked.source.rows(asked.design.scope, asked.begins, asked.ends) if total else None
    when = asked.source.at
    seen = list(rows.visible_to(person).order_by(f"-{when}", "-pk")[:LISTED]) if rows is not None else []
    for row in seen:
        row.listed_as, row.listed_at = asked.source.name_of(row), getattr(row, when)
    return Recurrences(total, seen)


# The chart -----------------------------------------------------------------------------------------------------------
def chart(
    incident: Incident,
    asked: Prescription | None,
    marks: Iterable[tuple[dt.date, str]],
    *,
    key: str = "effect",
) -> dict:
    """Counts by week or month with the windows; without a counting design, those of incidents like this one.

    `key` makes the ids of the drawing unique where a page has several.
    """
    counts = asked is not None and asked.source.counts
    today = timezone.localdate(incident.closed_at or timezone.now())
    earliest = today - dt.timedelta(days=FARTHEST)
    if counts:
        first = max(asked.design.baseline_from, earliest)
        series = asked.series
    else:
        first = today - dt.timedelta(days=LOOK_BACK)
        series = read_incidents(incident_scope(incident, {}), first, today)
    by_week = (today - first).days <= BY_WEEK
    bins = weeks(series, first, today) if by_week else months(series, first, today)
    windows = _windows(asked, series, 7 if by_week else MONTH) if counts else []
    per = {"metric": asked.design.metric if counts else _like_this(incident)}
    title = _("%(metric)s, per week") % per if by_week else _("%(metric)s, per month") % per
    return {
        "chart": charts.effect_chart(bins, windows, marks, title=title, key=key),
        "title": title,
        "bins": bins,
        "windows": windows,
        "by_week": by_week,
        "says": source_of(asked.design.source).describe(asked.design.scope, incident) if counts else "",
    }


def _like_this(incident: Incident) -> str:
    return _("Incidents “%(type)s” in %(unit)s") % {"type": incident.type, "unit": incident.unit}


def weeks(series: Series, first: dt.date, last: dt.date) -> list[charts.Bin]:
    """Seven days each, counted back from the last day: none of them is half a week but the first."""
    bins, end = [], last
    while end >= first:
        begin = max(first, end - dt.timedelta(days=6))
        bins.append(charts.Bin(begin, end, f"{begin:%m-%d}", series.events_between(begin, end)))
        end = begin - dt.timedelta(days=1)
    return bins[::-1]


def months(series: Series, first: dt.date, last: dt.date) -> list[charts.Bin]:
    """Calendar months; the first and the last as far as they go."""
    bins, begin = [], first
    while begin <= last:
        following = (begin.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        end = min(last, following - dt.timedelta(days=1))
        bins.append(charts.Bin(begin, end, f"{begin:%Y-%m}", series.events_between(begin, end)))
        begin = following
    return bins


def _windows(asked: Prescription, series: Series, days_per_bin: float) -> list[charts.Window]:
    design = asked.design
    windows = [
        _window("before", design.baseline_from, design.baseline_until, _("Baseline"), series, days_per_bin)
    ]
    if asked.has_begun:
        windows.append(_window("after", asked.begins, asked.ends, _("Observation"), series, days_per_bin))
    return windows


def _window(kind: str, first, last, label: str, series: Series, days_per_bin: float) -> charts.Window:
    """Events in a window as an average per week or month, with the exact interval of their count."""
    events, days = series.events_between(first, last), (last - first).days + 1
    lower, upper = poisson_interval(events)
    scale = days_per_bin / days
    return charts.Window(kind, first, last, label, events * scale, lower * scale, upper * scale)


def done_days(case: Case) -> list[tuple[dt.date, str]]:
    """When measures of approved plans were done, each day once."""
    approved = {plan.pk for plan in case.plans if plan.status == Plan.Status.APPROVED}
    days: dict[dt.date, list[str]] = {}
    for measure in case.measures:
        if measure.plan_id in approved and measure.status == Measure.Status.DONE and measure.done_at:
            days.setdefault(timezone.localdate(measure.done_at), []).append(measure.number or "")
    return [
        (day, _("%(number)s done") % {"number": numbers[0]} if len(numbers) == 1
         else _("%(count)s measures done") % {"count": len(numbers)})
        for day, numbers in sorted(days.items())
    ]  # fmt: skip
