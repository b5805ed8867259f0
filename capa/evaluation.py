"""What a design prescribes to be compared, counted now; and what the figures of a verdict say."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import watching
from .effect import (
    ALPHA,
    HIGHER,
    LOWER,
    PROPORTION,
    RATE,
    WORTH_HAVING,
    Difference,
    RateRatio,
    baseline_needed,
    difference_of_proportions,
    propose,
    rate_ratio,
)
from .measuring import Series, source_of
from .models import Verification, VerificationDesign

#: What a design prescribes, by the names of a Verification, with the words for a departure from it.
PRESCRIBED = {
    "source_key": _("where the numbers come from"),
    "data": _("kind of data"),
    "direction": _("direction"),
    "metric": _("what is counted"),
    "unit_of_exposure": _("per what"),
    "before_from": _("baseline from"),
    "before_until": _("baseline until"),
    "before_events": _("events before"),
    "before_exposure": _("exposure before"),
    "after_from": _("observation from"),
    "after_until": _("observation until"),
    "after_events": _("events after"),
    "after_exposure": _("exposure after"),
}


# The design ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Prescription:
    """What the design of a round asks to be compared today; what a person has to type in is None."""

    design: VerificationDesign
    today: dt.date

    @property
    def source(self):
        return source_of(self.design.source)

    @property
    def begins(self) -> dt.date:
        return self.design.observed_from or self.today

    @property
    def ends(self) -> dt.date:
        """The last whole day observed so far."""
        yesterday = self.today - dt.timedelta(days=1)
        return min(yesterday, self.design.observed_until or yesterday)

    @property
    def has_begun(self) -> bool:
        """Has a whole day been observed?"""
        return self.design.observed_from is not None and self.design.observed_from <= self.ends

    @property
    def is_over(self) -> bool:
        """Have all days of the observation passed? Only then can it be called effective."""
        return self.design.observed_until is not None and self.design.observed_until < self.today

    @cached_property
    def series(self) -> Series | None:
        """From the first day of the baseline until today; None where a person types."""
        source = self.source
        if not source.counts:
            return None
        return source.read(self.design.scope, self.design.baseline_from, self.today)

    @cached_property
    def figures(self) -> dict:
        """By the names of PRESCRIBED. The baseline is counted again, by the same rule on the same day as what follows.

        Else a case that turned out to be a duplicate would count before and not after.
        """
        design, series = self.design, self.series
        before_events, before_exposure = design.baseline_events, design.baseline_exposure
        after_events = after_exposure = None
        if series:
            before_events = series.events_between(design.baseline_from, design.baseline_until)
            counted = series.exposure_between(design.baseline_from, design.baseline_until)
            before_exposure = before_exposure if counted is None else counted
            if self.has_begun:
                after_events = series.events_between(self.begins, self.ends)
                after_exposure = series.exposure_between(self.begins, self.ends)
        return {
            "source_key": design.source, "data": design.data, "direction": design.direction,
            "metric": design.metric, "unit_of_exposure": design.unit_of_exposure,
            "before_from": design.baseline_from, "before_until": design.baseline_until,
            "before_events": before_events, "before_exposure": before_exposure,
            "after_from": self.begins, "after_until": max(self.begins, self.ends),
            "after_events": after_events, "after_exposure": after_exposure,
        }  # fmt: skip

    @property
    def has_moved(self) -> bool:
        """Does the source count the baseline differently today than when the plan was approved?"""
        return self.figures["before_events"] != self.design.baseline_events

    @property
    def to_be_typed(self) -> list[str]:
        return [name for name in ("after_events", "after_exposure") if self.figures[name] is None]

    def departures(self, given: Mapping) -> list[str]:
        """The names of what differs from it."""
        asked = self.figures
        return [
            name
            for name in PRESCRIBED
            if asked[name] is not None and given.get(name) is not None and given[name] != asked[name]
        ]


def prescription(design: VerificationDesign | None) -> Prescription | None:
    return Prescription(design, timezone.localdate()) if design else None


def question_of(design: VerificationDesign, *, events: int | None = None) -> watching.Question:
    """A design as a question to the calculator."""
    return watching.Question(
        events=design.baseline_events if events is None else events,
        exposure=float(design.baseline_exposure),
        per_day=float(design.expected_exposure) / design.observation_days,
        change=float(design.smallest_change),
        data=design.data,
        direction=design.direction,
    )


def answer_of(design: VerificationDesign) -> watching.Answer:
    """What can be known by a design: the approver sees it before approving."""
    return watching.Answer(question_of(design), design.observation_days)


# The verdict ---------------------------------------------------------------------------------------------------------
def compare(row: Verification) -> RateRatio | Difference:
    figures = (row.after_events, row.after_exposure, row.before_events, row.before_exposure)
    return difference_of_proportions(*figures) if row.data == PROPORTION else rate_ratio(*figures)


@dataclass(frozen=True)
class Compared:
    """A verdict, given or about to be, with what its figures say.

    `fixed` tells that the question was fixed beforehand and nothing departs from it.
    """

    row: Verification
    found: RateRatio | Difference
    smallest_change: float
    fixed: bool
    signatures: list[dict] = field(default_factory=list)  # as parts/_signature.html shows them

    @property
    def is_rate(self) -> bool:
        return self.row.data == RATE

    @property
    def is_lower(self) -> bool:
        return self.row.direction == LOWER

    @property
    def has_ratio(self) -> bool:
        return self.is_rate and self.found.ratio is not None

    @property
    def has_upper(self) -> bool:
        return math.isfinite(self.found.upper)

    @property
    def change(self) -> int:
        """The change in whole per cent or percentage points, without its sign."""
        return round(abs(self.found.change or 0))

    @property
    def is_same(self) -> bool:
        """No more and no fewer, as far as whole per cent show it."""
        return (self.has_ratio or not self.is_rate) and self.change == 0

    @property
    def is_fewer(self) -> bool:
        return (self.found.change or 0) < 0

    @property
    def at_least(self) -> str:
        """The lower end of the interval as a change in whole per cent or points, with its sign."""
        return _signed((self.found.lower - 1) if self.is_rate else self.found.lower)

    @property
    def at_most(self) -> str:
        return _signed((self.found.upper - 1) if self.is_rate else self.found.upper)

    @property
    def share_before(self) -> float:
        return 0 if self.is_rate else self.found.before * 100

    @property
    def share_after(self) -> float:
        return 0 if self.is_rate else self.found.after * 100

    @property
    def differs(self) -> bool:
        return self.row.verdict != self.row.proposal

    @property
    def is_open_on_two_sides(self) -> bool:
        """Effective by the question that was fixed, though the interval with 2.5 % on either side holds no change."""
        least, _most = self.found.gain(self.row.direction, fixed=False)
        return self.row.proposal == Verification.Verdict.EFFECTIVE and least <= 0

    @property
    def needed(self) -> int:
        """Events that the baseline would have had to hold for anything to be provable."""
        alpha = ALPHA if self.fixed else ALPHA / 2
        return baseline_needed(float(self.row.before_exposure), float(self.row.after_exposure), alpha=alpha)

    @property
    def too_few(self) -> bool:
        """Even none afterwards could not have proven anything."""
        return self.is_rate and self.is_lower and self.row.before_events < self.needed


def _signed(share: float) -> str:
    """A change in whole per cent with a real minus: −71, +5, 0."""
    percent = round(share * 100)
    return f"{percent:+d}".replace("-", "−") if percent else "0"


def compared(
    row: Verification, *, smallest_change: float | Decimal = WORTH_HAVING, fixed: bool = False
) -> Compared:
    """What the figures of a verdict say, given already or about to be."""
    found = compare(row)
    row.proposal = row.proposal or propose(
        found, direction=row.direction, smallest_change=smallest_change, fixed=fixed
    )
    return Compared(row, found, float(smallest_change), fixed)


def by_design(row: Verification, design: VerificationDesign | None) -> Compared:
    """`compared`, by the smallest change of the round's design, if there is one, and by whether it was kept to."""
    if design is None:
        return compared(row)
    return compared(row, smallest_change=design.smallest_change, fixed=not row.departure)


def watch_until(row: Verification, design: VerificationDesign | None) -> dt.date:
    """Until when to watch on where the data can't tell yet.

    The day on which an effect would be proven if it goes on as up to now; else the day by which a change worth having
    would show with 80 % power; else as long again.
    """
    days = (row.after_until - row.after_from).days + 1
    day = _proven_on(row, days, fixed=design is not None and not row.departure) or _known_on(row, design)
    at_least = timezone.localdate() + dt.timedelta(days=1)
    if design and design.observed_until:
        at_least = max(at_least, design.observed_until)
    return max(day or row.after_until + dt.timedelta(days=days), at_least)


def _proven_on(row: Verification, days: int, *, fixed: bool) -> dt.date | None:
    rate, per_day = row.after_events / days, float(row.after_exposure) / days
    worse = (compare(row).change or 0) * (1 if row.direction == LOWER else -1) >= 0
    if worse and row.before_events:
        return None
    for more in range(days + 1, watching.LONGEST + 1):
        later = Verification(
            data=row.data, before_events=row.before_events, before_exposure=row.before_exposure,
            after_events=math.ceil(rate * more) if row.direction == LOWER else int(rate * more),
            after_exposure=per_day * more,
        )  # fmt: skip
        least, _most = compare(later).gain(row.direction, fixed=fixed)
        if least > 0:
            return row.after_from + dt.timedelta(days=more - 1)
    return None


def _known_on(row: Verification, design: VerificationDesign | None) -> dt.date | None:
    if design is None:
        return None
    days = question_of(design, events=row.before_events).days_needed
    return row.after_from + dt.timedelta(days=days - 1) if days else None


__all__ = [
    "HIGHER",
    "Compared",
    "Prescription",
    "answer_of",
    "by_design",
    "compared",
    "prescription",
    "watch_until",
]
