"""What the page of a warning shows, and what the page about the past shows of each warning."""

import datetime as dt
from dataclasses import dataclass

from django.utils.safestring import SafeString

from metrics import reading
from metrics.definitions import Kpi
from metrics.drawing.icons import variation
from metrics.drawing.saying import about
from metrics.drawing.scale import with_unit
from metrics.models import Signal
from metrics.periods import Period, today
from metrics.reading import charted, notes_on
from metrics.spc.chart import Chart
from metrics.spc.telling import sentences
from metrics.targets import holding, value_of

from .evidence import chart_of
from .judging import Story
from .past import Past
from .saying import RULES, Said, said_of

#: How many periods the chart of today shows.
SHOWN = 25
#: So many warnings of the past are drawn.
MOST_DRAWN = 24


@dataclass(frozen=True)
class Later:
    """A period that was noticed while the warning was open."""

    period: Period
    value: str


@dataclass(frozen=True)
class Page:
    said: Said
    then: Chart | None
    later: list[Later]
    now: Chart | None = None
    marks: tuple[tuple[dt.date, str], ...] = ()
    sentences: tuple[str, ...] = ()


def page_of(signal: Signal, kpi: Kpi, *, only_then: bool = False) -> Page:
    """The chart as it was, in words; and, unless only that is wanted, as it is today: four statements."""
    then = chart_of(signal)
    said = said_of(signal, kpi, then)
    later = [
        Later(
            Period(dt.date.fromisoformat(row["day"]), signal.grain),
            with_unit(row["value"], kpi.places, str(kpi.measured_in)),
        )
        for row in signal.evidence.get("later", ())
    ]
    if only_then:
        return Page(said, then, later)
    periods = Period.containing(today(), signal.grain).back(SHOWN)
    figures = reading.read_one(kpi, signal.unit, periods)
    notes = notes_on([kpi], signal.unit, periods[0].first, periods[-1].last)[kpi.code]
    target = holding([signal.unit], today().year, [kpi.code]).get((kpi.code, signal.unit_id))
    now = charted(kpi, figures, target=value_of(target), notes=notes)
    told = sentences(
        now, grain=signal.grain, show=lambda value: with_unit(value, kpi.places, str(kpi.measured_in))
    )
    return Page(said, then, later, now, tuple((note.day, note.text) for note in notes), tuple(told))


@dataclass(frozen=True)
class StoryShown:
    """A warning of the past as a line, with its chart as of then."""

    key: str
    story: Story
    first: Period
    last: Period
    sign: SafeString
    said: str
    rules: list[str]
    drawn: bool

    @property
    def chart(self) -> Chart:
        return self.story.first.chart

    @property
    def lasted(self) -> bool:
        return self.first != self.last


def stories_shown(past: Past) -> list[StoryShown]:
    """The warnings of the past, the newest first."""
    kpi, found = past.kpi, []
    for place, story in enumerate(past.stories):
        first = story.first
        kind = "off" if not kpi.direction else "bad" if first.is_concern else "good"
        found.append(
            StoryShown(
                f"then-{first.noticed_on:%Y%m%d}-{'u' if first.side > 0 else 'd'}", story,
                Period(first.noticed_on, past.grain), Period(story.last.noticed_on, past.grain),
                variation(kind, first.side), about(first.chart, first.point, str(kpi.measured_in), kpi.places),
                [str(RULES[rule][0]) for rule in first.rules], place < MOST_DRAWN,
            )
        )  # fmt: skip
    return found
