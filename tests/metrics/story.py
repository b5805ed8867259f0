"""Two years of totals as the dashboards are told with: complaints went down when a rule changed, first responses take
longer every month for seven months, everything else varies as usual.
"""

import datetime as dt
import math
import random

from metrics.models import Note, Target, Total
from metrics.periods import Period
from metrics.spc.percentiles import bin_of
from people.models import Unit

#: Parts of the complaints, by category.
CATEGORIES = {"service": 39, "attitude": 27, "product": 15, "facility": 9, "price": 6, "other": 4}


def put(unit: Unit, series: str, period: Period, count: float, *, facet: str = "", value: str = "") -> Total:
    return Total(
        series=series,
        unit=unit,
        grain=period.grain,
        begins_on=period.first,
        facet=facet,
        value=value,
        count=count,
    )


def begun(unit: Unit, series: str, period: Period) -> Total:
    return put(unit, series, period, 1, facet="begun")


def entered(unit: Unit, series: str, periods: list[Period], counts: list[float | None]) -> list[Total]:
    """A volume of a month each, as it stands after it was entered; None is missing."""
    rows = [begun(unit, series, periods[0])]
    for period, count in zip(periods, counts, strict=True):
        if count is not None:
            rows += [put(unit, series, period, count), put(unit, series, period, 1, facet="given")]
    return rows


def durations(unit: Unit, series: str, period: Period, minutes: list[float]) -> list[Total]:
    """A histogram of one period."""
    bins: dict[int, int] = {}
    for one in minutes:
        bins[bin_of(one)] = bins.get(bin_of(one), 0) + 1
    return [put(unit, series, period, count, facet="bin", value=str(key)) for key, count in bins.items()]


def two_years(unit: Unit, below: list[Unit] = (), *, last: str = "2026-10", seed: int = 1) -> list[Period]:
    """Totals of 24 months up to `last` for a unit and those below it."""
    chance = random.Random(seed)
    periods = Period.parse(last).back(24)
    rows: list[Total] = []
    shares = [1.0, *(1 / max(len(below), 1) for _ in below)]
    for place, (one, share) in enumerate(zip([unit, *below], shares, strict=True)):
        served = [round(share * chance.gauss(520_000, 9_000)) for _ in periods]
        worse = 1.5 if place == 1 else 1.0
        rate = [
            38.5 if period.first < dt.date(2026, 3, 1) else 31.0 * (worse if period.key > "2026-04" else 1)
            for period in periods
        ]
        received = [
            round(number * per / 100_000 * chance.gauss(1, 0.05))
            for number, per in zip(served, rate, strict=True)
        ]
        rows += entered(one, "customers.served", periods, served)
        rows += [
            put(one, "complaints.received", period, count)
            for period, count in zip(periods, received, strict=True)
        ]
        if place:
            continue
        for period, count in zip(periods, received, strict=True):
            rows += [
                put(one, "complaints.received", period, round(count * part / 100), facet="kind", value=code)
                for code, part in CATEGORIES.items()
            ]
        rows += _indicators(one, periods, chance)
    Total.objects.bulk_create(rows)
    return periods


def _indicators(unit: Unit, periods: list[Period], chance: random.Random) -> list[Total]:
    rows: list[Total] = []
    for place, period in enumerate(periods):
        left = len(periods) - place
        middle = 21.8 + (8 - left) * 1.05 if left <= 7 else chance.gauss(21.8, 1.2)
        rows += durations(
            unit, "incidents.response", period, [middle * math.exp(chance.gauss(0, 0.25)) for _ in range(90)]
        )
        rows += durations(
            unit, "incidents.loop", period, [1440 * 35 * math.exp(chance.gauss(0, 0.3)) for _ in range(60)]
        )
        n = 800
        index = chance.gauss(87.8, 0.4)
        rows += [
            put(unit, "answers.indexed", period, n), put(unit, "answers.index", period, round(n * index, 2)),
            put(unit, "answers.index_squares", period, round(n * (index**2 + 90), 2)),
            put(unit, "measures.due", period, 40), put(unit, "measures.met", period, 34 + chance.randint(-2, 2)),
            put(unit, "watches.begun", period, 64), put(unit, "watches.recurred", period, chance.randint(3, 7)),
        ]  # fmt: skip
    asked = [round(chance.gauss(9_000, 150)) for _ in periods]
    rows += entered(unit, "consultations.all", periods, asked)
    rows += entered(
        unit, "consultations.dispatched", periods, [round(n * chance.gauss(0.07, 0.003)) for n in asked]
    )
    offered = [round(chance.gauss(21_000, 300)) for _ in periods]
    rows += entered(unit, "calls.offered", periods, offered)
    rows += entered(unit, "calls.answered", periods, [round(n * chance.gauss(0.951, 0.002)) for n in offered])
    return rows


def targets(unit: Unit, by, year: int = 2026) -> None:
    wanted = {
        "complaint-rate": 34, "csi": 88, "first-response": 25, "first-contact": 90, "call-answer-rate": 95,
        "measures-on-time": 95, "recurrence-rate": 8, "loop-time": 40,
    }  # fmt: skip
    Target.objects.bulk_create(
        Target(kpi=kpi, unit=unit, year=year, value=value, set_by=by) for kpi, value in wanted.items()
    )


def rule_changed(unit: Unit, by) -> Note:
    """New limits of the complaint rate from March 2026 on."""
    return Note.objects.create(
        kpi="complaint-rate",
        unit=unit,
        day=dt.date(2026, 3, 1),
        text="First-asked-answers rule",
        rebases=True,
        by=by,
    )
