"""What a control chart says in words: a sentence for each point, and the description that is read aloud for it."""

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from metrics.spc.chart import Chart, Point, Rule
from metrics.spc.telling import paragraph
from people.punctuation import comma, joined

from .scale import figure, with_unit

#: A description names so many points that stand out, the latest of them.
MOST_NAMED = 6


def look_of(chart: Chart, point: Point) -> str:
    """good, bad, off (stands out, but has no good side) or "" (varies as usual)."""
    if not point.is_signal:
        return ""
    return {1: "good", -1: "bad"}.get(
        (point.side * chart.direction > 0) - (point.side * chart.direction < 0), "off"
    )


def word_for(chart: Chart, point: Point) -> str:
    """Improving, concern or what else is to be said of a point, in a word."""
    if point.value is None:
        return _("Missing")
    if point.is_open:
        return _("Not over yet")
    if point.is_left_out:
        return _("Left out of the limits")
    words = {"good": _("Improving"), "bad": _("Concern"), "off": _("Stands out")}
    return words.get(look_of(chart, point), _("Usual variation"))


def reasons_of(point: Point) -> list[str]:
    """Which rules a point breaks."""
    beyond = _("above the upper limit") if point.side > 0 else _("below the lower limit")
    run = _("in a long run above the centre") if point.side > 0 else _("in a long run below the centre")
    words = {
        Rule.LIMIT: beyond,
        Rule.SHIFT: run,
        Rule.CROSSINGS: _("in a stretch that crosses the centre too rarely"),
    }
    return [words[rule] for rule in point.rules]


def counted(point: Point) -> str:
    """812 of 26,500: the figures behind a value, or nothing where they say no more than the value itself."""
    if point.numerator is None or point.denominator is None or point.denominator == 1:
        return ""
    return pgettext("figures", "%(numerator)s of %(denominator)s") % {
        "numerator": figure(point.numerator, _needed(point.numerator)),
        "denominator": figure(point.denominator, _needed(point.denominator)),
    }


def _needed(value: float) -> int:
    return 0 if float(value).is_integer() else 1


def about(chart: Chart, point: Point, unit: str = "", places: int = 1) -> str:
    """2026-05: 30.6 % (812 of 2,650), concern: above the upper limit."""
    behind = counted(point)
    said = with_unit(point.value, places, unit) + (f" ({behind})" if behind else "")
    text = _("%(period)s: %(figure)s") % {"period": point.label, "figure": said}
    if not (point.is_signal or point.is_open or point.is_left_out):
        return text
    why = comma().join(reasons_of(point))
    word = word_for(chart, point)
    return f"{text}{comma()}{word} ({why})" if why else f"{text}{comma()}{word}"


def described(
    chart: Chart,
    points: Sequence[Point],
    marks: Sequence[tuple[dt.date, str]] = (),
    unit: str = "",
    places: int = 1,
) -> str:
    """The whole picture in a few sentences."""
    span = {"number": len(points), "first": points[0].label, "last": points[-1].label}
    parts = [
        _("%(number)s periods, %(first)s to %(last)s.") % span
        if len(points) > 1
        else _("One period: %(first)s.") % span
    ]
    if len(points) < len(chart.points):
        parts.append(_("Earlier ones stand in the table."))
    last = chart.last
    if last is not None:
        parts.append(_("Latest %(point)s.") % {"point": about(chart, last, unit, places)})
        parts += _levels(chart, last, unit, places)
    parts += _standing_out(chart, points)
    missing = [point.label for point in points if point.value is None]
    if missing:
        parts.append(_("No figure for %(periods)s.") % {"periods": joined(missing[-MOST_NAMED:])})
    parts += [f"{day:%Y-%m-%d} {text}." for day, text in sorted(marks) if day >= points[0].day]
    return paragraph(parts)


def _levels(chart: Chart, last: Point, unit: str, places: int) -> list[str]:
    parts = []
    if last.center is not None and (last.upper is not None or last.lower is not None):
        parts.append(
            _("Centre %(centre)s, limits %(lower)s to %(upper)s.")
            % {
                "centre": figure(last.center, places),
                "lower": figure(last.lower, places),
                "upper": figure(last.upper, places),
            }
        )
    elif last.center is not None:
        parts.append(_("Centre %(centre)s, no limits yet.") % {"centre": figure(last.center, places)})
    if chart.target is not None:
        parts.append(_("Target %(target)s.") % {"target": with_unit(chart.target, places, unit)})
    return parts


def _standing_out(chart: Chart, points: Sequence[Point]) -> list[str]:
    found = [point for point in points if point.is_signal]
    if not found:
        return [_("Nothing stands out: it varies as usual.")]
    named = joined(f"{point.label} ({word_for(chart, point)})" for point in found[-MOST_NAMED:])
    text = ngettext(
        "%(number)s point stands out: %(points)s.",
        "%(number)s points stand out, the latest: %(points)s.",
        len(found),
    )
    return [text % {"number": len(found), "points": named}]
