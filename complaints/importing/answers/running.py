"""A whole file of answers: tried (dry run) or imported, in batches, as a job that can be resumed."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from complaints.models import Response, SurveyVersion
from history.recording import record
from incidents.importing.batches import FileRun
from incidents.importing.cases import Case, Problem
from incidents.importing.catalogues import may_import
from incidents.jobs import Work
from incidents.models import RowError
from people.models import Person

from . import making
from .mapping import AnswerMapping
from .reading import AnswerReader


def check_file(work: Work) -> None:
    """The dry run: everything but the writing."""
    _AnswerRun(work, dry=True).run()


def import_file(work: Work) -> None:
    _AnswerRun(work, dry=False).run()


class _AnswerRun(FileRun):
    def may_import(self, person: Person) -> bool:
        return may_import(person)

    def mapping_of(self, options: dict) -> AnswerMapping:
        return AnswerMapping.from_json(options)

    def reader_of(self, headings: Sequence[str]) -> AnswerReader:
        self.mapping.check(headings)
        self.version: SurveyVersion | None = making.version_for(self.mapping, self.work.by)
        items = list(self.version.items.all()) if self.version else making.items_of(self.mapping)
        if self.version and not self.mapping.options.survey:  # made by an earlier import: its codes are ours
            for question, item in zip(self.mapping.questions, items, strict=True):
                question.code = item.code
        return AnswerReader(self.mapping, headings, self.work.by, items)

    def begin(self, reader: AnswerReader) -> None:
        super().begin(reader)
        if self.version is None and not self.dry:
            self.version = making.make(self.mapping, by=self.work.by)
        if self.version is not None:
            self.work.summary["survey"] = self.version.survey_id

    def sorted_out(self, batch: list[Case]) -> tuple[list[Case], list[Case], list[Case]]:
        good = [case for case in batch if not case.errors]
        here = self._already_here([case.external_id for case in good])
        new, unchanged, changed = [], [], []
        for case in good:
            known = here.get(case.external_id)
            if known is None:
                new.append(case)
            elif known == _told(case):
                unchanged.append(case)
            else:
                changed.append(case)
                case.problems.append(
                    Problem(
                        case.row, _("Imported before; the source has changed since. Nothing was changed here."),
                        level=RowError.Level.NOTE,
                    )
                )  # fmt: skip
        return new, unchanged, changed

    def _already_here(self, numbers: Sequence[str]) -> dict[str, tuple]:
        if self.version is None:
            return {}
        known = Response.objects.filter(
            version=self.version, external_source=self.mapping.options.source, external_id__in=numbers
        )
        return {
            number: (scores, group, comment, unit, answered_at)
            for number, scores, group, comment, unit, answered_at in known.values_list(
                "external_id", "scores", "group", "comment", "unit_id", "answered_at"
            )
        }

    def write(self, cases: Iterable[Case]) -> None:
        Response.objects.bulk_create(
            Response(
                version=self.version, channel=Response.Channel.IMPORT, entered_by=self.work.by,
                external_source=self.mapping.options.source, external_id=case.external_id, **case.values,
            )
            for case in cases
        )  # fmt: skip

    def end(self) -> None:
        """One line in the survey's history, whatever the number of answers."""
        if self.dry or self.version is None or not self.work.summary["created"]:
            return
        survey = self.version.survey
        record(
            f"survey:{survey.pk}", "survey.import_answers", label=survey.name, by=self.work.by, unit=survey.unit,
            after={
                "source": self.mapping.options.source, "version": self.version.number,
                "answers": self.work.summary["created"], "job": str(self.work.job.pk),
            },
        )  # fmt: skip


def _told(case: Case) -> tuple:
    """What a change of the source is told by."""
    values = case.values
    return values["scores"], values["group"], values["comment"], values["unit"].pk, values["answered_at"]
