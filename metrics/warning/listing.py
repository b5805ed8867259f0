"""The list of early warnings: filters that stand in the address, and what a row says."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import pgettext_lazy

from metrics.definitions import Kpi, kpis_of
from metrics.models import Signal
from people.models import Person

from .permissions import visible_to
from .saying import headline, sign_of

#: The segments: what `state` in the address means.
STATES = {
    "": (pgettext_lazy("warnings", "Open"), Q(closed_at=None)),
    "closed": (pgettext_lazy("warnings", "Closed"), Q(closed_at__isnull=False)),
    "all": (pgettext_lazy("warnings", "All"), Q()),
}
SIDES = {"concern": Q(is_concern=True), "better": Q(is_concern=False)}


@dataclass(frozen=True)
class Row:
    signal: Signal
    name: str
    sign: SafeString
    headline: str


@dataclass(frozen=True)
class Asked:
    """What an address asks for; what it can't mean is passed over."""

    person: Person
    query: Mapping[str, str]

    @property
    def state(self) -> str:
        found = self.query.get("state", "")
        return found if found in STATES else ""

    @cached_property
    def rows(self) -> QuerySet[Signal]:
        rows = visible_to(self.person).filter(STATES[self.state][1])
        if self.query.get("side") in SIDES:
            rows = rows.filter(SIDES[self.query["side"]])
        for name, column in (("kpi", "kpi"), ("unit", "unit__code")):
            if wanted := self.query.get(name, "").replace("\x00", ""):  # which PostgreSQL takes in no text
                rows = rows.filter(**{column: wanted})
        if self.query.get("owner") == "me":
            rows = rows.filter(owner=self.person)
        return rows

    @cached_property
    def offered(self) -> list[tuple[str, str, str]]:
        """(indicator, code of the unit, its name) of all that was ever signalled where this person looks."""
        found = visible_to(self.person).select_related(None).order_by("unit__path", "kpi")
        return list(found.values_list("kpi", "unit__code", "unit__name").distinct())


def shown(signals: list[Signal]) -> list[Row]:
    """The rows in words: one statement for the companies' own indicators."""
    kpis = kpis_of({signal.unit for signal in signals}) if signals else {}
    return [_row(signal, kpis.get(signal.kpi)) for signal in signals]


def _row(signal: Signal, kpi: Kpi | None) -> Row:
    if kpi is None:  # an indicator of one's own that was given up
        return Row(signal, signal.kpi, sign_of(signal, 1), "")
    return Row(signal, str(kpi), sign_of(signal, kpi.direction), headline(signal, kpi))
