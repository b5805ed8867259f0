"""A year of cases as chance would have them: more in the holidays, most of them minor, some of them stubborn."""

import datetime as dt
import itertools
from random import Random

from .cases import Case, Short, World, names_of
from .longway import Long
from .pace import ZONE, at, pace
from .scenarios import Scenario, library

TO_AGREEMENT = ("reported", "judged", "attributed", "agreed")
TO_VERDICT = ("concluded", "submitted", "approved", "completed", "verified")
#: How much busier a month is than a quiet one: Spring Festival, summer, the National Day.
BUSY = {1: 1.5, 2: 1.9, 5: 1.2, 7: 1.5, 8: 1.6, 10: 1.7}
EAST = ("HZ", "NJ", "SZ", "WX", "C3", "C5")
#: Days after which cases of a kind have certainly ended. In the division of the demo accounts nothing of chance is
#: open: what waits for them is told in `live`.
SETTLED = {"short": 9, "long": 100, "twice": 175, "dismissed": 5}
#: Parts of a hundred.
SHARES = {"short": 76, "long": 11, "twice": 4, "dismissed": 6, "merged": 3}


def cases_of_the_year(world: World, count: int) -> list[Case]:
    rng = Random(world.seed)
    kinds = list(
        itertools.chain.from_iterable([kind] * round(count * part / 100) for kind, part in SHARES.items())
    )
    rng.shuffle(kinds)
    return [_case(world, kind, Random(rng.getrandbits(64))) for kind in kinds[:count]]


def _case(world: World, kind: str, rng: Random) -> Case:
    reported = _some_day(world, rng, least=SETTLED["twice"] if kind == "twice" else 1)
    scenario = _some_scenario(kind, reported, rng)
    unit = _some_unit(world, scenario, kind, reported, rng)
    case = _made(world, kind, scenario, unit, rng)
    case.plan_days(pace(_steps(kind, scenario, rng), rng, "reported", reported))
    return case


def _some_day(world: World, rng: Random, least: int) -> dt.datetime:
    """A moment within the last year, at least so many days ago; busy months have more of them."""
    today = world.now.astimezone(ZONE).date()
    days = [today - dt.timedelta(days=n) for n in range(least, 363)]
    day = rng.choices(days, [BUSY.get(day.month, 1.0) for day in days])[0]
    return at(day, rng.triangular(6, 22.5, 17))


def _some_scenario(kind: str, reported: dt.datetime, rng: Random) -> Scenario:
    month = reported.astimezone(ZONE).month
    shelf = {"short": "minor", "merged": "minor", "dismissed": "dismissed"}.get(kind, "long")
    fitting = [
        scenario
        for scenario in library(shelf)
        if month in (scenario.months or range(1, 13)) and (kind != "twice" or scenario.values.get("again"))
    ]
    return rng.choices(fitting, [scenario.weight or 3 for scenario in fitting])[0]


def _some_unit(world: World, scenario: Scenario, kind: str, reported: dt.datetime, rng: Random) -> str:
    """One of the scenario's units; not in the East while the case could still be open."""
    settled = (world.now - reported).days > SETTLED.get(kind, SETTLED["short"])
    others = [unit for unit in scenario.at if settled or unit not in EAST]
    return rng.choice(others or ["NC", "HF", "SH", "C2"] if not settled else scenario.at)


def _made(world: World, kind: str, scenario: Scenario, unit: str, rng: Random) -> Case:
    if kind in ("short", "merged"):
        return Short(world, scenario, unit, rng)
    return Long(world, scenario, unit, rng) if kind in ("long", "twice") else Case(world, scenario, unit, rng)


def _steps(kind: str, scenario: Scenario, rng: Random) -> list[str]:
    if kind == "dismissed":
        return ["reported", "dismissed"]
    if kind == "short":
        return ["reported", "judged", "accepted"]
    if kind == "merged":
        return ["reported", "merged", "judged", "accepted"]
    first = list(TO_VERDICT)
    if rng.random() < 0.15:
        first[2:2] = ["returned", "resubmitted"]
    if rng.random() < 0.12:
        first.insert(-1, "watched")
    objection = ("objected", "decided") if rng.random() < 0.06 else ()
    second = TO_VERDICT if kind == "twice" else ()
    return names_of(*TO_AGREEMENT, *objection, *first, *second, "archived")
