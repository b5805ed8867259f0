"""The figures of the demo: two years of passengers, calls and complaints of the hot line, targets, a note on a chart.

Complaints were fewer from the spring on, when whoever is told first had to answer first; the rest varies by chance.
"""

import datetime as dt
import math
from decimal import Decimal
from random import Random

from metrics import notes, rolling, volumes
from metrics.definitions import KPIS
from metrics.periods import Grain, Period, last_over
from metrics.targets import set_target
from metrics.volumes import Entry

from .cases import World
from .company import Company

MONTHS = 30
#: Months ago since which whoever is told first answers first.
CHANGED = 8
#: Passengers of a usual month, in thousands.
PASSENGERS = {
    "HZ": 2_650, "NJ": 2_240, "SZ": 1_180, "WX": 940, "C3": 410, "C5": 380,
    "HF": 1_310, "NC": 1_020, "C2": 350, "SH": 3_120, "KL": 760, "C1": 290,
}  # fmt: skip
#: How busy a month is.
SEASON = {
    1: 1.08,
    2: 1.22,
    3: 0.93,
    4: 0.98,
    5: 1.05,
    6: 0.94,
    7: 1.15,
    8: 1.17,
    9: 0.95,
    10: 1.09,
    11: 0.9,
    12: 0.9,
}
#: Complaints per 100,000 passengers, before and after; a unit that has more or fewer than the others.
BEFORE, AFTER = 3.85, 3.08
OF_UNIT = {"HZ": 1.32, "NJ": 1.06, "HF": 0.92, "WX": 0.86}
#: Where it gets worse, by this factor each month beginning so many months after the change.
WORSE, EACH_MONTH, STEADY = "WX", 1.7, 5
#: What they are about, in parts of a hundred.
ABOUT = {"service": 39, "attitude": 12, "product": 9, "facility": 22, "price": 7, "safety": 3, "other": 8}
#: Calls of a usual month; what becomes of them.
CALLS, ANSWERED, RATED, DISSATISFIED, SATISFIED = 48_200, 0.954, 0.31, 0.021, 0.9
CONSULTED, DISPATCHED = 0.62, 0.069
SYSTEMS = 5
HOT_LINE = "12306 客服热线月报"
TARGETS = {
    "complaint-rate": "3.40", "csi": "65", "first-response": "120", "first-contact": "92", "call-answer-rate": "95",
    "measures-on-time": "90", "recurrence-rate": "8", "loop-time": "4", "on-time-rate": "90",
    "availability": "99.9", "reply-on-time": "95",
}  # fmt: skip
#: Beyond these the assessment gives no points.
THRESHOLDS = {
    "complaint-rate": "5", "csi": "50", "first-response": "480", "first-contact": "85", "call-answer-rate": "88",
    "measures-on-time": "60", "recurrence-rate": "20", "loop-time": "10", "on-time-rate": "70",
    "availability": "99", "reply-on-time": "80",
}  # fmt: skip


def indicators(world: World) -> None:
    """Enter everything, then let the worker's part be done: the figures are counted as they would be by now."""
    company, rng = world.company, Random(world.seed + 4)
    quality = company.people["quality"]
    months = last_over(Grain.MONTH).back(MONTHS)
    entries = [
        entry
        for place, month in enumerate(months)
        for entry in (
            *_of_passengers(company, month, CHANGED + place - MONTHS, rng),
            *_of_calls(company, month, rng),
        )
    ]
    volumes.enter_many(entries, by=quality)
    for year in {months[-13].first.year, months[-1].first.year, world.now.year}:
        _aim(company, year)
    year = world.now.year
    set_target(
        "complaint-rate", company.units[WORSE], year, by=quality, value=Decimal("3.4"),
        threshold=Decimal(5), owner=quality,
    )  # fmt: skip
    notes.add(
        KPIS["complaint-rate"], company.units["HDR"], by=quality, day=months[-CHANGED].first + dt.timedelta(days=4),
        text="首问负责制上线", rebases=True,
    )  # fmt: skip
    rolling.keep_up(seconds=600)


def _of_passengers(company: Company, month: Period, since: int, rng: Random):
    """The month's figures; `since` counts the months since the change, below 0 before it."""
    for key, thousands in PASSENGERS.items():
        unit = company.units[key]
        served = round(thousands * 1000 * SEASON[month.first.month] * rng.uniform(0.97, 1.03))
        yield Entry(unit, "customers.served", month, Decimal(served), source="客票系统")
        rate = (BEFORE if since < 0 else AFTER) * OF_UNIT.get(key, 0.9)
        if key == WORSE:
            rate *= EACH_MONTH ** max(0, since - STEADY)
        for about, share in ABOUT.items():
            count = _by_chance(served / 100_000 * rate * share / 100, rng)
            yield Entry(unit, "complaints.received", month, Decimal(count), part=about, source=HOT_LINE)


def _of_calls(company: Company, month: Period, rng: Random):
    centre, rail = company.units["K"], company.units["HDR"]
    offered = round(CALLS * SEASON[month.first.month] * rng.uniform(0.96, 1.04))
    answered = offered - _by_chance(offered * (1 - ANSWERED) * rng.uniform(0.9, 1.1), rng)
    rated = round(answered * RATED)
    consulted = round(answered * CONSULTED)
    required = month.days * 24 * 60 * SYSTEMS
    for unit, series, value in (
        (centre, "calls.offered", offered),
        (centre, "calls.answered", answered),
        (centre, "calls.rated", rated),
        (centre, "calls.satisfied", round(rated * SATISFIED)),
        (centre, "calls.dissatisfied", _by_chance(rated * DISSATISFIED, rng)),
        (centre, "consultations.all", consulted),
        (centre, "consultations.dispatched", _by_chance(consulted * DISPATCHED, rng)),
        (rail, "operation.required", required),
        (rail, "operation.down", round(required * rng.expovariate(1 / 0.0004))),
    ):
        yield Entry(unit, series, month, Decimal(value), source=HOT_LINE if unit == centre else "运维月报")


def _by_chance(expected: float, rng: Random) -> int:
    """A count as chance would have it, about Poisson's."""
    return max(0, round(rng.gauss(expected, math.sqrt(expected))))


def _aim(company: Company, year: int) -> None:
    people = company.people
    for code, value in TARGETS.items():
        set_target(
            code, company.units["HDR"], year, by=people["quality"], value=Decimal(value),
            threshold=Decimal(THRESHOLDS[code]), owner=people["quality"],
        )  # fmt: skip
