"""A whole file of figures: tried (dry run) or imported, in batches, as a job that can be resumed."""

import datetime as dt
from collections.abc import Iterable, Sequence

from history.recording import plain
from incidents.importing.batches import CaseRefused, FileRun
from incidents.importing.cases import Case, Problem
from incidents.jobs import Work
from metrics import volumes
from metrics.volumes import Book, Entry, Outcome
from people.models import Person, Role, Unit

from .mapping import VolumeMapping
from .reading import Told, VolumeReader


def check_file(work: Work) -> None:
    """The dry run: everything but the writing."""
    _VolumeRun(work, dry=True).run()


def import_file(work: Work) -> None:
    _VolumeRun(work, dry=False).run()


def may_import(person: Person) -> bool:
    """Is there any unit for which this person may enter figures?"""
    return person.is_active and person.has_any_role(Role.QUALITY)


class _VolumeRun(FileRun):
    """A row counts for as many figures as would be written; what differs from an earlier import is a new version."""

    COUNTS = (*FileRun.COUNTS, "revised")
    NOT_ALLOWED = volumes.NOT_KEPT

    def __init__(self, work: Work, *, dry: bool):
        super().__init__(work, dry=dry)
        self.book = Book(work.by)

    def may_import(self, person: Person) -> bool:
        return may_import(person)

    def mapping_of(self, options: dict) -> VolumeMapping:
        return VolumeMapping.from_json(options)

    def reader_of(self, headings: Sequence[str]) -> VolumeReader:
        return VolumeReader(self.mapping, headings, self.work.by, self.book.known)

    def size(self, case: Case) -> int:
        return case.values.get("size", 0)

    def sorted_out(self, batch: list[Case]) -> tuple[list[Case], list[Case], list[Case]]:
        told = [(case, told) for case in batch if not case.errors for told in case.values["told"]]
        problems, current = self.book.check([told.entry for _case, told in told])
        for place, problem in problems.items():
            case, wrong = told[place]
            case.problems.append(_problem(wrong, problem))
        new, unchanged = [], []
        for case in batch:
            found = case.values.get("told", [])
            if case.errors or not found:
                continue
            differing = [told.entry for told in found if volumes.differs(told.entry, current)]
            case.values["size"] = len(differing) or len(found)
            case.values["revised"] = sum(entry.key in current for entry in differing)
            (new if differing else unchanged).append(case)
        return new, unchanged, []

    def write(self, cases: Iterable[Case]) -> None:
        """The cases as they are now: what others entered since they were sorted out is looked at again."""
        cases = list(cases)
        told = [(case, told) for case in cases for told in case.values["told"]]
        entries = [told.entry for _case, told in told]
        if not entries:
            return
        volumes.hold(entries)
        self.book.forget()
        problems, current = self.book.check(entries)
        for place, problem in problems.items():
            case, wrong = told[place]
            raise CaseRefused(case, _problem(wrong, problem))
        outcome = volumes.store(entries, current, by=self.work.by, source=self.work.job.name)
        self._remember(entries, outcome)

    def counted(self, batch: list[Case], created: list[Case]) -> dict[str, int]:
        return {"revised": sum(case.values.get("revised", 0) for case in created)}

    def _remember(self, entries: list[Entry], outcome: Outcome) -> None:
        """What the event at the end will tell, also when another worker goes on with the file."""
        held = self.work.summary.setdefault("told", {"series": [], "units": [], "new": 0, "revised": 0})
        days = [entry.period.first for entry in entries]
        self.work.summary["told"] = {
            "series": sorted({*held["series"], *(entry.series for entry in entries)}),
            "units": sorted({*held["units"], *(entry.unit.pk for entry in entries)}),
            "new": held["new"] + outcome.new,
            "revised": held["revised"] + outcome.revised,
            "first": min([plain(min(days)), *([held["first"]] if "first" in held else [])]),
            "last": max([plain(max(days)), *([held["last"]] if "last" in held else [])]),
        }

    def end(self) -> None:
        """One line in the history, whatever the number of figures."""
        held = self.work.summary.pop("told", None)
        if self.dry or not held or not (held["new"] or held["revised"]):
            return
        unit = Unit.objects.filter(pk__in=held["units"]).order_by("path").first()
        volumes.tell(
            unit, Outcome(new=held["new"], revised=held["revised"]), by=self.work.by, file=self.work.job.name,
            series=held["series"], units=len(held["units"]), first=dt.date.fromisoformat(held["first"]),
            last=dt.date.fromisoformat(held["last"]),
        )  # fmt: skip


def _problem(told: Told, found: volumes.Problem) -> Problem:
    return Problem(told.row, found.message, found.params, told.heading, told.text)
