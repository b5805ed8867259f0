"""Events so rare that a rate per month says little: each event by itself, and how long it took until it came."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from metrics.definitions import Kpi
from metrics.drawing.scale import figure as shown
from metrics.models import Note, Total
from metrics.periods import Grain, Period, today
from metrics.reading import Figure
from metrics.spc.chart import Chart, Data, Kind
from metrics.spc.charting import draw_up_rare
from metrics.spc.choosing import is_rare
from metrics.spc.judging import Judgement, judge
from metrics.spc.telling import sentences
from people.models import Unit

#: So many of the latest events are drawn.
MOST = 60
#: With fewer events there is nothing between them to compare.
LEAST = 4


@dataclass(frozen=True)
class Rare:
    """The chart of the days (t) or of the exposure (g) between events, and what it says."""

    chart: Chart
    judged: Judgement

    @property
    def is_of_days(self) -> bool:
        return self.chart.kind == Kind.T

    @property
    def measured_in(self) -> str:
        return _("days") if self.is_of_days else ""

    @property
    def said(self) -> list[str]:
        return sentences(self.chart, show=lambda value: shown(value, 0))


def rare_of(kpi: Kpi, unit: Unit, figures: Sequence[Figure], notes: Sequence[Note]) -> Rare | None:
    """The chart of an indicator that counts less than one event per finished period; None of all others.

    One statement for those that do. Figures that were entered for a month say nothing of days: none then, either.
    """
    if kpi.data not in (Data.RATE, Data.COUNT) or kpi.quantile is not None:
        return None
    over = [
        (figure.numerator, 1.0) for figure in figures if figure.numerator is not None and not figure.is_open
    ]
    if not is_rare(over, Data.COUNT):
        return None
    last = min(figures[-1].period.last, today())
    events = _days_of(kpi.numerator, unit, last)
    counted = sum(figure.numerator or 0 for figure in figures)
    if len(events) < LEAST or sum(day >= figures[0].period.first for day in events) < counted:
        return None
    rebase = [note.day for note in notes if note.rebases]
    exposure = _between(events, figures) if kpi.denominator else None
    if exposure is not None:
        chart = draw_up_rare(events, direction=kpi.direction, exposure=exposure, rebase=rebase)
    else:
        chart = draw_up_rare(events, direction=kpi.direction, until=last, rebase=rebase)
    return Rare(chart, judge(chart))


def _days_of(series: str, unit: Unit, last: dt.date) -> list[dt.date]:
    """The days of the latest events, in order; a day with two stands there twice."""
    rows = Total.objects.filter(
        unit=unit, series=series, grain=Grain.DAY, facet="", begins_on__lte=last, count__gt=0
    )
    latest = rows.order_by("-begins_on").values_list("begins_on", "count")[:MOST]
    return sorted(day for day, count in latest for _once in range(round(count)))[-MOST:]


def _between(events: Sequence[dt.date], figures: Sequence[Figure]) -> list[float] | None:
    """The exposure from each event to the next, each period's spread evenly over its days; None where a part is missing."""
    so_far: dict[Period, float] = {}
    total = 0.0
    for figure in figures:
        if not figure.denominator:
            break
        so_far[figure.period] = total
        total += figure.denominator
    sizes = {figure.period: figure.denominator for figure in figures}
    places = []
    for day in events:
        period = Period.containing(day, figures[0].period.grain)
        if period not in so_far:
            return None
        places.append(so_far[period] + sizes[period] * (day - period.first).days / period.days)
    return [after - before for before, after in zip(places, places[1:], strict=False)]
