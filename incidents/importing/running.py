"""A whole file: tried (dry run) or imported, in batches that are all or nothing. As a job, so it can be resumed."""

import contextlib
import itertools
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.core.files import File
from django.db import IntegrityError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incidents import limits
from incidents.errors import Refused
from incidents.jobs import Cancelled, JobFailed, Work, sentence
from incidents.models import ImportedRow, Incident, RowError
from people.models import Person
from people.tables import Table, TableError, read_table, text_of, write_csv
from reminders.notices import notify

from .bringing import bring
from .cases import Case, Problem, Row
from .catalogues import may_import
from .differences import changed_fields, digests, label_of
from .fields import guess_state
from .mapping import Mapping
from .reading import Reader

#: More problems than this mean that the mapping is wrong, not the rows.
MAX_PROBLEMS = 20_000
COUNTS = (
    "rows",
    "cases",
    "created",
    "closed",
    "unchanged",
    "changed",
    "errors",
    "left_out",
    "events",
    "reopened",
)


def check_file(work: Work) -> None:
    """The dry run: everything but the writing. Its counts say what an import would do."""
    _FileRun(work, dry=True).run()


def import_file(work: Work) -> None:
    _FileRun(work, dry=False).run()


class _CaseRefused(Exception):
    """A case that looked right was refused when it was reported: its batch begins anew, knowing that."""

    def __init__(self, case: Case, problem: Problem):
        super().__init__(case.row)
        self.case = case
        self.problem = problem


class _FileRun:
    def __init__(self, work: Work, *, dry: bool):
        if not may_import(work.by):
            raise JobFailed(_("You may import only for units in which you handle complaints or quality."))
        self.work, self.dry = work, dry
        self.mapping = Mapping.from_json(work.options)
        self.torn: TableError | None = None
        self.total = 0
        self.bad_rows: set[int] = set()
        for name in COUNTS:
            work.summary.setdefault(name, 0)

    def run(self) -> None:
        with self._table() as table:
            reader = Reader(self.mapping, table.headings, self.work.by)
            self.total = reader.survey(self._until_torn(table.rows))
        if self.total == 0:
            raise self.torn or JobFailed(_("The table has headings, but no rows."))
        self.work.progress(self.work.job.resume_at, self.total, now=True)
        try:
            with self._table() as table:
                self._go_through(reader.cases(self._until_torn(table.rows)))
            self.work.summary["remarks"] = reader.remarks
            if self.bad_rows:
                self._give_back_bad_rows()
            self._tell_owners()
        except (Cancelled, JobFailed):
            self._tell_owners()  # what was imported before that stays
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

    # Batches -------------------------------------------------------------------------------------------------------
    def _go_through(self, cases: Iterator[Case]) -> None:
        finished = 0
        for batch in _batches(cases, self.mapping.batch_size):
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
            except _CaseRefused as refused:
                understood[batch.index(refused.case)].append(refused.problem)
            except IntegrityError:
                if attempt > 2:  # at first, somebody else may have imported the same numbers meanwhile
                    raise

    def _try_batch(self, batch: list[Case], *, upto: int) -> None:
        done = upto - sum(len(case.rows) for case in batch)
        is_last = upto == self.total
        new, unchanged, changed = self._sorted_out(batch)
        held_back = not self.mapping.options.leave_out_errors and (
            any(case.errors for case in batch) or (is_last and self.torn is not None)
        )
        writing = not self.dry and not held_back
        with self.work.batch(upto=upto), limits.asking_once():
            made = []
            for case in new:
                done += len(case.rows)
                self.work.progress(done, self.total)
                if writing:
                    made.append(self._bring(case))
            ImportedRow.objects.bulk_create(row for _incident, row in made)
            self._count(batch, new if writing or self.dry else [])
            self._add(
                unchanged=len(unchanged), changed=len(changed), left_out=len(new) if held_back and not self.dry else 0
            )  # fmt: skip
            self._note_owners(incident for incident, _row in made)
            problems = [problem for case in batch for problem in case.problems]
            if is_last and self.torn:
                problems.append(Problem(self.torn.row, self.torn.message, self.torn.params))
                self._add(errors=1, rows=1)
            self._keep(problems)

    def _bring(self, case: Case) -> tuple[Incident, ImportedRow]:
        try:
            return bring(case, by=self.work.by, job=self.work.job)
        except Refused as error:
            raise _CaseRefused(case, Problem(case.row, error.message)) from error

    def _sorted_out(self, batch: list[Case]) -> tuple[list[Case], list[Case], list[Case]]:
        """What is new, what is here already just as it is, and what has changed in the source since."""
        good = [case for case in batch if not case.errors]
        here = self._already_here([case.external_id for case in good])
        mine = Incident.objects.visible_to(self.work.by).filter(
            pk__in=[incident.pk for incident in here.values()]
        )
        visible = set(mine.values_list("pk", flat=True)) if here else set()
        new, unchanged, changed = [], [], []
        for case in good:
            incident = here.get(case.external_id)
            if incident is None:
                new.append(case)
            elif incident.pk not in visible:
                case.problems.append(
                    Problem(case.row, _("Another company uses this number with this source: rename the source."))
                )  # fmt: skip
            elif differing := changed_fields(_digests_of(incident), digests(case)):
                changed.append(case)
                case.problems.append(_has_changed(case, incident, differing))
            else:
                unchanged.append(case)
        return new, unchanged, changed

    def _already_here(self, numbers: Sequence[str]) -> dict[str, Incident]:
        known = Incident.objects.filter(external_source=self.mapping.options.source).select_related(
            "imported_row"
        )
        known = known.only("number", "external_id", "imported_row__digests")
        return {
            incident.external_id: incident
            for start in range(0, len(numbers), 500)
            for incident in known.filter(external_id__in=numbers[start : start + 500])
        }

    # Counts and messages ---------------------------------------------------------------------------------------------
    def _add(self, **counts: int) -> None:
        for name, count in counts.items():
            self.work.summary[name] = self.work.summary.get(name, 0) + count

    def _count(self, batch: list[Case], created: list[Case]) -> None:
        self._add(
            rows=sum(len(case.rows) for case in batch),
            cases=len(batch),
            errors=sum(bool(case.errors) for case in batch),
            created=len(created),
            closed=sum(case.closed_at is not None for case in created),
            events=sum(len(case.history) for case in created),
            reopened=sum(map(_was_reopened, created)),
        )

    def _note_owners(self, incidents: Iterable[Incident]) -> None:
        waiting = Counter(str(incident.owner_id) for incident in incidents if incident.owner_id)
        self.work.summary["waiting"] = dict(Counter(self.work.summary.get("waiting", {})) + waiting)

    def _keep(self, problems: list[Problem]) -> None:
        self._add(problems=len(problems))
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

    def _tell_owners(self) -> None:
        """One notice each, whatever the number of incidents that now wait for them."""
        job = self.work.job
        waiting = self.work.summary.get("waiting", {})
        for owner in Person.objects.filter(pk__in=waiting).exclude(pk=job.owner_id):
            notify(
                [owner],
                "imported",
                occasion=f"job:{job.pk}:imported",
                subject=f"job:{job.pk}",
                url=reverse("mywork"),
                params={"count": waiting[str(owner.pk)], "by": job.owner.display_name},
            )


def _batches(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    while batch := list(itertools.islice(cases, size)):
        yield batch


def _digests_of(incident: Incident) -> dict[str, str]:
    return incident.imported_row.digests if hasattr(incident, "imported_row") else {}


def _has_changed(case: Case, incident: Incident, names: list[str]) -> Problem:
    fields = [sentence(label_of(name)) for name in names]
    return Problem(
        case.row,
        _(
            "Imported before as %(number)s; the source has changed since in: %(fields)s. Nothing was changed here."
        ),
        {"number": incident.number, "fields": fields},
        level=RowError.Level.NOTE,
    )


def _was_reopened(case: Case) -> bool:
    """An open state after a closed one."""
    states = [guess_state(happening.state) for happening in case.history if happening.state]
    return any(before == "closed" and after == "open" for before, after in itertools.pairwise(states))
