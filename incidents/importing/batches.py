"""Any file with one thing to import per row: tried (dry run) or imported, in batches, as a job that can be resumed.

What is imported is said by a subclass: who may, how the rows are read, what is here already, how a case is written.
"""

import contextlib
import itertools
import tempfile
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from django.core.files import File
from django.db import IntegrityError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.errors import Refused
from incidents.jobs import Cancelled, JobFailed, Work
from incidents.models import RowError
from people.models import Person
from people.tables import Table, TableError, read_table, text_of, write_csv

from .cases import Case, Problem, Row

#: More problems than this mean that the mapping is wrong, not the rows.
MAX_PROBLEMS = 20_000


class CaseRefused(Exception):
    """A case that looked right was refused when it was written: its batch begins anew, knowing that."""

    def __init__(self, case: Case, problem: Problem):
        super().__init__(case.row)
        self.case = case
        self.problem = problem


class FileRun(ABC):
    """One run over a file. `mapping` has `options.encoding`, `options.leave_out_errors` and `batch_size`."""

    COUNTS: ClassVar[tuple[str, ...]] = (
        "rows",
        "cases",
        "created",
        "unchanged",
        "changed",
        "errors",
        "left_out",
    )
    NOT_ALLOWED: ClassVar[Promise] = _(
        "You may import only for units in which you handle complaints or quality."
    )

    def __init__(self, work: Work, *, dry: bool):
        if not self.may_import(work.by):
            raise JobFailed(self.NOT_ALLOWED)
        self.work, self.dry = work, dry
        self.mapping = self.mapping_of(work.options)
        self.torn: TableError | None = None
        self.total = 0
        self.bad_rows: set[int] = set()
        for name in self.COUNTS:
            work.summary.setdefault(name, 0)

    # What is imported ------------------------------------------------------------------------------------------------
    @abstractmethod
    def may_import(self, person: Person) -> bool: ...

    @abstractmethod
    def mapping_of(self, options: dict) -> Any: ...

    @abstractmethod
    def reader_of(self, headings: Sequence[str]) -> Any:
        """What understands the rows: `survey(rows)` counts them, `cases(rows)` gives a Case each, `remarks`."""

    @abstractmethod
    def sorted_out(self, batch: list[Case]) -> tuple[list[Case], list[Case], list[Case]]:
        """What is new, what is here already just as it is, and what has changed in the source since."""

    @abstractmethod
    def write(self, cases: Iterable[Case]) -> None:
        """Put these cases on record, in the batch's transaction. `cases` shows the progress as it is gone through."""

    def begin(self, reader: Any) -> None:
        """The file is known to be readable; nothing is written yet."""
        self.work.progress(self.work.job.resume_at, self.total, now=True)

    def size(self, case: Case) -> int:
        """For how many a case counts: the figures of a row, say."""
        return 1

    def counted(self, batch: list[Case], created: list[Case]) -> dict[str, int]:
        """What else is counted about a batch."""
        return {}

    @abstractmethod
    def end(self) -> None:
        """The run is over, or was stopped: what was imported before that stays."""

    # The whole file --------------------------------------------------------------------------------------------------
    def run(self) -> None:
        with self._table() as table:
            reader = self.reader_of(table.headings)
            self.total = reader.survey(self._until_torn(table.rows))
        if self.total == 0:
            raise self.torn or JobFailed(_("The table has headings, but no rows."))
        try:
            self.begin(reader)
            with self._table() as table:
                self._go_through(reader.cases(self._until_torn(table.rows)))
            self.work.summary["remarks"] = reader.remarks
            if self.bad_rows:
                self._give_back_bad_rows()
            self.end()
        except (Cancelled, JobFailed):
            self.end()
            raise

    @contextlib.contextmanager
    def _table(self) -> Iterator[Table]:
        job = self.work.job
        if not job.file or not job.file.storage.exists(job.file.name):
            raise JobFailed(_("The file is no longer there. Send it again."))
        encoding = self.mapping.options.encoding
        with job.file.storage.open(job.file.name, "rb") as file:
            with read_table(file, job.name, encoding=encoding, repeated_headings=True) as table:
                yield table

    def _until_torn(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows up to where the file breaks off; that is said with the last batch."""
        try:
            yield from rows
        except TableError as error:
            if error.row is None:
                raise
            self.torn = error

    # Batches ---------------------------------------------------------------------------------------------------------
    def _go_through(self, cases: Iterator[Case]) -> None:
        finished = 0
        for batch in batches_of(cases, self.mapping.batch_size):
            finished += sum(len(case.rows) for case in batch)
            if finished > self.work.job.resume_at:  # else it was done before an interruption
                self._do_batch(batch, upto=finished)
            self.bad_rows.update(row for case in batch if case.errors for row in case.rows)

    def _do_batch(self, batch: list[Case], *, upto: int) -> None:
        understood = [list(case.problems) for case in batch]
        for attempt in itertools.count(1):
            for case, problems in zip(batch, understood, strict=True):
                case.problems = list(problems)
            try:
                return self._try_batch(batch, upto=upto)
            except CaseRefused as refused:
                understood[batch.index(refused.case)].append(refused.problem)
            except IntegrityError:
                if attempt > 2:  # at first, somebody else may have imported the same numbers meanwhile
                    raise

    def _try_batch(self, batch: list[Case], *, upto: int) -> None:
        done = upto - sum(len(case.rows) for case in batch)
        is_last = upto == self.total
        new, unchanged, changed = self.sorted_out(batch)
        held_back = not self.mapping.options.leave_out_errors and (
            any(case.errors for case in batch) or (is_last and self.torn is not None)
        )
        writing = not self.dry and not held_back
        with self.batch(upto):
            shown = self._shown(new, done)
            if writing:
                self.write(shown)
            for _case in shown:  # a dry run shows its progress, too
                pass
            self._count(batch, new if writing or self.dry else [])
            self.add(
                unchanged=self._sizes(unchanged), changed=self._sizes(changed),
                left_out=self._sizes(new) if held_back and not self.dry else 0,
            )  # fmt: skip
            problems = [problem for case in batch for problem in case.problems]
            if is_last and self.torn:
                problems.append(Problem(self.torn.row, self.torn.message, self.torn.params))
                self.add(errors=1, rows=1)
            self._keep(problems)

    @contextlib.contextmanager
    def batch(self, upto: int) -> Iterator[None]:
        with self.work.batch(upto=upto):
            yield

    def _shown(self, cases: list[Case], done: int) -> Iterator[Case]:
        for case in cases:
            done += len(case.rows)
            self.work.progress(done, self.total)
            yield case

    @contextlib.contextmanager
    def refusing(self, case: Case) -> Iterator[None]:
        """What an act refuses becomes a problem of the case."""
        try:
            yield
        except Refused as error:
            raise CaseRefused(case, Problem(case.row, error.message)) from error

    # Counts and messages ---------------------------------------------------------------------------------------------
    def add(self, **counts: int) -> None:
        for name, count in counts.items():
            self.work.summary[name] = self.work.summary.get(name, 0) + count

    def _count(self, batch: list[Case], created: list[Case]) -> None:
        self.add(
            rows=sum(len(case.rows) for case in batch),
            cases=len(batch),
            errors=sum(bool(case.errors) for case in batch),
            created=self._sizes(created),
            **self.counted(batch, created),
        )

    def _sizes(self, cases: list[Case]) -> int:
        return sum(map(self.size, cases))

    def _keep(self, problems: list[Problem]) -> None:
        self.add(problems=len(problems))
        if self.work.summary["problems"] > MAX_PROBLEMS:
            raise JobFailed(
                _("More than %(limit)s rows have problems: the columns are probably not the right ones."),
                limit=MAX_PROBLEMS,
            )
        RowError.objects.bulk_create([problem.kept(self.work.job) for problem in problems], batch_size=1000)

    def _give_back_bad_rows(self) -> None:
        """The rows with errors as a file: mended there, it can be imported again."""
        job = self.work.job
        said = defaultdict(list)
        for error in RowError.objects.filter(job=job, level=RowError.Level.ERROR):
            said[error.row].append(f"{error.column}: {error.message}" if error.column else error.message)
        with self._table() as table, tempfile.TemporaryFile() as file:
            width = len(table.headings)
            rows = (
                [*map(text_of, cells[:width]), number, " ".join(said[number])]
                for number, cells in self._until_torn(table.rows)
                if number in self.bad_rows
            )
            file.writelines(write_csv([*table.headings, _("Row"), _("Problem")], rows))
            file.seek(0)
            job.result_file.save("problems.csv", File(file), save=False)


def batches_of(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    while batch := list(itertools.islice(cases, size)):
        yield batch
