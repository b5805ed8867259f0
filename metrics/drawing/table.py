"""The table beside a chart: every period with what its figure is made of, its limits, and what is to be said of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from metrics.addresses import cases_url
from metrics.definitions import COUNTED, Kpi
from metrics.periods import Period
from metrics.reading import Figure
from metrics.spc.chart import Chart, Point

from .saying import look_of, reasons_of, word_for


@dataclass(frozen=True)
class Line:
    """A period. The addresses lead to the cases that were counted; what was entered has none."""

    period: Period
    of: Figure
    point: Point | None
    word: str
    reasons: str
    look: str
    numerator_url: str = ""
    denominator_url: str = ""
    before: Figure | None = None  # a year earlier


def lines_of(
    kpi: Kpi,
    figures: Sequence[Figure],
    chart: Chart,
    *,
    before: Sequence[Figure] = (),
    newest_first: bool = True,
) -> list[Line]:
    """A line for each figure; without those before anything was counted."""
    points: dict[dt.date, Point] = {point.day: point for point in chart.points}
    years = list(before) or [None] * len(figures)
    begun = next(
        (at for at, one in enumerate(figures) if one.value is not None or one.numerator), len(figures)
    )
    lines = [
        _line(kpi, one, points.get(one.period.first), chart, year)
        for one, year in zip(figures[begun:], years[begun:], strict=True)
    ]
    return lines[::-1] if newest_first else lines


def _line(kpi: Kpi, one: Figure, point: Point | None, chart: Chart, before: Figure | None) -> Line:
    return Line(
        period=one.period,
        of=one,
        point=point,
        word=word_for(chart, point) if point and point.value is not None else "",
        reasons=" · ".join(reasons_of(point)) if point else "",
        look=look_of(chart, point) if point else "",
        numerator_url=behind(kpi.numerator, one) if one.cases else "",
        denominator_url=behind(kpi.denominator, one) if kpi.denominator and one.denominator else "",
        before=before,
    )


def behind(series: str, one: Figure) -> str:
    """Where the cases of a series of this figure are listed; nothing where the system has none."""
    if series not in COUNTED:
        return ""
    return cases_url(series, one.unit, one.period.first, one.period.last)
