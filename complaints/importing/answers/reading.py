"""Rows of a wide table -> answers, or what is wrong with them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints.models import Item
from complaints.surveys.index import RANGES, indexer
from incidents.importing.cases import Case, Problem, Row
from incidents.importing.catalogues import UnitCatalogue
from incidents.importing.fields import tidy
from incidents.importing.rows import RowReader
from incidents.importing.stamps import ORDERS
from people.models import Person
from people.tables import text_of

from .guessing import as_figure
from .mapping import BY_NAME, AnswerMapping, Question

COMMENT_LIMIT = 5000


class AnswerReader(RowReader):
    """Understands the rows of one file. `items` are the questions by their position; each of `mapping.questions` stands
    for the one with its code, or for the one in its place where the survey is new."""

    def __init__(self, mapping: AnswerMapping, headings: Sequence[str], by: Person, items: Sequence[Item]):
        mapping.check(headings)
        super().__init__(mapping.options, headings, (mapping.columns[name] for name in mapping.moments))
        self.mapping = mapping
        self.items = items
        self.places = {name: self.headings.index(heading) for name, heading in mapping.columns.items()}
        positions = {item.code: item.position for item in items}
        self.asked = [
            (question, self.headings.index(question.heading), positions.get(question.code, place))
            for place, question in enumerate(mapping.questions)
        ]
        self.width = len(items)
        self.index = indexer(items)
        self.units = UnitCatalogue(mapping.options.unit, by)
        self.default_at = self.default_moment(mapping.options.answered_at)

    def cases(self, rows: Iterable[Row]) -> Iterator[Case]:
        """One answer per row. A number that occurs a second time is an error that names the first row; without numbers
        the second of two equal rows is a second answer."""
        seen: dict[str, int] = {}
        equals: Counter[str] = Counter()
        for number, cells in rows:
            case = Case(rows=[number])
            if len(cells) > len(self.headings):
                self._problem(
                    case, "", text_of(cells[len(self.headings)]),
                    _("The row has more cells than there are headings: a delimiter too many?"),
                )  # fmt: skip
            case.external_id = self._number(case, cells)
            if not case.external_id:
                digest = hashlib.blake2b(
                    "\x1f".join(map(text_of, cells)).encode(), digest_size=12
                ).hexdigest()
                equals[digest] += 1
                if equals[digest] == 2:
                    self.remark(
                        "equal",
                        _(
                            "Some rows are exactly equal: without a number each counts as an answer of its own."
                        ),
                    )
                case.external_id = f"row-{digest}-{equals[digest]}"
            elif (first := seen.setdefault(case.external_id, number)) != number:
                self._problem(
                    case, self.mapping.columns["external_id"], case.external_id,
                    _("This number was used already in row %(first)s."), first=first,
                )  # fmt: skip
            case.values = self._values(case, cells)
            yield case

    def _number(self, case: Case, cells: list) -> str:
        if "external_id" not in self.places:
            return ""
        text = self._text("external_id", case, cells)
        if not text:
            self._problem(case, self.mapping.columns["external_id"], "", _("The number is missing."))
        return text

    def _values(self, case: Case, cells: list) -> dict[str, Any]:
        scores: list[int | None] = [None] * self.width
        words = []
        for question, place, position in self.asked:
            text = text_of(cells[place]).strip()
            if not self.is_given(text):
                continue
            if question.kind == Item.Kind.TEXT:
                words.append(tidy(text))
            else:
                scores[position] = self._score(case, question, text)
        comment = "\n".join(filter(None, words))
        if len(comment) > COMMENT_LIMIT:
            self._problem(case, "", "", _("Longer than %(limit)s characters."), limit=COMMENT_LIMIT)
        if not comment and not any(score is not None for score in scores) and not case.errors:
            self._problem(case, "", "", _("No question is answered in this row."))
        return {
            "scores": scores,
            "index": self.index(scores),
            "comment": comment,
            "unit": self._unit(case, cells),
            "answered_at": self._answered_at(case, cells),
            "group": self._text("group", case, cells),
            "language": self._text("language", case, cells),
        }

    def _score(self, case: Case, question: Question, text: str) -> int | None:
        low, high = RANGES[question.kind]
        if question.values:
            if text not in question.values:
                self._problem(
                    case, question.heading, text, _("This answer is not known: say what it counts.")
                )
                return None
            return question.values[text]
        figure = as_figure(text)
        if figure is None:
            self._problem(case, question.heading, text, _("This is not a whole number."))
            return None
        if figure == 0 and low == 1 and self.options.zero_is_missing:
            self.remark("zero", _("An answer of 0 was read as “not applicable” and left out."))
            return None
        if not low <= figure <= high:
            self._problem(
                case, question.heading, text, _("This lies outside the scale from %(low)s to %(high)s."),
                low=low, high=high,
            )  # fmt: skip
            return None
        return figure

    def _unit(self, case: Case, cells: list):
        text = self._text("unit", case, cells)
        code = self.units.recognise_unit(text) if text else self.options.unit
        unit = self.units.units.get(code)
        heading = self.mapping.columns.get("unit", "")
        if unit is None:
            self._problem(case, heading, text, self.units.unknown_unit(text))
        elif not self.units.may_import(unit):
            self._problem(
                case, heading, text, _("You may import only for units in which you handle complaints or quality.")
            )  # fmt: skip
        return unit

    def _answered_at(self, case: Case, cells: list):
        place = self.places.get("answered_at")
        cell = cells[place] if place is not None else None
        if cell is None or (isinstance(cell, str) and not self.is_given(cell)):
            if self.default_at is None:
                heading = self.mapping.columns.get("answered_at", "")
                self._problem(case, heading, "", _("The date is missing."))
            return self.default_at
        heading = self.headings[place]
        stamp = self.stamp(_year(cell))
        if stamp is None:
            self._problem(
                case, heading, text_of(cell), self.why_no_moment(cell), order=ORDERS.get(self.order)
            )
            return None
        if stamp.moment > self.now:
            self._problem(case, heading, text_of(cell), _("This lies in the future."))
        return stamp.moment

    def _text(self, name: str, case: Case, cells: list) -> str:
        place = self.places.get(name)
        text = tidy(text_of(cells[place])) if place is not None else ""
        if not self.is_given(text):
            return ""
        limit = BY_NAME[name].limit
        if limit and len(text) > limit:
            self._problem(
                case, self.headings[place], text, _("Longer than %(limit)s characters."), limit=limit
            )
        return text

    def _problem(self, case: Case, heading: str, value: str, message: str | Promise, **params: Any) -> None:
        case.problems.append(Problem(case.row, message, params, heading, value))


def _year(cell: Any) -> Any:
    """A bare year counts as its first day."""
    text = text_of(cell)
    return f"{text}-01-01" if len(text) == 4 and text.isdecimal() and "1900" < text < "2200" else cell
