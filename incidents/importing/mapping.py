"""Which column of a file means what, and what to do where it says nothing."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.jobs import JobFailed
from incidents.models import ColumnMapping
from incidents.stages import Channel

from .fields import FIELDS, MOMENTS, Field, guess_columns

MISSING = ("?", "-", "--", "N/A", "NA", "#N/A", "null", "none", "nil", "无", "不详", "未知", "暂无")
#: Incidents in one transaction. Small enough that people who report meanwhile don't wait for a number.
BATCH = 200
#: The most that one transaction may hold when somebody asks for the whole file at once.
WHOLE_FILE = 20_000


class MappingError(JobFailed):
    """The mapping doesn't fit the file, or lacks something that no default can replace."""


@dataclass
class Options:
    """What a mapping says beyond the columns. Empty defaults mean: a row without a value is an error."""

    source: str = ""  # name of the system that the file comes from
    unit: str = ""  # code of the unit of rows that name none
    type: str = ""  # code of the type
    severity: str = ""
    channel: str = str(Channel.API)
    occurred_at: str = ""  # for files without dates
    date_order: str = "auto"  # auto, ymd, dmy, mdy
    zone: str = settings.TIME_ZONE
    missing: list[str] = field(default_factory=lambda: list(MISSING))
    zero_is_missing: bool = False
    also: list[str] = field(default_factory=list)  # headings of columns that are added to the description
    events: bool = False  # every row is an event of a case, not a case
    encoding: str = ""  # when the guess is wrong
    batch: int = BATCH  # incidents per transaction; 0: the whole file
    leave_out_errors: bool = False  # import the rest of a batch that has rows with errors


@dataclass
class Mapping:
    """What is imported is said by the lists of fields: a mapping of something else has lists of its own."""

    FIELDS: ClassVar[Sequence[Field]] = FIELDS
    MOMENTS: ClassVar[Sequence[str]] = MOMENTS
    OPTIONS: ClassVar[type[Options]] = Options

    columns: dict[str, str] = field(default_factory=dict)  # our field -> their heading
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # our field -> {their value: our value}
    options: Options = field(default_factory=Options)

    @classmethod
    def guessed(cls, headings: Sequence[str], *, events: bool = False, **options: Any) -> "Mapping":
        return cls(
            columns=guess_columns(list(headings), events=events, fields=cls.FIELDS),
            options=cls.OPTIONS(events=events, **options),
        )

    @classmethod
    def from_json(cls, data: dict) -> "Mapping":
        """From what was stored or sent; what isn't ours is left out, so that older files keep working."""
        known = {option.name for option in fields(cls.OPTIONS)}
        ours = {field.name for field in cls.FIELDS}
        columns = {
            name: str(heading)
            for name, heading in data.get("columns", {}).items()
            if name in ours and heading
        }
        values = {
            name: {str(theirs): str(ours) for theirs, ours in table.items()}
            for name, table in data.get("values", {}).items()
            if name in ours
        }
        options = {name: value for name, value in data.get("options", {}).items() if name in known}
        return cls(columns, values, cls.OPTIONS(**options))

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def saved(cls, saved: ColumnMapping) -> "Mapping":
        return cls.from_json({"columns": saved.columns, "values": saved.values, "options": saved.options})

    def fitted(self, headings: Sequence[str]) -> "Mapping":
        """Without the columns that this file doesn't have."""
        kept = {name: heading for name, heading in self.columns.items() if heading in headings}
        options = self.OPTIONS(**asdict(self.options))
        options.also = [heading for heading in options.also if heading in headings]
        return type(self)(kept, self.values, options)

    def lacking(self) -> dict[str, Promise]:
        """What must still be decided before anything can be imported: field or option -> what to say."""
        columns, options = self.columns, self.options
        lacking = {}
        if not options.source.strip():
            lacking["source"] = _("Name the system that the file comes from: numbers are unique within it.")
        if not options.also and "title" not in columns and "description" not in columns:
            lacking["description"] = _("Choose a column that says what happened, or one with a title.")
        if "type" not in columns and not options.type:
            lacking["type"] = _("Choose a column for the type, or one type for all rows.")
        if "unit" not in columns and not options.unit:
            lacking["unit"] = _("Choose a column for the unit, or one unit for all rows.")
        if not options.occurred_at and not {"occurred_at", "reported_at"} & set(columns):
            lacking["occurred_at"] = _("Choose a column with a date, or one date for all rows.")
        if options.events and "external_id" not in columns:
            lacking["external_id"] = _("An event log needs the number of the case in every row.")
        if options.events and "event_at" not in columns:
            lacking["event_at"] = _("An event log needs the moment of every event.")
        return lacking

    def check(self, headings: Sequence[str]) -> None:
        """Raise MappingError when this mapping can't be used on a file with these headings."""
        named = [*self.columns.values(), *self.options.also]
        if absent := [heading for heading in named if heading not in headings]:
            raise MappingError(
                _("The file has no column “%(heading)s”, which the mapping names."), heading=absent[0]
            )
        if lacking := self.lacking():
            raise MappingError(next(iter(lacking.values())))

    @property
    def moments(self) -> list[str]:
        """The mapped fields that hold moments."""
        return [name for name in self.MOMENTS if name in self.columns]

    @property
    def batch_size(self) -> int:
        return min(self.options.batch or WHOLE_FILE, WHOLE_FILE)


def source_from(filename: str) -> str:
    """A first proposal for the source's name."""
    stem = re.sub(r"(\.csv|\.xlsx|\.gz|\.txt|\.tsv)+$", "", filename.lower())
    return re.sub(r"\W+", "-", stem).strip("-")[:60]


#: Field names in the order in which the page shows them.
ORDER = [field.name for field in FIELDS]
