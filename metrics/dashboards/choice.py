"""Whose figures of which time: read from the address, and offered for choice on the page.

?unit=ER-E&period=2026-10&compare=year        October 2026 beside October 2025
?unit=ER-E&grain=quarter                       the latest quarter that is over
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import Http404
from django.utils.http import urlencode

from metrics.access import chosen_unit, sees
from metrics.periods import Grain, Period, last_over, today
from people.models import CASE_ROLES, Person, Unit

#: How far a chart looks back, by the grain of its periods.
BACK = {Grain.MONTH: 24, Grain.QUARTER: 12, Grain.YEAR: 6}
#: How many periods the menu offers, the latest first.
OFFERED = {Grain.MONTH: 14, Grain.QUARTER: 9, Grain.YEAR: 6}
YEAR_BEFORE = "year"
#: Earlier ones are mistakes in the address.
FIRST_YEAR = 1990


@dataclass(frozen=True)
class Choice:
    """The unit and period of a page. `above` leads to the unit, itself included; `below` are the open units under it."""

    person: Person
    unit: Unit
    period: Period
    compares: bool = False
    above: list[Unit] = field(default_factory=list)
    below: list[Unit] = field(default_factory=list)

    @property
    def periods(self) -> list[Period]:
        """Those of the charts, the chosen one last."""
        return self.period.back(BACK[self.period.grain])

    @property
    def year_before(self) -> Period | None:
        return self.period.year_before() if self.compares else None

    @property
    def earlier(self) -> Period:
        return self.period.shifted(-1)

    @property
    def later(self) -> Period | None:
        """The next one, unless it is still to come."""
        found = self.period.shifted(1)
        return found if found.first <= today() else None

    @property
    def offered(self) -> list[Period]:
        latest = max(Period.containing(today(), self.period.grain), self.period)
        return list(reversed(latest.back(OFFERED[self.period.grain])))

    @property
    def grains(self) -> list[tuple[Grain, Period]]:
        """Month, quarter and year, each with its period that ends with or holds the end of the chosen one."""
        end = min(self.period.last, today())
        return [(grain, min(Period.containing(end, grain), last_over(grain))) for grain in BACK]

    @property
    def roots(self) -> list[Unit]:
        """Where somebody has sight by several posts: all of those units, when the chosen one lies below another."""
        units = sorted(self.person.posted_units(*CASE_ROLES), key=lambda unit: unit.path)
        return units if len(units) > 1 else []

    def query(self, **changes) -> str:
        """The address of the same page with something changed: ?unit=ER-E&period=2026-10."""
        values = {
            "unit": self.unit.code,
            "period": self.period.key,
            "compare": YEAR_BEFORE if self.compares else "",
        } | changes
        return f"?{urlencode({key: value for key, value in values.items() if value})}"


def chosen(person: Person, query: Mapping[str, str], *, grain: str = Grain.MONTH) -> Choice:
    """What the address asks for, by default the latest period of `grain` that is over.

    Raises Http404 for a unit that isn't the person's or a period that can't be.

    Two statements: the unit, and the units above and below it.
    """
    unit = chosen_unit(person, query.get("unit"))
    around = Unit.objects.filter(pk__in=unit.lineage) | Unit.objects.filter(parent=unit, closed_on=None)
    units = list(around.order_by("path"))
    return Choice(
        person=person,
        unit=unit,
        period=_period(query, grain),
        compares=query.get("compare") == YEAR_BEFORE,
        above=[row for row in units if row.depth <= unit.depth and sees(person, row)],
        below=sorted((row for row in units if row.depth > unit.depth), key=lambda row: row.name),
    )


def _period(query: Mapping[str, str], grain: str) -> Period:
    grain = query.get("grain") or grain
    if key := query.get("period", ""):
        try:
            period = Period.parse(key)
        except (ValueError, OverflowError) as error:
            raise Http404 from error
    elif grain in BACK:
        period = last_over(grain)
    else:
        raise Http404
    if period.grain not in BACK or not FIRST_YEAR <= period.first.year or period.first > today():
        raise Http404
    return period
