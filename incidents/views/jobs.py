"""Long work: how far it is, stopping it, taking what came out. A job is its owner's alone."""

from pathlib import PurePath

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents import jobs
from incidents.forms.imports import StartForm
from incidents.importing.kinds import ImportKind, kind_of
from incidents.models import Job

SHOWN = 100  # row messages on the page; the file of bad rows has them all


def job_or_404(request: HttpRequest, pk, **conditions) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user), pk=pk, **conditions)


@login_required
@require_safe
def job(request: HttpRequest, pk) -> HttpResponse:
    """The job's page. While it runs htmx asks for its inner part every two seconds; without it the page reloads."""
    found = job_or_404(request, pk)
    kind = kind_of(found)
    if found.status == Job.Status.DRAFT and kind is not None:
        return redirect(kind.columns, pk=found.pk)
    rows = [] if found.is_unfinished else list(found.row_errors.all()[: SHOWN + 1])
    context = {
        "job": found,
        "nav_key": "" if found.is_export else "imports",
        "kind": kind,
        "is_check": kind is not None and found.kind == kind.check,
        "is_import": kind is not None and found.kind == kind.do,
        "said": _said(kind, found),
        "row_messages": rows[:SHOWN],
        "more_messages": found.summary.get("problems", 0) - SHOWN if len(rows) > SHOWN else 0,
        "start": StartForm(initial={"on_errors": StartForm.LEAVE_OUT, "batch": "200"}),
    }
    template = "incidents/_job_state.html" if request.htmx else "incidents/job.html"
    return render(request, template, context)


def _said(kind: ImportKind | None, job: Job) -> dict[str, str]:
    """What an import says of itself, with its own word for what it imports."""
    if kind is None:
        return {}
    created, errors = job.summary.get("created", 0), job.summary.get("errors", 0)
    return {
        "imported": kind.imported(created),
        "faulty": kind.faulty(errors),
        "button": kind.button(created),
        "onwards": reverse(kind.onwards) if kind.onwards else "",
    }


@login_required
@require_POST
def cancel(request: HttpRequest, pk) -> HttpResponse:
    found = job_or_404(request, pk)
    jobs.cancel(found)
    messages.info(request, _("It is being stopped."))
    return redirect(found)


@login_required
@require_safe
def result(request: HttpRequest, pk) -> HttpResponse:
    """Download what came out: an export, or the rows with errors."""
    found = job_or_404(request, pk)
    if timezone.now() > jobs.files_are_kept_until(found):
        raise Http404
    if not found.result_file or not found.result_file.storage.exists(found.result_file.name):
        raise Http404
    stem, suffix = PurePath(found.name).name.split(".")[0], "".join(PurePath(found.result_file.name).suffixes)
    name = found.name if found.is_export else f"{stem}-problems{suffix}"
    response = FileResponse(found.result_file.open("rb"), as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
