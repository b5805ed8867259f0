"""What a control chart is made of. `metrics.spc.charting.draw_up` fills it, `metrics.drawing` draws it.

Values, centre and limits are in the unit in which they are shown (per cent, per 100,000, minutes): the scale of the
indicator has been applied already.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of charts, by the data they are meant for (ISO 7870-2, ISO 7870-4; Laney 2002; Benneyan 2001)."""

    RUN = "run"  # median only: too few points for limits
    P = "p"  # a share of cases
    P_LANEY = "p-laney"  # the same where shares vary more than chance with such n would make them
    U = "u"  # events per exposure
    U_LANEY = "u-laney"
    C = "c"  # events, each period with the same exposure
    XMR = "xmr"  # individual values
    G = "g"  # exposure (cases) between rare events
    T = "t"  # time between rare events


class Data(StrEnum):
    """What the figures of an indicator are, by which the chart is chosen."""

    SHARE = "share"  # numerator is a part of the denominator
    RATE = "rate"  # events against an exposure
    COUNT = "count"  # events, the exposure being the period itself
    VALUE = "value"  # a mean, a median, a ratio of amounts


class Rule(StrEnum):
    """What makes a point a signal."""

    LIMIT = "limit"  # beyond three sigma
    SHIFT = "shift"  # part of a run on one side of the centre that is too long (Anhoj and Olesen 2014)
    CROSSINGS = "crossings"  # of the whole phase: too few crossings of the centre


@dataclass(frozen=True)
class Measured:
    """A period's figures before anything is said about them; `numerator` None where something is missing."""

    day: dt.date  # the first of the period
    label: str
    numerator: float | None
    denominator: float | None = 1.0
    is_open: bool = False  # the period isn't over: shown, but neither in the limits nor a signal

    @property
    def is_missing(self) -> bool:
        return self.numerator is None or not self.denominator


@dataclass(frozen=True)
class Point:
    """A period on the chart."""

    day: dt.date
    label: str
    value: float | None  # None: missing, the line is broken here
    numerator: float | None = None
    denominator: float | None = None
    center: float | None = None
    lower: float | None = None  # None where the chart has no such limit
    upper: float | None = None
    phase: int = 0
    rules: tuple[Rule, ...] = ()
    side: int = 0  # of a signal: +1 above the centre, -1 below it; 0 without a signal
    is_open: bool = False
    is_left_out: bool = False  # of the limits, because its cause is known

    @property
    def is_signal(self) -> bool:
        return bool(self.rules)


@dataclass(frozen=True)
class Runs:
    """The runs analysis of a phase; points on the centre line are left out of it."""

    useful: int
    longest: int
    longest_usual: int  # a longer run is a signal
    crossings: int
    crossings_usual: int  # fewer are a signal

    @property
    def is_signal(self) -> bool:
        return self.useful > 0 and (
            self.longest > self.longest_usual or self.crossings < self.crossings_usual
        )


@dataclass(frozen=True)
class Phase:
    """A stretch with limits of its own: since a change that is known to have worked."""

    number: int
    first: int  # places in `Chart.points`
    last: int
    center: float | None
    sigma_z: float | None = None  # of Laney's charts: how many times more than chance it varies
    runs: Runs | None = None


@dataclass(frozen=True)
class Chart:
    kind: Kind
    points: tuple[Point, ...]
    phases: tuple[Phase, ...] = ()
    reasons: tuple[str, ...] = ()  # why this kind was chosen, sentences in the reader's language
    direction: int = 0  # +1 higher is better, -1 lower is better, 0 neither
    target: float | None = None
    scale: float = 1.0
    notes: tuple[str, ...] = field(default=())  # what the reader has to know: missing periods, few points

    @property
    def last(self) -> Point | None:
        """The latest point of a period that is over and has a value."""
        return next((p for p in reversed(self.points) if p.value is not None and not p.is_open), None)

    @property
    def signals(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if point.is_signal)
