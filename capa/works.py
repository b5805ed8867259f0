"""What works: how often measures of each strength, against causes of each category, were found effective.

The unit is the round that was judged effective or not effective, of any case the reader may see, closed or still open:
closed cases alone would leave out what never worked. A round counts once in the cell of every strength and category
that its finished measures had. Nothing here proves that it was the measure: who chose it had reasons.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .effect import LOWER, RATE, wilson_interval
from .models import Cause, Measure, Plan, Verification
from .models.plan import TIERS
from .pooling import ENOUGH, Counts, Pooled, rate_ratio_of

Verdict = Verification.Verdict

#: How many rounds are read, the latest: the page costs the same with a larger archive.
MOST_ROUNDS = 3000
#: In the address, for every bone that the people who analyse have named themselves.
OWN = "own"
CATEGORIES: dict[str, str | Promise] = {**dict(Cause.Category.choices), OWN: _("Own categories")}
TIER_NAMES: dict[str, Promise] = {
    "strong": pgettext_lazy("measures", "Strong"),
    "intermediate": pgettext_lazy("measures", "Intermediate"),
    "weak": pgettext_lazy("measures", "Weak"),
}
BY_TIER, BY_STRENGTH, BY_KIND = "tier", "strength", "kind"
WAYS: dict[str, Promise] = {
    BY_TIER: _("By strength"),
    BY_STRENGTH: _("By level"),
    BY_KIND: _("By kind"),
}
SORTS: dict[str, dict[str, str | Promise]] = {
    BY_TIER: TIER_NAMES,
    BY_STRENGTH: dict(Measure.Strength.choices),
    BY_KIND: dict(Measure.Kind.choices),
}


@dataclass
class Cell:
    """The rounds in which measures of one sort met causes of one category."""

    sort: str
    category: str
    rounds: list[Verification]
    query: str = ""  # the archive's address of its closed cases

    @property
    def number(self) -> int:
        return len(self.rounds)

    @cached_property
    def effective(self) -> int:
        return sum(judged.verdict == Verdict.EFFECTIVE for judged in self.rounds)

    @property
    def is_few(self) -> bool:
        """Too few rounds to tell anything."""
        return self.number < ENOUGH

    @property
    def share(self) -> float:
        """In per cent."""
        return 100 * self.effective / self.number

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Of the share, in per cent (Wilson)."""
        lower, upper = wilson_interval(self.effective, self.number)
        return 100 * lower, 100 * upper

    @cached_property
    def pooled(self) -> Pooled | None:
        """The common rate ratio of those rounds that counted events of which fewer are better."""
        return rate_ratio_of(
            Counts(
                judged.after_events, float(judged.after_exposure),
                judged.before_events, float(judged.before_exposure),
            )
            for judged in self.rounds
            if judged.data == RATE and judged.direction == LOWER
        )  # fmt: skip

    def surpasses(self, other: "Cell") -> bool:
        """Was it found effective more often, beyond what chance explains? Only if the intervals don't overlap."""
        return not self.is_few and not other.is_few and self.limits[0] > other.limits[1]


@dataclass(frozen=True)
class Line:
    """A row of the table: every sort of measure against one category."""

    key: str
    label: str | Promise
    cells: list[Cell | None]


@dataclass(frozen=True)
class Finding:
    """Two sorts of measure that can be told apart against one category."""

    category: str | Promise
    better: str | Promise
    worse: str | Promise


@dataclass(frozen=True)
class Table:
    columns: list[tuple[str, str | Promise]]  # the sorts of measure that occur
    lines: list[Line]
    findings: list[Finding]
    rounds: int  # judged rounds that were read
    counted: int  # those with a finished measure against a cause
    is_cut: bool  # there are more rounds than were read

    @property
    def can_compare(self) -> bool:
        """Is there a category against which two sorts of measure have rounds enough?"""
        enough = (sum(cell is not None and not cell.is_few for cell in line.cells) for line in self.lines)
        return any(number > 1 for number in enough)


def table(filters) -> Table:
    """The table for the judged rounds that a `WorksFilter` lets through: two statements."""
    rounds = _judged_rounds(filters)
    cells = _cells(rounds[:MOST_ROUNDS], filters.way)
    for cell in cells.values():
        cell.query = filters.in_archive(cell)
    columns = [
        (key, label)
        for key, label in SORTS[filters.way].items()
        if any(key == sort for sort, _category in cells)
    ]
    lines = [
        Line(key, label, [cells.get((sort, key)) for sort, _label in columns])
        for key, label in CATEGORIES.items()
        if any(key == category for _sort, category in cells)
    ]
    counted = {judged.pk for cell in cells.values() for judged in cell.rounds}
    return Table(
        columns,
        lines,
        [finding for line in lines for finding in _findings(line, columns)],
        rounds=min(len(rounds), MOST_ROUNDS),
        counted=len(counted),
        is_cut=len(rounds) > MOST_ROUNDS,
    )


def _judged_rounds(filters) -> list[Verification]:
    """The latest rounds that were judged one way or the other; what is still watched isn't known yet."""
    judged = Verification.objects.filter(
        filters.judged, verdict__in=[Verdict.EFFECTIVE, Verdict.NOT_EFFECTIVE], incident__in=filters.found
    )
    figures = ("before_events", "before_exposure", "after_events", "after_exposure")
    rows = judged.only("incident_id", "cycle", "verdict", "data", "direction", *figures)
    return list(rows.order_by("-judged_at", "-pk")[: MOST_ROUNDS + 1])


def _cells(rounds: list[Verification], way: str) -> dict[tuple[str, str], Cell]:
    by_round = {(judged.incident_id, judged.cycle): judged for judged in rounds}
    measures = Measure.objects.filter(
        incident__in={judged.incident_id for judged in rounds}, plan__status=Plan.Status.APPROVED,
        status=Measure.Status.DONE, cause__isnull=False,
    )  # fmt: skip
    if way != BY_KIND:  # containment holds the effect back; it isn't meant to remove the cause
        measures = measures.exclude(kind=Measure.Kind.CONTAINMENT)
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    told = measures.values_list("incident", "plan__cycle", "strength", "kind", "cause__category")
    for incident, cycle, strength, kind, category in told:
        if judged := by_round.get((incident, cycle)):
            sort = {BY_TIER: TIERS[strength], BY_STRENGTH: strength, BY_KIND: kind}[way]
            found[sort, category if category in Cause.Category.values else OWN].add(judged.pk)
    judged_by_pk = {judged.pk: judged for judged in rounds}
    return {place: Cell(*place, [judged_by_pk[pk] for pk in sorted(pks)]) for place, pks in found.items()}


def _findings(line: Line, columns: list) -> Iterable[Finding]:
    """Where two sorts of measure differ beyond chance. Nothing else is put in an order."""
    filled = [(label, cell) for (_key, label), cell in zip(columns, line.cells, strict=True) if cell]
    for (one, first), (other, second) in combinations(filled, 2):
        if first.surpasses(second):
            yield Finding(line.label, one, other)
        elif second.surpasses(first):
            yield Finding(line.label, other, one)
