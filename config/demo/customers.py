"""The customers of the demo: a year of complaints with what became of them, some that wait today, and their ratings."""

import datetime as dt
import functools
import tomllib
import uuid
from random import Random

from django.utils import timezone

from complaints import compensating, following, handling, intake, reply_rules, replying
from complaints.models import (
    Category,
    Compensation,
    Complaint,
    FollowUp,
    Message,
    Response,
    Survey,
    SurveyVersion,
)
from complaints.states import Channel, Priority
from complaints.surveys import answering, collecting, making

from .cases import GIVEN, SURNAMES, World
from .company import Company
from .pace import ZONE, at, snapped
from .scenarios import TEXTS
from .timeline import Diary

#: Complaints that have ended, and answers to the survey at the station.
ENDED, ANSWERS = 36, 260
STEPS = ("classified", "found", "replied", "asked", "closed")
#: Working hours between two steps, about.
PAUSES = {"classified": 3, "found": 20, "replied": 6, "asked": 30, "closed": 2}
CHANNELS = (Channel.PHONE, Channel.WEB, Channel.PHONE, Channel.ONSITE, Channel.WEB, Channel.PAPER)
COMMENTS = (
    "工作人员很耐心，谢谢。",
    "电梯等得太久。",
    "卫生间很干净。",
    "希望多几个充电的地方。",
    "广播听不清楚。",
)


@functools.cache
def library() -> list[dict]:
    return tomllib.loads((TEXTS / "customers.toml").read_text(encoding="utf-8"))["complaint"]


class Told:
    """One complaint: received, then as far as its steps go."""

    def __init__(self, world: World, scenario: dict, unit: str, rng: Random, channel: str, mail: str = ""):
        self.world, self.scenario, self.unit, self.rng = world, scenario, unit, rng
        self.channel, self.mail, self.people = channel, mail, world.company.people
        self.complaint: Complaint | None = None

    def plan(self, moment: dt.datetime, steps: tuple[str, ...], *, not_reached: bool = False) -> None:
        diary = Diary(self.world.timeline)
        diary.note(moment, self.receive, numbered=True)
        for step in steps:
            moment = snapped(moment + dt.timedelta(hours=PAUSES[step] * self.rng.uniform(0.6, 1.6)))
            if step == "asked" and not_reached:
                diary.note(moment, functools.partial(self.asked, FollowUp.Outcome.UNREACHABLE))
                moment = snapped(moment + dt.timedelta(hours=26))
            diary.note(moment, getattr(self, step))

    @property
    def handler(self):
        return self.people["handler"]

    def act(self, perform, **values) -> None:
        self.complaint.refresh_from_db()
        perform(self.complaint, by=self.handler, version=self.complaint.version, **values)

    def receive(self) -> None:
        rng = self.rng
        staff = None if self.channel == Channel.WEB else self.handler
        contact = {
            "name": rng.choice(SURNAMES) + rng.choice(GIVEN),
            "phone": f"1390000{rng.randint(0, 9999):04d}",
            "email": self.mail,
        }
        self.complaint, _token = intake.receive(
            by=staff, unit=self.world.company.units[self.unit], text=self.scenario["text"],
            wish=self.scenario["wish"], channel=self.channel, contact=contact, consented=True,
            occurred_at=timezone.now() - dt.timedelta(hours=rng.randint(1, 30)),
            key=uuid.UUID(int=rng.getrandbits(128), version=4),
        )  # fmt: skip

    def classified(self) -> None:
        urgency, importance = self.scenario["grades"]
        category = Category.objects.get(code=self.scenario["category"])
        self.act(handling.classify, category=category, urgency=urgency, importance=importance)

    def found(self) -> None:
        self.act(handling.record_finding, finding=self.scenario["finding"])

    def drafted(self) -> None:
        self.act(replying.draft, text=self.scenario["reply"])

    def submitted(self) -> None:
        self.drafted()
        self.act(replying.submit)

    def replied(self) -> None:
        if amount := self.scenario.get("paid"):
            self.act(
                compensating.compensate, kind=Compensation.Kind.REFUND, amount=amount, currency="CNY", note=""
            )
        self.drafted()
        if replying.needs_approval(self.complaint, self.complaint.replies.last()):
            self.act(replying.submit)
            self.complaint.refresh_from_db()
            quality = self.world.company.people["qianyu"]
            replying.approve(self.complaint, by=quality, version=self.complaint.version)
        self.act(replying.send, way=Message.Way.MAIL if self.mail else Message.Way.SPOKEN)

    def asked(self, outcome: str = FollowUp.Outcome.SATISFIED) -> None:
        self.act(following.record_follow_up, outcome=outcome)

    def closed(self) -> None:
        self.act(handling.close)

    def passed_on(self) -> None:
        self.act(handling.pass_on, to_whom=self.scenario["elsewhere"], text=self.scenario["reply"])


def customers(world: World) -> None:
    """A year of complaints that have ended, and some for each thing that a handler does."""
    rng = Random(world.seed + 2)
    for number in range(ENDED):
        scenario = library()[number % len(library())]
        told = Told(
            world,
            scenario,
            rng.choice(scenario["at"]),
            Random(rng.getrandbits(64)),
            CHANNELS[number % len(CHANNELS)],
        )
        day = world.now.astimezone(ZONE).date() - dt.timedelta(days=rng.randint(15, 350))
        steps = ("passed_on",) if "elsewhere" in scenario else STEPS
        told.plan(at(day, rng.uniform(8, 19)), steps, not_reached=number % 7 == 3)
    for number, (hours, steps) in enumerate(_today()):
        scenario = library()[number % (len(library()) - 1)]
        mail = f"customer{number}@example.org" if number % 3 == 0 else ""
        channel = Channel.WEB if mail else CHANNELS[number % len(CHANNELS)]
        told = Told(world, scenario, scenario["at"][0], Random(rng.getrandbits(64)), channel, mail)
        told.plan(world.now - dt.timedelta(hours=hours), steps)


def _today() -> tuple[tuple[float, tuple[str, ...]], ...]:
    """Hours ago, and how far it has come: something of every kind."""
    return (
        (1.2, ()), (4, ()), (26, ()), (30, ("classified",)), (52, ("classified", "found")),
        (75, ("classified", "found", "submitted")), (100, ("classified", "found", "replied")),
        (170, ("classified", "found", "replied", "asked")), (240, ("classified",)),
    )  # fmt: skip


PAUSES |= {"submitted": 4, "passed_on": 5}


def rule_about_customers(company: Company) -> None:
    """From a high priority on, or a larger sum, a quality manager approves the reply."""
    quality, rail = company.people["quality"], company.units["HDR"]
    reply_rules.set_rule(by=quality, unit=rail, min_priority=Priority.HIGH)
    reply_rules.set_rule(by=quality, unit=rail, min_compensation=500)


def ratings(world: World) -> None:
    """A survey after each complaint, and one at a station that a year of passengers has answered."""
    company, rng = world.company, Random(world.seed + 3)
    quality, station = company.people["quality"], company.units["HZ"]
    after = making.create(
        by=quality, unit=company.units["HDR"], name="投诉办结后满意度", purpose=Survey.Purpose.AFTER_CASE,
        start="five", bad_below=40,
    )  # fmt: skip
    at_station = making.create(
        by=quality,
        unit=company.units["E"],
        name="车站服务满意度",
        purpose=Survey.Purpose.AT_UNIT,
        start="five",
    )
    for survey in (after, at_station):
        making.publish(survey.versions.get(), by=quality)
    collector = collecting.set_up(at_station, by=quality, unit=station, place="出站口")
    answering.answer_many(list(_answers(at_station.versions.get(), world, collector, rng)))


def _answers(version: SurveyVersion, world: World, collector, rng: Random):
    questionnaire = answering.Questionnaire(version)
    units = [world.company.units[key] for key in ("HZ", "HZ", "NJ", "SZ", "WX")]
    for _number in range(ANSWERS):
        days = rng.uniform(0.2, 360)
        mood = rng.gauss(3.6 + (0.35 if days < 120 else 0.0), 0.8)
        scores = {
            item.code: max(1, min(5, round(rng.gauss(mood, 0.6))))
            for item in questionnaire.items
            if item.kind != item.Kind.TEXT
        }
        unit = rng.choice(units)
        yield questionnaire.build(
            scores=scores, comment=rng.choice(COMMENTS) if rng.random() < 0.2 else "", unit=unit,
            channel=Response.Channel.PLACE, collector=collector if unit == collector.unit else None,
            language="zh-hans", answered_at=world.now - dt.timedelta(days=days),
        )  # fmt: skip
