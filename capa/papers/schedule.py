"""The plan against time, as a small SVG for paper: a bar for each measure from the approval to its date."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.drawing import box, dot, line, svg, words, wrap

from ..models import Measure, Plan

WIDTH, LEFT, RIGHT, TOP, ROW, TEXT = 680, 196, 14, 26, 30, 12


def draw(measures: list[Measure], plan: Plan | None, *, key: str) -> SafeString:
    """Bars until the date that holds, a hollow end where it was extended, a dot where it was done. Empty: no dates."""
    dated = [measure for measure in measures if measure.due_on]
    if not dated:
        return SafeString("")
    begin = _begin(dated, plan)
    end = max(max(_ends(measure)) for measure in dated) + dt.timedelta(days=3)
    span = max((end - begin).days, 1)

    def x(day: dt.date) -> float:
        return LEFT + (day - begin).days / span * (WIDTH - LEFT - RIGHT)

    height = TOP + ROW * len(dated) + 6
    parts: list[SafeString] = []
    for day in _ticks(begin, end):
        parts += [
            line("grid", x(day), TOP - 6, x(day), height),
            words("", x(day) + 3, TOP - 10, f"{day:%m-%d}"),
        ]
    for place, measure in enumerate(dated):
        parts += _row(measure, place, begin, x)
    today = timezone.localdate()
    if begin < today < end:
        parts.append(line("today", x(today), TOP - 6, x(today), height))
    return svg(
        parts, classes="gantt", width=WIDTH, height=height, key=key, title=_("The measures against time"),
        desc="; ".join(f"{measure.text}: {measure.due_on}" for measure in dated),
    )  # fmt: skip


def _begin(measures: list[Measure], plan: Plan | None) -> dt.date:
    decided = plan.decided_at if plan and plan.decided_at else plan.created_at if plan else timezone.now()
    return min(timezone.localdate(decided), *(min(_ends(measure)) for measure in measures))


def _ends(measure: Measure) -> list[dt.date]:
    done = [timezone.localdate(measure.done_at)] if measure.done_at else []
    original = [measure.original_due_on] if measure.original_due_on else []
    return [measure.due_on, *original, *done]


def _ticks(begin: dt.date, end: dt.date) -> Iterable[dt.date]:
    step = next(days for days in (7, 14, 28, 56, 112, 364, 10**6) if (end - begin).days / days <= 9)
    return (begin + dt.timedelta(days=days) for days in range(0, (end - begin).days, step))


def _row(measure: Measure, place: int, begin: dt.date, x) -> Iterable[SafeString]:
    top = TOP + ROW * place
    lines = wrap(measure.text, TEXT, LEFT - 16, most=2)
    for number, text in enumerate(lines):
        yield words("name", 0, top + (17 if len(lines) == 1 else 11) + number * 13, text)
    original = measure.original_due_on or measure.due_on
    yield box("bar", x(begin), top + 6, max(x(original) - x(begin), 2), 12, 2)
    if measure.due_on > original:
        yield box("more", x(original), top + 6, x(measure.due_on) - x(original), 12, 2)
    if measure.done_at:
        yield dot("done", x(timezone.localdate(measure.done_at)), top + 12, 5)
