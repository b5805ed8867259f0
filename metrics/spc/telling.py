"""What a chart says in words, for readers who never heard of control limits: whole sentences, in their language."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext

from ..periods import Grain, Period
from .chart import Chart, Kind, Rule
from .judging import LASTING, Assurance, Judgement, Variation, has_limits, judge

#: So many rises (or falls) in a row are told of a signal. By themselves they are none: a trend rule brings false alarms
#: (Davis and Woodall 1988).
STREAK = 5

Show = Callable[[float], str]


def lasting(count: int, grain: str) -> str:
    """7 months."""
    words = {
        Grain.DAY: ngettext("%(count)d day", "%(count)d days", count),
        Grain.WEEK: ngettext("%(count)d week", "%(count)d weeks", count),
        Grain.MONTH: ngettext("%(count)d month", "%(count)d months", count),
        Grain.QUARTER: ngettext("%(count)d quarter", "%(count)d quarters", count),
        Grain.HALF: ngettext("%(count)d half-year", "%(count)d half-years", count),
        Grain.YEAR: ngettext("%(count)d year", "%(count)d years", count),
        "event": ngettext("%(count)d event", "%(count)d events", count),
    }
    return words[grain] % {"count": count}


def _plain(value: float) -> str:
    return number_format(round(value, 1), 1, use_l10n=True, force_grouping=True)


@dataclass(frozen=True)
class _Words:
    """What all sentences about a chart need."""

    chart: Chart
    judged: Judgement
    grain: str
    show: Show

    def named(self, day: dt.date) -> str:
        return Period(day, Grain.DAY if self._by_event else self.grain).label

    def lasting(self, count: int) -> str:
        return lasting(count, "event" if self._by_event else self.grain)

    @property
    def _by_event(self) -> bool:
        return self.chart.kind in (Kind.T, Kind.G)

    @property
    def for_signal(self) -> dict[str, str]:
        judged, last = self.judged, self.judged.last
        limit = last.upper if judged.side > 0 else last.lower
        return {
            "duration": self.lasting(judged.periods),
            "streak": self.lasting(abs(judged.streak)),
            "since": self.named(judged.since),
            "period": self.named(last.day),
            "value": self.show(last.value),
            "centre": "" if last.center is None else self.show(last.center),
            "limit": "" if limit is None else self.show(limit),
        }


def sentences(
    chart: Chart, *, grain: str = Grain.MONTH, show: Show = _plain, target: bool = True
) -> list[str]:
    """What the chart says, each a whole sentence in the reader's language: change, then target (unless not wanted).

    `show` writes a value with its decimals and, if wanted, its unit.
    """
    words = _Words(chart, judge(chart), grain, show)
    told = [_of_step(words), _of_signal(words), _of_target(words) if target else ""]
    return [sentence for sentence in told if sentence]


def paragraph(told: Sequence[str]) -> str:
    """Sentences after each other; in Chinese nothing stands between them."""
    whole = ""
    for one in told:
        pair = {"first": whole, "next": one}
        whole = pgettext("two sentences", "%(first)s %(next)s") % pair if whole else one
    return whole


def briefly(chart: Chart, *, grain: str = Grain.MONTH) -> str:
    """A few words for a list: "high for 7 months"; nothing where nothing changed."""
    words = _Words(chart, judge(chart), grain, _plain)
    judged = words.judged
    if not judged.is_signal:
        return ""
    up = judged.side > 0
    if not judged.rules:
        text = gettext("up since %(since)s") if up else gettext("down since %(since)s")
    elif Rule.LIMIT in judged.rules and abs(judged.streak) >= STREAK and judged.streak * judged.side > 0:
        text = gettext("rising for %(streak)s") if up else gettext("falling for %(streak)s")
    elif judged.rules == (Rule.LIMIT,):
        text = gettext("unusually high in %(period)s") if up else gettext("unusually low in %(period)s")
    else:
        text = gettext("high for %(duration)s") if up else gettext("low for %(duration)s")
    return text % words.for_signal


def _of_signal(words: _Words) -> str:
    judged = words.judged
    up = judged.side > 0
    if judged.variation == Variation.NONE:
        return gettext("Too few figures yet to tell a change from chance.")
    if not judged.rules:
        return "" if judged.is_signal else _of_the_usual(words)
    if Rule.LIMIT in judged.rules and abs(judged.streak) >= STREAK and judged.streak * judged.side > 0:
        text = (
            gettext("Up for %(streak)s in a row and above the upper limit in %(period)s: not chance.")
            if up
            else gettext("Down for %(streak)s in a row and below the lower limit in %(period)s: not chance.")
        )
    elif Rule.LIMIT in judged.rules and len(judged.rules) > 1:
        text = (
            gettext(
                "Above the centre of %(centre)s for %(duration)s, and above the upper limit in %(period)s: not chance."
            )
            if up
            else gettext(
                "Below the centre of %(centre)s for %(duration)s, and below the lower limit in %(period)s: not chance."
            )
        )
    elif Rule.LIMIT in judged.rules:
        text = (
            gettext("%(value)s in %(period)s is above the upper limit of %(limit)s: not chance.")
            if up
            else gettext("%(value)s in %(period)s is below the lower limit of %(limit)s: not chance.")
        )
    elif Rule.SHIFT in judged.rules:
        text = (
            gettext("Above the centre of %(centre)s for %(duration)s in a row: not chance.")
            if up
            else gettext("Below the centre of %(centre)s for %(duration)s in a row: not chance.")
        )
    else:
        text = (
            gettext(
                "It changes sides of its centre more rarely than chance would: slow swings. Above it since %(since)s."
            )
            if up
            else gettext(
                "It changes sides of its centre more rarely than chance would: slow swings. Below it since %(since)s."
            )
        )
    return text % words.for_signal


def _of_the_usual(words: _Words) -> str:
    step, last = words.judged.step, words.judged.last
    if step is not None and step.periods <= LASTING:
        return ""  # said of the step already
    if not has_limits(last):
        return gettext("It varies as usual: no single figure needs an explanation.")
    return gettext(
        "It varies as usual between %(lower)s and %(upper)s: no single figure needs an explanation."
    ) % {"lower": words.show(last.lower), "upper": words.show(last.upper)}


def _of_step(words: _Words) -> str:
    step = words.judged.step
    if step is None or step.periods > LASTING:
        return ""
    told = {
        "since": words.named(step.day), "before": words.show(step.before), "after": words.show(step.after),
        "duration": words.lasting(step.periods),
    }  # fmt: skip
    is_steady = not words.judged.rules
    if not step.is_real:
        text = gettext(
            "The limits were recalculated from %(since)s; the level of %(before)s, now %(after)s, hasn't clearly changed."
        )
    elif step.side > 0:
        text = (
            gettext(
                "From %(since)s the level rose from %(before)s to %(after)s (limits recalculated) and has been steady for"
                " %(duration)s."
            )
            if is_steady
            else gettext("From %(since)s the level rose from %(before)s to %(after)s (limits recalculated).")
        )
    else:
        text = (
            gettext(
                "From %(since)s the level fell from %(before)s to %(after)s (limits recalculated) and has been steady for"
                " %(duration)s."
            )
            if is_steady
            else gettext("From %(since)s the level fell from %(before)s to %(after)s (limits recalculated).")
        )
    return text % told


def _of_target(words: _Words) -> str:
    target = {"target": "" if words.chart.target is None else words.show(words.chart.target)}
    return {
        Assurance.MEETS: gettext("As it runs now, the target of %(target)s will be met every time."),
        Assurance.HIT_OR_MISS: gettext(
            "As it runs now, chance decides each time whether the target of %(target)s is met."
        ),
        Assurance.MISSES: gettext(
            "As it runs now, the target of %(target)s will be missed every time: the process itself has to change."
        ),
        Assurance.NONE: "",
    }[words.judged.assurance] % target
