"""Importing figures: the pages of any import (`incidents.views.importing`), filled for figures."""

import itertools
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from complaints.forms.imports import FileForm
from incidents.importing.mapping import source_from
from incidents.importing.sample import PREVIEWED, Sample
from incidents.views.importing import ImportPages
from metrics.enterable import series_of
from metrics.forms.volume_imports import VolumeMappingForm
from metrics.importing.guessing import guess
from metrics.importing.kinds import FIGURES
from metrics.importing.mapping import VolumeMapping
from metrics.importing.reading import VolumeReader
from metrics.volumes import Book
from people.models import Person, Role

WRITE = ["GET", "HEAD", "POST"]


class _FigurePages(ImportPages):
    kind = FIGURES
    overview_template = "complaints/import.html"
    columns_template = "metrics/volumes/import_columns.html"

    def upload_form(self, request: HttpRequest, person: Person) -> FileForm:
        return FileForm(request.POST or None, request.FILES or None)

    def own_unit(self, person: Person) -> str:
        own = person.posted_units(Role.QUALITY)
        return own[0].code if own else ""

    def more(self, request: HttpRequest, person: Person) -> dict:
        return {
            "back": reverse("volumes"),
            "back_label": _("Volumes"),
            "lead": _("Passengers, calls, complaints of earlier years: from a spreadsheet or another system."),
            "steps": [
                _("Send a CSV or XLSX file: one figure per row, a column for each series or month, or one row per call."),
                _("Say which column means what. It is recognised where it can be."),
                _("Try it: nothing is written, every problem is named with its row."),
                _("Import. A revised file makes new versions only where its figures differ."),
            ],
        }  # fmt: skip

    def guess(self, sample: Sample, form: FileForm, person: Person, name: str) -> VolumeMapping:
        return guess(
            sample, source=source_from(name), unit=self.own_unit(person), zone=person.time_zone,
            known=series_of(person.company_ids),
        )  # fmt: skip

    def mapping_of(self, options: dict) -> VolumeMapping:
        return VolumeMapping.from_json(options)

    def form(self, mapping: VolumeMapping, sample: Sample, person: Person, data=None) -> VolumeMappingForm:
        known = series_of(person.company_ids)
        return VolumeMappingForm(data, mapping=mapping, sample=sample, person=person, known=known)

    def preview(self, sample: Sample, mapping: VolumeMapping):
        book = Book(sample.by)
        reader = VolumeReader(mapping, sample.headings, sample.by, book.known)
        reader.survey(sample.rows)
        found = (case for case in reader.cases(sample.rows) if case.values["told"] or case.problems)
        cases = list(itertools.islice(found, PREVIEWED))
        for case in cases:
            case.values["shown"] = [
                (told, book.known[told.entry.series]) for told in case.values["told"][:PREVIEWED]
            ]
        return cases, reader.remarks


_figures = _FigurePages()


@login_required
@require_http_methods(WRITE)
def volume_imports(request: HttpRequest) -> HttpResponse:
    return _figures.overview(request)


@login_required
@require_http_methods(WRITE)
def volume_import_columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _figures.columns(request, pk)


@login_required
@require_POST
def volume_import_start(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _figures.start(request, pk)
