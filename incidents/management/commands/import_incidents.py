"""manage.py import_incidents FILE --source NAME --unit CODE --by USERNAME: the import of the browser, at a terminal."""

import json
import resource
import time
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from incidents import jobs
from incidents.importing.fields import BY_NAME
from incidents.importing.mapping import Mapping
from incidents.importing.sample import Sample
from incidents.models import ColumnMapping, Job, RowError
from people.models import Person
from people.tables import TableError

SHOWN = 50  # problems printed; the rest is in the file of bad rows


class Command(BaseCommand):
    help = (
        "Import incidents from a CSV (also .csv.gz) or XLSX file. Repeatable: what was imported before from the same "
        "source under the same number is not imported again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--by", required=True, help="user name of whoever imports; needs the role in the units"
        )
        parser.add_argument("--source", help="name of the system that the file comes from")
        parser.add_argument("--mapping", help="name of one of the person's saved mappings, or a JSON file")
        parser.add_argument(
            "--column", action="append", default=[], metavar="FIELD=HEADING",
            help=f"which column means what, where it isn't recognised; fields: {', '.join(BY_NAME)}",
        )  # fmt: skip
        parser.add_argument(
            "--also", action="append", default=[], metavar="HEADING", help="column to add to the description"
        )
        parser.add_argument("--unit", help="code of the unit of rows that name none")
        parser.add_argument("--type", help="code of the type of rows without a known one")
        parser.add_argument("--severity", choices=["1", "2", "3", "4"], help="of rows that have none")
        parser.add_argument("--occurred-at", metavar="DATE", help="for files without dates")
        parser.add_argument("--date-order", choices=["auto", "ymd", "dmy", "mdy"])
        parser.add_argument("--zone", help="time zone of moments that name none")
        parser.add_argument("--encoding", help="of a CSV file, when the guess is wrong")
        parser.add_argument(
            "--events", action="store_true", help="every row is an event of a case, not a case"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument(
            "--batch", type=int, help="incidents per transaction, all or nothing; 0: the whole file"
        )
        parser.add_argument(
            "--leave-out-errors", action="store_true", help="import the rest of a batch with bad rows"
        )
        parser.add_argument(
            "--errors", type=Path, metavar="FILE", help="where to put the rows with errors as CSV"
        )

    def handle(self, *, file: Path, by: str, verbosity: int, **options: Any) -> None:
        person = Person.objects.active().filter(username=by).first()
        if person is None:
            raise CommandError(f"There is no active person with the user name {by!r}.")
        began = time.monotonic()
        with translation.override(person.language):
            mapping = self._mapping(file, person, options)
            kind = Job.Kind.CHECK_INCIDENTS if options["dry_run"] else Job.Kind.IMPORT_INCIDENTS
            with file.open("rb") as stream:
                job = jobs.enqueue(
                    kind, owner=person, file=File(stream), name=file.name, options=mapping.as_json(), announce=False
                )  # fmt: skip
            jobs.run(job.pk, self._show_progress if verbosity and self.stderr.isatty() else None)
            job.refresh_from_db()
            self._show(job, options["errors"])
            if verbosity > 1:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                self.stdout.write(f"{time.monotonic() - began:.1f} s, {peak} MiB")
            if job.status != Job.Status.DONE:
                raise CommandError(job.failure_text or job.get_status_display())

    def _mapping(self, file: Path, person: Person, options: dict[str, Any]) -> Mapping:
        """The mapping that was named, or guessed from the headings; what was said on the command line overrules it."""
        try:
            with file.open("rb") as stream:
                sample = Sample.of(stream, file.name, by=person, encoding=options["encoding"] or "")
        except (OSError, TableError) as error:
            raise CommandError(str(error)) from error
        mapping = self._named(options["mapping"], person)
        if mapping is None:
            mapping = sample.guess(events=options["events"])
        for pair in options["column"]:
            name, equals, heading = pair.partition("=")
            if name not in BY_NAME or not equals:
                raise CommandError(
                    f"--column {pair}: expected FIELD=HEADING with one of {', '.join(BY_NAME)}"
                )
            mapping.columns[name] = heading
        mapping.columns = {name: heading for name, heading in mapping.columns.items() if heading}
        said = {
            name: options[name]
            for name in (
                "source", "unit", "type", "severity", "occurred_at", "date_order", "zone", "encoding", "batch", "also",
                "events", "leave_out_errors",
            )
            if options[name] not in (None, [], False)
        }  # fmt: skip
        mapping.options = replace(mapping.options, **said)
        return mapping

    def _named(self, name: str | None, person: Person) -> Mapping | None:
        if not name:
            return None
        if name.endswith(".json"):
            try:
                return Mapping.from_json(json.loads(Path(name).read_text(encoding="utf-8")))
            except (OSError, ValueError) as error:
                raise CommandError(f"{name}: {error}") from error
        saved = ColumnMapping.objects.filter(owner=person, name=name).first()
        if saved is None:
            raise CommandError(f"{person.username} has no saved mapping {name!r}.")
        return Mapping.saved(saved)

    def _show_progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done} / {total}", ending="")

    def _show(self, job: Job, errors: Path | None) -> None:
        for remark in job.remarks:
            self.stdout.write(remark)
        problems = job.row_errors.all()
        for problem in problems[:SHOWN]:
            where = _("Row %(row)s") % {"row": problem.row}
            value = f" [{problem.value}]" if problem.value else ""
            column = f", {problem.column}" if problem.column else ""
            mark = "" if problem.level == RowError.Level.ERROR else f" ({problem.get_level_display()})"
            self.stdout.write(f"{where}{column}{mark}: {problem.message}{value}")
        counted = {name: count for name, count in job.summary.items() if isinstance(count, int)}
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counted.items()))
        if errors and job.result_file:
            with job.result_file.open("rb") as stream:
                errors.write_bytes(stream.read())
