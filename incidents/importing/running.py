"""A whole file of incidents: tried (dry run) or imported, in batches that are all or nothing."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incidents import limits
from incidents.jobs import Work, sentence
from incidents.models import ImportedRow, Incident, RowError
from people.models import Person
from reminders.notices import notify

from .batches import FileRun
from .bringing import bring
from .cases import Case, Problem
from .catalogues import may_import
from .differences import changed_fields, digests, label_of
from .fields import guess_state
from .mapping import Mapping
from .reading import Reader


def check_file(work: Work) -> None:
    """The dry run: everything but the writing. Its counts say what an import would do."""
    _IncidentRun(work, dry=True).run()


def import_file(work: Work) -> None:
    _IncidentRun(work, dry=False).run()


class _IncidentRun(FileRun):
    COUNTS = (*FileRun.COUNTS, "closed", "events", "reopened")

    def may_import(self, person: Person) -> bool:
        return may_import(person)

    def mapping_of(self, options: dict) -> Mapping:
        return Mapping.from_json(options)

    def reader_of(self, headings: Sequence[str]) -> Reader:
        return Reader(self.mapping, headings, self.work.by)

    @contextlib.contextmanager
    def batch(self, upto: int) -> Iterator[None]:
        with super().batch(upto), limits.asking_once():
            yield

    def write(self, cases: Iterable[Case]) -> None:
        made = [self._brought(case) for case in cases]
        ImportedRow.objects.bulk_create(row for _incident, row in made)
        self._note_owners(incident for incident, _row in made)

    def _brought(self, case: Case) -> tuple[Incident, ImportedRow]:
        with self.refusing(case):
            return bring(case, by=self.work.by, job=self.work.job)

    def sorted_out(self, batch: list[Case]) -> tuple[list[Case], list[Case], list[Case]]:
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
    def counted(self, batch: list[Case], created: list[Case]) -> dict[str, int]:
        return {
            "closed": sum(case.closed_at is not None for case in created),
            "events": sum(len(case.history) for case in created),
            "reopened": sum(map(_was_reopened, created)),
        }

    def _note_owners(self, incidents: Iterable[Incident]) -> None:
        waiting = Counter(str(incident.owner_id) for incident in incidents if incident.owner_id)
        self.work.summary["waiting"] = dict(Counter(self.work.summary.get("waiting", {})) + waiting)

    def end(self) -> None:
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
