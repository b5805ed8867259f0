"""Importing incidents: send a file, say what its columns mean, try it, import it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from incidents import jobs
from incidents.forms.imports import MappingForm, StartForm, UploadForm
from incidents.importing.catalogues import may_import
from incidents.importing.mapping import Mapping, MappingError, source_from
from incidents.importing.sample import Sample
from incidents.models import ColumnMapping, Job
from incidents.models.jobs import said
from people.models import Person
from people.tables import TableError

from .jobs import job_or_404

EARLIER = 20  # jobs listed


def _refuse_others(request: HttpRequest) -> Person:
    if not may_import(request.user):
        raise PermissionDenied
    return request.user


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Where an import begins: send a file; what was imported before; saved mappings."""
    person = _refuse_others(request)
    form = UploadForm(request.POST or None, request.FILES or None, person=person)
    status = 200
    if request.method == "POST":
        if form.is_valid() and (job := _received(form, person)):
            return redirect("import-columns", pk=job.pk)
        status = 422
    context = {
        "form": form,
        "jobs": Job.objects.visible_to(person).imports()[:EARLIER],
        "mappings": ColumnMapping.objects.filter(owner=person),
    }
    return render(request, "incidents/import.html", context, status=status)


def _received(form: UploadForm, person: Person) -> Job | None:
    """Keep the file as a draft, with its columns mapped as well as we can. What is no table is an error of the form."""
    upload, saved = form.cleaned_data["file"], form.cleaned_data["mapping"]
    try:
        sample = Sample.of(upload, upload.name, by=person)
    except TableError as error:
        form.add_error("file", str(error))
        return None
    if saved:
        mapping = Mapping.saved(saved).fitted(sample.headings)
    else:
        own = person.posted_units("quality", "handler")
        mapping = sample.guess(
            events=form.cleaned_data["events"], source=source_from(upload.name),
            unit=own[0].code if own else "", zone=person.time_zone,
        )  # fmt: skip
    upload.seek(0)
    job = Job(kind=Job.Kind.CHECK_INCIDENTS, status=Job.Status.DRAFT, owner=person, name=upload.name[:200])
    job.options = mapping.as_json()
    job.file.save(upload.name, upload, save=False)
    job.save(force_insert=True)
    return job


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the columns and values mean. Each POST keeps what was chosen; `do` says what next: preview, save, check."""
    person = _refuse_others(request)
    job = _file_or_404(request, pk)
    if request.POST.get("do") == "again":
        return redirect("import-columns", pk=_another_draft(job).pk)
    if job.status != Job.Status.DRAFT:
        return redirect(job)
    stored = Mapping.from_json(job.options)
    try:
        sample = _sample(job, person, request.POST.get("encoding", stored.options.encoding))
    except TableError as error:
        messages.error(request, str(error))
        return redirect("imports")
    if request.method != "POST":
        return _columns_page(request, job, stored, sample)
    form = MappingForm(request.POST, mapping=stored, sample=sample, person=person)
    if not form.is_valid():
        return _columns_page(request, job, stored, sample, form=form, status=422)
    mapping = form.as_mapping()
    job.options = mapping.as_json()
    Job.objects.filter(pk=job.pk, status=Job.Status.DRAFT).update(options=job.options)
    if request.POST.get("do") == "save" and _saved(form, mapping, person):
        messages.success(request, _("The mapping is saved."))
    elif request.POST.get("do") == "check" and form.complain():
        _try_it(job)
        return redirect(job)
    shown = form if form.errors else None
    return _columns_page(request, job, mapping, sample, form=shown, status=422 if form.errors else 200)


def _file_or_404(request: HttpRequest, pk: UUID) -> Job:
    job = job_or_404(request, pk, kind=Job.Kind.CHECK_INCIDENTS)
    if not job.file or not job.file.storage.exists(job.file.name):
        raise Http404
    return job


def _sample(job: Job, person: Person, encoding: str) -> Sample:
    with job.file.storage.open(job.file.name, "rb") as file:
        return Sample.of(file, job.name, by=person, encoding=encoding)


def _columns_page(
    request: HttpRequest,
    job: Job,
    mapping: Mapping,
    sample: Sample,
    *,
    form: MappingForm | None = None,
    status=200,
) -> HttpResponse:
    cases, remarks, refusal = [], [], ""
    lacking = mapping.lacking()
    if not lacking:
        try:
            cases, remarks = sample.preview(mapping)
        except MappingError as error:
            refusal = str(error.message) % error.params if error.params else str(error.message)
    context = {
        "job": job,
        "form": form or _unbound(request, mapping, sample),
        "sample": sample,
        "row_count": len(sample.rows),
        "cases": cases,
        "remarks": [said(remark) for remark in remarks],
        "refusal": refusal,
        "lacking": list(lacking.values()),
    }
    return render(request, "incidents/import_columns.html", context, status=status)


def _unbound(request: HttpRequest, mapping: Mapping, sample: Sample) -> MappingForm:
    form = MappingForm(mapping=mapping, sample=sample, person=request.user)
    if request.POST.get("do") != "save":
        form.initial["save_as"] = request.POST.get("save_as", "")
    return form


def _saved(form: MappingForm, mapping: Mapping, person: Person) -> bool:
    name = form.cleaned_data["save_as"].strip()
    if not name:
        form.add_error("save_as", _("Give the mapping a name."))
        return False
    kept = mapping.as_json()
    ColumnMapping.objects.update_or_create(owner=person, name=name, defaults=kept)
    return True


@transaction.atomic
def _try_it(job: Job) -> None:
    """Send the draft to the worker, once."""
    if Job.objects.filter(pk=job.pk, status=Job.Status.DRAFT).update(status=Job.Status.QUEUED):
        jobs.tell_worker(job)


def _another_draft(job: Job) -> Job:
    """The same file again, to map its columns differently; what was tried stays as it was."""
    return Job.objects.create(
        kind=Job.Kind.CHECK_INCIDENTS, status=Job.Status.DRAFT, owner=job.owner, name=job.name, file=job.file.name,
        options=job.options,
    )  # fmt: skip


@login_required
@require_POST
@transaction.atomic
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Import what was tried. Sent twice, it leads to the import that is under way."""
    _refuse_others(request)
    tried = get_object_or_404(
        Job.objects.visible_to(request.user).select_for_update(),
        pk=pk,
        kind=Job.Kind.CHECK_INCIDENTS,
        status=Job.Status.DONE,
    )
    under_way = (
        Job.objects.visible_to(request.user)
        .filter(options__tried=str(tried.pk), status__in=Job.UNFINISHED)
        .first()
    )
    if under_way:
        return redirect(under_way)
    form = StartForm(request.POST)
    if not form.is_valid() or not tried.file:
        messages.error(request, _("Choose how to import."))
        return redirect(tried)
    mapping = Mapping.from_json(tried.options)
    mapping.options.leave_out_errors = form.cleaned_data["on_errors"] == StartForm.LEAVE_OUT
    mapping.options.batch = form.cleaned_data["batch"]
    job = jobs.enqueue(
        Job.Kind.IMPORT_INCIDENTS, owner=request.user, same_file_as=tried,
        options=mapping.as_json() | {"tried": str(tried.pk)},
    )  # fmt: skip
    return redirect(job)


@login_required
@require_POST
def delete_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(ColumnMapping, owner=request.user, pk=pk).delete()
    messages.success(request, _("The mapping is deleted."))
    return redirect("imports")
