"""An early warning in words: what was noticed, by which rule, and what that means."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from metrics.definitions import Kpi
from metrics.drawing.icons import variation
from metrics.drawing.scale import with_unit
from metrics.models import Signal
from metrics.periods import Period
from metrics.spc.chart import Chart, Rule
from metrics.spc.telling import sentences

#: What a rule is, and what it means that a figure breaks it.
RULES = {
    Rule.LIMIT: (
        gettext_lazy("Beyond the limits"),
        gettext_lazy(
            "The figure of one period lies outside of where the periods before it say that it usually lies."
        ),
        gettext_lazy("Something happened in or shortly before this period. Ask what was different then."),
    ),
    Rule.SHIFT: (
        gettext_lazy("A long run on one side"),
        gettext_lazy(
            "The figures stay on one side of the centre for longer than chance would keep them there."
        ),
        gettext_lazy(
            "The level has shifted, perhaps slowly. Ask what changed when the run began, not only at its end."
        ),
    ),
}
LIMITS = {
    "kept": pgettext_lazy("limits", "kept"),
    "anew": pgettext_lazy("limits", "new ones"),
    "without": pgettext_lazy("limits", "without these periods"),
}


@dataclass(frozen=True)
class Said:
    """A warning as its reader sees it."""

    sign: SafeString  # improving or concern, with its word
    headline: str  # 1.27 % in 2026-10, usually about 0.80 %
    rules: list[tuple[str, str, str]]  # name, in words, what it means
    sentences: list[str]


def sign_of(signal: Signal, direction: int) -> SafeString:
    kind = "off" if not direction else "bad" if signal.is_concern else "good"
    return variation(kind, signal.side)


def headline(signal: Signal, kpi: Kpi) -> str:
    """The figure in which it was noticed, and what was usual."""
    chart = signal.evidence.get("chart")
    if not chart:
        return ""
    point = chart["points"][-1]
    unit = str(kpi.measured_in)
    told = {
        "value": with_unit(point["value"], kpi.places, unit), "period": Period(signal.ends_on, signal.grain).label,
        "centre": with_unit(point["center"], kpi.places, unit),
    }  # fmt: skip
    if signal.rule == Rule.SHIFT:
        told["since"] = Period.containing(signal.begins_on, signal.grain).label
        if signal.side > 0:
            return _("Above %(centre)s ever since %(since)s, latest %(value)s.") % told
        return _("Below %(centre)s ever since %(since)s, latest %(value)s.") % told
    return _("%(value)s in %(period)s; usual is about %(centre)s.") % told


def said_of(signal: Signal, kpi: Kpi, chart: Chart | None) -> Said:
    names = [Rule(name) for name in signal.evidence.get("rules", [signal.rule])]
    told = []
    if chart is not None:
        told = sentences(
            chart, grain=signal.grain, show=lambda value: with_unit(value, kpi.places, str(kpi.measured_in)), target=False
        )  # fmt: skip
    return Said(
        sign_of(signal, kpi.direction),
        headline(signal, kpi),
        [RULES[name] for name in names if name in RULES],
        told,
    )
