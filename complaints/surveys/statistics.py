"""What the answers to a survey say: figures with n and interval, counted by the database (DOMAIN §5, ISO 10004).

    results = Results(survey, rows, versions=..., by=QUARTER)

`rows` are the answers that the reader may see and has chosen; every figure is of these alone. Each figure is one
statement, whatever the number of answers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, Q, QuerySet, StdDev
from django.db.models.functions import TruncMonth, TruncQuarter

from complaints.models import Invitation, Item, Response, Survey, SurveyVersion
from people.models import Unit

from . import estimates
from .estimates import Bounded, Mean
from .figures import MONTH, QUARTER, DimensionResult, ItemResult, Line, period_label
from .index import COUNTED, RANGES

#: Fewer answers than this are not shown: who gave them could be told.
ANONYMOUS = 5
_TRUNCATED = {MONTH: TruncMonth, QUARTER: TruncQuarter}
#: In a line of units, periods or groups, the most that a page shows.
MOST_LINES = 60


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
        return self.mean.within(0, 100) if self.mean and self.mean.n >= ANONYMOUS else None

    @cached_property
    def periods(self) -> list[Line]:
        """By month or quarter, the oldest first; each against the one before."""
        truncated = _TRUNCATED[self.by]("answered_at")
        found = self.rows.annotate(period=truncated).values("period").annotate(**_INDEX).order_by("period")
        told_ = [(told["period"], mean) for told in found if (mean := _mean(told)) is not None]
        few = _too_few({moment: mean.n for moment, mean in told_})
        lines: list[Line] = []
        for moment, mean in told_:
            hidden = moment in few
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
        """Each against all others; without those that `_too_few` says."""
        rows = [(key, label, mean) for key, label, mean in told if mean is not None][:MOST_LINES]
        few = _too_few({key: mean.n for key, _label, mean in rows})
        whole = estimates.merged([mean for _key, _label, mean in rows])
        lines = []
        for key, label, mean in rows:
            rest = whole.without(mean) if key not in few and whole else None
            compared = estimates.change(mean, rest) if rest and rest.n >= ANONYMOUS else None
            lines.append(Line(key, label, mean, key in few, compared))
        return lines

    # Questions -------------------------------------------------------------------------------------------------------
    @cached_property
    def _questions(self) -> list[Item]:
        """Every question with a scale of every version, the newest version first."""
        asked = Item.objects.filter(version__in=[version.pk for version in self.versions])
        return list(asked.exclude(kind=Item.Kind.TEXT).order_by("-version__number", "position"))

    @cached_property
    def items(self) -> list[ItemResult]:
        """Every question with a scale, in the order of the newest version that asks it."""
        found: dict[tuple[str, str], ItemResult] = {}
        places: dict[tuple[int, int], tuple[str, str]] = {}
        for item in self._questions:
            places[item.version_id, item.position] = item.code, item.kind
            found.setdefault((item.code, item.kind), ItemResult(item))
        for version, position, score, count in self._asked(_DISTRIBUTIONS):
            if (version, position) in places:
                found[places[version, position]].distribution[score] += count
        return list(found.values())

    @property
    def shown_items(self) -> list[ItemResult]:
        """Without those that too few have answered."""
        return [row for row in self.items if row.n >= ANONYMOUS]

    @property
    def overall(self) -> ItemResult | None:
        """The question about the whole, where there is one."""
        rows = (row for row in self.shown_items if row.item.dimension == Item.Dimension.OVERALL)
        return next((row for row in rows if row.item.kind in COUNTED), None)

    @property
    def recommending(self) -> ItemResult | None:
        return next((row for row in self.shown_items if row.item.kind == Item.Kind.NPS), None)

    # Dimensions ------------------------------------------------------------------------------------------------------
    @cached_property
    def _dimensions(self) -> dict[str, tuple]:
        """Dimension -> n, mean, deviation; correlation with the index and its pairs; with the whole and its pairs."""
        members: dict[str, dict[int, list[Item]]] = defaultdict(lambda: defaultdict(list))
        for item in self._questions:
            if item.dimension and item.kind in COUNTED:
                members[item.dimension][item.version_id].append(item)
        if not members:
            return {}
        keys = list(members)
        columns = ", ".join(f"{_mean_of(members[key])} AS d{place}" for place, key in enumerate(keys))
        whole = f"d{keys.index(_OVERALL)}" if _OVERALL in members else "NULL::float8"
        figures = ", ".join(
            f"count(d{n}), avg(d{n}), stddev_samp(d{n}), corr(index, d{n}), regr_count(index, d{n}), "
            f"corr({whole}, d{n}), regr_count({whole}, d{n})"
            for n in range(len(keys))
        )
        told = self._asked(f"SELECT {figures} FROM (SELECT index::float8, {columns} FROM chosen) AS each")[0]
        rows = {key: told[7 * place : 7 * place + 7] for place, key in enumerate(keys)}
        return {key: row for key, row in rows.items() if row[0]}

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
            r, paired = pairs[2 * against], pairs[2 * against + 1]
            found.append(
                DimensionResult(
                    key, label, Mean(n, float(mean), _float(deviation)), estimates.correlation(r, paired)
                )
            )
        return found

    @property
    def shown_dimensions(self) -> list[DimensionResult]:
        """Without those in which too few have answered anything."""
        return [row for row in self.dimensions if row.mean.n >= ANONYMOUS]

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


def _too_few(counts: Mapping[Any, int]) -> set:
    """What is not shown: fewer than five answers; and the next where all such together are fewer, too: they would follow
    from the whole.
    """
    few = {key for key, n in counts.items() if n < ANONYMOUS}
    if few and len(few) < len(counts) and (len(few) == 1 or sum(counts[key] for key in few) < ANONYMOUS):
        few.add(min((key for key in counts if key not in few), key=counts.__getitem__))
    return few


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
_OVERALL = Item.Dimension.OVERALL.value


def _mean_of(members: Mapping[int, Sequence[Item]]) -> str:
    """A respondent's mean of these questions, 0 to 100, as an expression over `chosen`; questions by their version.

    Made of whole numbers and constants only.
    """
    cases = []
    for version, items in members.items():
        answers = [f"scores[{item.position + 1:d}]" for item in items]
        scaled = [
            f"coalesce(100.0 * ({answer} - {RANGES[item.kind][0]}) / {RANGES[item.kind][1] - RANGES[item.kind][0]}, 0)"
            for answer, item in zip(answers, items, strict=True)
        ]
        given = f"nullif(num_nonnulls({', '.join(answers)}), 0)"
        cases.append(f"WHEN {version:d} THEN ({' + '.join(scaled)}) / {given}")
    return f"(CASE version_id {' '.join(cases)} END)::float8"
