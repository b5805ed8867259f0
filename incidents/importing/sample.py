"""The beginning of a file, for the page where its columns are mapped: examples, values that occur, a preview."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from django.core.files import File

from people.models import Person
from people.tables import TableError, read_table, text_of

from .cases import Case, Row
from .catalogues import Catalogues
from .mapping import Mapping
from .reading import Reader

ROWS = 5000
PREVIEWED = 6


@dataclass
class Sample:
    """Up to 5,000 rows. `torn` says that the file breaks off within them."""

    MAPPING: ClassVar[type[Mapping]] = Mapping
    READER: ClassVar[type[Reader]] = Reader

    headings: list[str]
    rows: list[Row]
    kind: str
    encoding: str
    sheet: str
    by: Person
    torn: TableError | None = None
    _values: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, file: File, name: str, *, by: Person, encoding: str = "") -> "Sample":
        """Raises TableError when the file can't be read at all."""
        with read_table(file, name, encoding=encoding, repeated_headings=True) as table:
            rows: list[Row] = []
            torn = None
            try:
                rows.extend(itertools.islice(table.rows, ROWS))
            except TableError as error:
                torn = error
            return cls(table.headings, rows, table.kind, table.encoding, table.sheet, by, torn)

    def example(self, heading: str) -> str:
        """What stands in this column, the first time anything does."""
        if heading not in self.headings:
            return ""
        place = self.headings.index(heading)
        return next((text_of(cells[place]) for _number, cells in self.rows if text_of(cells[place])), "")

    def values(self, heading: str) -> list[tuple[str, int]]:
        """The values of a column with how often each occurs, the most frequent first."""
        if heading not in self.headings:
            return []
        if heading not in self._values:
            place = self.headings.index(heading)
            counted = Counter(text_of(cells[place]) for _number, cells in self.rows)
            del counted[""]
            self._values[heading] = counted.most_common()
        return self._values[heading]

    def recognise(self, name: str, value: str) -> str:
        """Which of ours a value of theirs probably is; empty when none is recognised."""
        return self._catalogues.recognise(name, value)

    @cached_property
    def _catalogues(self) -> Catalogues:
        return self.READER.CATALOGUES(self.MAPPING(), self.by)

    def guess(self, *, events: bool = False, **options) -> Mapping:
        """The columns recognised by their headings, without those whose values say that they are something else.

        "State" may be a part of a country, and "company" one that we know nothing of.
        """
        mapping = self.MAPPING.guessed(self.headings, events=events, **options)
        for name in ("state", "unit"):
            values = [value for value, _count in self.values(mapping.columns.get(name, ""))]
            if values and not any(self.recognise(name, value) not in {"", "open"} for value in values):
                del mapping.columns[name]
        return mapping

    def preview(self, mapping: Mapping) -> tuple[Sequence[Case], list[dict]]:
        """The first cases as they would be imported, and the remarks. Raises MappingError."""
        reader = self.READER(mapping, self.headings, self.by)
        reader.survey(self.rows)
        cases = list(itertools.islice(reader.cases(self.rows), PREVIEWED))
        return cases, reader.remarks
