"""What lies between cases: links, review meetings with their decisions, what came back; and what people do by the way."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial

from django.utils import timezone

from capa import agenda, decisions, meetings, recurrence
from capa.models import Decision, Meeting, Recurrence
from history.models import Signature
from incidents import linking, pausing, urging
from incidents.stages import Stage
from reminders.absences import announce_absence
from reminders.models import Deadline

from .cases import Case, World
from .company import Company
from .pace import ZONE, at, coming_close, snapped
from .timeline import clock_at

_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
TITLE, ROOM = "华东段月度服务质量总结会", "杭州东站 302 会议室"
#: What a meeting talks about beside cases, and the minutes.
TOPIC = "假日客流：检票口开放与热线排班怎样按时段衔接"
MINUTES = (
    "会议逐案复盘本期重点异常，确认两条共性：报警没有送到能动手的人手里；设备更换后作业卡没有跟着改。"
    "空调类异常先换滤网，够不够要看观察期的数据，不提前下结论；同型列车先试测风机电流。"
    "今后总结会先看复发和超期的，再看新发生的。"
)
#: Said on a case, by the stage in which it stands.
NOTES = {
    Stage.CONFIRM: "责任先确认，分析时要横向看同型列车。", Stage.ANALYSE: "两个问题都要答：为什么发生，为什么没有早发现。",
    Stage.PLAN: "方案里至少要有一项防错措施。", Stage.TRACK: "措施按期推进，横向排查的结果要写进台账。",
    Stage.VERIFY: "观察期没有结束，下次会上看数据。", Stage.IMPROVE: "经验要发到其他车队，由队长确认是否适用。",
    Stage.CLOSED: "可以作为案例给班组讲。",
}  # fmt: skip


def bring_together(world: World, rich: Case, live: Sequence[Case]) -> None:
    """Put into the timeline what several cases have to do with each other."""

    def one(key: str, unit: str, step: str = "reported", *, without: str = "") -> Case:
        """The first case of these that takes a step, or doesn't come to another one."""
        cases = (case for case in live if case.scenario.key == key and case.unit == unit)
        return next(case for case in cases if step in case.when and without not in case.when)

    earlier, running = one("climate", "C3", "archived"), one("climate", "C3", "completed")
    charged, charged_before = one("doublecharge", "C5", "completed2"), one("doublecharge", "C3", "archived")
    talked_about = [
        rich, earlier, running, charged, charged_before, one("gatequeue", "HZ"), one("toilet", "C3", "archived"),
        one("lift", "HZ"), one("wetstairs", "WX"), one("escalator", "HZ"), one("food", "C5"),
        one("luggage", "C3", "concluded"), one("climate", "C3", "returned"),
    ]  # fmt: skip
    world.timeline.join(talked_about[0].diary, [case.diary for case in talked_about[1:]])
    link(rich, earlier, 3.1, "同一车队的空调故障，那一次根因是制冷剂渗漏，可对照。")
    link(rich, running, 2.9, "同型列车，冷凝压力数据可以共用。")
    link(charged, charged_before, 6.2, "同一支付接口。")
    last_month(world, talked_about)
    next_week(world, talked_about)
    wait_for_the_customer(one("doublecharge", "C3", without="judged"))
    urge(one("luggage", "C3", "concluded"))
    world.timeline.add(world.now - _DAY, partial(leave, world), case=rich.diary.case, numbered=False)


def link(case: Case, other: Case, days: float, note: str) -> None:
    quality = case.company.people["quality"]

    def act() -> None:
        case.incident.refresh_from_db()  # it may have gone on by itself
        case.act(linking.link, other=other.incident, by=quality, note=note)

    _between(case, snapped(case.world.now - days * _DAY, back=True), act)


def _between(case: Case, moment: dt.datetime, act: Callable[[], None], *, numbered: bool = False) -> None:
    """Do it at that moment, whatever else happens in the case."""
    case.world.timeline.add(moment, act, case=case.diary.case, numbered=numbered)


# By the way ----------------------------------------------------------------------------------------------------------
def wait_for_the_customer(case: Case) -> None:
    values = {
        "reason": Deadline.PauseReason.CUSTOMER,
        "note": "等旅客发来扣款截图和订单号，已电话约定明天上午。",
    }
    _between(case, case.world.now - 0.6 * _HOUR, lambda: case.act(pausing.pause, by=case.turn, **values))


def urge(case: Case) -> None:
    words = "旅客家属又来电，想知道什么时候有结果。"
    handler = case.company.people["handler"]
    _between(case, case.world.now - 0.7 * _HOUR, lambda: case.act(urging.nudge, by=handler, words=words))


def leave(world: World) -> None:
    people, today = world.company.people, timezone.localdate()
    announce_absence(
        people["shilei"], by=people["liuwei"], deputy=people["fanjianguo"], begins_on=today, ends_on=today + 9 * _DAY
    )  # fmt: skip


# Review meetings -----------------------------------------------------------------------------------------------------
class Review:
    """A meeting that is called, held and signed act by act."""

    def __init__(self, company: Company, cases: Sequence[Case], held_at: dt.datetime):
        self.company, self.cases, self.held_at = company, cases, held_at
        self.chair = company.people["quality"]
        self.meeting: Meeting | None = None
        self.decisions: list[Decision] = []

    def call(self, first: dt.date, last: dt.date) -> None:
        people = self.company.people
        self.meeting = meetings.call(
            by=self.chair, unit=self.company.units["E"], title=TITLE, period_from=first, period_until=last,
            held_at=self.held_at, place=ROOM, chair=self.chair,
            attendees=[people[name] for name in ("supervisor", "sitemanager", "zhengkai", "luocheng", "executive")],
        )  # fmt: skip

    def act(self, perform: Callable, **values) -> None:
        self.meeting = perform(self.meeting, by=self.chair, version=self.meeting.version, **values)

    def set_agenda(self) -> None:
        """Cases of the period with the reasons for which they are worth the time."""
        row = self.meeting
        ours = {case.incident.pk for case in self.cases if case.incident}
        found = agenda.candidates(self.chair, row.unit, row.period_from, row.period_until)
        topics = [
            meetings.Topic(incident=one.incident, reasons=tuple(one.reasons))
            for one in found
            if one.incident.pk in ours
        ]
        self.act(meetings.set_agenda, topics=[*topics[:6], meetings.Topic(incident=None, text=TOPIC)])

    def write(self) -> None:
        lines = self.meeting.agenda.exclude(incident=None)
        notes = {line.pk: NOTES.get(line.facts["stage"], "") for line in lines}
        self.act(meetings.write_minutes, minutes=MINUTES, notes=notes)

    def decide(self, owner: str, due_on: dt.date, text: str, target: str, about: Case | None = None) -> None:
        """Without a case it is about the topic in words."""
        item = self.meeting.agenda.filter(incident=about and about.incident).first()
        person = self.company.people[owner]
        self.decisions.append(
            decisions.decide(
                self.meeting, by=self.chair, version=self.meeting.version, text=text, owner=person,
                unit=person.home_unit, due_on=due_on, target=target, item=item,
            )
        )  # fmt: skip
        self.meeting.refresh_from_db()

    def finish(self, number: int, proof: str) -> None:
        decision = self.decisions[number]
        decisions.finish_decision(decision, by=self.company.person(decision.owner_id), proof=proof)

    def sign(self) -> None:
        self.meeting.refresh_from_db()
        self.act(meetings.sign, method=Signature.Method.PASSWORD)


def last_month(world: World, cases: Sequence[Case]) -> None:
    """Held nearly three weeks ago: of two decisions one is carried out, the other waits for the owner of measures."""
    held = at(snapped(world.now - 19 * _DAY, back=True).date(), 14)
    review = Review(world.company, cases, held)
    day, soon = held.date(), coming_close(world.now) + 9 * _DAY
    number = cases[0].diary.case

    def note(moment: dt.datetime, act: Callable[[], None], *, numbered: bool = False) -> None:
        world.timeline.add(moment, act, case=number, numbered=numbered)

    note(held - 4.2 * _DAY, partial(review.call, day - 35 * _DAY, day - 5 * _DAY), numbered=True)
    note(held - 4.1 * _DAY, review.set_agenda)
    note(held + 2 * _HOUR, review.write)
    note(
        held + 2.1 * _HOUR,
        partial(
            review.decide, "owner", soon, "同型列车周检试测冷凝风机电流，一个月后把数据带到总结会",
            "试测 32 列，记录完整率 100 %", cases[0],
        ),
        numbered=True,
    )  # fmt: skip
    note(
        held + 2.2 * _HOUR,
        partial(
            review.decide, "luocheng", day + 12 * _DAY, "检票计划发布前逐日核对时段重叠，重叠超过 5 分钟必须增开相邻口",
            "连续两周的计划都有核对记录",
        ),
        numbered=True,
    )  # fmt: skip
    note(held + 26 * _HOUR, review.sign)
    note(held + 10.9 * _DAY, partial(review.finish, 1, "两周检票计划核对表 14 份，增开相邻口 5 次"))


def next_week(world: World, cases: Sequence[Case]) -> None:
    number, today = cases[0].diary.case, world.now.astimezone(ZONE).date()
    called_at = snapped(world.now - 1.2 * _DAY, back=True)
    review = Review(world.company, cases, at(snapped(at(today + 7 * _DAY, 12)).date(), 14))
    call = partial(review.call, today - 24 * _DAY, called_at.date())
    world.timeline.add(called_at, call, case=number, numbered=True)
    world.timeline.add(called_at + _HOUR / 4, review.set_agenda, case=number, numbered=False)


# What came back ------------------------------------------------------------------------------------------------------
def look_for_what_came_back(world: World, live: Sequence[Case]) -> None:
    """As the periodic task does; of what it suspects one is confirmed. Only when all cases are there."""
    quality = world.company.people["quality"]
    again = next(
        case
        for case in live
        if case.scenario.key == "toilet" and case.unit == "C3" and "archived" not in case.when
    )
    with clock_at(world.now - 0.4 * _HOUR):
        recurrence.find()
    with clock_at(world.now - 0.3 * _HOUR):
        found = Recurrence.objects.filter(
            later__title=again.say(again.scenario.title), later__unit__code="HDR-E-C3"
        )[0]
        row = found.later
        recurrence.confirm(
            row, by=quality, version=row.version, recurrence=found, reason="同一车队、同一现象：发车前没有实测水位。"
        )  # fmt: skip
