"""Which indicator, whose figures, of which time: read from the address.

/indicators/complaint-rate/?unit=ER-E&grain=week&period=2026-W40&compare=year
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.http import Http404
from django.utils.http import urlencode

from metrics.access import chosen_unit, keeps, sees
from metrics.definitions import Kpi, kpi_of
from metrics.periods import Grain, Period, today
from people.models import Person, Unit

#: How many periods a chart shows, by their grain.
BACK = {Grain.DAY: 60, Grain.WEEK: 52, Grain.MONTH: 24, Grain.QUARTER: 16, Grain.HALF: 12, Grain.YEAR: 8}
YEAR_BEFORE = "year"
#: Earlier ones are mistakes in the address.
FIRST_YEAR = 1990
#: With more units below it, the page compares the first of them by the tree.
MOST_UNITS = 60


@dataclass(frozen=True)
class Asked:
    """What an address asks for; `period` is the last one of the chart, and may not be over."""

    person: Person
    kpi: Kpi
    unit: Unit
    period: Period
    compares: bool = False
    above: list[Unit] = field(default_factory=list)  # the units that lead here, itself included
    below: list[Unit] = field(default_factory=list)  # the open ones directly under it

    @property
    def grain(self) -> str:
        return self.period.grain

    @cached_property
    def periods(self) -> list[Period]:
        return self.period.back(BACK[self.grain])

    @cached_property
    def years_before(self) -> list[Period]:
        return [period.year_before() for period in self.periods]

    @property
    def earlier(self) -> Period:
        return self.period.shifted(-1)

    @property
    def later(self) -> Period | None:
        found = self.period.shifted(1)
        return found if found.first <= today() else None

    @property
    def is_keeper(self) -> bool:
        return keeps(self.person, self.unit)

    def query(self, **changes) -> str:
        """The same address with something changed: ?unit=ER-E&period=2026-10. None takes a part out."""
        own = Period.containing(today(), self.kpi.grain)
        values = {
            "unit": self.unit.code,
            "grain": self.grain if self.grain != self.kpi.grain else "",
            "period": self.period.key
            if self.period not in (own, Period.containing(today(), self.grain))
            else "",
            "compare": YEAR_BEFORE if self.compares else "",
        } | changes
        return f"?{urlencode({key: value for key, value in values.items() if value})}"

    @property
    def grains(self) -> list[tuple[str, str, str]]:
        """(grain, its name, where it leads)."""
        end = min(self.period.last, today())
        return [
            (grain.value, str(grain.label), self.query(grain=grain.value, period=self._kept(grain, end)))
            for grain in BACK
            if grain in self.kpi.grains
        ]

    def _kept(self, grain: str, end) -> str:
        found = Period.containing(end, grain)
        return "" if found == Period.containing(today(), grain) else found.key


def asked(person: Person, code: str, query: Mapping[str, str]) -> Asked:
    """What the address asks for: the unit, the units around it, one's own indicator: three statements at most.

    Raises Http404 for a unit that isn't the person's, an indicator that isn't there and a period that can't be.
    """
    unit = chosen_unit(person, query.get("unit"))
    kpi = kpi_of(code, unit)
    if kpi is None:
        raise Http404
    around = Unit.objects.filter(pk__in=unit.lineage) | Unit.objects.filter(parent=unit, closed_on=None)
    units = list(around.order_by("path"))
    return Asked(
        person=person,
        kpi=kpi,
        unit=unit,
        period=_period(query, kpi),
        compares=query.get("compare") == YEAR_BEFORE,
        above=[row for row in units if row.depth <= unit.depth and sees(person, row)],
        below=[row for row in units if row.depth > unit.depth][:MOST_UNITS],
    )


def _period(query: Mapping[str, str], kpi: Kpi) -> Period:
    grain, key = query.get("grain") or "", query.get("period") or ""
    if grain and grain not in kpi.grains:
        raise Http404
    if not key:
        return Period.containing(today(), grain or kpi.grain)
    try:
        period = Period.parse(key)
        if grain and grain != period.grain:
            period = Period.containing(min(period.last, today()), grain)
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    if not FIRST_YEAR <= period.first.year or period.first > today() or period.grain not in kpi.grains:
        raise Http404
    return period
