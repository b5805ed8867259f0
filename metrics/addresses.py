"""Where a figure leads: to its chart, and to the cases that it counts."""

import datetime as dt

from django.urls import reverse
from django.utils.http import urlencode

from people.models import Unit

from .definitions import Kpi
from .periods import Period


def cases_url(
    series: str, unit: Unit, first: dt.date, last: dt.date, *, channel: str = "", kind: str = ""
) -> str:
    """The cases that a series counts in a unit and below it, from one day to another, both included."""
    chosen = {"series": series, "unit": unit.code, "from": first.isoformat(), "until": last.isoformat()}
    chosen |= {key: value for key, value in (("channel", channel), ("kind", kind)) if value}
    return f"{reverse('metrics-cases')}?{urlencode(chosen)}"


def kpi_url(kpi: Kpi, unit: Unit, period: Period | None = None) -> str:
    """The page of an indicator for a unit."""
    chosen = {"unit": unit.code} | ({"period": period.key} if period else {})
    return f"{reverse('indicator', args=[kpi.code])}?{urlencode(chosen)}"
