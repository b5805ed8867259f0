"""A simulated year with fifty thousand deadlines: every due moment that was still open is announced, once, to whom it
waited for, and none early. Some were met in time, some late, some postponed, paused and handed over meanwhile.

What is expected is worked out here, from the plan of each deadline alone, and compared notice by notice.
"""

import datetime as dt
import heapq
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import F

from people.models import Person, Unit
from reminders import auditing
from reminders.deadlines import next_notice
from reminders.models import Deadline, Gap, Notice
from reminders.sweeping import sweep

pytestmark = pytest.mark.slow

DEADLINES, PEOPLE, WITHOUT_OWNER = 50_000, 400, 0.01
DAYS = 365
#: The clock is set this far at a time, and the sweep runs once: four times a day.
STEP = dt.timedelta(hours=6)
BEGINS = dt.datetime(
    2027, 7, 1, tzinfo=dt.UTC
)  # over a turn of the year, a leap day and both changes of summer time
HOUR = dt.timedelta(hours=1)


@dataclass
class Plan:
    """What happens to one deadline: (moment, act, value), and where it stands while the year is worked out."""

    number: int
    owner: int | None
    due: dt.datetime
    acts: list[tuple[dt.datetime, str, object]] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"incident:{1_000_000 + self.number}"


def step_after(moment: dt.datetime) -> dt.datetime:
    """The first sweep at or after this moment."""
    return BEGINS + -((BEGINS - moment) // STEP) * STEP


def make_plans(chance: random.Random, owners: list[int]) -> list[Plan]:
    plans = []
    for number in range(DEADLINES):
        opened = BEGINS + chance.random() * (DAYS - 40) * dt.timedelta(days=1)
        opened = opened.replace(microsecond=0)
        due = opened + dt.timedelta(hours=chance.choice((4, 24, 72, 240, 480)), minutes=chance.randrange(120))
        owner = None if chance.random() < WITHOUT_OWNER else chance.choice(owners)
        plan = Plan(number, owner, due, [(opened, "open", due)])
        at, kind = opened, chance.random()
        span = due - opened
        if kind < 0.15:  # granted an extension before it was due
            due += dt.timedelta(days=chance.randrange(1, 8))
            plan.acts.append((at + span * chance.random(), "postpone", due))
        elif kind < 0.25:  # waits for the customer, then has what was left
            at += span * chance.random()
            away = dt.timedelta(hours=chance.randrange(1, 200))
            plan.acts += [(at, "pause", None), (at + away, "resume", due + away)]
            due += away
        elif kind < 0.35:
            plan.acts.append((at + span * chance.random(), "hand", chance.choice(owners)))
        done = due + dt.timedelta(hours=chance.choice((-3, -1, 20, 30, 60)), minutes=chance.randrange(60))
        plan.acts.append((max(done, plan.acts[-1][0] + HOUR), "close", None))
        plan.acts.sort(key=lambda act: act[0])
        plans.append(plan)
    return plans


def expected(plan: Plan) -> list[tuple[int, dt.datetime, dt.datetime]]:
    """(owner, due moment, when it is announced) for each due moment that passed while it was open and running."""
    found, owner, due, runs = [], plan.owner, None, False
    for index, (moment, act, value) in enumerate(plan.acts):
        if act in ("open", "postpone", "resume"):
            due, runs = value, True
        elif act == "hand":
            owner = value
        else:  # paused or closed
            runs = False
        until = (
            plan.acts[index + 1][0]
            if index + 1 < len(plan.acts)
            else BEGINS + 2 * DAYS * dt.timedelta(days=1)
        )
        announced = max(step_after(due), step_after(moment))
        told_already = any(when == due for _owner, when, _at in found)
        if runs and announced < step_after(until) and not told_already:
            found.append((owner, due, announced))
    return [one for one in found if one[0] is not None]


def do(acts: list[tuple[Plan, dt.datetime, str, object]], unit: Unit) -> None:
    """Carry out what happened since the last step, in its order: in bulk where nothing else can be between."""
    opened = [
        Deadline(
            subject=plan.subject, kind="analyse", label=f"SQ-{plan.number}", owner_id=plan.owner, unit=unit,
            opened_at=moment, due_at=due, original_due_at=due, next_notice_at=next_notice(due, moment),
        )
        for plan, moment, act, due in acts
        if act == "open"
    ]  # fmt: skip
    Deadline.objects.bulk_create(opened)
    closed = []
    for plan, moment, act, value in acts:
        row = Deadline.objects.filter(subject=plan.subject)
        if act == "close":
            closed.append(plan.subject)
        elif act == "hand":
            row.update(owner=value)
        elif act == "pause":
            row.update(
                paused_at=moment,
                pause_reason="customer",
                left_when_paused=F("due_at") - moment,
                next_notice_at=None,
            )
        elif act == "postpone":
            row.update(due_at=value, next_notice_at=next_notice(value, moment))
        elif act == "resume":
            row.update(
                due_at=value, next_notice_at=next_notice(value, moment), paused_at=None, pause_reason="",
                left_when_paused=None,
            )  # fmt: skip
    # Nothing comes behind the closing of a deadline.
    Deadline.objects.filter(subject__in=closed).update(
        closed_at=acts[-1][1] if acts else None, next_notice_at=None
    )


def test_fifty_thousand_deadlines_in_a_year_are_each_announced_once(db, cast, units, many_owners, finding):
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # nobody pulls the plug in this year
    owners = [person.pk for person in many_owners(PEOPLE, mailed=False)]
    Person.objects.update(email="")  # whether mails arrive is told elsewhere
    plans = make_plans(random.Random(2027), owners)
    wanted = Counter((plan.subject, owner, due, at) for plan in plans for owner, due, at in expected(plan))
    counts = Counter(act for plan in plans for _moment, act, _value in plan.acts)
    finding |= {
        "scenario": "a year",
        "faults": f"{DEADLINES} deadlines; {counts['postpone']} postponed, {counts['pause']} paused,"
        f" {counts['hand']} handed over",
        "expected": f"{len(wanted)} due moments still open, each announced once, none early, auditor: 0 missing",
    }
    waiting = [(moment, plan.number, act, value) for plan in plans for moment, act, value in plan.acts]
    heapq.heapify(waiting)
    missing, now = 0, BEGINS
    end = BEGINS + dt.timedelta(days=DAYS + 40)
    with time_machine.travel(BEGINS, tick=False) as clock:
        while now < end:
            acts = []
            while waiting and waiting[0][0] <= now:
                moment, number, act, value = heapq.heappop(waiting)
                acts.append((plans[number], moment, act, value))
            with transaction.atomic():
                do(acts, units.crew)
            clock.move_to(now)
            sweep()
            if now.hour == 12:
                missing += auditing.audit()
            now += STEP
    assert not waiting

    told = Counter()
    for notice in Notice.objects.filter(text="overdue", occasion__endswith=":owner:0").iterator():
        due = dt.datetime.fromisoformat(notice.params["due"])
        told[notice.subject, notice.recipient_id, due, notice.created_at] += 1
    early = Notice.objects.filter(text__in=["overdue", "escalated", "ownerless"]).extra(
        where=["created_at < (params->>'due')::timestamptz"]
    )
    finding["found"] = (
        f"{sum(told.values())} first notices, {len(wanted - told)} missing, {len(told - wanted)} too many,"
        f" {early.count()} early, {missing} found missing by the auditor; {Notice.objects.count()} notices in all"
    )
    assert not early.exists()
    assert not missing and not Gap.objects.exists()
    assert wanted - told == Counter(), "nothing missing"
    assert told - wanted == Counter(), "nothing twice, nothing to the wrong one, nothing at the wrong time"
    assert not Deadline.objects.filter(closed_at=None).exists()
