"""What of a complaint can be imported, and which column of a file means what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.models import Category
from complaints.states import Channel
from incidents.importing.catalogues import Catalogues
from incidents.importing.fields import BY_NAME as OF_CASES
from incidents.importing.fields import Field, guess_channel, plain_heading
from incidents.importing.mapping import Mapping, Options

_SAME = ("external_id", "title", "unit", "place", "contact_name", "contact_phone", "contact_email", "state")

FIELDS = [
    *(OF_CASES[name] for name in _SAME[:2]),
    Field("description", _("What the customer says"), OF_CASES["description"].headings),
    Field(
        "type",
        _("Category"),
        "category,complaint type,type,product,issue type,一级分类,一级标签,投诉类别,投诉类型,类别,类型,分类",
    ),
    OF_CASES["unit"],
    OF_CASES["place"],
    Field("occurred_at", _("When it happened"), "occurred at,occurred,incident date,date of incident,发生时间,事发时间"),
    Field(
        "reported_at",
        _("Received"),
        "date received,received at,received,created at,created date,submitted at,submitted,date,留言时间,"
        "投诉时间,投诉日期,收到时间,收到日期,受理时间,受理日期,来电时间,提交时间,创建时间,登记时间,"
        "客訴時間,收到時間,受理時間,日期,时间",
    ),
    Field(
        "reply",
        _("Reply"),
        "reply,answer,response,company response,company response to consumer,company public response,resolution,"
        "答复意见,答复内容,回复内容,回复,答复,处理结果",
        limit=10_000,
    ),
    Field(
        "replied_at",
        _("Replied"),
        "replied at,reply date,answered at,date of reply,response date,date sent to company,答复时间,回复时间,"
        "答复日期,回复日期",
        _("The time to the reply is measured from receipt to this moment."),
    ),
    Field(
        "closed_at",
        _("Closed"),
        OF_CASES["closed_at"].headings,
        _("Without it a complaint is closed at the moment of its reply."),
    ),
    OF_CASES["state"],
    Field("channel", _("Channel"), OF_CASES["channel"].headings),
    *(OF_CASES[name] for name in _SAME[4:7]),
]  # fmt: skip
BY_NAME = {known.name: known for known in FIELDS}
#: Fields whose values are taken from a list of ours.
CHOICES = ("type", "unit", "channel", "state")

_CHANNELS = {
    Channel.PAPER: "postal mail,mail,letter,post,fax,信件,来信,信函,传真",
    Channel.API: "referral,other system,转办,转交",
    Channel.WEB: "web,website,online,app,网站,网络,小程序,公众号,二维码",
    Channel.EMAIL: "email,e mail,邮件,电子邮件",
}
_OF_INCIDENTS = {
    "qr": Channel.WEB,
    "email": Channel.EMAIL,
    "phone": Channel.PHONE,
    "onsite": Channel.ONSITE,
    "survey": Channel.SURVEY,
}


def channel_of(text: str) -> str:
    """Our channel for somebody's word; empty when none is recognised."""
    plain = plain_heading(text)
    if plain in Channel.values:
        return plain
    for channel, words in _CHANNELS.items():
        if plain in {plain_heading(word) for word in words.split(",")}:
            return str(channel)
    return str(_OF_INCIDENTS.get(guess_channel(text), ""))


@dataclass
class ComplaintOptions(Options):
    """As for incidents; `type` is the code of the category of rows without a known one."""

    channel: str = str(Channel.WEB)
    leave_out_errors: bool = True


@dataclass
class ComplaintMapping(Mapping):
    FIELDS: ClassVar[Sequence[Field]] = FIELDS
    MOMENTS: ClassVar[Sequence[str]] = ("occurred_at", "reported_at", "replied_at", "closed_at")
    OPTIONS: ClassVar[type[Options]] = ComplaintOptions

    options: ComplaintOptions = field(default_factory=ComplaintOptions)

    def lacking(self) -> dict[str, Promise]:
        columns, options, lacking = self.columns, self.options, {}
        if not options.source.strip():
            lacking["source"] = _("Name the system that the file comes from: numbers are unique within it.")
        if not options.also and "title" not in columns and "description" not in columns:
            lacking["description"] = _("Choose a column that says what happened, or one with a title.")
        if "unit" not in columns and not options.unit:
            lacking["unit"] = _("Choose a column for the unit, or one unit for all rows.")
        if not options.occurred_at and "reported_at" not in columns:
            lacking["reported_at"] = _("Choose a column with a date, or one date for all rows.")
        return lacking


class ComplaintCatalogues(Catalogues):
    """Categories instead of types of incidents; a complaint may have none yet."""

    NEEDED = frozenset({"unit"})

    def offered_types(self) -> Iterable[Any]:
        return Category.objects.offered()

    def recognise(self, name: str, text: str) -> str:
        return channel_of(text) if name == "channel" else super().recognise(name, text)

    def get(self, name: str, key: str) -> Any:
        if name == "channel":
            return key if key in Channel.values else None
        return super().get(name, key)
