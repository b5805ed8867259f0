"""What an early warning rests on, kept as it was: the chart up to the period in which it was noticed, and what came later.

{"chart": the chart, "places", "measured_in", "later": [{"day", "label", "value", "numerator", "denominator", "rules"}]}
"""

import datetime as dt
from dataclasses import asdict

from django.utils.translation import override

from metrics.definitions import Kpi
from metrics.models import Signal
from metrics.spc.chart import Chart, Kind, Phase, Point, Rule, Runs

from .judging import Finding


def kept(kpi: Kpi, finding: Finding) -> dict:
    """What a finding leaves behind. Words in it are in English: the page says it in its reader's language."""
    with override("en"):
        measured_in = str(kpi.measured_in)
    return {
        "chart": written(finding.chart), "rules": [str(rule) for rule in finding.rules], "places": kpi.places,
        "measured_in": measured_in, "later": [],
    }  # fmt: skip


def later(finding: Finding) -> dict:
    """A period that was noticed while the warning was open."""
    point = finding.point
    return {
        "day": point.day.isoformat(), "label": point.label, "value": point.value, "numerator": point.numerator,
        "denominator": point.denominator, "rules": [str(rule) for rule in finding.rules],
    }  # fmt: skip


def written(chart: Chart) -> dict:
    """A chart as JSON. Why it is of that kind isn't kept: it would be in one language."""
    return {
        "kind": str(chart.kind), "direction": chart.direction, "target": chart.target, "scale": chart.scale,
        "points": [asdict(point) | {"day": point.day.isoformat()} for point in chart.points],
        "phases": [asdict(phase) for phase in chart.phases],
    }  # fmt: skip


def read(kept: dict) -> Chart:
    """The chart of `written`."""
    points = tuple(
        Point(
            **row
            | {"day": dt.date.fromisoformat(row["day"]), "rules": tuple(Rule(name) for name in row["rules"])}
        )
        for row in kept["points"]
    )
    phases = tuple(
        Phase(**row | {"runs": Runs(**row["runs"]) if row["runs"] else None}) for row in kept["phases"]
    )
    return Chart(
        Kind(kept["kind"]),
        points,
        phases,
        direction=kept["direction"],
        target=kept["target"],
        scale=kept["scale"],
    )


def chart_of(signal: Signal) -> Chart | None:
    """The chart as it was seen; None where a warning was made without one."""
    return read(signal.evidence["chart"]) if signal.evidence.get("chart") else None


def told_days(signal: Signal) -> set[dt.date]:
    """The periods that the warning was opened for or has grown by."""
    return {signal.ends_on} | {dt.date.fromisoformat(row["day"]) for row in signal.evidence.get("later", ())}


def told_rules(signal: Signal) -> set[str]:
    rows = signal.evidence.get("later", ())
    return {signal.rule, *signal.evidence.get("rules", ())} | {rule for row in rows for rule in row["rules"]}
