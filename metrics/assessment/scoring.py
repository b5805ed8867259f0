"""From a figure to points, from points to a total with its interval. Pure arithmetic.

Points are linear between `none` (no points) and `full` (all points of the weight), whichever of them is larger. The
interval of a total is made from those of its lines by the method of variance estimates recovery: the distances from the
value to the bounds add up by their squares (G. Y. Zou and A. Donner, Statistics in Medicine 27, 2008, 1693-1702). It
keeps each line's own, possibly lopsided, interval, and takes the lines as independent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scored:
    """The points of one line of `weight`; the bounds are None where the figure has no interval."""

    weight: float
    points: float
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Total:
    """Points of 100. The bounds are None where no line has an interval."""

    points: float
    lower: float | None
    upper: float | None


def points_for(value: float, *, weight: float, full: float, none: float) -> float:
    """How many of the points of `weight` a value earns: never less than none, never more than all."""
    return weight * min(1.0, max(0.0, (value - none) / (full - none)))


def score(
    value: float, lower: float | None, upper: float | None, *, weight: float, full: float, none: float
) -> Scored:
    """The points of a figure, and of the ends of its 95 % interval."""
    points = points_for(value, weight=weight, full=full, none=none)
    if lower is None or upper is None:
        return Scored(weight, points)
    ends = sorted(points_for(end, weight=weight, full=full, none=none) for end in (lower, upper))
    return Scored(weight, points, min(ends[0], points), max(ends[1], points))


def total(lines: Sequence[Scored]) -> Total | None:
    """The points of 100 of all lines that have some; the weight of those left out is spread over them in proportion."""
    weight = sum(line.weight for line in lines)
    if not weight:
        return None
    scale = 100 / weight
    points = scale * sum(line.points for line in lines)
    bounded = [line for line in lines if line.lower is not None]
    if not bounded:
        return Total(points, None, None)
    below = scale * math.sqrt(sum((line.points - line.lower) ** 2 for line in bounded))
    above = scale * math.sqrt(sum((line.upper - line.points) ** 2 for line in bounded))
    return Total(points, max(0.0, points - below), min(100.0, points + above))
