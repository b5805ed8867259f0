"""The case that shows everything: major, in its second round, its plan waiting for the quality manager's yes today."""

import datetime as dt
import io
import math
import struct
import wave
from functools import partial
from random import Random

from django.utils import timezone

from capa import plan
from incidents import evidence
from incidents.models import Evidence

from . import scenarios
from .cases import Told, World, names_of
from .longway import Long
from .pace import ZONE, at, coming_close, entered, snapped, working_day
from .pictures import log_of

INTERVIEW = """列车长访谈记录

访谈人：李敏（服务主管）
被访谈人：周洁（G1027 次列车长）

问：什么时候发现 3 号车厢不制冷？
答：开车二十来分钟，乘务员报告车里闷。我到的时候温度计是 27 度多，出风口没有风。

问：有没有收到系统报警？
答：没有。手持终端上什么也没有，后来才知道日志里有。

问：采取了什么措施？
答：先把老人和孩子换到 2 号车厢，发水和湿巾，广播致歉。广播晚了，因为一直在等调度回复。

问：前一天交接时提到过异响吗？
答：记不清，交接本上没有写。
"""


PHOTOS = {"thermometer": "车厢温度实测", "vent": "出风口无风", "cctv": "监控 03-B"}


class Rich(Long):
    """As in the design's picture, with its six pieces of evidence."""

    trouble = 0.0
    dues = ()
    observed = 21
    baseline = 112  # sixteen weeks
    events_before = 19

    @property
    def exposure_per_day(self) -> float:
        return 1 / 7  # it is counted per week

    def counted(self, verdict, fixed, after) -> int:
        """Nineteen failures in sixteen weeks before, four in three weeks after: no sign that anything has changed."""
        return 4

    def _photos(self, person):
        return [self.upload("thermometer", person), self.upload("vent", person)]

    def upload(self, scene, person):
        return self.world.album.upload(scene, person, self.rng, name=PHOTOS.get(scene, scene), variation=0)

    def on_agreed(self, moment, before) -> None:
        super().on_agreed(moment, before)
        hours = dt.timedelta(hours=1)
        for number, (who, caption, make) in enumerate(
            (
                ("sitemanager", "监控 03-B", self.cctv),
                ("owner", "车载系统日志", self.hvac_log),
                ("handler", "车厢广播录音", self.chime),
                ("supervisor", "列车长访谈记录", self.interview),
            ),
            start=1,
        ):
            self.diary.note(moment + number * hours, partial(self.add, who, caption, make))

    def add(self, who: str, caption: str, make) -> None:
        person = self.company.people[who]
        evidence.add_evidence(self.incident, [make(person)], by=person, caption=caption)

    def cctv(self, person):
        return self.upload("cctv", person)

    def hvac_log(self, person):
        content = log_of(2475, self.incident.occurred_at - dt.timedelta(minutes=20), self.rng)
        return self.world.album.keep("G1027-03-HVAC.csv", content, person, self.rng)

    def chime(self, person):
        return self.world.album.keep("广播 1349.wav", chime(), person, self.rng)

    def interview(self, person):
        return self.world.album.keep("列车长访谈记录.txt", INTERVIEW.encode(), person, self.rng)

    def shown_by(self, line: scenarios.Cause) -> list:
        """The log shows what the fan did."""
        if (line.category, line.mark) != ("machine", "+"):
            return []
        shown = Evidence.objects.shown().filter(incident=self.incident, name__endswith=".csv")
        return [item.pk for item in shown[:1]]

    def on_submitted(self, moment, before) -> None:
        if moment < self.when.get("verified", moment + dt.timedelta(1)):
            return super().on_submitted(moment, before)
        self.diary.spread(before, moment, [self.write, self.design, self.list_measures])
        said = "已补充 R2 的预防措施和验收抽样数。"
        self.diary.note(moment, lambda: self.act(plan.submit, by=self.turn, note=said))
        self.diary.note(moment + dt.timedelta(minutes=9), self.cosign)

    def _reasons(self, verdict, counted):
        return self.scenario.verdict


def rich_case(world: World) -> Rich:
    """Reported a month ago; the second plan came in just now, to be decided by the next close of business."""
    now, day = world.now, dt.timedelta(days=1)
    told = Told(by="reporter", kind="self", channel="onsite", severity=4, ago=141)
    case = Rich(world, scenarios.library("rich")[0], "C3", Random(1027), told)
    case.slots.values |= {"train": "G1027", "car": 3}
    concluded = entered("plan", 4, working_day(coming_close(now)), 16.08)
    verified = snapped(concluded - 2.24 * day, back=True)
    completed = at(timezone.localdate(verified, ZONE) - 22 * day, 17.8)
    approved = snapped(completed - 6.1 * day, back=True)
    first = snapped(approved - 1.2 * day, back=True)
    attributed = at(snapped(first - 3 * day, back=True).date(), 9.25)
    reported = at(attributed.date() - day, 15.43)
    steps = names_of(
        "reported", "judged", "attributed", "agreed", "concluded", "submitted", "approved", "completed",
        "verified", "concluded", "submitted",
    )  # fmt: skip
    moments = (
        reported, reported + dt.timedelta(minutes=18), attributed, attributed + dt.timedelta(hours=1), first,
        approved - dt.timedelta(hours=3), approved, completed, verified, concluded, just_now(now),
    )  # fmt: skip
    case.plan_days(dict(zip(steps, moments, strict=True)))
    return case


def just_now(now: dt.datetime) -> dt.datetime:
    """Half an hour ago; late in the last afternoon if that was at night."""
    moment = (now - dt.timedelta(minutes=28)).astimezone(ZONE)
    if 8 <= moment.hour < 18:
        return moment
    return at(moment.date() if moment.hour >= 18 else moment.date() - dt.timedelta(days=1), 17.2)


def chime(rate: int = 16_000) -> bytes:
    """The four notes before an announcement, three seconds of them."""
    samples = bytearray()
    for number in range(3 * rate):
        moment = number / rate
        note = (523.25, 659.26, 783.99, 1046.5)[min(3, int(moment / 0.6))]
        fading = math.exp(-3.2 * (moment % 0.6 if moment < 2.4 else moment - 1.8))
        samples += struct.pack("<h", int(11_000 * fading * math.sin(2 * math.pi * note * moment)))
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(bytes(samples))
    return content.getvalue()
