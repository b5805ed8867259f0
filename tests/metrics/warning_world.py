"""Figures for early warning: totals put down directly, as the rollup leaves them."""

import datetime as dt
from collections.abc import Sequence

from history.models import Event
from incidents.models import IncidentType
from metrics.models import Signal, Target, Total
from metrics.periods import Grain, Period, last_over, today
from metrics.warning.watching import look
from people.models import Person, Unit

#: Complaints of months that vary as usual around 80, of 10,000,000 customers each.
USUAL = (78, 84, 71, 90, 80, 76, 88, 73, 82, 79, 91, 70, 85, 77, 81, 74, 87, 83, 72, 89, 80, 75, 86, 78)
CUSTOMERS = 10_000_000
#: Sixty per cent more than usual.
RISEN = (128, 131, 126, 130, 127, 129, 128, 132, 126)


def months(count: int, end: Period | None = None) -> list[Period]:
    """So many months up to the latest that is over."""
    return (end or last_over(Grain.MONTH)).back(count)


def put_complaints(
    unit: Unit, counts: Sequence[int], *, end: Period | None = None, customers: int | None = CUSTOMERS
) -> list[Period]:
    """Complaints of successive months up to `end`, and the customers they are measured by."""
    periods = months(len(counts), end)
    rows = []
    for period, count in zip(periods, counts, strict=True):
        rows.append(_total("complaints.received", unit, period.first, count))
        if customers is not None:
            rows.append(_total("customers.served", unit, period.first, customers))
            rows.append(_total("customers.served", unit, period.first, 1, "given"))
    if customers is not None:
        rows.append(_total("customers.served", unit, periods[0].first, 1, "begun"))
    Total.objects.bulk_create(rows)
    return periods


def _total(series: str, unit: Unit, day: dt.date, count: float, facet: str = "") -> Total:
    return Total(series=series, unit=unit, grain=Grain.MONTH, begins_on=day, facet=facet, count=count)


def change(unit: Unit, period: Period, count: int) -> None:
    """A figure comes late, or is corrected."""
    Total.objects.filter(series="complaints.received", unit=unit, facet="", begins_on=period.first).update(
        count=count
    )


def set_target(
    unit: Unit, *, by: Person, owner: Person | None, kpi: str = "complaint-rate", value=1
) -> Target:
    return Target.objects.create(kpi=kpi, unit=unit, year=today().year, value=value, owner=owner, set_by=by)


def one_risen(cast, units) -> Signal:
    """Complaints at the crew rise in the month that has just ended; Li answers for their rate."""
    put_complaints(units.crew, [*USUAL, RISEN[0]])
    set_target(units.crew, by=cast.quality, owner=cast.site_manager)
    assert look() == 1
    return Signal.objects.get()


def now(signal: Signal) -> Signal:
    return Signal.objects.select_related("unit", "owner", "incident").get(pk=signal.pk)


def acts_of(signal: Signal) -> list[str]:
    return list(Event.objects.of(signal.case).order_by("seq").values_list("act", flat=True))


def kind(code: str = "complaint") -> IncidentType:
    return IncidentType.objects.get(code=code)
