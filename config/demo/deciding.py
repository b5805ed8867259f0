"""What the demo's people do with the figures: warnings, a report to be signed, an assessment, suggestions."""

import datetime as dt
from decimal import Decimal

from metrics.assessment import cards, making, schemes
from metrics.assessment.schemes import Line
from metrics.models import Scheme, Signal
from metrics.periods import Grain, last_over
from metrics.reporting import making as reports
from metrics.reporting import readers
from metrics.suggestions import acts, thanks
from metrics.warning import acts as warnings
from metrics.warning import watching

from .cases import World
from .indicators import WORSE
from .pace import ZONE
from .timeline import clock_at

#: Who suggests what, where, with which benefit; how far it has come.
SUGGESTIONS = (
    ("linxiao", "HZ", "出站口增设充电宝归还柜，旅客不用再绕回候车厅。", "出站口", "每天约 40 次问询", "new"),
    ("reporter", "C3", "高铁三队交接班时在平板上勾选空调巡检，不再用纸本。", "", "少一次录入，随时可查", "considered"),
    ("songjia", "NJ", "首问登记台配一台可旋转屏幕，旅客能看到记录的内容。", "服务台", "减少复述与误记", "adopted"),
    ("yeqing", "SZ", "雨天在北进站口提前铺防滑垫，不等积水后再铺。", "北进站口", "去年该处滑倒 3 起", "done"),
)  # fmt: skip
#: What was found behind an early warning, by indicator.
FOUND = {
    "availability": (Signal.Finding.CAUSE, "机房 UPS 故障停机两次，已更换并改为双路供电。"),
    "complaint-rate": (Signal.Finding.KNOWN, "首问负责制上线后的变化，符合预期。"),
}
NOTHING_FOUND = (Signal.Finding.CHANCE, "核对了数据和当班记录，没有找到特殊原因，继续观察。")
COMMENT = "客流高峰月，投诉率按客流折算；数据不足的项目已注明。"


def decide(world: World) -> None:
    """All of it as of now."""
    company, people = world.company, world.company.people
    _notice(world)
    reports.make(company.units["HDR"], last_over(Grain.MONTH), by=people["quality"], language="zh-hans")
    readers.add_reader(company.units["HDR"], people["executive"], by=people["quality"])
    _assess(world)
    _suggest(world)
    thanks.for_confirmed_reports()


def _notice(world: World) -> None:
    """The early warnings of the past months, each when it would have come; all but those of one station are answered.

    The latest figures came in only some days ago, so that what they say waits for somebody today.
    """
    months = last_over(Grain.MONTH).back(4)
    for month in months:
        moment = dt.datetime.combine(month.shifted(1).first + dt.timedelta(days=1), dt.time(3), ZONE)
        if month == months[-1]:
            moment = max(moment, world.now - dt.timedelta(days=2))
        if moment < world.now:
            with clock_at(moment):
                watching.look()
            _answer(world, moment + dt.timedelta(days=2, hours=7))


def _answer(world: World, moment: dt.datetime) -> None:
    quality = world.company.people["quality"]
    for signal in Signal.objects.filter(closed_at=None).exclude(unit=world.company.units[WORSE]):
        finding, text = FOUND.get(signal.kpi, NOTHING_FOUND)
        with clock_at(min(moment, world.now)):
            warnings.close(signal, by=quality, version=signal.version, finding=finding, text=text)


def _assess(world: World) -> None:
    company, quality = world.company, world.company.people["quality"]
    scheme = schemes.set_scheme(
        by=quality, unit=company.units["E"], name="站队服务质量月度考核", assessed=Scheme.Assessed.UNITS,
        grain=Grain.MONTH, begins_on=last_over(Grain.MONTH).first,
        lines=[
            Line("complaint-rate", 50, Decimal("3.4"), Decimal("5")),
            Line("on-time-rate", 25, Decimal("90"), Decimal("60")),
            Line("measures-on-time", 25, Decimal("90"), Decimal("50")),
        ],
    )  # fmt: skip
    for card in making.make(scheme, last_over(Grain.MONTH), by=quality):
        card = cards.comment(card, by=quality, version=card.version, comment=COMMENT)
        if card.points is not None:
            cards.issue(card, by=quality, version=card.version)


def _suggest(world: World) -> None:
    company, people = world.company, world.company.people
    manager = people["quality"]
    for author, unit, text, place, benefit, state in SUGGESTIONS:
        row = acts.suggest(
            unit=company.units[unit], by=people[author], text=text, place=place, benefit=benefit
        )
        if state == "new":
            continue
        row = acts.consider(row, by=manager, version=row.version)
        if state == "considered":
            continue
        day = world.now.date() + dt.timedelta(days=20)
        row = acts.adopt(
            row, by=manager, version=row.version, owner=people["luocheng"], due_on=day,
            answer="采纳，本月内落实，谢谢你的提醒。",
        )  # fmt: skip
        if state == "done":
            acts.finish(
                row, by=people["luocheng"], version=row.version, proof="防滑垫已到位，值班表已写明由谁铺设。"
            )
