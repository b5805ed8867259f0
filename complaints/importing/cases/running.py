"""A whole file of complaints: tried (dry run) or imported, in batches, as a job that can be resumed."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from incidents import limits
from incidents.importing.batches import FileRun
from incidents.importing.cases import Case, Problem
from incidents.importing.catalogues import may_import
from incidents.jobs import Work
from incidents.models import RowError
from people.models import Person
from reminders.notices import notify

from .bringing import bring
from .fields import ComplaintMapping
from .reading import ComplaintReader


def check_file(work: Work) -> None:
    """The dry run: everything but the writing."""
    _ComplaintRun(work, dry=True).run()


def import_file(work: Work) -> None:
    _ComplaintRun(work, dry=False).run()


class _ComplaintRun(FileRun):
    COUNTS = (*FileRun.COUNTS, "closed", "replied")

    def may_import(self, person: Person) -> bool:
        return may_import(person)

    def mapping_of(self, options: dict) -> ComplaintMapping:
        return ComplaintMapping.from_json(options)

    def reader_of(self, headings: Sequence[str]) -> ComplaintReader:
        return ComplaintReader(self.mapping, headings, self.work.by)

    @contextlib.contextmanager
    def batch(self, upto: int) -> Iterator[None]:
        with super().batch(upto), limits.asking_once():
            yield

    def sorted_out(self, batch: list[Case]) -> tuple[list[Case], list[Case], list[Case]]:
        good = [case for case in batch if not case.errors]
        here = self._already_here([case.external_id for case in good])
        mine = set(
            Complaint.objects.visible_to(self.work.by)
            .filter(pk__in=[row.pk for row in here.values()])
            .values_list("pk", flat=True)
        )
        new, unchanged, changed = [], [], []
        for case in good:
            known = here.get(case.external_id)
            if known is None:
                new.append(case)
            elif known.pk not in mine:
                case.problems.append(
                    Problem(case.row, _("Another company uses this number with this source: rename the source."))
                )  # fmt: skip
            elif (known.received_at, known.replied_at) == (
                case.values["received_at"],
                case.values["replied_at"],
            ):
                unchanged.append(case)
            else:
                changed.append(case)
                case.problems.append(
                    Problem(
                        case.row,
                        _(
                            "Imported before as %(number)s; the source has other dates since. Nothing was changed here."
                        ),
                        {"number": known.number},
                        level=RowError.Level.NOTE,
                    )
                )
        return new, unchanged, changed

    def _already_here(self, numbers: Sequence[str]) -> dict[str, Complaint]:
        known = Complaint.objects.filter(external_source=self.mapping.options.source, external_id__in=numbers)
        rows = known.only("number", "external_id", "received_at", "replied_at")
        return {row.external_id: row for row in rows}

    def write(self, cases: Iterable[Case]) -> None:
        made = []
        for case in cases:
            with self.refusing(case):
                made.append(bring(case, by=self.work.by))
        waiting = Counter(str(row.owner_id) for row in made if row.owner_id)
        self.work.summary["waiting"] = dict(Counter(self.work.summary.get("waiting", {})) + waiting)

    def counted(self, batch: list[Case], created: list[Case]) -> dict[str, int]:
        return {
            "closed": sum(case.closed_at is not None for case in created),
            "replied": sum(case.values["replied_at"] is not None for case in created),
        }

    def end(self) -> None:
        """One notice each, whatever the number of complaints that now wait for them."""
        job, waiting = self.work.job, self.work.summary.get("waiting", {})
        for owner in Person.objects.filter(pk__in=waiting).exclude(pk=job.owner_id):
            notify(
                [owner], "complaints-imported", occasion=f"job:{job.pk}:imported", subject=f"job:{job.pk}",
                url=reverse("mywork"), params={"count": waiting[str(owner.pk)], "by": job.owner.display_name},
            )  # fmt: skip
