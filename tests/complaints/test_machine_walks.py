"""Random walks of a complaint against a reference model (QUALITY D1, D2).

The model says in its own words who may do what, when, and who is waited for then; it knows nothing of gates.py,
permissions.py, limits.py or the machine. What the model refuses must be refused and change nothing, what it allows must
happen; after every step the rows of the database must say what the model says.
"""

import copy
from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from complaints import corresponding, following, handling, pausing, replying, takeover
from complaints.models import Complaint, FollowUp
from history.models import Event
from incidents.errors import Refused
from reminders.models import Deadline, Notice
from tests.complaints.ways import MAIN, RUDE, category, received

PEOPLE = (
    "reporter", "site_manager", "supervisor", "quality", "quality_two", "handler", "executive", "west_manager",
    "hotel_quality",
)  # fmt: skip
DESK = {"handler", "quality", "quality_two"}
CASE = DESK | {"site_manager", "supervisor"}
#: Who answers for it if nobody else does: Zhao received it first, then the nearest by role.
SUCCESSION = ("handler", "quality", "quality_two", "supervisor", "site_manager", "executive")
FURTHER_UP = (("supervisor", "quality", "quality_two"), ("executive",))
UNANSWERED = ("acknowledged", "classified", "investigating")
OPEN = (*UNANSWERED, "replied", "followed_up")
WAITS_FOR = {
    "acknowledged": "classify", "classified": "reply", "investigating": "reply", "replied": "followup",
    "followed_up": "close",
}  # fmt: skip


@dataclass
class Model:
    """What there is to know of a complaint."""

    state: str = "acknowledged"
    round: int = 1
    handler: str | None = None
    about: str | None = None
    offered: str | None = None
    paused: bool = False
    found: bool = False
    level: int = 0

    @property
    def owner(self) -> str | None:
        if self.state not in OPEN:
            return None
        return next(who for who in (self.handler, *SUCCESSION) if who and who != self.about)

    def superior(self, by: str | None) -> tuple[int, str] | None:
        for level, people in enumerate(FURTHER_UP[self.level :], start=self.level + 1):
            for who in people:
                if who not in (self.owner, self.about, by):
                    return level, who
        return None


def answers(m: Model, who: str) -> bool:
    return who in (m.handler, m.owner)


def some(roles: set[str]):
    """People of these roles, and whoever answers for it; never the one it is about."""
    return lambda m, who: who != m.about and (who in roles or answers(m, who))


def stands(*states: str):
    return lambda m, who: m.state in states


def asked(m: Model, who: str) -> bool:
    return m.offered == who


def anybody(m: Model, who: str) -> bool:
    return True


def open_for(to: str):
    return lambda m, who: m.state in OPEN and to not in (m.owner, m.about)


#: What can be tried: who may, and when it is possible.
ACTS = {
    "classify": (some(DESK), stands("acknowledged")),
    "investigate": (some(CASE), stands("classified")),
    "find": (some(CASE), stands("classified", "investigating")),
    "reply": (some(DESK), lambda m, who: m.state == "investigating" and m.found),
    "content": (some(DESK), stands("replied")),
    "not_content": (some(DESK), stands("replied")),
    "close": (some(DESK), stands("followed_up")),
    "reopen": (some(DESK), stands("replied", "followed_up", "closed")),
    "customer_reopens": (anybody, stands("replied", "followed_up", "closed")),
    "customer_writes": (anybody, anybody),
    "withdraw": (some(DESK), stands(*OPEN)),
    "pass_on": (some(DESK), stands(*UNANSWERED)),
    "escalate": (some(CASE), lambda m, who: m.state in OPEN and m.superior(who) is not None),
    "offer_supervisor": (some(CASE), open_for("supervisor")),
    "offer_quality": (some(CASE), open_for("quality")),
    "accept": (lambda m, who: asked(m, who) and who != m.about, stands(*OPEN)),
    "decline": (asked, stands(*OPEN)),
    "pause": (some(DESK), lambda m, who: m.state in UNANSWERED and not m.paused),
    "resume": (some(DESK), lambda m, who: m.paused),
    "about_manager": (some(DESK), stands(*OPEN)),
    "about_handler": (some(DESK), stands(*OPEN)),
    "about_quality": (some(DESK), stands(*OPEN)),
}
BY_NOBODY = ("customer_reopens", "customer_writes")
#: A step in the machine ends a pause.
STEPS = ("classify", "investigate", "reply", "withdraw", "pass_on", "customer_writes", "resume")
PERSON_ABOUT = {"about_manager": "site_manager", "about_handler": "handler", "about_quality": "quality"}
END = {"close": "closed", "withdraw": "withdrawn", "pass_on": "out_of_scope"}


def advance(m: Model, act: str, who: str) -> None:  # noqa: C901 - one line per act reads best in one place
    """What the act makes of the model."""
    match act:
        case "classify":
            m.handler = m.owner
            m.state = "classified"
        case "investigate":
            m.state = "investigating"
        case "find":
            m.paused = m.paused and m.state == "investigating"
            m.state, m.found = "investigating", True
        case "reply":
            m.state = "replied"
        case "content":
            m.state = "followed_up"
        case "not_content":
            m.state, m.round = "investigating", m.round + 1
            if m.round > 2 and (up := m.superior(None)):
                m.level, m.handler = up
                m.offered = None
        case "reopen" | "customer_reopens":
            m.state, m.round = "investigating", m.round + 1
        case "close" | "withdraw" | "pass_on":
            m.state, m.offered = END[act], None
        case "escalate":
            m.level, m.handler = m.superior(who)
            m.offered = None
        case "offer_supervisor" | "offer_quality":
            m.offered = act.removeprefix("offer_")
        case "accept":
            m.handler, m.offered = who, None
        case "decline":
            m.offered = None
        case "pause":
            m.paused = True
        case "about_manager" | "about_handler" | "about_quality":
            m.about = PERSON_ABOUT[act]
            m.offered = None if m.offered == m.about else m.offered
            if m.handler == m.about:
                m.handler = None
                m.handler = m.owner
    if act in STEPS:
        m.paused = False


class Case:
    """The complaint under test, and how each act of the model is done for real."""

    def __init__(self, cast, units):
        self.cast = cast
        self.row = received(units)

    def fresh(self) -> Complaint:
        people = ("owner", "handler", "about", "offered_to")
        self.row = Complaint.objects.select_related("unit", *people).get(pk=self.row.pk)
        return self.row

    def do(self, act: str, who: str, version: int) -> None:
        row, seen = self.fresh(), {"by": getattr(self.cast, who), "version": version}
        outcomes = FollowUp.Outcome
        match act:
            case "classify":
                handling.classify(row, category=category(), urgency=2, importance=3, **seen)
            case "investigate" | "close":
                getattr(handling, act)(row, note="Looked into it.", **seen)
            case "find":
                handling.record_finding(row, finding="He did shout.", **seen)
            case "reply":
                with transaction.atomic():
                    replying.draft(row, text="We are sorry.", **seen)
                    replying.send(self.fresh(), by=seen["by"], version=None, way="spoken")
            case "content":
                following.record_follow_up(row, outcome=outcomes.SATISFIED, **seen)
            case "not_content":
                following.record_follow_up(row, outcome=outcomes.NOT_SATISFIED, note=RUDE, **seen)
            case "customer_reopens":
                handling.reopen(row, by=None, version=None, reason=RUDE)
            case "customer_writes":
                corresponding.customer_writes(row, text=RUDE, key=None, way="page")
            case "reopen" | "withdraw" | "escalate":
                getattr(handling, act)(row, reason="She called: 13912341402.", **seen)
            case "pass_on":
                handling.pass_on(row, to_whom="City buses", text="Please ask City buses.", **seen)
            case "offer_supervisor" | "offer_quality":
                to = getattr(self.cast, act.removeprefix("offer_"))
                takeover.offer(row, to=to, reason="Hers, 13912341402", **seen)
            case "accept":
                takeover.accept(row, **seen)
            case "decline":
                takeover.decline(row, reason="Not mine.", **seen)
            case "pause":
                pausing.pause(row, reason="customer", note="Ticket from 13912341402", **seen)
            case "resume":
                pausing.resume(row, **seen)
            case _:
                handling.amend(row, about=getattr(self.cast, PERSON_ABOUT[act]), **seen)


# What must hold ------------------------------------------------------------------------------------------------------
def everything(row: Complaint) -> tuple:
    return (
        Complaint.objects.filter(pk=row.pk).values().get(),
        list(Deadline.objects.filter(subject=row.case).order_by("pk").values()),
        Event.objects.of(row.case).count(), Notice.objects.count(), row.messages.count(),
    )  # fmt: skip


def hold_against(model: Model, case: Case) -> None:
    """The rows say what the model says, and one named person has one thing to do by one moment."""
    row, cast = case.fresh(), case.cast

    def person(name: str | None):
        return getattr(cast, name) if name else None

    assert (row.state, row.round, row.escalation) == (model.state, model.round, model.level)
    assert (row.owner, row.offered_to, row.about) == (
        person(model.owner), person(model.offered), person(model.about),
    )  # fmt: skip
    assert (row.handler, row.paused_since is not None) == (person(model.handler), model.paused)
    waiting = list(Deadline.objects.filter(subject=row.case, closed_at=None).select_related("owner"))
    main = [deadline for deadline in waiting if deadline.kind in MAIN]
    if model.state not in OPEN:
        assert not waiting and row.due_at is None
        return
    (deadline,) = main
    assert (deadline.kind, deadline.cycle) == (WAITS_FOR[model.state], model.round)
    assert deadline.owner == row.owner and row.owner.is_active and row.owner != row.about
    assert row.due_at == (None if model.paused else deadline.due_at)
    assert (deadline.paused_at is not None) == model.paused
    offers = [deadline.owner for deadline in waiting if deadline.kind == "takeover"]
    assert offers == ([row.offered_to] if model.offered else [])


def hold_secrets(row: Complaint) -> None:
    """History alone tells the same story, without a word or a number of the customer."""
    events = list(Event.objects.of(row.case).order_by("seq"))
    state, round_ = "", 1
    for event in events:
        assert event.before.get("state", state) == state
        state, round_ = event.after.get("state", state), event.after.get("round", round_)
    assert (state, round_) == (row.state, row.round)
    written = "".join(event.payload for event in events) + str(list(Notice.objects.values("params")))
    for secret in ("shouted", "13912341402", "黄小明", "He did shout", "We are sorry"):
        assert secret not in written, secret


# Walking -------------------------------------------------------------------------------------------------------------
STRAIGHT = (
    ("classify", "handler"), ("offer_supervisor", "quality"), ("find", "handler"), ("about_manager", "quality"),
    ("reply", "handler"),
    ("not_content", "handler"), ("reply", "handler"), ("content", "quality"), ("close", "handler"),
)  # fmt: skip


def set_out(cast, units, steps: int) -> tuple[Model, Case]:
    model, case = Model(), Case(cast, units)
    for act, who in STRAIGHT[:steps]:
        case.do(act, who, case.fresh().version)
        advance(model, act, who)
    hold_against(model, case)
    return model, case


def next_step(model: Model) -> st.SearchStrategy:
    """Mostly something that is possible now, so that walks get far; sometimes anything by anybody, and by the one it is
    about.
    """
    possible = [
        (act, who)
        for act, (may, ready) in ACTS.items()
        for who in PEOPLE
        if may(model, who) and ready(model, who)
    ]
    anything = st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from(PEOPLE))
    tries = [st.sampled_from(possible), st.sampled_from(possible), anything]
    if model.about:
        tries.append(st.tuples(st.sampled_from(sorted(ACTS)), st.just(model.about)))
    return st.one_of(*tries)


def try_step(model: Model, case: Case, act: str, who: str, *, stale: bool) -> None:
    may, ready = ACTS[act]
    stale = stale and act not in BY_NOBODY
    expected = may(model, who) and ready(model, who) and not stale
    before = everything(case.fresh())
    version = before[0]["version"]
    try:
        case.do(act, who, version - stale)
    except Refused as refused:
        assert not expected, f"{who} was refused to {act} in {model}: {refused!r}"
        assert everything(case.fresh()) == before
    else:
        assert expected, f"{who} could {act} in {model}"
        advance(model, act, who)
        assert case.fresh().version > version
    hold_against(model, case)


def walks(count: int, steps: int, cast, units):
    """A property that walks `count` times from somewhere on the straight way, each walk undone at its end."""
    beginnings = [set_out(cast, units, number) for number in range(len(STRAIGHT) + 1)]

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=count <= 500,
        phases=[Phase.generate],  # a walk tells its own story: shrinking it takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), beginning=st.integers(0, len(beginnings) - 1))
    def one_walk(data, beginning):
        model, case = copy.deepcopy(beginnings[beginning][0]), beginnings[beginning][1]
        with transaction.atomic():
            for _number in range(steps):
                act, who = data.draw(next_step(model))
                try_step(model, case, act, who, stale=data.draw(st.integers(0, 9)) == 9)
            hold_secrets(case.fresh())
            transaction.set_rollback(True)

    return one_walk


@pytest.mark.django_db
def test_100_random_walks_reach_no_illegal_state(cast, units):
    walks(100, 5, cast, units)()


@pytest.mark.slow
@pytest.mark.django_db
def test_5_000_random_walks_reach_no_illegal_state(cast, units):
    walks(5_000, 14, cast, units)()
