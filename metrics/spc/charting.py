"""From the figures of successive periods to a control chart: phases, limits, signals."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext, ngettext

from . import limits, runs
from .chart import Chart, Data, Kind, Measured, Phase, Point, Rule
from .choosing import FEW, Choice, by_hand, choose, rare
from .limits import Bounds, Limits

#: A phase with fewer points shows its centre only.
LEAST_FOR_LIMITS = 6
#: With too few crossings, the run at the end is marked from this length on.
LEAST_TO_MARK = 3

Compute = Callable[[list[float], list[float], list[bool]], Limits]


def draw_up(
    measured: Sequence[Measured],
    *,
    data: Data,
    scale: float = 1.0,
    direction: int = 0,
    target: float | None = None,
    rebase: Sequence[dt.date] = (),
    left_out: Sequence[dt.date] = (),
    kind: Kind | None = None,
    baseline: int | None = None,
    bounds: Bounds = (None, None),
    events: Sequence[dt.date] | None = None,
    until: dt.date | None = None,
) -> Chart:
    """The chart of successive periods.

    A new phase, with limits of its own, begins with the first period on or after each day of `rebase`. The periods
    that begin on the days of `left_out` have a known cause: they are in no limits and no runs, though a mark beyond
    the limits stays. A period that is missing is a gap; one that isn't over is shown without being judged.

    `baseline`: only so many first points of a phase make its limits, so that later ones are compared with a level that
    doesn't follow them (for early warning). `target` and `bounds` (what is possible, for single values) are in the unit
    shown, that is after `scale`. Without bounds the limits of values of which none is negative stop at zero.

    `kind` is chosen where it isn't given (`metrics.spc.choosing`). Where `events` (the day of each event, up to
    `until`) are known and rare, their distances are drawn instead: see `draw_up_rare`.
    """
    rows = _rows(measured, data=data, scale=scale, rebase=rebase, left_out=left_out, baseline=baseline)
    if kind is None:
        choice = choose(_base_figures(rows), data, has_days=events is not None)
        if choice.kind == Kind.T and events is not None:
            return draw_up_rare(
                events, direction=direction, until=until, rebase=rebase, left_out=left_out, baseline=baseline
            )
    else:
        choice = by_hand(kind)
    compute = _computing(choice, scale, _possible(rows, bounds))
    return _chart(rows, choice, compute, scale=scale, direction=direction, target=target)


def draw_up_rare(
    events: Sequence[dt.date],
    *,
    direction: int = 0,
    exposure: Sequence[float] | None = None,
    until: dt.date | None = None,
    rebase: Sequence[dt.date] = (),
    left_out: Sequence[dt.date] = (),
    baseline: int | None = None,
    scale: float = 1.0,
) -> Chart:
    """The chart of rare events: a point is an event, its value the days (t) or the `exposure` (g) since the one before.

    `exposure` has one figure less than `events`, or as many where `until` is given: the last one runs from the latest
    event to that day, which is drawn as not over. `direction` is that of the events (-1: fewer are better); the chart
    carries the opposite, since a longer way between them means fewer.
    """
    days = sorted(events)
    ends = [*days[1:], *([until] if until is not None and days else [])]
    if exposure is not None and len(exposure) != len(ends):
        raise ValueError("An exposure between any two events is expected.")
    gaps = exposure or [float((end - begin).days) for begin, end in zip(days, ends, strict=False)]
    measured = [
        Measured(end, end.isoformat(), gap, 1.0, is_open=place == len(days) - 1)
        for place, (end, gap) in enumerate(zip(ends, gaps, strict=True))
    ]
    rows = _rows(measured, data=Data.VALUE, scale=scale, rebase=rebase, left_out=left_out, baseline=baseline)
    choice = rare(has_exposure=exposure is not None)
    compute = _computing(choice, scale, (0.0, None))
    return _chart(rows, choice, compute, scale=scale, direction=-direction, target=None, least=FEW)


# The figures ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Row:
    """A period with its place in a phase."""

    point: Point
    part: float
    whole: float
    is_counted: bool  # known, over and not left out: takes part in the runs
    is_base: bool  # makes the limits

    @property
    def is_known(self) -> bool:
        return self.point.value is not None


def _rows(
    measured: Sequence[Measured],
    *,
    data: Data,
    scale: float,
    rebase: Sequence[dt.date],
    left_out: Sequence[dt.date],
    baseline: int | None,
) -> list[_Row]:
    ordered = sorted(measured, key=lambda one: one.day)
    breaks, omitted = sorted(set(rebase)), set(left_out)
    places = [bisect_right(breaks, one.day) for one in ordered]
    numbers = {place: number for number, place in enumerate(sorted(set(places)))}
    in_base = dict.fromkeys(numbers, 0)
    rows = []
    for one, place in zip(ordered, places, strict=True):
        whole = 1.0 if data == Data.COUNT else float(one.denominator or 0)
        part = None if one.is_missing or whole <= 0 else float(one.numerator or 0)
        is_counted = part is not None and not one.is_open and one.day not in omitted
        is_base = is_counted and (baseline is None or in_base[place] < baseline)
        in_base[place] += is_base
        point = Point(
            day=one.day,
            label=one.label,
            value=None if part is None else part / whole * scale,
            numerator=None if one.numerator is None else float(one.numerator),
            denominator=None if one.denominator is None else float(one.denominator),
            phase=numbers[place],
            is_open=one.is_open,
            is_left_out=one.day in omitted,
        )
        rows.append(_Row(point, part or 0.0, whole, is_counted, is_base))
    return rows


def _by_phase(rows: Sequence[_Row]) -> list[list[_Row]]:
    found: list[list[_Row]] = [[] for _ in range(rows[-1].point.phase + 1)] if rows else []
    for row in rows:
        found[row.point.phase].append(row)
    return found


def _base_figures(rows: Sequence[_Row]) -> list[list[tuple[float, float]]]:
    return [[(row.part, row.whole) for row in phase if row.is_base] for phase in _by_phase(rows)]


def _possible(rows: Sequence[_Row], bounds: Bounds) -> Bounds:
    least, most = bounds
    if least is None and all(row.part >= 0 for row in rows):
        least = 0.0
    return least, most


# The limits ----------------------------------------------------------------------------------------------------------
def _computing(choice: Choice, scale: float, bounds: Bounds) -> Compute:
    """How the limits of a phase are computed; before the scale."""
    least, most = (None if bound is None else bound / scale for bound in bounds)

    def of_values(compute: Callable[..., Limits], **options: float | None) -> Compute:
        return lambda parts, wholes, base: compute(
            [part / whole for part, whole in zip(parts, wholes, strict=True)], base, **options
        )

    return {
        Kind.RUN: of_values(limits.median_only),
        Kind.P: limits.shares_of_few if choice.is_rare else limits.shares,
        Kind.P_LANEY: limits.shares_widened,
        Kind.U: limits.rates_of_few if choice.is_rare else limits.rates,
        Kind.U_LANEY: limits.rates_widened,
        Kind.C: limits.rates_of_few if choice.is_rare else limits.rates,
        Kind.XMR: of_values(limits.individuals, least=least, most=most),
        Kind.G: of_values(limits.between_cases),
        Kind.T: of_values(limits.between_days),
    }[choice.kind]


#: Kinds whose limits are the same for every point of a phase, so that they go on across a gap.
_LEVEL = {Kind.C, Kind.XMR, Kind.G, Kind.T}


def _limits_of(rows: list[_Row], compute: Compute, least: int) -> Limits:
    """The limits of the known points of a phase."""
    known = [row for row in rows if row.is_known]
    base = [row.is_base for row in known]
    if not any(base):
        return Limits(None, (None,) * len(known), (None,) * len(known))
    found = compute([row.part for row in known], [row.whole for row in known], base)
    if sum(base) < least:
        return replace(found, lower=(None,) * len(known), upper=(None,) * len(known))
    return found


def _with_limits(rows: list[_Row], found: Limits, *, scale: float, is_level: bool) -> list[Point]:
    def scaled(limit: float | None) -> float | None:
        return None if limit is None else limit * scale

    pairs = iter(zip(found.lower, found.upper, strict=True))
    across = next(zip(found.lower, found.upper, strict=True), (None, None)) if is_level else (None, None)
    points = []
    for row in rows:
        lower, upper = next(pairs) if row.is_known else across
        points.append(
            replace(row.point, center=scaled(found.center), lower=scaled(lower), upper=scaled(upper))
        )
    return points


# The signals ---------------------------------------------------------------------------------------------------------
def _side_beyond(point: Point) -> int:
    """On which side a point lies beyond its limits; on a limit is within."""
    if point.value is None or point.is_open:
        return 0
    for limit, side in ((point.upper, 1), (point.lower, -1)):
        if limit is not None and (point.value - limit) * side > 1e-9 * max(1.0, abs(limit)):
            return side
    return 0


def _with_signals(rows: list[_Row], points: list[Point], *, with_runs: bool) -> tuple[list[Point], Phase]:
    """The points with the rules that make them signals, and what is said of the phase (its places are filled later).

    Of rare events most periods have none, which lies below the mean without meaning anything: no runs then.
    """
    center = points[0].center
    found = runs.stretches(
        [point.value if row.is_counted else None for row, point in zip(rows, points, strict=True)],
        center if with_runs else None,
    )
    analysis = runs.analysed(found)
    marks: dict[int, list[tuple[Rule, int]]] = {}
    for place, point in enumerate(points):
        if side := _side_beyond(point):
            marks.setdefault(place, []).append((Rule.LIMIT, side))
    for stretch in found:
        if len(stretch) > analysis.longest_usual:
            for place in stretch.places:
                marks.setdefault(place, []).append((Rule.SHIFT, stretch.side))
    if found and analysis.crossings < analysis.crossings_usual and len(found[-1]) >= LEAST_TO_MARK:
        for place in found[-1].places:
            marks.setdefault(place, []).append((Rule.CROSSINGS, found[-1].side))
    judged = [
        replace(point, rules=tuple(rule for rule, _ in marks[place]), side=marks[place][0][1])
        if place in marks
        else point
        for place, point in enumerate(points)
    ]
    return judged, Phase(0, 0, 0, center, runs=analysis if with_runs else None)


# The chart -----------------------------------------------------------------------------------------------------------
def _chart(
    rows: list[_Row],
    choice: Choice,
    compute: Compute,
    *,
    scale: float,
    direction: int,
    target: float | None,
    least: int = LEAST_FOR_LIMITS,
) -> Chart:
    points: list[Point] = []
    phases: list[Phase] = []
    for number, phase in enumerate(_by_phase(rows)):
        found = _limits_of(phase, compute, least)
        plain = _with_limits(phase, found, scale=scale, is_level=choice.kind in _LEVEL)
        judged, said = _with_signals(phase, plain, with_runs=not choice.is_rare)
        first = len(points)
        points += judged
        phases.append(replace(said, number=number, first=first, last=len(points) - 1, sigma_z=found.sigma_z))
    return Chart(
        kind=choice.kind,
        points=tuple(points),
        phases=tuple(phases),
        reasons=choice.reasons,
        direction=direction,
        target=target,
        scale=scale,
        notes=tuple(_notes(rows, choice, least)),
    )


def _notes(rows: list[_Row], choice: Choice, least: int) -> list[str]:
    """What the reader has to know about the figures."""
    notes = []
    if missing := sum(not (row.is_known or row.point.is_open) for row in rows):
        notes.append(
            ngettext(
                "%(count)d period has no figures: the line is broken there.",
                "%(count)d periods have no figures: the line is broken there.",
                missing,
            )
            % {"count": missing}
        )
    last = _by_phase(rows)[-1] if rows else []
    base = sum(row.is_base for row in last)
    if choice.kind == Kind.RUN or not base or base >= FEW:
        return notes
    told = {"count": base, "since": last[0].point.label, "least": least}
    if base < least:
        notes.append(gettext(
            "There are too few points since %(since)s for limits: %(count)d of %(least)d."
        ) % told)  # fmt: skip
    else:
        notes.append(
            ngettext(
                "The limits since %(since)s rest on %(count)d point only and may still move.",
                "The limits since %(since)s rest on %(count)d points only and may still move.",
                base,
            )
            % told
        )
    return notes
