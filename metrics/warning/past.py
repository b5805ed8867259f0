"""What early warning would have said about the past of an indicator: so that the rules can be judged before they are on."""

import datetime as dt
from dataclasses import dataclass, field

from metrics import reading
from metrics.definitions import Kpi
from metrics.models import Note
from metrics.periods import Grain, Period, last_over
from metrics.spc.chart import Chart
from people.models import Unit

from . import chance
from .judging import Story, can_be_judged, judged, series_of, stories
from .watching import WINDOW

#: How many periods make a year.
A_YEAR = {Grain.DAY: 365, Grain.WEEK: 52, Grain.MONTH: 12, Grain.QUARTER: 4, Grain.HALF: 2, Grain.YEAR: 1}


@dataclass
class Year:
    year: int
    judged: int = 0
    concerns: int = 0
    improvements: int = 0

    @property
    def warnings(self) -> int:
        return self.concerns + self.improvements


@dataclass(frozen=True)
class Past:
    """The periods that could be judged, the warnings that they would have opened, and how many chance alone brings."""

    kpi: Kpi
    unit: Unit
    grain: str
    judged: list[Period]
    stories: list[Story]
    years: list[Year]
    chart: Chart
    notes: list[Note] = field(default_factory=list)

    @property
    def one_in(self) -> int:
        return chance.one_in(self.chart.kind if self.judged else None, self.kpi.data)

    @property
    def by_chance(self) -> float:
        return chance.expected(len(self.judged), self.chart.kind if self.judged else None, self.kpi.data)

    @property
    def years_between(self) -> float:
        """How often chance alone brings one, for this indicator."""
        return self.one_in / A_YEAR[self.grain]

    @property
    def share(self) -> float:
        """Warnings per year."""
        return len(self.stories) * A_YEAR[self.grain] / len(self.judged) if self.judged else 0.0


def past_of(kpi: Kpi, unit: Unit, grain: str, *, target: float | None = None) -> Past:
    """Judge every period of the window as it would have been judged at its end. Two statements."""
    periods = last_over(grain).back(WINDOW[grain])
    figures = reading.read_one(kpi, unit, periods)
    notes = reading.notes_on([kpi], unit, periods[0].first, periods[-1].last)[kpi.code]
    series = series_of(kpi, figures, notes, target)
    places = [place for place in range(len(figures)) if can_be_judged(series, place)]
    found = stories(judged(series, places))
    return Past(
        kpi, unit, grain, [periods[place] for place in places], found[::-1],
        _by_year([periods[place].first for place in places], found),
        reading.charted(kpi, figures, target=target, notes=notes), notes,
    )  # fmt: skip


def _by_year(days: list[dt.date], found: list[Story]) -> list[Year]:
    years = {day.year: Year(day.year) for day in days}
    for day in days:
        years[day.year].judged += 1
    for story in found:
        year = years[story.first.noticed_on.year]
        if story.first.is_concern:
            year.concerns += 1
        else:
            year.improvements += 1
    return sorted(years.values(), key=lambda year: -year.year)
