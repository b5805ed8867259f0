"""Which columns of a file are questions of a survey, and what the rest of them mean."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from complaints.models import Item
from incidents.importing.fields import Field
from incidents.importing.mapping import MISSING, MappingError

#: Answers in one transaction.
BATCH = 1000
#: As many questions as a survey may have.
MOST_QUESTIONS = 200

FIELDS = (
    Field(
        "external_id",
        _("Number in the source"),
        "response id,respondent id,answer id,submission id,id,no,number,编号,问卷编号,答卷编号,序号",
        _("Makes the import repeatable. Without it two equal rows count as two answers."),
        limit=120,
    ),
    Field(
        "answered_at",
        _("When it was answered"),
        "answered at,submitted at,completed at,end date,response date,timestamp,date,time,year,答题时间,"
        "提交时间,填写时间,作答时间,日期,时间",
    ),
    Field("unit", _("Unit"), "unit,department,station,branch,单位,部门,车站,站点,门店", _("By its code or its name.")),
    Field(
        "group",
        _("Group"),
        "group,class,segment,customer type,type of travel,客群,分组,客户类型,舱位,类别",
        _("Results are also shown for each value of this column."),
        limit=60,
    ),
    Field("language", _("Language"), "language,lang,语言", limit=10),
)  # fmt: skip
BY_NAME = {known.name: known for known in FIELDS}


@dataclass
class Question:
    """A column that is a question. `values` says what the answers of a choice count, 0 to 100; without it its figures do."""

    heading: str
    kind: str = Item.Kind.LIKERT5
    code: str = ""  # of the survey's question; made from the heading where the survey is new
    dimension: str = ""
    weight: str = "1"
    values: dict[str, int] = field(default_factory=dict)

    @property
    def exact_weight(self) -> Decimal:
        try:
            return Decimal(self.weight)
        except InvalidOperation:
            raise MappingError(_("“%(value)s” is not a weight."), value=self.weight) from None


@dataclass
class Options:
    """What a mapping says beyond the columns."""

    source: str = ""
    survey: str = ""  # its key; empty: a new one is made
    name: str = ""  # of the new survey
    unit: str = ""  # code of the unit of rows that name none, and of the new survey
    answered_at: str = ""  # for files without dates
    date_order: str = "auto"
    zone: str = settings.TIME_ZONE
    missing: list[str] = field(default_factory=lambda: list(MISSING))
    zero_is_missing: bool = True  # 0 on a scale that begins with 1: "not applicable"
    encoding: str = ""
    batch: int = BATCH
    leave_out_errors: bool = True  # a row with an error is left out, all of it; the others come in


@dataclass
class AnswerMapping:
    columns: dict[str, str] = field(default_factory=dict)  # our field -> their heading
    questions: list[Question] = field(default_factory=list)
    options: Options = field(default_factory=Options)

    @classmethod
    def from_json(cls, data: dict) -> "AnswerMapping":
        """From what was stored or sent; what isn't ours is left out, so that older rows keep working."""
        options = {known.name for known in fields(Options)}
        parts = {known.name for known in fields(Question)}
        return cls(
            {name: str(heading) for name, heading in data.get("columns", {}).items() if name in BY_NAME and heading},
            [
                Question(**{name: value for name, value in told.items() if name in parts})
                for told in data.get("questions", [])
            ],
            Options(**{name: value for name, value in data.get("options", {}).items() if name in options}),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def moments(self) -> list[str]:
        return [name for name in ("answered_at",) if name in self.columns]

    @property
    def batch_size(self) -> int:
        return max(1, self.options.batch or BATCH)

    def lacking(self) -> dict[str, Promise]:
        """What must still be decided before anything can be imported: field or option -> what to say."""
        options, lacking = self.options, {}
        if not options.source.strip():
            lacking["source"] = _("Name the system that the file comes from: numbers are unique within it.")
        if not self.questions:
            lacking["questions"] = _("Choose at least one column that is a question.")
        if len(self.questions) > MOST_QUESTIONS:
            lacking["questions"] = _("These are more questions than a survey can have.")
        if not options.survey and not options.name.strip():
            lacking["name"] = _("Name the new survey, or choose one.")
        if not options.unit and ("unit" not in self.columns or not options.survey):
            lacking["unit"] = _("Choose a column for the unit, or one unit for all rows.")
        if not options.answered_at and "answered_at" not in self.columns:
            lacking["answered_at"] = _("Choose a column with a date, or one date for all rows.")
        return lacking

    def check(self, headings: Sequence[str]) -> None:
        """Raise MappingError when this mapping can't be used on a file with these headings."""
        named = [*self.columns.values(), *(question.heading for question in self.questions)]
        if absent := [heading for heading in named if heading not in headings]:
            raise MappingError(
                _("The file has no column “%(heading)s”, which the mapping names."), heading=absent[0]
            )
        if lacking := self.lacking():
            raise MappingError(next(iter(lacking.values())))
        codes = [question.code for question in self.questions if question.code]
        if len(codes) != len(set(codes)):
            raise MappingError(_("Two columns are mapped to the same question."))


def code_of(heading: str, taken: set[str]) -> str:
    """A code for a new question: its heading in small Latin letters, or its number."""
    code = slugify(heading)[:50] or f"q{len(taken) + 1}"
    plain, again = code, 2
    while code in taken:
        code, again = f"{plain}-{again}", again + 1
    taken.add(code)
    return code


def is_chinese(text: str) -> bool:
    return bool(re.search(r"[一-鿿]", text))
