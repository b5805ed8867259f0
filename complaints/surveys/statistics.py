"""What the answers to a survey say: figures with n and interval, counted by the database (DOMAIN §5, ISO 10004).

    results = Results(survey, rows, versions=..., by=QUARTER)

`rows` are the answers that the reader may see and has chosen; every figure is of these alone. Each figure is one
statement, whatever the number of answers.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db import connection
from django.db.models import Avg, Count, Q, QuerySet, StdDev
from django.db.models.functions import TruncMonth, TruncQuarter

from complaints.models import Invitation, Item, Response, Survey, SurveyVersion
from people.models import Unit

from . import estimates
from .estimates import Bounded, Change, Mean, Promoters
from .index import COUNTED, RANGES

#: Fewer answers than this are not shown: who gave them could be told.
ANONYMOUS = 5
MONTH, QUARTER = "month", "quarter"
_TRUNCATED = {MONTH: TruncMonth, QUARTER: TruncQuarter}
#: In a line of units, periods or groups, the most that a page shows.
MOST_LINES = 60


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


class Results:
    """The figures of one survey for the answers `rows`; each is counted when it is first asked for."""

    def __init__(
        self,
        survey: Survey,
        rows: QuerySet[Response],
        *,
        versions: Sequence[SurveyVersion],
        by: str = QUARTER,
        invitations: QuerySet[Invitation] | None = None,
    ):
        self.survey, self.versions, self.by = survey, versions, by
        self.rows = rows.filter(version__in=[version.pk for version in versions]).order_by()
        self.invitations = invitations

    # The index -------------------------------------------------------------------------------------------------------
    @cached_property
    def _whole(self) -> dict:
        return self.rows.aggregate(n=Count("pk"), **_INDEX)

    @property
    def n(self) -> int:
        """Answers, with or without an index."""
        return self._whole["n"]

    @cached_property
    def mean(self) -> Mean | None:
        return _mean(self._whole)

    @property
    def is_hidden(self) -> bool:
        return self.n < ANONYMOUS

    @property
    def csi(self) -> Bounded | None:
        """The customer satisfaction index: the mean of the respondents' own ones."""
        return self.mean.within(0, 100) if self.mean and not self.is_hidden else None

    @cached_property
    def periods(self) -> list[Line]:
        """By month or quarter, the oldest first; each against the one before."""
        truncated = _TRUNCATED[self.by]("answered_at")
        found = self.rows.annotate(period=truncated).values("period").annotate(**_INDEX).order_by("period")
        lines: list[Line] = []
        for told in found:
            mean = _mean(told)
            if mean is None:
                continue
            moment = told["period"]
            hidden = mean.n < ANONYMOUS
            before = lines[-1] if lines and not lines[-1].hidden and not hidden else None
            lines.append(
                Line(
                    moment.date().isoformat(), period_label(moment, self.by), mean, hidden,
                    estimates.change(mean, before.mean) if before else None,
                )
            )  # fmt: skip
        return lines

    @cached_property
    def groups(self) -> list[Line]:
        found = self.rows.values("group").annotate(**_INDEX).order_by("group")
        lines = [(told["group"], told["group"], _mean(told)) for told in found if told["group"]]
        return self._compared(lines)

    def units(self, tops: Iterable[Unit], units: Mapping[int, Unit]) -> list[Line]:
        """By unit: each of `tops` with all below it, in the order of the tree. `units` holds all by their key."""
        parts: dict[int, list[Mean]] = defaultdict(list)
        tops = list(tops)
        for told in self.rows.values("unit").annotate(**_INDEX):
            mean, unit = _mean(told), units.get(told["unit"])
            if mean is None or unit is None:
                continue
            for top in tops:
                if unit.path.startswith(top.path):
                    parts[top.pk].append(mean)
                    break
        return self._compared(
            [(top.code, top.name, estimates.merged(parts[top.pk])) for top in tops if top.pk in parts]
        )

    def _compared(self, told: list[tuple[str, str, Mean | None]]) -> list[Line]:
        """Each against all others. Who is too few is hidden, and with a single one also the next: it would follow
        from the whole."""
        rows = [(key, label, mean) for key, label, mean in told if mean is not None][:MOST_LINES]
        few = {key for key, _label, mean in rows if mean.n < ANONYMOUS}
        if len(few) == 1 and len(rows) > 1:
            others = sorted((mean.n, key) for key, _label, mean in rows if key not in few)
            few.add(others[0][1])
        whole = estimates.merged([mean for _key, _label, mean in rows])
        lines = []
        for key, label, mean in rows:
            rest = whole.without(mean) if key not in few and whole else None
            compared = estimates.change(mean, rest) if rest and rest.n >= ANONYMOUS else None
            lines.append(Line(key, label, mean, key in few, compared))
        return lines

    # Questions -------------------------------------------------------------------------------------------------------
    @cached_property
    def items(self) -> list[ItemResult]:
        """Every question with a scale, in the order of the newest version that asks it."""
        asked = Item.objects.filter(version__in=[version.pk for version in self.versions])
        asked = asked.exclude(kind=Item.Kind.TEXT).order_by("-version__number", "position")
        found: dict[tuple[str, str], ItemResult] = {}
        places: dict[tuple[int, int], tuple[str, str]] = {}
        for item in asked:
            places[item.version_id, item.position] = item.code, item.kind
            found.setdefault((item.code, item.kind), ItemResult(item))
        for version, position, score, count in self._asked(_DISTRIBUTIONS):
            if (version, position) in places:
                found[places[version, position]].distribution[score] += count
        return list(found.values())

    @property
    def overall(self) -> ItemResult | None:
        """The question about the whole, where there is one."""
        rows = (row for row in self.items if row.item.dimension == Item.Dimension.OVERALL and row.n)
        return next((row for row in rows if row.item.kind in COUNTED), None)

    @property
    def recommending(self) -> ItemResult | None:
        return next((row for row in self.items if row.item.kind == Item.Kind.NPS and row.n), None)

    # Dimensions ------------------------------------------------------------------------------------------------------
    @cached_property
    def _dimensions(self) -> dict[str, tuple]:
        return {key: rest for key, *rest in self._asked(_DIMENSIONS)}

    @property
    def measured_against(self) -> str:
        """What the dimensions are correlated with: "overall", the question about the whole, or "index"."""
        return "overall" if Item.Dimension.OVERALL in self._dimensions else "index"

    @cached_property
    def dimensions(self) -> list[DimensionResult]:
        """In the order of the list of dimensions; without the question about the whole."""
        against = 1 if self.measured_against == "overall" else 0
        found = []
        for key, label in Item.Dimension.choices:
            if key == Item.Dimension.OVERALL or key not in self._dimensions:
                continue
            n, mean, deviation, *pairs = self._dimensions[key]
            r, paired = pairs[2 * against : 2 * against + 2]
            found.append(
                DimensionResult(
                    key, label, Mean(n, float(mean), _float(deviation)), estimates.correlation(r, paired)
                )
            )
        return found

    @cached_property
    def drivers(self) -> list[DimensionResult]:
        """The dimensions by how closely they go with the whole; those that chance may have ordered share a tier."""
        rows = sorted((row for row in self.dimensions if row.driver), key=lambda row: -row.driver.value)
        tiers = estimates.tiers([row.driver for row in rows])
        return [
            DimensionResult(row.key, row.label, row.mean, row.driver, tier)
            for row, tier in zip(rows, tiers, strict=True)
        ]

    # Who answered ----------------------------------------------------------------------------------------------------
    @cached_property
    def response_rate(self) -> Bounded | None:
        """Of those invited, the share that answered so far."""
        if self.invitations is None:
            return None
        told = self.invitations.filter(version__in=[version.pk for version in self.versions]).aggregate(
            asked=Count("pk"), answered=Count("pk", filter=Q(response__isnull=False))
        )
        return estimates.share(told["answered"], told["asked"])

    def _asked(self, statement: str) -> list[tuple]:
        """A statement over the chosen answers."""
        chosen, params = self.rows.values("id", "version_id", "index", "scores").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"WITH chosen (id, version_id, index, scores) AS ({chosen}) {statement}", params)
            return cursor.fetchall()


# In the database's words ---------------------------------------------------------------------------------------------
_INDEX = {
    "counted": Count("index"),
    "average": Avg("index"),
    "deviation": StdDev("index", sample=True),
}


def _float(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def _mean(told: Mapping) -> Mean | None:
    if not told["counted"]:
        return None
    return Mean(told["counted"], float(told["average"]), _float(told["deviation"]))


#: version, position, answer, how often
_DISTRIBUTIONS = """
SELECT version_id, place - 1, score, count(*)
FROM chosen, unnest(scores) WITH ORDINALITY AS given (score, place)
WHERE score IS NOT NULL GROUP BY 1, 2, 3
"""
_SCALED = " ".join(
    f"WHEN '{kind}' THEN 100.0 * (score - {RANGES[kind][0]}) / {RANGES[kind][1] - RANGES[kind][0]}"
    for kind in sorted(COUNTED)
)
#: dimension, n, mean, deviation; correlation with the index and its pairs; with the question about the whole and its.
_DIMENSIONS = f"""
, scaled AS (
    SELECT chosen.id, item.dimension, (avg(CASE item.kind {_SCALED} END))::float8 AS value
    FROM chosen, unnest(chosen.scores) WITH ORDINALITY AS given (score, place), complaints_item item
    WHERE item.version_id = chosen.version_id AND item.position = given.place - 1 AND score IS NOT NULL
        AND item.dimension <> '' AND item.kind IN ({", ".join(f"'{kind}'" for kind in sorted(COUNTED))})
    GROUP BY chosen.id, item.dimension
)
SELECT scaled.dimension, count(*), avg(scaled.value), stddev_samp(scaled.value),
    corr(chosen.index::float8, scaled.value), count(chosen.index),
    corr(whole.value, scaled.value), count(whole.value)
FROM scaled JOIN chosen ON chosen.id = scaled.id
LEFT JOIN scaled whole ON whole.id = scaled.id AND whole.dimension = '{Item.Dimension.OVERALL.value}'
GROUP BY scaled.dimension
"""


def period_label(moment: dt.datetime | dt.date, by: str) -> str:
    """2026-03, or 2026 Q1: the same in every language."""
    if by == QUARTER:
        return f"{moment.year} Q{(moment.month + 2) // 3}"
    return f"{moment:%Y-%m}"
