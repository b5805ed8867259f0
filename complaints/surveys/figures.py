"""What a page of results shows: lines of units and periods, questions, dimensions; each figure with its interval."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from complaints.models import Item

from . import estimates
from .estimates import Bounded, Change, Mean, Promoters
from .index import RANGES

MONTH, QUARTER = "month", "quarter"


@dataclass(frozen=True)
class Line:
    """One row of a table: a unit, a period, a group. `figure` is None where too few answered to show it."""

    key: str
    label: str
    mean: Mean
    hidden: bool = False
    change: Change | None = None  # against the others, or against the line before

    @property
    def n(self) -> int:
        return self.mean.n

    @property
    def figure(self) -> Bounded | None:
        return None if self.hidden else self.mean.within(0, 100)


@dataclass
class ItemResult:
    """One question: how often each answer was given, over all versions that ask it under the same code and kind."""

    item: Item
    distribution: Counter = field(default_factory=Counter)  # answer -> how often

    @property
    def n(self) -> int:
        return self.distribution.total()

    @property
    def levels(self) -> list[int]:
        """Every possible answer, the lowest first."""
        if self.item.kind == Item.Kind.CHOICE:
            values = {choice["value"] for choice in self.item.choices if choice.get("value") is not None}
            return sorted({int(value) for value in values} | set(self.distribution))
        low, high = RANGES[self.item.kind]
        return list(range(low, high + 1))

    @cached_property
    def mean(self) -> Mean | None:
        """In the item's own units: 1 to 5, 1 to 10."""
        return estimates.mean_of(self.distribution)

    @cached_property
    def figure(self) -> Bounded | None:
        low, high = RANGES[self.item.kind]
        return self.mean.within(low, high) if self.mean else None

    @cached_property
    def index(self) -> Bounded | None:
        """On the scale of 0 to 100."""
        low, high = RANGES[self.item.kind]
        mean = estimates.mean_of(self.distribution, lambda score: 100 * (score - low) / (high - low))
        return mean.within(0, 100) if mean else None

    def _box(self, tops: int) -> Bounded | None:
        best = set(self.levels[-tops:])
        return estimates.share(sum(self.distribution[score] for score in best), self.n)

    @property
    def top_box(self) -> Bounded | None:
        """The share of the best answer."""
        return self._box(1)

    @property
    def top_two(self) -> Bounded | None:
        """The share of the two best answers: customer satisfaction (CSAT)."""
        return self._box(2)

    @property
    def promoters(self) -> Promoters | None:
        return estimates.promoters(self.distribution) if self.item.kind == Item.Kind.NPS else None

    @property
    def shares(self) -> list[tuple[int, int, float]]:
        """(answer, how often, per cent), the lowest answer first."""
        n = self.n or 1
        return [
            (level, self.distribution[level], 100 * self.distribution[level] / n) for level in self.levels
        ]


@dataclass(frozen=True)
class DimensionResult:
    """One dimension: its own index, and how closely it goes with the whole.

    A respondent's value is the plain mean of what they answered in it, 0 to 100.
    """

    key: str
    label: str
    mean: Mean
    driver: Bounded | None
    tier: int = 0

    @property
    def figure(self) -> Bounded:
        return self.mean.within(0, 100)


def period_label(moment: dt.datetime | dt.date, by: str) -> str:
    """2026-03, or 2026 Q1: the same in every language."""
    if by == QUARTER:
        return f"{moment.year} Q{(moment.month + 2) // 3}"
    return f"{moment:%Y-%m}"
