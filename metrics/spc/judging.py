"""What a chart says as of its last finished point: variation, assurance, since when. In words: `metrics.spc.telling`.

After "Making data count" (NHS England): variation asks whether the process changed, assurance whether it will meet its
target as it runs now. Neither looks at a single figure against a target.
"""

import datetime as dt
import math
from dataclasses import dataclass
from enum import StrEnum

from .chart import Chart, Kind, Point, Rule
from .choosing import FEW

#: For so many points a new phase still counts as a change, then it is how things are.
LASTING = 12


class Variation(StrEnum):
    """How the process moves; the values are those by which `metrics.drawing.icons` knows its signs."""

    IMPROVING = "good"
    CONCERN = "bad"
    CHANGED = "off"  # neither side is better: high or low, as `side` says
    USUAL = "usual"
    NONE = "none"  # too few figures


class Assurance(StrEnum):
    """Whether the target will be met by the process as it runs now."""

    MEETS = "meets"
    HIT_OR_MISS = "hit-or-miss"
    MISSES = "misses"
    NONE = "none"  # no target, no limits, or neither side is better


@dataclass(frozen=True)
class Step:
    """From one phase to the next: centre before and after."""

    day: dt.date
    before: float
    after: float
    periods: int  # finished ones since
    is_real: bool  # the centres differ by more than three standard errors

    @property
    def side(self) -> int:
        return (self.after > self.before) - (self.after < self.before)


@dataclass(frozen=True)
class Judgement:
    variation: Variation
    assurance: Assurance
    side: int = 0  # where it went: +1 up, -1 down, 0 nowhere
    rules: tuple[Rule, ...] = ()  # by which the last point is a signal; none where only a step makes it one
    since: dt.date | None = None  # the first period of the run at the end, or of the new phase
    periods: int = 0  # of that run or phase
    streak: int = 0  # how often it rose (+) or fell (-) in a row until the last point
    last: Point | None = None
    step: Step | None = None  # into the last phase

    @property
    def is_signal(self) -> bool:
        return self.side != 0


# Judging -------------------------------------------------------------------------------------------------------------
def judge(chart: Chart) -> Judgement:
    """What the last finished points say. Points left out, missing or not over are passed over."""
    counted = [point for point in chart.points if _is_counted(point)]
    assurance = assurance_of(chart)
    if not counted:
        return Judgement(Variation.NONE, assurance)
    last, step = counted[-1], step_into_last_phase(chart)
    side, rules, run = _at_the_end([point for point in counted if point.phase == last.phase])
    streak = _streak([point.value for point in counted])
    if rules:
        first = run[0] if Rule.LIMIT not in rules or len(rules) > 1 else last
        periods = len(run) if first is run[0] else 1
        return Judgement(
            _variation(side, chart.direction), assurance, side, rules, first.day, periods, streak, last, step
        )
    if step is not None and step.is_real and step.periods <= LASTING:
        return Judgement(
            _variation(step.side, chart.direction), assurance, step.side, (), step.day, step.periods, streak,
            last, step,
        )  # fmt: skip
    few = chart.kind == Kind.RUN and len(counted) < FEW
    return Judgement(
        Variation.NONE if few else Variation.USUAL, assurance, streak=streak, last=last, step=step
    )


def assurance_of(chart: Chart) -> Assurance:
    """The limits of the last finished point against the target: they say where the next figures will lie."""
    if chart.target is None or not chart.direction:
        return Assurance.NONE
    last = next((point for point in reversed(chart.points) if _is_counted(point) and has_limits(point)), None)
    if last is None or last.phase != chart.points[-1].phase:
        return Assurance.NONE
    worst, best = (last.upper, last.lower) if chart.direction < 0 else (last.lower, last.upper)
    if (worst - chart.target) * chart.direction >= 0:
        return Assurance.MEETS
    return Assurance.MISSES if (best - chart.target) * chart.direction < 0 else Assurance.HIT_OR_MISS


def step_into_last_phase(chart: Chart) -> Step | None:
    """How the level changed with the latest new limits; None with one phase, or where one of the two has no centre.

    It is real where the two means differ by more than three standard errors, as the limits of the earlier phase give
    them.
    """
    if len(chart.phases) < 2:
        return None
    earlier, later = chart.phases[-2:]
    if earlier.center is None or later.center is None:
        return None
    before, after = (
        [point for point in chart.points[phase.first : phase.last + 1] if _is_counted(point)]
        for phase in (earlier, later)
    )
    reaches = [max(p.upper - p.center, p.center - p.lower) for p in before if has_limits(p)]
    if not after or not reaches:
        return None
    reach = math.fsum(reaches) / len(reaches) * math.sqrt(1 / len(before) + 1 / len(after))
    difference = abs(later.center - earlier.center)
    return Step(
        day=chart.points[later.first].day,
        before=earlier.center,
        after=later.center,
        periods=len(after),
        is_real=difference > reach and difference > 0,
    )


def _is_counted(point: Point) -> bool:
    return point.value is not None and not point.is_open and not point.is_left_out


def has_limits(point: Point) -> bool:
    return None not in (point.center, point.lower, point.upper)


def _variation(side: int, direction: int) -> Variation:
    if not direction:
        return Variation.CHANGED
    return Variation.IMPROVING if side * direction > 0 else Variation.CONCERN


def _at_the_end(points: list[Point]) -> tuple[int, tuple[Rule, ...], list[Point]]:
    """Side, rules and points of the run at the end of a phase; a last point on the centre doesn't end it."""
    run: list[Point] = []
    for point in reversed(points):
        side = _side(point)
        if run and side not in (0, _side(run[-1])):
            break
        if side:
            run.append(point)
    if not run:
        return 0, (), []
    latest = run[0]
    is_last = latest is points[-1]
    rules = tuple(rule for rule in latest.rules if is_last or rule != Rule.LIMIT)
    return latest.side, rules, run[::-1]


def _side(point: Point) -> int:
    if point.center is None or math.isclose(point.value, point.center, rel_tol=1e-9, abs_tol=1e-12):
        return 0
    return 1 if point.value > point.center else -1


def _streak(values: list[float]) -> int:
    """How often the values rose (positive) or fell (negative) in a row until the last one."""
    count = 0
    for before, after in reversed(list(zip(values, values[1:], strict=False))):
        move = (after > before) - (after < before)
        if not move or count * move < 0:
            break
        count += move
    return count
