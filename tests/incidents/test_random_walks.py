"""Random walks through the loop against a reference model (QUALITY D1).

The model below says in its own words who may do what, and when; it knows nothing of gates.py, permissions.py or the
machine. Every step of a walk is tried for real: what the model refuses must be refused and change nothing, what it
allows must happen. Afterwards the history alone must tell the same story as the row.

500 walks in every run; 10,000 with `python3 dev.py test -m slow tests/incidents/test_random_walks.py`.
"""

import copy
import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from capa import analyse, improve, plan, track, verify
from capa.models import VerificationDesign
from history.models import Event
from incidents import confirm, identify
from incidents.confirm import Share
from incidents.errors import Refused
from incidents.models import Incident
from incidents.stages import Attributable, Severity
from tests.walks import OBSERVATION, designed, open_measures, report, verdict

PEOPLE = (
    "reporter", "colleague", "site_manager", "supervisor", "quality", "quality_two", "owner", "depot_manager",
    "handler", "executive", "admin", "west_manager", "hotel_quality",
)  # fmt: skip
QUALITY = {"quality", "quality_two"}
GROUP = QUALITY | {"supervisor"}
RESPONSIBLE = {
    "owner",
    "depot_manager",
}  # the named person, and the site manager of the unit above the workshop


def counted(*args, **values) -> dict:
    """A verdict over the windows of the design, however often its observation was extended."""
    said = verdict(*args, **values)
    return {name: value for name, value in said.items() if name not in ("after_from", "after_until")}


@dataclass
class Model:
    """What the case is, told independently of the code under test."""

    stage: str = "identify"
    cycle: int = 1
    attributed: bool = False
    signed: dict = field(default_factory=dict)  # side -> who
    disputed: bool = False
    described: bool = False
    rooted: bool = False
    written: set = field(default_factory=set)  # who wrote the live plan
    assessed: bool = False
    designed: bool = False
    measured: bool = False
    submitted: bool = False
    returned: bool = False
    finished: bool = False
    learnt: bool = False
    changed: bool = False

    def new_round(self):
        self.described = self.rooted = self.disputed = False
        self.written = set()
        self.assessed = self.designed = self.measured = self.submitted = self.returned = False
        self.finished = self.changed = False

    def responsible(self) -> set:
        return RESPONSIBLE if self.attributed else set()


# Each act: who may (given the model), whether the facts are there, and what becomes of the model. -----------------------
def writable(m):
    return m.stage == "plan" and not m.submitted and not m.returned


def in_stage(*stages):
    return lambda m, who: m.stage in stages


ACTS = {
    "substantiate": (lambda m, w: w in QUALITY | {"site_manager"}, in_stage("identify")),
    "dismiss": (lambda m, w: w in QUALITY | {"site_manager"}, in_stage("identify")),
    "attribute": (lambda m, w: w in GROUP, in_stage("confirm")),
    "agree": (
        lambda m, w: w in GROUP,
        lambda m, w: m.stage == "confirm" and m.attributed and w not in m.signed.values() and side(m, w) is not None,
    ),
    "object": (
        lambda m, w: w in m.responsible(),
        lambda m, w: m.stage == "analyse" and not m.disputed,
    ),
    "uphold": (lambda m, w: w in QUALITY, lambda m, w: m.stage == "analyse" and m.disputed),
    "reject": (lambda m, w: w in QUALITY, lambda m, w: m.stage == "analyse" and m.disputed),
    "describe": (lambda m, w: w in GROUP | m.responsible(), in_stage("analyse")),
    "root": (lambda m, w: w in GROUP | m.responsible(), in_stage("analyse")),
    "conclude": (
        lambda m, w: w in QUALITY | m.responsible(),
        lambda m, w: m.stage == "analyse" and m.described and m.rooted and not m.disputed,
    ),
    "assess": (lambda m, w: w in QUALITY | m.responsible(), lambda m, w: writable(m)),
    "measure": (lambda m, w: w in QUALITY | m.responsible(), lambda m, w: writable(m)),
    "design": (lambda m, w: w in QUALITY | m.responsible(), lambda m, w: writable(m)),
    "begin": (lambda m, w: w in QUALITY | m.responsible(), lambda m, w: m.stage == "plan" and m.returned),
    "submit": (
        lambda m, w: w in QUALITY | m.responsible(),
        lambda m, w: writable(m) and m.assessed and m.designed and m.measured,
    ),
    "approve": (
        lambda m, w: w in QUALITY and w not in m.written,
        lambda m, w: m.stage == "plan" and m.submitted,
    ),
    "send_back": (
        lambda m, w: w in QUALITY and w not in m.written,
        lambda m, w: m.stage == "plan" and m.submitted,
    ),
    "finish": (lambda m, w: w in RESPONSIBLE, lambda m, w: m.stage == "track" and not m.finished),
    "check": (lambda m, w: w in GROUP, in_stage("track")),
    "effective": (lambda m, w: w in QUALITY, in_stage("verify")),
    "not_effective": (lambda m, w: w in QUALITY, in_stage("verify")),
    "inconclusive": (lambda m, w: w in QUALITY, in_stage("verify")),
    "learn": (lambda m, w: w in GROUP | m.responsible(), in_stage("improve")),
    "none_needed": (lambda m, w: w in GROUP | m.responsible(), in_stage("improve")),
    "archive": (lambda m, w: w in QUALITY, lambda m, w: m.stage == "improve" and m.learnt and m.changed),
    "reopen": (lambda m, w: w in QUALITY, in_stage("closed", "dismissed")),
}  # fmt: skip


def side(m: Model, who: str) -> str | None:
    """For which side of the group this person can still sign."""
    mine = "quality" if who in QUALITY else "supervisor"
    return None if mine in m.signed else mine


def advance(m: Model, act: str, who: str) -> None:  # noqa: C901 - one line per act reads best in one place
    """What the act makes of the model."""
    match act:
        case "substantiate":
            m.stage = "confirm"
        case "dismiss":
            m.stage = "dismissed"
        case "attribute":
            m.attributed, m.signed = True, {side(Model(), who): who}
        case "agree":
            m.signed[side(m, who)] = who
            if len(m.signed) == 2:
                m.stage = "analyse"
        case "object":
            m.disputed = True
        case "uphold":
            m.stage, m.disputed, m.attributed, m.signed = "confirm", False, False, {}
        case "reject":
            m.disputed = False
        case "describe":
            m.described = True
        case "root":
            m.rooted = True
        case "conclude":
            m.stage = "plan"
        case "assess":
            m.assessed = True
            m.written |= {who}
        case "design":
            m.designed = True
            m.written |= {who}
        case "measure":
            m.measured = True
            m.written |= {who}
        case "submit":
            m.submitted = True
            m.written |= {who}
        case "approve":
            m.stage = "track"
        case "send_back":
            m.submitted, m.returned = False, True
        case "begin":
            m.returned = False
            m.written |= {who}
        case "finish":
            m.finished = True
        case "check" if (
            m.finished
        ):  # what is done and checked goes on by itself; an early look proves nothing yet
            m.stage = "verify"
        case "effective":
            m.stage = "improve"
        case "not_effective":
            m.stage, m.cycle = "analyse", m.cycle + 1
            m.new_round()
        case "learn":
            m.learnt = True
        case "none_needed":
            m.changed = True
        case "archive":
            m.stage = "closed"
        case "reopen" if m.attributed:
            m.stage, m.cycle = "analyse", m.cycle + 1
            m.new_round()
        case "reopen":
            m.stage = "confirm"


class Case:
    """The incident under test, and how each act of the model is done for real."""

    def __init__(self, cast, units):
        self.cast, self.units = cast, units
        self.row = report(cast, units)

    def do(self, act: str, who: str, version: int) -> None:
        self.fresh()
        getattr(self, f"do_{act}")({"by": getattr(self.cast, who), "version": version})

    def fresh(self) -> Incident:
        self.row = Incident.objects.select_related("unit", "responsible_unit").get(pk=self.row.pk)
        return self.row

    def let_time_pass(self) -> None:
        """As if the window of observation, or what a verdict added to it, were over."""
        today, row = timezone.localdate(), self.fresh()
        VerificationDesign.objects.filter(
            plan__incident=row, plan__cycle=row.cycle, observed_until__gte=today
        ).update(
            observed_from=today - dt.timedelta(days=OBSERVATION), observed_until=today - dt.timedelta(days=1)
        )

    def do_substantiate(self, seen):
        identify.substantiate(self.row, severity=Severity.SERIOUS, **seen)

    def do_dismiss(self, seen):
        identify.dismiss(self.row, reason="A drill.", **seen)

    def do_attribute(self, seen):
        shares = [Share(Attributable.EQUIPMENT, self.units.workshop, self.cast.owner)]
        confirm.attribute(self.row, facts="The log was read.", shares=shares, **seen)

    def do_agree(self, seen):
        confirm.agree(self.row, **seen)

    def do_object(self, seen):
        confirm.object_to(self.row, reason="Not ours.", **seen)

    def do_uphold(self, seen):
        confirm.decide_objection(self.row, upheld=True, decision="Right.", **seen)

    def do_reject(self, seen):
        confirm.decide_objection(self.row, upheld=False, decision="Wrong.", **seen)

    def do_describe(self, seen):
        analyse.describe(
            self.row, problem="No cooling.", escape="Not on the card.", why_differs="The bearing was overlooked.",
            report="The bearing wore out.", **seen,
        )  # fmt: skip

    def do_root(self, seen):
        row = analyse.add_cause(self.row, text="Bearing worn", category="machine", **seen)
        cause = row.causes.filter(cycle=row.cycle).latest("pk")
        analyse.confirm_cause(
            row,
            cause=cause,
            finding="Seen.",
            notes=["Photo"],
            is_root=True,
            by=seen["by"],
            version=row.version,
        )

    def do_conclude(self, seen):
        analyse.conclude(self.row, **seen)

    def do_assess(self, seen):
        plan.write(self.row, feasibility="Parts in stock.", expected_effect="Half as many.", **seen)

    def do_design(self, seen):
        designed(self.row, seen["by"], version=seen["version"])

    def do_measure(self, seen):
        roots = list(self.row.causes.filter(cycle=self.row.cycle, is_root=True))
        for root in roots or [None]:
            row = plan.add_measure(
                self.row, text="Replace the bearing", cause=root, owner=self.cast.depot_manager,
                due_on=timezone.localdate() + dt.timedelta(days=10), target="None worn", **seen,
            )  # fmt: skip
            seen = {**seen, "version": row.version}

    def do_begin(self, seen):
        plan.begin(self.row, **seen)

    def do_submit(self, seen):
        plan.submit(self.row, **seen)

    def do_approve(self, seen):
        plan.approve(self.row, **seen)

    def do_send_back(self, seen):
        plan.send_back(self.row, reason="Too vague.", **seen)

    def do_finish(self, seen):
        measures = open_measures(self.row) or list(self.row.measures.all()) or [None]
        for measure in measures:
            if measure is None:
                raise Refused("no measure")
            track.complete_measure(measure, by=seen["by"], text="Done.", notes=["Order 4711"])

    def do_check(self, seen):
        measures = list(self.row.measures.filter(plan__cycle=self.row.cycle, plan__status="approved"))
        if not measures:
            raise Refused("no measure")
        for measure in measures:
            track.check(measure, by=seen["by"], text="Looked at.")

    def do_effective(self, seen):
        verify.judge(self.row, **counted("effective"), **seen)

    def do_not_effective(self, seen):
        verify.judge(self.row, **counted("not_effective", 48, 60), **seen)

    def do_inconclusive(self, seen):
        until = timezone.localdate() + dt.timedelta(days=30)
        verify.judge(self.row, **counted("inconclusive", 48, 40, watch_until=until), **seen)

    def do_learn(self, seen):
        improve.write_lessons(self.row, lessons="Look at what turns.", **seen)

    def do_none_needed(self, seen):
        improve.add_improvement(self.row, kind="none", text="The manual says so already.", **seen)

    def do_archive(self, seen):
        improve.archive(self.row, **seen)

    def do_reopen(self, seen):
        improve.reopen(self.row, reason="It came back.", severity=Severity.SERIOUS, **seen)


#: Acts on a measure's ledger are append-only and ask for no version.
WITHOUT_VERSION = {"finish", "check"}


def told_by_history(case: str) -> tuple[str, int]:
    """Stage and round as the events alone tell them."""
    stage, cycle = "", 1
    for event in Event.objects.of(case).order_by("seq"):
        assert event.before.get("stage", stage) == stage
        stage, cycle = event.after.get("stage", stage), event.after.get("cycle", cycle)
    return stage, cycle


#: The straight way through the loop, for cases that a walk sets out from.
STRAIGHT = (
    ("substantiate", "site_manager"), ("attribute", "supervisor"), ("agree", "quality"), ("describe", "owner"),
    ("root", "owner"), ("conclude", "owner"), ("assess", "owner"), ("measure", "owner"), ("design", "owner"),
    ("submit", "owner"), ("approve", "quality"), ("finish", "depot_manager"), ("check", "quality"),
    ("not_effective", "quality"), ("describe", "owner"), ("root", "owner"), ("conclude", "owner"),
    ("assess", "owner"), ("design", "owner"), ("measure", "owner"), ("submit", "owner"), ("approve", "quality_two"),
    ("finish", "depot_manager"), ("check", "supervisor"), ("effective", "quality"),
    ("learn", "quality"), ("none_needed", "quality"), ("archive", "quality"),
)  # fmt: skip
#: After how many steps of it: in every stage, with little and with all of its facts, in round one and two.
SETTING_OUT = (0, 1, 2, 3, 5, 6, 8, 9, 10, 12, 13, 14, 17, 20, 21, 24, 25, 27, 28)


def set_out(cast, units, steps: int) -> tuple[Model, "Case"]:
    model, case = Model(), Case(cast, units)
    for act, who in STRAIGHT[:steps]:
        case.let_time_pass()
        case.do(act, who, case.fresh().version)
        advance(model, act, who)
    assert (case.fresh().stage, case.row.cycle) == (model.stage, model.cycle)
    return model, case


def walk(data, model: Model, case: "Case", steps: int) -> None:
    for _number in range(steps):
        act, who = data.draw(next_step(model))
        stale = data.draw(st.integers(0, 9)) == 9 and act not in WITHOUT_VERSION
        take(model, case, act, who, stale=stale)
    assert told_by_history(case.row.case) == (model.stage, model.cycle)


def next_step(model: Model) -> st.SearchStrategy:
    """Mostly something that is possible now, so that walks get far; sometimes anything by anybody."""
    possible = [
        (act, who)
        for act, (may, ready) in ACTS.items()
        for who in PEOPLE
        if may(model, who) and ready(model, who)
    ]
    anything = st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from(PEOPLE))
    return st.one_of(st.sampled_from(possible), st.sampled_from(possible), anything) if possible else anything


def take(model: Model, case: "Case", act: str, who: str, *, stale: bool) -> None:
    """Try one step for real and hold what happens against the model."""
    may, ready = ACTS[act]
    expected = may(model, who) and ready(model, who) and not stale
    case.let_time_pass()
    before = Incident.objects.filter(pk=case.row.pk).values().get()
    events = Event.objects.of(case.row.case).count()
    try:
        case.do(act, who, before["version"] - stale)
    except Refused as refused:
        assert not expected, f"{who} was refused to {act} in {model}: {refused!r}"
        assert Incident.objects.filter(pk=case.row.pk).values().get() == before
        assert Event.objects.of(case.row.case).count() == events
    else:
        assert expected, f"{who} could {act} in {model}"
        advance(model, act, who)
    row = case.fresh()
    assert (row.stage, row.cycle) == (model.stage, model.cycle), f"after {act} by {who}"


def walks(count: int, steps: int, cast, units):
    """A property that walks `count` times from somewhere on the straight way, each walk undone at its end."""
    beginnings = [set_out(cast, units, number) for number in SETTING_OUT]

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=count <= 500,  # every run walks the same 500 ways; the long one walks others each time
        phases=[Phase.generate],  # a walk tells its own story: shrinking it takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), beginning=st.integers(0, len(beginnings) - 1))
    def one_walk(data, beginning):
        model, case = copy.deepcopy(beginnings[beginning][0]), beginnings[beginning][1]
        with transaction.atomic():
            walk(data, model, case, steps)
            transaction.set_rollback(True)

    return one_walk


@pytest.mark.django_db
def test_500_random_walks_reach_no_illegal_state(cast, units):
    walks(500, 6, cast, units)()


@pytest.mark.slow
@pytest.mark.django_db
def test_10_000_random_walks_reach_no_illegal_state(cast, units):
    walks(10_000, 16, cast, units)()
