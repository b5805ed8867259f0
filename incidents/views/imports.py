"""Importing incidents: send a file, say what its columns mean, try it, import it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from incidents.forms.imports import MappingForm, UploadForm
from incidents.importing.kinds import kind_of
from incidents.importing.mapping import Mapping, source_from
from incidents.importing.sample import Sample
from incidents.models import ColumnMapping, Job
from people.models import Person

from .importing import ImportPages


class _IncidentPages(ImportPages):
    kind = kind_of(Job(kind=Job.Kind.CHECK_INCIDENTS))
    overview_template = "incidents/import.html"
    columns_template = "incidents/import_columns.html"

    def upload_form(self, request: HttpRequest, person: Person) -> UploadForm:
        return UploadForm(request.POST or None, request.FILES or None, person=person)

    def more(self, request: HttpRequest, person: Person) -> dict:
        return {"mappings": ColumnMapping.objects.filter(owner=person)}

    def guess(self, sample: Sample, form: UploadForm, person: Person, name: str) -> Mapping:
        if saved := form.cleaned_data["mapping"]:
            return Mapping.saved(saved).fitted(sample.headings)
        return sample.guess(
            events=form.cleaned_data["events"], source=source_from(name), unit=self.own_unit(person),
            zone=person.time_zone,
        )  # fmt: skip

    def mapping_of(self, options: dict) -> Mapping:
        return Mapping.from_json(options)

    def form(self, mapping: Mapping, sample: Sample, person: Person, data=None) -> MappingForm:
        return MappingForm(data, mapping=mapping, sample=sample, person=person)

    def preview(self, sample: Sample, mapping: Mapping):
        return sample.preview(mapping)

    def do(self, request: HttpRequest, form: MappingForm, mapping: Mapping) -> None:
        if request.POST.get("do") == "save" and _saved(form, mapping, request.user):
            messages.success(request, _("The mapping is saved."))


def _saved(form: MappingForm, mapping: Mapping, person: Person) -> bool:
    name = form.cleaned_data["save_as"].strip()
    if not name:
        form.add_error("save_as", _("Give the mapping a name."))
        return False
    kept = mapping.as_json()
    ColumnMapping.objects.update_or_create(owner=person, name=name, defaults=kept)
    return True


_pages = _IncidentPages()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    return _pages.overview(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _pages.columns(request, pk)


@login_required
@require_POST
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _pages.start(request, pk)


@login_required
@require_POST
def delete_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(ColumnMapping, owner=request.user, pk=pk).delete()
    messages.success(request, _("The mapping is deleted."))
    return redirect("imports")
