"""Rows of a file -> cases as we understand them, or what is wrong with them."""

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.identify import title_from
from incidents.jobs import sentence
from incidents.models import Incident
from incidents.search import fold
from incidents.stages import Channel, ReporterKind
from people.models import Person
from people.tables import Cell, text_of

from .cases import Case, Happening, Problem, Row
from .catalogues import Catalogues
from .fields import BY_NAME, guess_channel, guess_severity, guess_state, tidy
from .mapping import Mapping, MappingError
from .stamps import CERTAIN, ORDERS, Stamp, read_stamp, readable_orders, survey_orders

TITLE_LIMIT = Incident._meta.get_field("title").max_length
DESCRIPTION_LIMIT = 20_000
NAMED = 12  # values that a remark names


class Reader:
    """Understands the rows of one file by one mapping, for the person who imports it."""

    def __init__(self, mapping: Mapping, headings: Sequence[str], by: Person):
        mapping.check(headings)
        self.mapping, self.options, self.by = mapping, mapping.options, by
        self.headings = list(headings)
        self.places = {name: self.headings.index(heading) for name, heading in mapping.columns.items()}
        self.also = [(heading, self.headings.index(heading)) for heading in mapping.options.also]
        self.missing = {fold(marker) for marker in mapping.options.missing} | {""}
        self.longest_marker = max(map(len, self.missing))
        self.order = mapping.options.date_order
        self.catalogues = Catalogues(mapping, by)
        self._remarks: dict[str, dict] = {}
        self.unknown: dict[str, dict[str, None]] = defaultdict(
            dict
        )  # field -> values replaced by the default
        self.default_moment = self._default_moment()
        self.now = timezone.now() + dt.timedelta(minutes=5)

    def _default_moment(self) -> dt.datetime | None:
        if not self.options.occurred_at:
            return None
        stamp = read_stamp(self.options.occurred_at, "ymd", self.options.zone)
        if stamp is None:
            raise MappingError(_("“%(value)s” is not a date."), value=self.options.occurred_at)
        return stamp.moment

    def remark(self, key: str, message: str | Promise, **params: Any) -> None:
        """Say something once for the whole file."""
        if key not in self._remarks:
            self._remarks[key] = sentence(message, **params)

    @property
    def remarks(self) -> list[dict]:
        """What had to be assumed for the whole file, as kept sentences."""
        unknown = [
            sentence(
                _("%(field)s: not known here, the default was taken: %(values)s"),
                field=sentence(BY_NAME[name].label),
                values=[*list(values)[:NAMED], *(["…"] if len(values) > NAMED else [])],
            )
            for name, values in self.unknown.items()
        ]
        return [*self._remarks.values(), *unknown]

    # The whole file ------------------------------------------------------------------------------------------------
    def survey(self, rows: Iterable[Row]) -> int:
        """First pass: count the rows, and find out in which order the dates are written. Raises MappingError.

        A file that breaks off is counted up to there: reading it again says where.
        """
        places = [self.places[name] for name in self.mapping.moments]
        texts: dict[str, None] = {}
        count = 0
        for _number, cells in rows:
            count += 1
            texts |= dict.fromkeys(cells[place] for place in places if isinstance(cells[place], str))
        if self.order == "auto":
            self._settle_order(text for text in texts if self._is_given(text))
        return count

    def _settle_order(self, texts: Iterable[str]) -> None:
        survey = survey_orders(texts)
        order = survey.settle()
        if order is None:
            raise MappingError(
                _(
                    "It can't be told whether %(example)s names the day or the month first: choose the order of dates."
                ),
                example=survey.example,
            )
        self.order = order
        if survey.is_mixed:
            self.remark(
                "mixed",
                _("The dates are not all written alike: most are read as %(order)s."),
                order=sentence(ORDERS[order]),
            )
        elif order != "ymd":
            self.remark("order", _("Dates were read as %(order)s."), order=sentence(ORDERS[order]))

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
        told = _Told(self, case, rows)
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
            stamp = read_stamp(cells[place], self.order, self.options.zone)
            if stamp is None:
                case.problems.append(
                    Problem(number, _("This is not a date and time."), {}, heading, text_of(cells[place]))
                )
                continue
            self._assumed(stamp)
            dated.append((stamp.moment, number, cells))
        dated.sort(key=lambda event: event[:2])
        for moment, number, cells in dated:
            state, who = (
                text_of(cells[self.places[name]]) if name in self.places else ""
                for name in ("state", "event_by")
            )
            case.history.append(Happening(moment, state, who, number))
        return [(number, cells) for _moment, number, cells in dated] or rows

    def _values(self, told: "_Told") -> dict[str, Any]:
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
        occurred = occurred or reported or self.default_moment
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

    def _close(self, told: "_Told") -> None:
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

    def _check_times(self, told: "_Told") -> None:
        values, closed = told.case.values, told.case.closed_at
        occurred, reported = values["occurred_at"], values["reported_at"]
        for name, moment in (("occurred_at", occurred), ("reported_at", reported), ("closed_at", closed)):
            if moment is not None and moment > self.now and name in self.places:
                told.problem(name, _("This lies in the future."))
        if reported is not None and occurred is not None and reported < occurred:
            told.problem("reported_at", _("It was reported before it happened."))
        elif closed is not None and reported is not None and closed < reported:
            told.problem("closed_at", _("It was closed before it was reported."))

    # Assumptions -----------------------------------------------------------------------------------------------------
    def _is_given(self, text: str) -> bool:
        return len(text) > self.longest_marker + 8 or fold(text.strip()) not in self.missing

    def _assumed(self, stamp: Stamp) -> None:
        if not stamp.zoned:
            self.remark(
                "zone", _("Times name no zone: they were read as those of %(zone)s."), zone=self.options.zone
            )
        if stamp.twelve_hours:
            self.remark("hours", _("Times with AM and PM were read on the 12-hour clock."))
        if not stamp.timed:
            self.remark("midnight", _("Dates without a time count as the beginning of that day."))


class _Told:
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
            if cell is not None and (not isinstance(cell, str) or self.reader._is_given(cell)):
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
                self.reader.mapping.columns.get(name) or str(BY_NAME[name].label), self.text(name),
            )
        )  # fmt: skip

    def has_problem(self, *names: str) -> bool:
        columns = {self.reader.mapping.columns.get(name) for name in names} - {None}
        return any(problem.column in columns for problem in self.case.problems)

    def also(self) -> list[tuple[str, str]]:
        """The columns that are added to the description."""
        _number, cells = self.newest_first[0]
        told = ((heading, tidy(text_of(cells[place]))) for heading, place in self.reader.also)
        return [(heading, text) for heading, text in told if self.reader._is_given(text)]

    def limited(self, name: str) -> str:
        text, limit = tidy(self.text(name)), BY_NAME[name].limit
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
        stamp = read_stamp(cell, self.reader.order, self.reader.options.zone)
        if stamp is None:
            self.problem(name, self._why_no_moment(cell), order=ORDERS[self.reader.order])
            return None
        self.reader._assumed(stamp)
        return stamp.moment

    def _why_no_moment(self, cell: Cell) -> Promise:
        orders = readable_orders(cell) if isinstance(cell, str) else frozenset()
        if orders and orders != CERTAIN and self.reader.order in ORDERS and self.reader.order not in orders:
            return _("This is not a date in the order %(order)s.")
        return _("This is not a date and time.")

    def choice(self, name: str) -> Any:
        """Their value as one of ours: by the mapping's list of values, else recognised, else the default."""
        catalogues, text = self.reader.catalogues, self.text(name)
        table = self.reader.mapping.values.get(name, {})
        if name == "severity" and text == "0":
            text = ""  # not applicable
        ours = table[text] if text in table else _RECOGNISE[name](catalogues, text) if text else ""
        default = catalogues.default(name)
        if text and text not in table and not ours and (not default or name == "unit"):
            self.problem(name, catalogues.unknown(name, text))
            return None
        if text and not ours and text not in table:
            self.reader.unknown[name][text] = None
        found = catalogues.get(name, ours or default)
        if found is None and name in {"type", "unit"}:
            self.problem(name, catalogues.unknown(name, text))
        elif name == "unit" and not catalogues.may_import(found):
            self.problem(name, _("You may import only for units in which you handle complaints or quality."))
        return found


_RECOGNISE = {
    "type": lambda catalogues, text: catalogues.recognise_type(text),
    "unit": lambda catalogues, text: catalogues.recognise_unit(text),
    "severity": lambda catalogues, text: guess_severity(text),
    "channel": lambda catalogues, text: guess_channel(text),
    "state": lambda catalogues, text: guess_state(text),
}
