"""The pages of any import: send a file, say what its columns mean, try it, import it. A kind of import fills them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from incidents import jobs
from incidents.forms.imports import StartForm
from incidents.importing.catalogues import IMPORTERS
from incidents.importing.kinds import ImportKind, kinds_for
from incidents.importing.mapping import MappingError
from incidents.importing.sample import Sample
from incidents.models import Job
from incidents.models.jobs import said
from people.models import Person
from people.tables import TableError

from .jobs import job_or_404

EARLIER = 20  # jobs listed


class ImportPages:
    """The pages of one kind. Subclasses say how a file is guessed, which form maps it, and what is shown."""

    kind: ImportKind
    sample_class: type[Sample] = Sample
    overview_template: str
    columns_template: str

    # What a kind says ------------------------------------------------------------------------------------------------
    def upload_form(self, request: HttpRequest, person: Person):
        raise NotImplementedError

    def guess(self, sample: Sample, form, person: Person, name: str) -> Any:
        """The mapping of a file that has just been sent."""
        raise NotImplementedError

    def mapping_of(self, options: dict) -> Any:
        raise NotImplementedError

    def form(self, mapping: Any, sample: Sample, person: Person, data: Any = None):
        raise NotImplementedError

    def preview(self, sample: Sample, mapping: Any) -> tuple[Any, list[dict]]:
        """The first rows as they would be imported, and the remarks. Raises MappingError."""
        raise NotImplementedError

    def more(self, request: HttpRequest, person: Person) -> dict:
        """What else the first page shows."""
        return {}

    def shown(self, sample: Sample) -> dict:
        """What else the page of columns shows of the file."""
        return {}

    def do(self, request: HttpRequest, form, mapping: Any) -> None:
        """Something else that the page of columns can be asked for."""

    # Pages -----------------------------------------------------------------------------------------------------------
    def _refuse_others(self, request: HttpRequest) -> Person:
        if not self.kind.may(request.user):
            raise PermissionDenied
        return request.user

    def own_unit(self, person: Person) -> str:
        own = person.posted_units(*IMPORTERS)
        return own[0].code if own else ""

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Where an import begins: send a file; what was imported before."""
        person = self._refuse_others(request)
        form = self.upload_form(request, person)
        status = 200
        if request.method == "POST":
            if form.is_valid() and (job := self._received(form, person)):
                return redirect(self.kind.columns, pk=job.pk)
            status = 422
        earlier = Job.objects.visible_to(person).filter(kind__in=[self.kind.check, self.kind.do])
        context = {
            "form": form, "jobs": earlier[:EARLIER], "kind": self.kind, "kinds": kinds_for(person),
            **self.more(request, person),
        }  # fmt: skip
        return render(request, self.overview_template, context, status=status)

    def _received(self, form, person: Person) -> Job | None:
        """Keep the file as a draft, with its columns mapped as well as we can. What is no table is an error."""
        upload = form.cleaned_data["file"]
        try:
            sample = self.sample_class.of(upload, upload.name, by=person)
        except TableError as error:
            form.add_error("file", str(error))
            return None
        mapping = self.guess(sample, form, person, upload.name)
        upload.seek(0)
        job = Job(kind=self.kind.check, status=Job.Status.DRAFT, owner=person, name=upload.name[:200])
        job.options = mapping.as_json()
        job.file.save(upload.name, upload, save=False)
        job.save(force_insert=True)
        return job

    def columns(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What the columns and values mean. Each POST keeps what was chosen; `do` says what next."""
        person = self._refuse_others(request)
        job = self._file_or_404(request, pk)
        if request.POST.get("do") == "again":
            return redirect(self.kind.columns, pk=_another_draft(job).pk)
        if job.status != Job.Status.DRAFT:
            return redirect(job)
        stored = self.mapping_of(job.options)
        try:
            sample = self._sample(job, person, request.POST.get("encoding", stored.options.encoding))
        except TableError as error:
            messages.error(request, str(error))
            return redirect(self.kind.overview)
        if request.method != "POST":
            return self._columns_page(request, job, stored, sample)
        form = self.form(stored, sample, person, request.POST)
        if not form.is_valid():
            return self._columns_page(request, job, stored, sample, form=form, status=422)
        mapping = form.as_mapping()
        job.options = mapping.as_json()
        Job.objects.filter(pk=job.pk, status=Job.Status.DRAFT).update(options=job.options)
        if request.POST.get("do") == "check" and form.complain():
            _try_it(job)
            return redirect(job)
        self.do(request, form, mapping)
        shown = form if form.errors else None
        return self._columns_page(
            request, job, mapping, sample, form=shown, status=422 if form.errors else 200
        )

    def _file_or_404(self, request: HttpRequest, pk: UUID) -> Job:
        job = job_or_404(request, pk, kind=self.kind.check)
        if not job.file or not job.file.storage.exists(job.file.name):
            raise Http404
        return job

    def _sample(self, job: Job, person: Person, encoding: str) -> Sample:
        with job.file.storage.open(job.file.name, "rb") as file:
            return self.sample_class.of(file, job.name, by=person, encoding=encoding)

    def _columns_page(
        self, request: HttpRequest, job: Job, mapping: Any, sample: Sample, *, form=None, status: int = 200
    ) -> HttpResponse:
        cases, remarks, refusal = [], [], ""
        lacking = mapping.lacking()
        if not lacking:
            try:
                cases, remarks = self.preview(sample, mapping)
            except MappingError as error:
                refusal = str(error.message) % error.params if error.params else str(error.message)
        if form is None:
            form = self.form(mapping, sample, request.user)
            if request.POST.get("do") != "save" and "save_as" in form.fields:
                form.initial["save_as"] = request.POST.get("save_as", "")
        context = {
            "job": job,
            "kind": self.kind,
            "form": form,
            "sample": sample,
            "row_count": len(sample.rows),
            "cases": cases,
            "remarks": [said(remark) for remark in remarks],
            "refusal": refusal,
            "lacking": list(lacking.values()),
            **self.shown(sample),
        }
        return render(request, self.columns_template, context, status=status)

    @transaction.atomic
    def start(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Import what was tried. Sent twice, it leads to the import that is under way."""
        self._refuse_others(request)
        tried = get_object_or_404(
            Job.objects.visible_to(request.user).select_for_update(),
            pk=pk,
            kind=self.kind.check,
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
        if not self.kind.in_one_batch:
            del form.fields["batch"]
        if not form.is_valid() or not tried.file:
            messages.error(request, _("Choose how to import."))
            return redirect(tried)
        mapping = self.mapping_of(tried.options)
        mapping.options.leave_out_errors = form.cleaned_data["on_errors"] == StartForm.LEAVE_OUT
        if self.kind.in_one_batch:
            mapping.options.batch = form.cleaned_data["batch"]
        job = jobs.enqueue(
            self.kind.do, owner=request.user, same_file_as=tried,
            options=mapping.as_json() | {"tried": str(tried.pk)},
        )  # fmt: skip
        return redirect(job)


@transaction.atomic
def _try_it(job: Job) -> None:
    """Send the draft to the worker, once."""
    if Job.objects.filter(pk=job.pk, status=Job.Status.DRAFT).update(status=Job.Status.QUEUED):
        jobs.tell_worker(job)


def _another_draft(job: Job) -> Job:
    """The same file again, to map its columns differently; what was tried stays as it was."""
    return Job.objects.create(
        kind=job.kind, status=Job.Status.DRAFT, owner=job.owner, name=job.name, file=job.file.name,
        options=job.options,
    )  # fmt: skip
