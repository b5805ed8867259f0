"""What exactly each series counts, by which day, for which unit. What is said here once makes the stored figures, the
lists of cases behind them and the check that both are equal.

Common to all: a figure belongs to the unit to which the case belongs now. Merged incidents, and complaints that are
sensitive, merged or passed on as out of scope, are in no figure. What falls due counts from the moment that it has
fallen due: an open month says nothing yet of what is due at its end.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Round, Sign, TruncDate

from capa.models import Measure, Recurrence, RecurrenceWatch, Verification
from complaints.limits import KINDS
from complaints.models import Complaint, FollowUp, Item, Response
from complaints.states import State
from complaints.surveys.index import COUNTED as RATING
from complaints.surveys.measuring import SATISFIED_FROM
from history.models import Event
from incidents.limits import LOOP_KIND
from incidents.models import Incident
from incidents.stages import LOOP, Stage
from metrics.periods import zone
from reminders.models import Deadline

from .expressions import Bin, CaseId, Joined, Score, or_unit, unit_of

NOTHING = Value("", output_field=CharField())


@dataclass(frozen=True)
class Tally:
    """How one series is counted (or several that are told apart by `series`).

    `rows` are what is counted, each once, or `amount` times. `moment` is the field that gives the day: a moment, cut
    into days in the zone of the figures, or with `by_day` a date. Of durations `bin` is given. What `falls_due` counts
    once its moment is over.
    """

    code: str
    source: str  # whose change makes it stale: see the triggers
    rows: Callable[[], QuerySet]
    moment: str
    unit: str | Combinable = "unit"
    cases: type[Model] = Incident  # what a list of the cases behind it shows
    case: str | Combinable = "pk"  # which of them a row belongs to
    channel: str | Combinable | None = None
    kind: str | Combinable | None = None
    amount: Combinable | None = None
    bin: Combinable | None = None
    series: Combinable | None = None
    by_day: bool = False
    falls_due: bool = False

    def cells(self, now: dt.datetime) -> QuerySet:
        """The rows as of a moment, with what a cell is told apart by: cell_series, _unit, _channel, _kind, _bin, _amount."""
        rows = self.rows()
        if self.falls_due:
            today = now.astimezone(zone()).date()
            rows = rows.filter(
                **({f"{self.moment}__lt": today} if self.by_day else {f"{self.moment}__lte": now})
            )
        rows = rows.annotate(
            cell_unit=_expression(self.unit),
            cell_channel=_code(self.channel),
            cell_kind=_code(self.kind),
            cell_amount=self.amount or Value(1, output_field=IntegerField()),
            cell_bin=self.bin or Value(-1, output_field=IntegerField()),
            cell_series=self.series or Value(self.code, output_field=CharField()),
        )
        if self.amount is not None:
            rows = rows.exclude(cell_amount=None)
        return rows.exclude(cell_bin=None) if self.bin is not None else rows


def _expression(of: str | Combinable) -> Combinable:
    return F(of) if isinstance(of, str) else of


def _code(of: str | Combinable | None) -> Combinable:
    return (
        NOTHING
        if of is None
        else Coalesce(Cast(_expression(of), TextField()), Value(""), output_field=TextField())
    )


# Incidents -----------------------------------------------------------------------------------------------------------
def incidents() -> QuerySet[Incident]:
    return Incident.objects.exclude(stage=Stage.MERGED).order_by()


def substantiated() -> QuerySet[Incident]:
    return Incident.objects.exclude(stage__in=[Stage.MERGED, Stage.IDENTIFY, Stage.DISMISSED]).order_by()


def closed() -> QuerySet[Incident]:
    return Incident.objects.filter(stage=Stage.CLOSED).order_by()


def reported_here() -> QuerySet[Incident]:
    """Of an imported one it isn't known when somebody first judged it."""
    return incidents().filter(imported_row=None)


#: When the report was judged first: the deadline by which it has to be is closed by the judgement, and only once.
_JUDGED = Subquery(
    Deadline.objects.filter(
        subject=Joined("incident:", Cast(OuterRef("pk"), TextField())),
        kind=Stage.IDENTIFY,
        cycle=1,
    ).values("closed_at")[:1]
)
_BY_TYPE = {"channel": "channel", "kind": "type__code"}


# Complaints ----------------------------------------------------------------------------------------------------------
#: In no figure: somebody else's, or the same told twice.
NOT_OURS = (State.MERGED, State.OUT_OF_SCOPE)


def complaints() -> QuerySet[Complaint]:
    return Complaint.objects.filter(sensitive=False).exclude(state__in=NOT_OURS).order_by()


def answered() -> QuerySet[Complaint]:
    return complaints().exclude(replied_at=None)


def follow_ups(*outcomes: str) -> QuerySet[FollowUp]:
    """What customers said of the answer, in a call or on their page; who wasn't reached said nothing."""
    rows = FollowUp.objects.filter(outcome__in=outcomes, complaint__sensitive=False)
    return rows.exclude(complaint__state__in=NOT_OURS).order_by()


_SAID = (FollowUp.Outcome.SATISFIED, FollowUp.Outcome.NOT_SATISFIED)
_BY_CATEGORY = {"cases": Complaint, "channel": "channel", "kind": "category__code"}
_OF_ITS_COMPLAINT = {
    "cases": Complaint, "case": "complaint", "unit": "complaint__unit", "channel": "complaint__channel",
    "kind": "complaint__category__code",
}  # fmt: skip


#: Whoever leaves a stage within this has passed through it: the short path takes a case through all that are left at
#: once. It tells nothing of how long a stage takes, nor of whether people keep its time.
PASSING = dt.timedelta(seconds=5)
_BEHIND_CONFIRMING = [stage.value for stage in LOOP[LOOP.index(Stage.CONFIRM) + 1 :]]


# Deadlines -----------------------------------------------------------------------------------------------------------
def deadlines(*kinds: str) -> QuerySet[Deadline]:
    """Of these kinds, by the moment that holds after granted extensions. While its clock stands, none is due."""
    return Deadline.objects.filter(kind__in=kinds, paused_at=None).order_by()


def met(rows: QuerySet[Deadline]) -> QuerySet[Deadline]:
    return rows.filter(closed_at__lte=F("due_at"))


def stages() -> QuerySet[Deadline]:
    rows = deadlines(*LOOP).filter(subject__startswith="incident:")
    return rows.exclude(kind__in=_BEHIND_CONFIRMING, closed_at__lt=F("opened_at") + PASSING)


def loops() -> QuerySet[Deadline]:
    return deadlines(LOOP_KIND).filter(subject__startswith="incident:")


def replies() -> QuerySet[Deadline]:
    return deadlines(KINDS[State.INVESTIGATING]).filter(subject__startswith="complaint:")


#: Where the customer took the complaint back before the reply was due, no reply was due.
_ANSWERABLE = complaints().exclude(
    state=State.WITHDRAWN, closed_at=OuterRef("closed_at"), closed_at__lte=OuterRef("due_at")
)
_OF_ITS_INCIDENT = {"case": CaseId("subject"), "unit": unit_of(incidents(), "subject")}
_OF_ITS_REPLY = {"cases": Complaint, "case": CaseId("subject"), "unit": unit_of(_ANSWERABLE, "subject")}
_DUE = {"source": "deadlines", "moment": "due_at", "falls_due": True}


# Measures, watches, verdicts -----------------------------------------------------------------------------------------
def measures() -> QuerySet[Measure]:
    """Ordered and not withdrawn; by the day first agreed, which no extension moves."""
    rows = Measure.objects.exclude(Q(number=None) | Q(status=Measure.Status.WITHDRAWN))
    return rows.exclude(Q(original_due_on=None) | Q(incident__stage=Stage.MERGED)).order_by()


def done_in_time() -> QuerySet[Measure]:
    rows = measures().filter(status=Measure.Status.DONE)
    return rows.alias(done_on=TruncDate("done_at", tzinfo=zone())).filter(done_on__lte=F("original_due_on"))


def watches() -> QuerySet[RecurrenceWatch]:
    return RecurrenceWatch.objects.exclude(incident__stage=Stage.MERGED).order_by()


def recurred() -> QuerySet[RecurrenceWatch]:
    """Something happened during the watch that looks like it, and nobody said that it is something else."""
    found = Recurrence.objects.filter(
        earlier=OuterRef("incident"),
        later__occurred_at__gte=OuterRef("begins_at"),
        later__occurred_at__lte=OuterRef("ends_at"),
    )
    found = found.exclude(status=Recurrence.Status.REJECTED)
    return watches().filter(
        Exists(
            found.exclude(
                status=Recurrence.Status.SUSPECTED, later__stage__in=[Stage.DISMISSED, Stage.MERGED]
            )
        )
    )


def first_verdicts() -> QuerySet[Verification]:
    """The last verdict of round 1 that says something."""
    said = Verification.objects.filter(cycle=1).exclude(verdict=Verification.Verdict.INCONCLUSIVE)
    later = said.filter(incident=OuterRef("incident")).filter(
        Q(judged_at__gt=OuterRef("judged_at")) | Q(judged_at=OuterRef("judged_at"), pk__gt=OuterRef("pk"))
    )
    return said.filter(~Exists(later)).exclude(incident__stage=Stage.MERGED).order_by()


_OF_INCIDENT = {"case": "incident", "unit": "incident__unit"}


# Answers -------------------------------------------------------------------------------------------------------------
def answers() -> QuerySet[Response]:
    """Without those that belong to a sensitive complaint, or raised one."""
    about = Q(invitation__complaint__sensitive=True) | Q(complaint__sensitive=True)
    return Response.objects.exclude(about).order_by()


def _score_of(**question) -> QuerySet[Item]:
    """Of each answer the first of such questions that was answered, as `score`."""
    asked = Item.objects.filter(version=OuterRef("version"), **question)
    asked = asked.annotate(score=Score(OuterRef("scores"), F("position")))
    return asked.exclude(score=None).order_by("position")


#: 1 of a promoter (9 and 10), -1 of a detractor (0 to 6), else 0.
_RECOMMENDS = Subquery(
    _score_of(kind=Item.Kind.NPS)
    .annotate(
        sign=Case(
            When(score__gte=9, then=1), When(score__lte=6, then=-1), default=0, output_field=IntegerField()
        )
    )
    .values("sign")[:1]
)
_ABOUT_THE_WHOLE = _score_of(dimension=Item.Dimension.OVERALL, kind__in=sorted(RATING))
_IS_SATISFIED = Subquery(
    _ABOUT_THE_WHOLE.annotate(
        satisfied=Case(
            *(When(kind=kind, score__gte=least, then=1) for kind, least in SATISFIED_FROM.items()),
            default=0,
            output_field=IntegerField(),
        )
    ).values("satisfied")[:1]
)
_ANSWER = {
    "source": "answers",
    "rows": answers,
    "moment": "answered_at",
    "cases": Response,
    "channel": "channel",
}
_ONE = Value(1, output_field=IntegerField())


def _counts_if(said: Combinable) -> Combinable:
    """1 for everybody who said something at all."""
    return said * 0 + _ONE


# Steps ---------------------------------------------------------------------------------------------------------------
_CHAIN = Event.objects.filter(case=OuterRef("case"))
#: When the case came to the stage it leaves: with the step before, or with the report.
_ENTERED = Coalesce(
    Subquery(
        _CHAIN.filter(seq__lt=OuterRef("seq"), before__has_key="stage").order_by("-seq").values("at")[:1]
    ),
    Subquery(_CHAIN.filter(seq=1).values("at")[:1]),
)


def steps() -> QuerySet[Event]:
    """Every step of a case from stage to stage, as history tells. What an import brought in closed took no step here."""
    rows = Event.objects.filter(before__has_key="stage", case__startswith="incident:")
    return rows.exclude(act="incident.bring_over").order_by()


def stays() -> QuerySet[Event]:
    """The ends of stays in one of the seven stages: a case that comes back to a stage has another stay in it."""
    rows = steps().alias(left=KT("before__stage"), entered=_ENTERED)
    return rows.filter(left__in=[stage.value for stage in LOOP]).exclude(
        left__in=_BEHIND_CONFIRMING, entered__gt=F("at") - PASSING
    )


_STEP = {"source": "steps", "moment": "at", "case": CaseId("case"), "unit": unit_of(incidents(), "case")}

TALLIES: tuple[Tally, ...] = (
    Tally("incidents.reported", "incidents", incidents, "reported_at", **_BY_TYPE),
    Tally("incidents.substantiated", "incidents", substantiated, "reported_at", **_BY_TYPE),
    Tally("incidents.closed", "incidents", closed, "reported_at", **_BY_TYPE),
    Tally("incidents.response", "incidents", reported_here, "reported_at", bin=Bin(F("reported_at"), _JUDGED), **_BY_TYPE),
    Tally("incidents.loop", "incidents", closed, "closed_at", bin=Bin(F("reported_at"), F("closed_at")), **_BY_TYPE),
    Tally("complaints.received", "complaints", complaints, "received_at", **_BY_CATEGORY),
    Tally(  # by the day of the reply: a late one doesn't change months that are over
        "complaints.reply", "complaints", answered, "replied_at", bin=Bin(F("received_at"), F("replied_at")),
        **_BY_CATEGORY,
    ),
    Tally("complaints.asked", "complaints", lambda: follow_ups(*_SAID), "at", **_OF_ITS_COMPLAINT),
    Tally("complaints.content", "complaints", lambda: follow_ups(_SAID[0]), "at", **_OF_ITS_COMPLAINT),
    Tally("replies.due", rows=replies, **_DUE, **_OF_ITS_REPLY),
    Tally("replies.met", rows=lambda: met(replies()), **_DUE, **_OF_ITS_REPLY),
    Tally("stages.due", rows=stages, kind="kind", **_DUE, **_OF_ITS_INCIDENT),
    Tally("stages.met", rows=lambda: met(stages()), kind="kind", **_DUE, **_OF_ITS_INCIDENT),
    Tally("loops.due", rows=loops, **_DUE, **_OF_ITS_INCIDENT),
    Tally("loops.met", rows=lambda: met(loops()), **_DUE, **_OF_ITS_INCIDENT),
    *(
        Tally(
            code, "measures", rows, "original_due_on", or_unit("unit", "incident__unit"), Measure, by_day=True,
            falls_due=True,
        )
        for code, rows in (("measures.due", measures), ("measures.met", done_in_time))
    ),
    Tally("watches.begun", "watches", watches, "begins_at", **_OF_INCIDENT),
    Tally("watches.recurred", "watches", recurred, "begins_at", **_OF_INCIDENT),
    Tally("verdicts.first", "verdicts", first_verdicts, "judged_at", **_OF_INCIDENT),
    Tally(
        "verdicts.effective_first", "verdicts",
        lambda: first_verdicts().filter(verdict=Verification.Verdict.EFFECTIVE), "judged_at", **_OF_INCIDENT,
    ),
    Tally("answers.index", amount=F("index"), **_ANSWER),
    Tally("answers.index_squares", amount=Round(F("index") * F("index"), precision=4), **_ANSWER),
    Tally("answers.indexed", amount=_counts_if(Sign(F("index"), output_field=IntegerField())), **_ANSWER),
    Tally("answers.net", amount=_RECOMMENDS, **_ANSWER),
    Tally("answers.polar", amount=_RECOMMENDS * _RECOMMENDS, **_ANSWER),
    Tally("answers.recommending", amount=_counts_if(_RECOMMENDS), **_ANSWER),
    Tally("answers.satisfied", amount=_IS_SATISFIED, **_ANSWER),
    Tally("answers.rated", amount=_counts_if(_IS_SATISFIED), **_ANSWER),
    Tally("moves", rows=steps, kind=Joined(KT("before__stage"), ">", KT("after__stage")), **_STEP),
    Tally(
        "stage", rows=stays, bin=Bin(_ENTERED, F("at")), series=Joined("stage.", KT("before__stage")), **_STEP
    ),
)  # fmt: skip
