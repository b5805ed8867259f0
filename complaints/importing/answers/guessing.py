"""A first proposal for a file: which of its columns are questions, by the values that stand in them."""

import functools
import re

from complaints.models import Item, SurveyVersion
from incidents.importing.fields import guess_columns, plain_heading
from incidents.importing.sample import Sample
from incidents.search import fold

from .mapping import FIELDS, AnswerMapping, Options, Question

#: Columns of figures that look like answers and are none.
NO_QUESTIONS = {
    "id", "no", "age", "year", "month", "day", "index", "gender", "sex", "number", "flight distance", "delay",
    "编号", "序号", "年龄", "性别", "年", "月", "日", "年份", "月份",
}  # fmt: skip
_RECOMMEND = re.compile(r"recommend|nps|推荐|推薦", re.IGNORECASE)
_OVERALL = re.compile(r"overall|in general|总体|整体|總體|整體", re.IGNORECASE)
_WORDS = re.compile(r"comment|remark|suggestion|feedback|意见|建议|留言|評論|评论|意見|建議", re.IGNORECASE)


def guess(sample: Sample, *, source: str, unit: str, zone: str, name: str) -> AnswerMapping:
    """The mapping of a file that nobody has mapped yet, with a new survey."""
    columns = guess_columns(sample.headings, fields=FIELDS)
    options = Options(source=source, unit=unit, zone=zone, name=name)
    marks = {fold(mark) for mark in options.missing}
    questions = [
        Question(
            heading,
            kind,
            dimension=Item.Dimension.OVERALL if _OVERALL.search(heading) else "",
            weight="0" if kind in (Item.Kind.NPS, Item.Kind.TEXT) else "1",
        )
        for heading in sample.headings
        if heading not in columns.values() and (kind := kind_of(sample, heading, marks))
    ]
    return AnswerMapping(columns, questions, options)


def kind_of(sample: Sample, heading: str, marks: set[str]) -> str:
    """The scale that the values of a column lie on; empty when it is no question."""
    values = [value for value, _count in sample.values(heading) if fold(value) not in marks]
    if not values or plain_heading(heading) in NO_QUESTIONS:
        return ""
    if _WORDS.search(heading):
        return Item.Kind.TEXT
    figures = {as_figure(value) for value in values}
    if None in figures or len(figures) > 11 or len(figures - {0}) < 2:
        return ""
    lowest, highest = min(figures), max(figures)
    if lowest < 0 or highest > 10:
        return ""
    if _RECOMMEND.search(heading):
        return Item.Kind.NPS
    return Item.Kind.LIKERT5 if highest <= 5 else Item.Kind.LIKERT10


@functools.lru_cache(maxsize=4096)
def as_figure(text: str) -> int | None:
    """A whole number as people and spreadsheets write it: "4", "4.0"; None when it is none."""
    found = re.fullmatch(r"([+-]?\d{1,6})(?:\.0+)?", text.strip())
    return int(found[1]) if found else None


def fit(mapping: AnswerMapping, version: SurveyVersion) -> None:
    """Let the columns be the questions of this survey, where code or wording is the same; the others are none."""
    known = {}
    for item in version.items.all():
        for name in (item.code, *item.texts.values()):
            known.setdefault(plain_heading(name), item)
    fitted, used = [], set()
    for question in mapping.questions:
        item = known.get(plain_heading(question.heading))
        if item is not None and item.code not in used:
            used.add(item.code)
            question.code, question.kind, question.dimension = item.code, item.kind, item.dimension
            question.weight = str(item.weight)
            fitted.append(question)
    mapping.questions = fitted
