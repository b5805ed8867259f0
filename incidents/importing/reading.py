"""Rows of a file -> cases as we understand them, or what is wrong with them."""

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Mapping_
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.identify import title_from
from incidents.jobs import sentence
from incidents.models import Incident
from incidents.stages import Channel, ReporterKind
from people.models import Person
from people.tables import Cell, text_of

from .cases import Case, Happening, Problem, Row
from .catalogues import Catalogues
from .fields import BY_NAME, Field, tidy
from .mapping import Mapping
from .rows import RowReader
from .stamps import ORDERS

TITLE_LIMIT = Incident._meta.get_field("title").max_length
DESCRIPTION_LIMIT = 20_000
NAMED = 12  # values that a remark names


class Reader(RowReader):
    """Understands the rows of one file by one mapping, for the person who imports it."""

    CATALOGUES: ClassVar[type[Catalogues]] = Catalogues
    LABELS: ClassVar[Mapping_[str, Field]] = BY_NAME

    def __init__(self, mapping: Mapping, headings: Sequence[str], by: Person):
        mapping.check(headings)
        super().__init__(mapping.options, headings, (mapping.columns[name] for name in mapping.moments))
        self.mapping, self.by = mapping, by
        self.places = {name: self.headings.index(heading) for name, heading in mapping.columns.items()}
        self.also = [(heading, self.headings.index(heading)) for heading in mapping.options.also]
        self.catalogues = self.CATALOGUES(mapping, by)
        self.unknown: dict[str, dict[str, None]] = defaultdict(
            dict
        )  # field -> values replaced by the default
        self.default_at = self.default_moment(self.options.occurred_at)

    @property
    def remarks(self) -> list[dict]:
        """What had to be assumed for the whole file, as kept sentences."""
        unknown = [
            sentence(
                _("%(field)s: not known here, the default was taken: %(values)s"),
                field=sentence(self.LABELS[name].label),
                values=[*list(values)[:NAMED], *(["…"] if len(values) > NAMED else [])],
            )
            for name, values in self.unknown.items()
        ]
        return [*super().remarks, *unknown]

    # The whole file ------------------------------------------------------------------------------------------------
    def cases(self, rows: Iterable[Row]) -> Iterator[Case]:
        """Second pass: one case per row, or per number in an event log, each with its problems.

        A number that occurs a second time is an error that names the first row.
        """
        if self.options.events:
            yield from self._cases_of_log(rows)
            return
        seen: dict[str, tuple[int, bytes]] = {}
        for number, cells in rows:
            digest = hashlib.blake2b("\x1f".join(map(text_of, cells)).encode(), digest_size=12).digest()
            case = self._case([(number, cells)], digest)
            if case.external_id and (first := seen.setdefault(case.external_id, (number, digest))) != (
                number,
                digest,
            ):
                case.problems.append(self._repeated(number, case, first, digest))
            yield case

    def _repeated(self, number: int, case: Case, first: tuple[int, bytes], digest: bytes) -> Problem:
        if first[1] == digest:
            return Problem(number, _("This row repeats row %(first)s exactly."), {"first": first[0]})
        return Problem(
            number, _("This number was used already in row %(first)s."), {"first": first[0]},
            self.mapping.columns.get("external_id", ""), case.external_id,
        )  # fmt: skip

    def _cases_of_log(self, rows: Iterable[Row]) -> Iterator[Case]:
        """Rows of a case need not stand together: they are gathered first, only with the columns that matter."""
        used = sorted({*self.places.values(), *(place for _heading, place in self.also)})
        width = len(self.headings)
        groups: dict[str, list[Row]] = {}
        for number, cells in rows:
            kept: list[Cell] = [None] * width
            for place in used:
                kept[place] = cells[place]
            if len(cells) > width:
                kept.append(cells[width])
            groups.setdefault(text_of(cells[self.places["external_id"]]), []).append((number, kept))
        for key in list(groups):
            yield self._case(groups.pop(key), b"")

    # One case --------------------------------------------------------------------------------------------------------
    def _case(self, rows: list[Row], digest: bytes) -> Case:
        case = Case(rows=[number for number, _cells in rows])
        for number, cells in rows:
            if len(cells) > len(self.headings):
                case.problems.append(
                    Problem(
                        number, _("The row has more cells than there are headings: a delimiter too many?"), {}, "",
                        text_of(cells[len(self.headings)]),
                    )
                )  # fmt: skip
        if self.options.events:
            rows = self._in_order(case, rows)
        told = Told(self, case, rows)
        case.external_id = told.text("external_id") or (f"row-{digest.hex()}" if digest else "")
        if "external_id" in self.places and not told.text("external_id"):
            told.problem("external_id", _("The number is missing."))
        case.values = self._values(told)
        self._close(told)
        self._check_times(told)
        return case

    def _in_order(self, case: Case, rows: list[Row]) -> list[Row]:
        """The events of a case by their moments; each becomes part of its history."""
        place, heading = self.places["event_at"], self.mapping.columns["event_at"]
        dated = []
        for number, cells in rows:
            stamp = self.stamp(cells[place])
            if stamp is None:
                case.problems.append(
                    Problem(number, _("This is not a date and time."), {}, heading, text_of(cells[place]))
                )
                continue
            dated.append((stamp.moment, number, cells))
        dated.sort(key=lambda event: event[:2])
        for moment, number, cells in dated:
            state, who = (
                text_of(cells[self.places[name]]) if name in self.places else ""
                for name in ("state", "event_by")
            )
            case.history.append(Happening(moment, state, who, number))
        return [(number, cells) for _moment, number, cells in dated] or rows

    def _values(self, told: "Told") -> dict[str, Any]:
        description, title = tidy(told.text("description")), " ".join(told.text("title").split())
        more = [f"{heading}: {value}" for heading, value in told.also()]
        if len(title) > TITLE_LIMIT:  # nothing is lost: what doesn't fit begins the description
            description, title = f"{title}\n{description}".strip(), title_from(title)
        description = "\n".join([*filter(None, [description or ("" if more else title)]), *more])
        if not description:
            told.problem("description", _("Nothing says what happened."))
        if len(description) > DESCRIPTION_LIMIT:
            told.problem("description", _("Longer than %(limit)s characters."), limit=DESCRIPTION_LIMIT)
        occurred, reported = told.moment("occurred_at"), told.moment("reported_at")
        occurred = occurred or reported or self.default_at
        if occurred is None and not told.has_problem("occurred_at", "reported_at"):
            told.problem("occurred_at", _("The date is missing."))
        contact = {part: told.limited(f"contact_{part}") for part in ("name", "phone")} | {
            "email": told.email()
        }
        return {
            "type": told.choice("type"),
            "unit": told.choice("unit"),
            "title": title,
            "description": description,
            "place": told.limited("place"),
            "occurred_at": occurred,
            "reported_at": reported or occurred,
            "people_affected": told.whole("people_affected"),
            "impact": told.limited("impact"),
            "containment": told.limited("containment"),
            "severity": told.choice("severity"),
            "channel": told.choice("channel") or Channel.API,
            "reporter_kind": ReporterKind.OTHER,
            "contact": contact if any(contact.values()) else None,
            "external_source": self.options.source,
            "external_id": told.case.external_id,
        }

    def _close(self, told: "Told") -> None:
        """Was it over in the source? A state decides where there is one; else the moment of closing."""
        closed = told.moment("closed_at")
        state = told.choice("state") if "state" in self.places else ""
        if state == "open":
            return
        if state == "closed" and closed is None and told.case.history:
            closed = told.case.history[-1].at
        if state == "closed" and closed is None and not told.has_problem("closed_at"):
            told.problem("state", _("It is closed, but nothing says when."))
        told.case.closed_at = closed
        if closed is not None and told.case.values["severity"] is None and not told.has_problem("severity"):
            told.problem("severity", _("A closed case needs a severity: choose one for rows that have none."))

    def _check_times(self, told: "Told") -> None:
        values, closed = told.case.values, told.case.closed_at
        occurred, reported = values["occurred_at"], values["reported_at"]
        for name, moment in (("occurred_at", occurred), ("reported_at", reported), ("closed_at", closed)):
            if moment is not None and moment > self.now and name in self.places:
                told.problem(name, _("This lies in the future."))
        if reported is not None and occurred is not None and reported < occurred:
            told.problem("reported_at", _("It was reported before it happened."))
        elif closed is not None and reported is not None and closed < reported:
            told.problem("closed_at", _("It was closed before it was reported."))


class Told:
    """What the rows of one case say: per field the last row that says anything. Problems go to the case."""

    def __init__(self, reader: Reader, case: Case, rows: list[Row]):
        self.reader, self.case = reader, case
        self.newest_first = rows[::-1]
        self.at: dict[str, int] = {}  # where a field's value was found
        self.moments: dict[str, dt.datetime | None] = {}

    def cell(self, name: str) -> Cell:
        place = self.reader.places.get(name)
        if place is None:
            return None
        for number, cells in self.newest_first:
            cell = cells[place]
            if cell is not None and (not isinstance(cell, str) or self.reader.is_given(cell)):
                self.at[name] = number
                if isinstance(cell, str) and cell.startswith("="):
                    self.reader.remark("formula", _("Formulas were taken as text and not worked out."))
                return cell
        return None

    def text(self, name: str) -> str:
        return text_of(self.cell(name))

    def problem(self, name: str, message: str | Promise, **params: Any) -> None:
        self.case.problems.append(
            Problem(
                self.at.get(name, self.newest_first[0][0]), message, params,
                self.reader.mapping.columns.get(name) or str(self.reader.LABELS[name].label), self.text(name),
            )
        )  # fmt: skip

    def has_problem(self, *names: str) -> bool:
        columns = {self.reader.mapping.columns.get(name) for name in names} - {None}
        return any(problem.column in columns for problem in self.case.problems)

    def also(self) -> list[tuple[str, str]]:
        """The columns that are added to the description."""
        _number, cells = self.newest_first[0]
        told = ((heading, tidy(text_of(cells[place]))) for heading, place in self.reader.also)
        return [(heading, text) for heading, text in told if self.reader.is_given(text)]

    def limited(self, name: str) -> str:
        text, limit = tidy(self.text(name)), self.reader.LABELS[name].limit
        if len(text) > limit:
            self.problem(name, _("Longer than %(limit)s characters."), limit=limit)
        return text

    def email(self) -> str:
        text = self.text("contact_email")
        if text:
            try:
                validate_email(text)
            except ValidationError:
                self.problem("contact_email", _("This is not an e-mail address."))
        return text

    def whole(self, name: str) -> int | None:
        text = re.sub(r"(?<=\d)[,\s](?=\d{3}\b)", "", self.text(name)).removesuffix("人").strip()
        if not text or (text == "0" and self.reader.options.zero_is_missing):
            return None
        if not text.isdecimal() or int(text) > 10_000_000:
            self.problem(name, _("This is not a whole number."))
            return None
        return int(text)

    def moment(self, name: str) -> dt.datetime | None:
        cell = self.cell(name)
        if cell is None:
            return None
        stamp = self.reader.stamp(cell)
        if stamp is None:
            self.problem(name, self.reader.why_no_moment(cell), order=ORDERS[self.reader.order])
            return None
        return stamp.moment

    def choice(self, name: str) -> Any:
        """Their value as one of ours: by the mapping's list of values, else recognised, else the default."""
        catalogues, text = self.reader.catalogues, self.text(name)
        table = self.reader.mapping.values.get(name, {})
        if name == "severity" and text == "0":
            text = ""  # not applicable
        ours = table[text] if text in table else catalogues.recognise(name, text) if text else ""
        default = catalogues.default(name)
        if text and text not in table and not ours and (not default or name == "unit"):
            self.problem(name, catalogues.unknown(name, text))
            return None
        if text and not ours and text not in table:
            self.reader.unknown[name][text] = None
        found = catalogues.get(name, ours or default)
        if found is None and name in catalogues.NEEDED:
            self.problem(name, catalogues.unknown(name, text))
        elif name == "unit" and found is not None and not catalogues.may_import(found):
            self.problem(name, _("You may import only for units in which you handle complaints or quality."))
        return found
