"""Measures against time: a bar for each from its order to its date, with what happened on the way.

Every row is a picture of its own whose places along the time axis are percentages, so the same drawing fits a desk and
a phone and its marks and words never shrink. What is drawn is also said: `Row.words`.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from history.timeline import in_a_row
from incidents.drawing import number

from .models import LedgerEntry, Measure
from .slippage import Slippage, slippage_of

#: Half the height of a bar, in pixels.
HALF = 8
#: Signs of the ledger's entries: a shape of its own each, around (0, 0).
SIGNS = {
    "check": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0zM-2.4 .2l1.8 1.8l3 -3.6",
    "finding": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0zM-2 -2l4 4M2 -2l-4 4",
    "deviation": "M0 -6L6 5L-6 5zM0 -2v3",
    "request": "M-4.5 -4.5h9v9h-9zM-2 0h4",
    "done": "M-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0zM-3 .2l2.2 2.2l3.8 -4.4",
    "original": "M0 -5.5L4 0L0 5.5L-4 0z",
}
LEGEND: tuple[tuple[str, Promise], ...] = (
    ("original", gettext_lazy("originally due")),
    ("check", gettext_lazy("checked, in order")),
    ("finding", gettext_lazy("checked, not in order")),
    ("deviation", gettext_lazy("deviation")),
    ("request", gettext_lazy("request")),
    ("done", gettext_lazy("done")),
)
STEPS = (1, 2, 3, 6, 12, 24, 60, 120)  # months between two lines
MOST_LINES = 6


@dataclass(frozen=True)
class Chart:
    """The rows and the span of time that they share. `start` and `end` are the edges, `today` lies between them."""

    rows: "list[Row]"
    start: dt.date
    end: dt.date
    today: dt.date

    def x(self, day: dt.date) -> float:
        """Where a day lies, in per cent of the width."""
        return (day - self.start).days * 100 / (self.end - self.start).days

    @cached_property
    def lines(self) -> list[tuple[dt.date, str]]:
        """The days with an upright line and their words: weeks, or the first of every so many months."""
        days = (self.end - self.start).days
        if days <= 45:
            step = dt.timedelta(days=7 if days <= 38 else 14)
            first = self.start + dt.timedelta(days=-self.start.weekday() % 7)
            found = [first + place * step for place in range(days // step.days + 1)]
            return [(day, f"{day:%m-%d}") for day in found if day < self.end]
        months = [month for month in _months(self.start, self.end)]
        step = next(size for size in STEPS if len(months) / size <= MOST_LINES or size == STEPS[-1])
        kept = [month for month in months if ((month.year * 12 + month.month - 1) % step) == 0]
        return [(month, f"{month:%Y-%m}") for month in kept]

    @property
    def axis(self) -> SafeString:
        """The words above the rows."""
        parts = []
        for day, text in self.lines:
            place = self.x(day)
            anchor = "start" if place < 8 else "end" if place > 92 else "middle"
            parts.append(_text("gantt-tick", place, 12, text, anchor))
        place = self.x(self.today)
        anchor = "start" if place < 8 else "end" if place > 92 else "middle"
        parts.append(_text("gantt-now", place, 27, _("Today"), anchor))
        return format_html(
            '<svg class="gantt-axis" width="100%" height="32" aria-hidden="true">{}</svg>',
            mark_safe("".join(parts)),
        )

    def grid(self) -> list[SafeString]:
        return [
            *(_upright("gantt-line", self.x(day)) for day, _text in self.lines),
            _upright("gantt-today", self.x(self.today)),
        ]

    @property
    def legend(self) -> list[tuple[SafeString, Promise]]:
        return [
            (
                format_html(
                    '<svg viewBox="-8 -8 16 16" width="16" height="16" aria-hidden="true">{}</svg>',
                    _sign(name),
                ),
                label,
            )
            for name, label in LEGEND
        ]


@dataclass(frozen=True)
class Row:
    """A measure with its ledger, on its way from `begin` (the day its plan was approved) to its date."""

    measure: Measure
    entries: list[LedgerEntry]
    begin: dt.date
    today: dt.date

    @cached_property
    def slippage(self) -> Slippage:
        return slippage_of(self.measure, self.today)

    @property
    def done_on(self) -> dt.date | None:
        return timezone.localdate(self.measure.done_at) if self.measure.done_at else None

    @property
    def days(self) -> list[dt.date]:
        """Every day that has to fit on the chart."""
        marked = [timezone.localdate(entry.at) for entry in self.entries if _sign_of(entry)]
        dates = [self.begin, self.measure.original_due_on, self.measure.due_on, self.done_on, *marked]
        return [day for day in dates if day]

    @property
    def words(self) -> str:
        """The row as a sentence, for whoever can't see it."""
        measure = self.measure
        said = [
            _("from %(begin)s to %(due)s") % {"begin": self.begin, "due": measure.due_on},
            _("originally due %(day)s") % {"day": measure.original_due_on},
            *self.slippage.in_words(),
            str(measure.get_status_display()),
            _("%(progress)s %% done") % {"progress": measure.progress},
        ]
        for sign, label in LEGEND:
            days = [timezone.localdate(entry.at) for entry in self.entries if _sign_of(entry) == sign]
            if sign != "done" and days:
                said.append(
                    _("%(what)s on %(days)s") % {"what": label, "days": in_a_row([str(day) for day in days])}
                )
        return "; ".join(said)

    def drawing(self, chart: Chart) -> SafeString:
        key = f"gantt-{self.measure.pk}"
        return format_html(
            '<svg class="gantt-row" width="100%" height="100%" role="img" aria-labelledby="{key}-t">'
            '<title id="{key}-t">{}</title>{}</svg>',
            f"{self.measure}: {self.words}", mark_safe("".join([*chart.grid(), *self._bar(chart, key)])), key=key,
        )  # fmt: skip

    def _bar(self, chart: Chart, key: str) -> Iterable[SafeString]:
        measure, done = self.measure, self.done_on
        begin, due, original = chart.x(self.begin), chart.x(measure.due_on), chart.x(measure.original_due_on)
        end = chart.x(done) if done else due
        yield _hatch(f"{key}-h", "gantt-hatch")
        yield _hatch(f"{key}-l", "gantt-hatch-late")
        yield _piece("gantt-plan", begin, min(original, due))
        if due > original:
            yield _piece("gantt-moved", original, due, fill=f"url(#{key}-h)")
        if measure.progress and measure.status != Measure.Status.WITHDRAWN:
            yield _piece("gantt-progress", begin, begin + (end - begin) * measure.progress / 100)
        if self.slippage.late:
            yield _piece("gantt-late", due, chart.x(self.today), fill=f"url(#{key}-l)")
        elif done and end > due:
            yield _piece("gantt-moved", due, end, fill=f"url(#{key}-h)")
        yield _mark("original", original, _("originally due %(day)s") % {"day": measure.original_due_on})
        for entry in self.entries:
            if (sign := _sign_of(entry)) and sign != "done":
                day = timezone.localdate(entry.at)
                yield _mark(sign, chart.x(day), f"{day} {entry.get_kind_display()}: {entry.text[:120]}")
        if done:
            yield _mark("done", end, _("done on %(day)s") % {"day": done})


def chart_of(
    items: Iterable[tuple[Measure, list[LedgerEntry]]], today: dt.date | None = None
) -> Chart | None:
    """The chart of approved measures (loaded with `plan`), each with its ledger. None when there are none."""
    today = today or timezone.localdate()
    rows = [
        Row(measure, entries, _begin(measure), today)
        for measure, entries in items
        if measure.due_on and measure.original_due_on
    ]
    if not rows:
        return None
    days = [day for row in rows for day in row.days] + [today]
    first, last = min(days), max(days)
    air = dt.timedelta(days=max(2, (last - first).days // 25))
    return Chart(rows, first - air, last + air, today)


def with_ledgers(measures: list[Measure]) -> list[tuple[Measure, list[LedgerEntry]]]:
    """The measures with what is marked of their ledgers, in one query."""
    found: dict[int, list[LedgerEntry]] = {measure.pk: [] for measure in measures}
    kinds = (LedgerEntry.Kind.CHECK, LedgerEntry.Kind.DEVIATION, *LedgerEntry.REQUESTS)
    for entry in LedgerEntry.objects.filter(measure__in=found, kind__in=kinds):
        found[entry.measure_id].append(entry)
    return [(measure, found[measure.pk]) for measure in measures]


def _begin(measure: Measure) -> dt.date:
    plan = measure.plan
    return min(timezone.localdate(plan.decided_at or plan.created_at), measure.original_due_on)


def _sign_of(entry: LedgerEntry) -> str:
    if entry.kind == LedgerEntry.Kind.CHECK:
        return "check" if entry.in_order else "finding"
    if entry.kind in LedgerEntry.REQUESTS:
        return "request"
    return "deviation" if entry.kind == LedgerEntry.Kind.DEVIATION else ""


def _months(start: dt.date, end: dt.date) -> Iterable[dt.date]:
    month = start.replace(day=1)
    while month < end:
        if month >= start:
            yield month
        month = (month + dt.timedelta(days=32)).replace(day=1)


# What can be drawn at a percentage -----------------------------------------------------------------------------------
def _text(classes: str, place: float, y: float, text: str, anchor: str) -> SafeString:
    return format_html(
        '<text class="{}" x="{}%" y="{}" text-anchor="{}">{}</text>',
        classes,
        number(place),
        number(y),
        anchor,
        text,
    )


def _upright(classes: str, place: float) -> SafeString:
    return format_html('<line class="{}" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>', classes, x=f"{place:.2f}")


def _hatch(key: str, classes: str) -> SafeString:
    return format_html(
        '<pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line class="{}" x1="0" y1="0" x2="0" y2="6"/></pattern>',
        key, classes,
    )  # fmt: skip


def _piece(classes: str, begin: float, end: float, fill: str = "") -> SafeString:
    """A part of the bar, across the middle of the row."""
    paint = format_html(' fill="{}"', fill) if fill else ""
    return format_html(
        '<svg y="50%" overflow="visible"><rect class="{}" x="{}%" y="{}" width="{}%" height="{}" rx="3"{}/></svg>',
        classes, f"{begin:.2f}", -HALF, f"{max(end - begin, 0.4):.2f}", 2 * HALF, paint,
    )  # fmt: skip


def _sign(name: str) -> SafeString:
    return format_html('<path class="gantt-{}" d="{}"/>', name, SIGNS[name])


def _mark(name: str, place: float, text: str) -> SafeString:
    return format_html(
        '<svg x="{}%" y="50%" overflow="visible"><g><title>{}</title>{}</g></svg>',
        f"{place:.2f}",
        text,
        _sign(name),
    )
