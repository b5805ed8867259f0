"""Durations are read as few bins: their quantiles and intervals must be those of all bins."""

import datetime as dt
from random import Random

import pytest

from metrics import reading
from metrics.definitions import KPIS, STAGE_TIMES
from metrics.models import Total
from metrics.periods import Grain, Period
from metrics.spc import percentiles

pytestmark = pytest.mark.django_db
MONTHS = Period.parse("2026-09").back(9)


def fill(unit, series: str, rng: Random) -> dict[dt.date, dict[int, int]]:
    """Months of few and of many cases, in narrow and in wide histograms."""
    filled = {}
    for place, month in enumerate(MONTHS):
        cases = (1, 2, 7, 40, 300, 3000, 20_000, 500, 90)[place]
        spread, bins = rng.choice((3, 60, 700)), {}
        for _case in range(cases):
            number = max(0, round(rng.gauss(700, spread)))
            bins[number] = bins.get(number, 0) + 1
        filled[month.first] = bins
    Total.objects.bulk_create(
        Total(
            series=series,
            unit=unit,
            grain="month",
            begins_on=day,
            facet="bin",
            value=str(number),
            count=count,
        )
        for day, bins in filled.items()
        for number, count in bins.items()
    )
    return filled


@pytest.mark.parametrize("grain", [Grain.MONTH, Grain.QUARTER, Grain.YEAR])
def test_quantiles_and_intervals_are_those_of_the_whole_histogram(units, grain):
    rng = Random(20261121)
    kpis = [KPIS["first-response"], KPIS["first-response-p90"], STAGE_TIMES["verify"]]
    filled = {code: fill(units.rail, code, rng) for code in ("incidents.response", "stage.verify")}
    periods = sorted({Period.containing(month.first, grain) for month in MONTHS})
    figures = reading.read(kpis, [units.rail], periods)
    for kpi in kpis:
        for figure in figures[kpi.code, units.rail.pk]:
            days = [day for day in filled[kpi.numerator] if Period.containing(day, grain) == figure.period]
            whole = percentiles.merged(filled[kpi.numerator][day] for day in days)
            found = percentiles.percentile_with_interval(whole, kpi.quantile)
            assert figure.numerator == sum(whole.values())
            told = (figure.value, figure.lower, figure.upper)
            wanted = [end and end * kpi.scale for end in (found.value, found.lower, found.upper)]
            assert told == pytest.approx(wanted), (kpi.code, figure.period)
