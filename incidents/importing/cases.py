"""What a file says about one incident, and what is wrong with its rows."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from incidents.jobs import sentence
from incidents.models import RowError
from people.tables import Cell

Row = tuple[int, list[Cell]]


@dataclass
class Problem:
    """Something about one row: an error that keeps it out, or a note."""

    row: int
    message: str | Promise
    params: dict[str, Any] = field(default_factory=dict)
    column: str = ""
    value: str = ""
    level: str = RowError.Level.ERROR

    @property
    def text(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)

    def kept(self, job) -> RowError:
        params = {
            name: sentence(value) if isinstance(value, Promise) else value
            for name, value in self.params.items()
        }
        said = sentence(self.message, **params)
        return RowError(
            job=job, row=self.row, level=self.level, column=self.column[:120], value=self.value[:200],
            text=said["text"], params=said["params"],
        )  # fmt: skip


@dataclass
class Happening:
    """One event of a case's life elsewhere."""

    at: dt.datetime
    state: str
    who: str
    row: int


@dataclass
class Case:
    """One incident as the file tells it: `values` are the arguments of `identify.report`."""

    rows: list[int]
    external_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    closed_at: dt.datetime | None = None
    history: list[Happening] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def row(self) -> int:
        return self.rows[0]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == RowError.Level.ERROR]
