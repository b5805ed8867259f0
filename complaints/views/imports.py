"""Importing complaints with their replies, and the answers of surveys."""

import itertools
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.forms.imports import AnswerMappingForm, ComplaintMappingForm, FileForm
from complaints.importing.answers import making
from complaints.importing.answers.guessing import fit, guess
from complaints.importing.answers.mapping import AnswerMapping
from complaints.importing.answers.reading import AnswerReader
from complaints.importing.answers.shares import published_shares
from complaints.importing.cases.fields import ComplaintMapping
from complaints.importing.cases.reading import ComplaintSample
from complaints.importing.kinds import ANSWERS, COMPLAINTS
from incidents.importing.mapping import source_from
from incidents.importing.sample import PREVIEWED, Sample
from incidents.views.importing import ImportPages
from people.models import Person


class _Pages(ImportPages):
    overview_template = "complaints/import.html"

    def upload_form(self, request: HttpRequest, person: Person) -> FileForm:
        return FileForm(request.POST or None, request.FILES or None)


class _ComplaintPages(_Pages):
    kind = COMPLAINTS
    sample_class = ComplaintSample
    columns_template = "complaints/import_columns.html"

    def more(self, request: HttpRequest, person: Person) -> dict:
        return {
            "back": reverse("complaint-list"),
            "back_label": _("Complaints"),
            "lead": _("From another system or a spreadsheet, with the replies that were given there."),
            "steps": [
                _("Send a CSV or XLSX file: one row per complaint, with its reply if there was one."),
                _("Say which column means what. It is recognised where it can be."),
                _("Try it: nothing is written, every problem is named with its row."),
                _("Import. Rows with errors come back to you as a file."),
            ],
        }

    def guess(self, sample: ComplaintSample, form: FileForm, person: Person, name: str) -> ComplaintMapping:
        return sample.guess(
            source=source_from(name), unit=self.own_unit(person), zone=person.time_zone, type="other"
        )

    def mapping_of(self, options: dict) -> ComplaintMapping:
        return ComplaintMapping.from_json(options)

    def form(self, mapping, sample, person: Person, data=None) -> ComplaintMappingForm:
        return ComplaintMappingForm(data, mapping=mapping, sample=sample, person=person)

    def preview(self, sample: ComplaintSample, mapping: ComplaintMapping):
        return sample.preview(mapping)


class _AnswerPages(_Pages):
    kind = ANSWERS
    columns_template = "surveys/import_columns.html"

    def more(self, request: HttpRequest, person: Person) -> dict:
        return {
            "back": reverse("survey-list"),
            "back_label": _("Surveys"),
            "lead": _("Answers that were given elsewhere: one row per customer, one column per question."),
            "steps": [
                _("Send a CSV or XLSX file: one row per customer, one column per question."),
                _("Say which columns are questions, and on which scale: of a new survey, or of one that is here."),
                _("Try it: nothing is written, every problem is named with its row."),
                _("Import. Rows with errors come back to you as a file."),
            ],
        }  # fmt: skip

    def guess(self, sample: Sample, form: FileForm, person: Person, name: str) -> AnswerMapping:
        stem = source_from(name)
        return guess(sample, source=stem, unit=self.own_unit(person), zone=person.time_zone, name=stem)

    def mapping_of(self, options: dict) -> AnswerMapping:
        return AnswerMapping.from_json(options)

    def form(self, mapping: AnswerMapping, sample: Sample, person: Person, data=None) -> AnswerMappingForm:
        return AnswerMappingForm(data, mapping=mapping, sample=sample, person=person)

    def do(self, request: HttpRequest, form: AnswerMappingForm, mapping: AnswerMapping) -> None:
        """A survey was chosen: its questions are looked for among the columns."""
        if mapping.options.survey and not mapping.questions and form.survey_items:
            everything = guess(form.sample, source="", unit="", zone="UTC", name="")
            mapping.questions = everything.questions
            fit(mapping, form.survey_items[0].version)

    def shown(self, sample: Sample) -> dict:
        return {"shares": published_shares(sample)}

    def preview(self, sample: Sample, mapping: AnswerMapping):
        version = making.version_for(mapping, sample.by)
        items = list(version.items.all()) if version else making.items_of(mapping)
        reader = AnswerReader(mapping, sample.headings, sample.by, items)
        reader.survey(sample.rows)
        return list(itertools.islice(reader.cases(sample.rows), PREVIEWED)), reader.remarks


_complaints, _answers = _ComplaintPages(), _AnswerPages()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def complaint_imports(request: HttpRequest) -> HttpResponse:
    return _complaints.overview(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def complaint_import_columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _complaints.columns(request, pk)


@login_required
@require_POST
def complaint_import_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _complaints.start(request, pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer_imports(request: HttpRequest) -> HttpResponse:
    return _answers.overview(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer_import_columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _answers.columns(request, pk)


@login_required
@require_POST
def answer_import_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _answers.start(request, pk)
