"""What can be imported, and how its column, and the values in it, are recognised in Chinese and English."""

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.search import fold
from incidents.stages import Channel, Severity


@dataclass(frozen=True)
class Field:
    """One of our fields. `headings` are names it goes by elsewhere, the most telling first."""

    name: str
    label: Promise
    headings: str  # separated by commas
    hint: Promise | str = ""
    limit: int = 0  # characters
    events_only: bool = False

    @property
    def known_as(self) -> list[str]:
        return [plain_heading(heading) for heading in self.headings.split(",")]


def plain_heading(heading: str) -> str:
    """A heading without case, width, script and punctuation: "Date_Received " and "date received" are one."""
    return " ".join(re.findall(r"\w+", fold(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", heading))))


FIELDS = [
    Field(
        "external_id",
        _("Number in the source"),
        "number,case id,case number,ticket id,ticket number,incident id,incident number,"
        "complaint id,complaint number,reference,ref,unique key,ticket,id,no,key,index,编号,"
        "留言编号,工单编号,工单号,单号,投诉编号,事件编号,案件编号,案号,序号",
        _("Makes the import repeatable: a number that was imported before is not imported again."),
        limit=120,
    ),
    Field(
        "title",
        _("Title"),
        "title,subject,summary,short description,headline,issue,descriptor,标题,主题,留言主题,摘要,"
        "事由,投诉主题,事件名称,名称",
    ),
    Field(
        "description",
        _("What happened"),
        "description,what happened,details,detail,narrative,consumer complaint narrative,"
        "complaint text,text,body,content,message,comments,complaint,描述,详情,留言详情,内容,"
        "投诉内容,事件描述,情况说明,问题描述,说明,经过",
    ),
    Field(
        "type",
        _("Type"),
        "incident type,complaint type,type,category,product,class,类型,类别,分类,一级分类,投诉类型,"
        "投诉类别,事件类型,问题类型",
    ),
    Field(
        "unit",
        _("Unit"),
        "unit,department,office,division,station,branch,agency,company,单位,部门,责任单位,"
        "被投诉单位,车站,站点,门店,公司",
        _("By its code or its name."),
    ),
    Field(
        "place",
        _("Exact place"),
        "place,location,address,site,where,incident address,地点,位置,发生地点,具体位置,地址",
        limit=200,
    ),
    Field(
        "occurred_at",
        _("When it happened"),
        "occurred at,occurred,incident date,date of incident,incident time,event date,date and time,"
        "date,when,发生时间,发生日期,事发时间,事件时间,时间,日期",
    ),
    Field(
        "reported_at",
        _("Reported"),
        "reported at,reported,date received,received,created at,created date,created,opened at,"
        "opened,submitted,report date,留言时间,上报时间,投诉时间,受理时间,创建时间,登记时间,"
        "提交时间,反映时间",
    ),
    Field(
        "closed_at",
        _("Closed"),
        "closed at,closed date,closed,resolved at,resolved date,resolved,completed at,"
        "completion date,结案时间,办结时间,关闭时间,完成时间,处理完成时间",
        _("A case with this moment is brought over as closed."),
    ),
    Field(
        "state",
        _("State in the source"),
        "incident state,state,status,状态,事件状态,处理状态,办理状态",
    ),
    Field(
        "severity",
        _("Severity"),
        "severity,priority,impact level,level,urgency,严重程度,严重等级,等级,级别,优先级",
    ),
    Field(
        "people_affected",
        _("People affected"),
        "people affected,persons affected,affected,number of people,number affected,影响人数,涉及人数,人数",
    ),
    Field(
        "impact",
        _("Scope of impact"),
        "scope of impact,impact description,影响范围,影响",
        limit=1000,
    ),
    Field(
        "containment",
        _("Done on the spot"),
        "containment,immediate action,action taken,处置措施,现场处置,临时措施,已采取措施",
        limit=2000,
    ),
    Field(
        "channel",
        _("Channel"),
        "channel,submitted via,contact type,how received,source,origin,open data channel type,渠道,"
        "来源,受理渠道,投诉渠道",
    ),
    Field(
        "contact_name",
        _("Contact: name"),
        "contact name,customer name,complainant,caller,caller id,customer,contact,name,姓名,投诉人,"
        "联系人,客户姓名,客户,反映人,留言用户",
        limit=80,
    ),
    Field(
        "contact_phone",
        _("Contact: phone"),
        "phone,telephone,mobile,phone number,contact phone,电话,手机,联系电话,手机号,联系方式",
        limit=30,
    ),
    Field(
        "contact_email",
        _("Contact: e-mail"),
        "email,e mail,mail,email address,邮箱,电子邮件,电子邮箱",
    ),
    Field(
        "event_at",
        _("When the event took place"),
        "sys updated at,updated at,event time,timestamp,complete timestamp,time timestamp,更新时间,操作时间",
        events_only=True,
    ),
    Field(
        "event_by",
        _("Who did it"),
        "sys updated by,updated by,resource,org resource,actor,操作人,更新人",
        limit=80,
        events_only=True,
    ),
]
BY_NAME = {field.name: field for field in FIELDS}
MOMENTS = ("occurred_at", "reported_at", "closed_at", "event_at")
#: Fields whose values are taken from a list of ours.
CHOICES = ("type", "unit", "severity", "channel", "state")


def guess_columns(
    headings: list[str], *, events: bool = False, fields: Sequence[Field] = FIELDS
) -> dict[str, str]:
    """Our field -> their heading, where one is recognised. A heading serves one field; the more telling name wins."""
    plain = {heading: plain_heading(heading) for heading in headings}
    candidates = sorted(
        (place, order, field.name, heading)
        for order, field in enumerate(fields)
        if events or not field.events_only
        for heading in headings
        for place, name in enumerate(field.known_as)
        if plain[heading] == name
    )
    chosen: dict[str, str] = {}
    for _place, _order, name, heading in candidates:
        if name not in chosen and heading not in chosen.values():
            chosen[name] = heading
    if events and "reported_at" in chosen and "occurred_at" not in chosen:
        chosen["occurred_at"] = chosen["reported_at"]
    return chosen


_SEVERITY_WORDS = {
    Severity.MINOR: "minor,low,trivial,negligible,轻微,低,较轻,一般以下",
    Severity.MODERATE: "moderate,medium,normal,一般,中,中等",
    Severity.SERIOUS: "serious,high,severe,较大,高,严重,较重",
    Severity.MAJOR: "major,critical,catastrophic,extreme,重大,特别重大,特大,紧急,非常严重",
}
_CHANNEL_WORDS = {
    Channel.PHONE: "phone,telephone,call,hotline,ivr,电话,热线,来电",
    Channel.QR: (
        "web,website,online,web form,form,app,mobile,self service,portal,qr,网站,网页,网络,小程序,"
        "二维码,公众号"
    ),
    Channel.EMAIL: "email,e mail,mail,邮件,电子邮件,邮箱",
    Channel.ONSITE: "on site,onsite,in person,walk in,direct opening,现场,当面,来访,窗口",
    Channel.INSPECTION: "inspection,audit,patrol,检查,巡查,巡检",
    Channel.SURVEY: "survey,questionnaire,调查,问卷,满意度调查",
}
_CLOSED_WORDS = (
    "closed,resolved,done,completed,complete,finished,solved,archived,已结案,已办结,办结,已关闭,"
    "关闭,已解决,已完成,完成,已归档"
)


@functools.cache
def _words(text: str) -> set[str]:
    return set(map(plain_heading, text.split(",")))


@functools.lru_cache(maxsize=4096)
def guess_severity(value: str) -> str:
    """ "2 - Medium" -> moderate. Words count; a figure only when it stands alone, as our own 1 to 4."""
    plain = plain_heading(value)
    if plain in {"1", "2", "3", "4"}:
        return plain
    for severity, words in _SEVERITY_WORDS.items():
        if re.sub(r"^\d+ ", "", plain) in _words(words):
            return str(int(severity))
    return ""


@functools.lru_cache(maxsize=4096)
def guess_channel(value: str) -> str:
    plain = plain_heading(value)
    if plain in Channel.values:
        return plain
    return next((str(channel) for channel, words in _CHANNEL_WORDS.items() if plain in _words(words)), "")


@functools.lru_cache(maxsize=4096)
def guess_state(value: str) -> str:
    """Is a case in this state over? "closed" or "open"."""
    plain = plain_heading(value)
    return "closed" if plain in _words(_CLOSED_WORDS) or plain.startswith("closed ") else "open"


def tidy(text: str) -> str:
    """Text as somebody would have typed it here: no indentation, no empty lines in a row, no control characters."""
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
