"""The indicators, all in one place (DOMAIN §6; 001 §10.2, 002 §1.4 and §4.2; ISO 9004 §10.3, ISO 10002 §8.2, ISO 10004).

An indicator is a ratio of two series. Series are counted by the system (`metrics.counted`), entered as volumes, or
defined by a company; only counts are stored, and a figure is a ratio of sums, never a mean of ratios.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from incidents.stages import LOOP, Stage
from people.models import Unit

from .models import OwnKpi, OwnSeries
from .periods import Grain
from .spc.chart import Data

HIGHER, LOWER, NEITHER = 1, -1, 0


@dataclass(frozen=True)
class Volume:
    """A series that the system can't count: it is entered, imported or sent."""

    code: str
    name: str | Promise
    measured_in: str | Promise
    places: int = 0


#: What is entered for the indicators below. Any counted series can be entered too: what was counted elsewhere.
VOLUMES: dict[str, Volume] = {
    volume.code: volume
    for volume in (
        Volume(
            "customers.served", gettext_lazy("Customers served (passengers, guests, patients)"),
            gettext_lazy("customers"),
        ),
        Volume("calls.offered", gettext_lazy("Calls asking for an agent"), gettext_lazy("calls")),
        Volume("calls.answered", gettext_lazy("Calls answered by an agent"), gettext_lazy("calls")),
        Volume("calls.rated", gettext_lazy("Calls rated by the customer"), gettext_lazy("calls")),
        Volume("calls.satisfied", gettext_lazy("Calls rated satisfied"), gettext_lazy("calls")),
        Volume("calls.dissatisfied", gettext_lazy("Calls rated dissatisfied"), gettext_lazy("calls")),
        Volume("consultations.all", gettext_lazy("Consultations"), gettext_lazy("consultations")),
        Volume(
            "consultations.dispatched", gettext_lazy("Consultations dispatched as work orders"),
            gettext_lazy("consultations"),
        ),
        Volume("operation.required", gettext_lazy("Required operating time"), pgettext_lazy("time", "minutes")),
        Volume("operation.down", gettext_lazy("Downtime of the listed systems"), pgettext_lazy("time", "minutes")),
        Volume("customers.at_start", gettext_lazy("Customers at the beginning of the period"), gettext_lazy("customers")),
        Volume("customers.retained", gettext_lazy("Of them still customers at its end"), gettext_lazy("customers")),
        Volume("service.output", gettext_lazy("Service provided"), gettext_lazy("units of service"), 1),
        Volume("service.input", gettext_lazy("Resources used for it"), gettext_lazy("units of resources"), 1),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Kpi:
    """What an indicator means and how it is reckoned.

    value = scale × numerator ÷ denominator, of `is_complement` scale × (1 − numerator ÷ denominator). Of durations
    (`quantile` given) the numerator is a histogram, and the value its quantile in minutes times scale.
    `squares` is the series of squares of what the numerator sums: a mean's interval needs it.
    """

    code: str
    name: str | Promise
    meaning: str | Promise  # the formula in words
    source: str | Promise  # the clause it is drawn from
    numerator: str
    denominator: str = ""
    data: Data = Data.SHARE
    scale: float = 100
    is_complement: bool = False
    quantile: float | None = None
    squares: str = ""
    direction: int = HIGHER
    measured_in: str | Promise = "%"
    places: int = 1
    grain: str = Grain.MONTH
    facets: tuple[str, ...] = ()  # by which the numerator can be told apart: "channel", "kind"
    possible: tuple[float | None, float | None] = (
        None,
        None,
    )  # no limit lies outside; of shares that is known without
    settles_in: int = (
        0  # days after a period until its cases have had their time; until then it is like one not over
    )
    may_be_scored: bool = True  # False where a reward for it would teach people to report less

    @property
    def series(self) -> tuple[str, ...]:
        return tuple(code for code in (self.numerator, self.denominator, self.squares) if code)

    @property
    def grains(self) -> tuple[str, ...]:
        """The periods it can be read for: how long things took is kept from the week on."""
        return tuple(grain.value for grain in Grain if grain != Grain.DAY or self.quantile is None)

    @property
    def formula(self) -> str:
        """With the names of the series: 100 × (1 − calls rated dissatisfied ÷ calls rated)."""
        above = str(series_name(self.numerator))
        if self.quantile is not None:
            name = (
                _("median")
                if self.quantile == 0.5
                else _("%(p)s %% quantile") % {"p": round(self.quantile * 100)}
            )
            return _("%(name)s of: %(series)s") % {"name": name, "series": above}
        if not self.denominator:
            return above
        ratio = f"{above} ÷ {series_name(self.denominator)}"
        ratio = f"(1 − {ratio})" if self.is_complement else ratio
        return ratio if self.scale == 1 else f"{self.scale:,.0f} × {ratio}"

    @property
    def direction_word(self) -> str:
        return {HIGHER: _("higher is better"), LOWER: _("lower is better")}.get(
            self.direction, _("only to be watched")
        )

    def __str__(self):
        return str(self.name)


DAY = 1 / 1440  # of a minute: durations are kept in minutes

KPIS: dict[str, Kpi] = {
    kpi.code: kpi
    for kpi in (
        Kpi(
            "complaint-rate", gettext_lazy("Complaint rate"),
            gettext_lazy("Complaints received for every 100,000 customers served."), "001 §10.2, 002 §4.2; ISO 10002 §8.2",
            "complaints.received", "customers.served", Data.RATE, 100_000, direction=LOWER,
            measured_in=gettext_lazy("per 100,000 customers"), places=2, facets=("kind", "channel"),
        ),
        Kpi(
            "csi", gettext_lazy("Customer satisfaction index"),
            gettext_lazy("Mean of the respondents' own indexes, each a weighted mean of the answers rescaled to 0 to 100."),
            "001 §7, 002 §4; ISO 10004 Annex D", "answers.index", "answers.indexed", Data.VALUE, 1,
            squares="answers.index_squares", measured_in=pgettext_lazy("unit", "points"), possible=(0, 100),
        ),
        Kpi(
            "nps", gettext_lazy("Net promoter score"),
            gettext_lazy("Share of those who would recommend (9 and 10) minus those who would not (0 to 6)."),
            "ISO 10004 Annex D", "answers.net", "answers.recommending", Data.VALUE, 100,
            squares="answers.polar", measured_in=pgettext_lazy("unit", "points"), possible=(-100, 100),
        ),
        Kpi(
            "csat", gettext_lazy("Satisfied customers"),
            gettext_lazy("Share of the respondents who gave one of the two best answers to the question about the whole."),
            "002 §4.2", "answers.satisfied", "answers.rated",
        ),
        Kpi(
            "call-answer-rate", gettext_lazy("Call answer rate"),
            gettext_lazy("Calls answered by an agent, of the calls that asked for one."), "002 §4.2",
            "calls.answered", "calls.offered",
        ),
        Kpi(
            "call-satisfaction", gettext_lazy("Call satisfaction rate"),
            gettext_lazy("One minus the calls rated dissatisfied, of all calls rated."), "001 §10.2",
            "calls.dissatisfied", "calls.rated", is_complement=True,
        ),
        Kpi(
            "call-satisfaction-strict", gettext_lazy("Calls rated satisfied"),
            gettext_lazy("Calls rated satisfied, of all calls rated: who said neither is not counted as satisfied."),
            "001 §10.2", "calls.satisfied", "calls.rated",
        ),
        Kpi(
            "first-contact", gettext_lazy("First-contact resolution"),
            gettext_lazy("One minus the consultations dispatched as work orders, of all consultations."), "002 §4.2",
            "consultations.dispatched", "consultations.all", is_complement=True,
        ),
        Kpi(
            "availability", gettext_lazy("System availability"),
            gettext_lazy("One minus the downtime, summed over the listed systems, of the required operating time."),
            "002 §4.2", "operation.down", "operation.required", Data.VALUE, is_complement=True, places=3,
            possible=(0, 100),
        ),
        Kpi(
            "first-response", gettext_lazy("First response"),
            gettext_lazy("From the report of an incident until somebody has judged it: the median."), "002 §4.2",
            "incidents.response", data=Data.VALUE, scale=1, quantile=0.5, direction=LOWER,
            measured_in=gettext_lazy("min"),
        ),
        Kpi(
            "first-response-p90", gettext_lazy("First response, 90 % within"),
            gettext_lazy("Nine of ten reports have been judged within this time."), "002 §4.2",
            "incidents.response", data=Data.VALUE, scale=1, quantile=0.9, direction=LOWER,
            measured_in=gettext_lazy("min"),
        ),
        Kpi(
            "reply-time", gettext_lazy("Time to reply to a complaint"),
            gettext_lazy("From the receipt of a complaint to the first reply: the median."), "ISO 10002 §8.2; 003 §2.3",
            "complaints.reply", data=Data.VALUE, scale=DAY, quantile=0.5, direction=LOWER,
            measured_in=gettext_lazy("days"),
        ),
        Kpi(
            "reply-time-p90", gettext_lazy("Time to reply, 90 % within"),
            gettext_lazy("Nine of ten complaints were answered within this time."), "ISO 10002 §8.2; 003 §2.3",
            "complaints.reply", data=Data.VALUE, scale=DAY, quantile=0.9, direction=LOWER,
            measured_in=gettext_lazy("days"),
        ),
        Kpi(
            "reply-on-time", gettext_lazy("Complaints answered on time"),
            gettext_lazy("Replies sent by their deadline, of those due."), "ISO 10002 §8.2; 003 §2.3",
            "replies.met", "replies.due",
        ),
        Kpi(
            "followed-up-satisfied", gettext_lazy("Satisfied with the answer"),
            gettext_lazy("Customers content in the follow-up, of those who were asked and said."), "001 §8.1",
            "complaints.content", "complaints.asked",
        ),
        Kpi(
            "on-time-rate", gettext_lazy("On-time rate"),
            gettext_lazy("Stages of incidents finished by their deadline, of those due."), "002 §4.2",
            "stages.met", "stages.due", facets=("kind",),
        ),
        Kpi(
            "loop-on-time", gettext_lazy("Whole loop on time"),
            gettext_lazy("Incidents closed by the deadline of the whole loop, of those due."), "002 §4.2",
            "loops.met", "loops.due",
        ),
        Kpi(
            "loop-time", gettext_lazy("Loop time"),
            gettext_lazy("From the report of an incident to its closing: the median of those closed."), "002 §4.2",
            "incidents.loop", data=Data.VALUE, scale=DAY, quantile=0.5, direction=LOWER,
            measured_in=gettext_lazy("days"),
        ),
        Kpi(
            "measures-on-time", gettext_lazy("Measures done on time"),
            gettext_lazy("Measures done by the day first agreed, of those due: a postponed day doesn't make one timely."),
            "000 §3.5", "measures.met", "measures.due",
        ),
        Kpi(
            "recurrence-rate", gettext_lazy("Recurrence rate"),
            gettext_lazy("Cases closed as effective that came back while they were watched, of those closed as effective."),
            "000 §3.6; 002 §4.2", "watches.recurred", "watches.begun", direction=LOWER, settles_in=120,
        ),
        Kpi(
            "closure-rate", gettext_lazy("Closure rate"),
            gettext_lazy("Incidents closed, of the substantiated ones reported in the period."), "000 §3.7",
            "incidents.closed", "incidents.substantiated", facets=("kind", "channel"), settles_in=60,
        ),
        Kpi(
            "effective-first", gettext_lazy("Effective at the first verification"),
            gettext_lazy("Incidents whose measures were found effective in round 1, of those judged in round 1."),
            "000 §3.6; ISO 9001 §10.2.1 d", "verdicts.effective_first", "verdicts.first",
        ),
        Kpi(
            "retention", gettext_lazy("Retention rate"),
            gettext_lazy("Customers of the beginning of the period who are still customers at its end."), "002 §4.2",
            "customers.retained", "customers.at_start",
        ),
        Kpi(
            "efficiency", gettext_lazy("Service efficiency index"),
            gettext_lazy("Service provided for the resources used, as the company reckons them."), "002 §4.2",
            "service.output", "service.input", Data.VALUE,
        ),
        Kpi(
            "incidents-reported", gettext_lazy("Incidents reported"),
            gettext_lazy("Reports of incidents, joined ones left out. More of them can mean that people look closer."),
            "000 §3.1", "incidents.reported", data=Data.COUNT, scale=1, direction=NEITHER,
            measured_in=gettext_lazy("reports"), places=0, facets=("kind", "channel"), may_be_scored=False,
        ),
    )
}  # fmt: skip

#: The eight of the executives' page, in its order.
LEADING = (
    "complaint-rate", "csi", "first-response", "first-contact",
    "call-answer-rate", "measures-on-time", "recurrence-rate", "loop-time",
)  # fmt: skip

#: How long cases stand in each stage: of the page about the loop, not of the catalogue.
STAGE_TIMES: dict[str, Kpi] = {
    stage.value: Kpi(
        f"stage-time-{stage.value}", stage.label, gettext_lazy("From the beginning of the stage to its end: the median."),
        "002 §4.2", f"stage.{stage.value}", data=Data.VALUE, scale=DAY, quantile=0.5, direction=LOWER,
        measured_in=gettext_lazy("days"),
    )
    for stage in LOOP
}  # fmt: skip

#: The names of the series that the system counts itself; `metrics.counted` says what is counted.
COUNTED: dict[str, str | Promise] = {
    "incidents.reported": gettext_lazy("incidents reported"),
    "incidents.substantiated": gettext_lazy("incidents reported and substantiated"),
    "incidents.closed": gettext_lazy("substantiated incidents that are closed"),
    "incidents.response": gettext_lazy("time from report to judgement"),
    "incidents.loop": gettext_lazy("time from report to closing"),
    "complaints.received": gettext_lazy("complaints received"),
    "complaints.reply": gettext_lazy("time from receipt to first reply"),
    "complaints.asked": gettext_lazy("customers asked in a follow-up"),
    "complaints.content": gettext_lazy("customers content in the follow-up"),
    "replies.due": gettext_lazy("replies due"),
    "replies.met": gettext_lazy("replies sent in time"),
    "stages.due": gettext_lazy("stages due"),
    "stages.met": gettext_lazy("stages finished in time"),
    "loops.due": gettext_lazy("loops due"),
    "loops.met": gettext_lazy("loops closed in time"),
    "measures.due": gettext_lazy("measures due"),
    "measures.met": gettext_lazy("measures done in time"),
    "watches.begun": gettext_lazy("incidents closed as effective"),
    "watches.recurred": gettext_lazy("incidents closed as effective that came back"),
    "verdicts.first": gettext_lazy("incidents judged in round 1"),
    "verdicts.effective_first": gettext_lazy("incidents effective in round 1"),
    "answers.index": gettext_lazy("sum of the respondents' indexes"),
    "answers.index_squares": gettext_lazy("sum of the squares of the indexes"),
    "answers.indexed": gettext_lazy("respondents with an index"),
    "answers.net": gettext_lazy("promoters minus detractors"),
    "answers.polar": gettext_lazy("promoters and detractors"),
    "answers.recommending": gettext_lazy("respondents who said whether they recommend"),
    "answers.satisfied": gettext_lazy("satisfied respondents"),
    "answers.rated": gettext_lazy("respondents who said how satisfied they are"),
    "moves": gettext_lazy("steps from stage to stage"),
    **{f"stage.{stage.value}": pgettext_lazy("series", "time in a stage") for stage in LOOP},
}


def series_name(code: str) -> str | Promise:
    """The name of any series; of a company's own, as it is called there."""
    if code.startswith("own:"):
        own = OwnSeries.objects.filter(pk=code.removeprefix("own:")).first()
        return str(own) if own else code
    if code in VOLUMES:
        return VOLUMES[code].name
    if code.startswith("stage."):
        stage = Stage(code.removeprefix("stage."))
        return _("time in the stage “%(stage)s”") % {"stage": stage.label}
    return COUNTED.get(code, code)


def of_own(own: OwnKpi) -> Kpi:
    """An indicator of a company's own in the form of the others."""
    return Kpi(
        own.key, str(own), own.meaning, own.source, own.numerator, own.denominator, Data(own.data), float(own.scale),
        own.is_complement, direction=own.direction, measured_in=own.measured_in, places=own.places, grain=own.grain,
        facets=("kind",),
    )  # fmt: skip


def kpis_of(units: Iterable[Unit]) -> dict[str, Kpi]:
    """All indicators of these units' companies: the common ones and their own. One statement."""
    companies = {unit.company_id for unit in units}
    own = OwnKpi.objects.filter(company__in=companies, retired=False)
    return {**KPIS, **{row.key: of_own(row) for row in own}}


def kpi_of(code: str, unit: Unit) -> Kpi | None:
    """The indicator of this code as it holds in the unit; None where there is no such thing there."""
    if code in KPIS:
        return KPIS[code]
    key = code.removeprefix("own-")
    if code.startswith("own-") and key.isdigit() and len(key) < 19:
        own = OwnKpi.objects.filter(pk=key, company=unit.company_id).first()
        return of_own(own) if own else None
    return None
