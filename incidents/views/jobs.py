"""Long work: how far it is, stopping it, taking what came out. A job is its owner's alone."""

from pathlib import PurePath

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents import jobs
from incidents.forms.imports import StartForm
from incidents.models import Job

SHOWN = 100  # row messages on the page; the file of bad rows has them all


def job_or_404(request: HttpRequest, pk, **conditions) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user), pk=pk, **conditions)


@login_required
@require_safe
def job(request: HttpRequest, pk) -> HttpResponse:
    """The job's page. While it runs htmx asks for its inner part every two seconds; without it the page reloads."""
    found = job_or_404(request, pk)
    if found.status == Job.Status.DRAFT:
        return redirect("import-columns", pk=found.pk)
    rows = [] if found.is_unfinished else list(found.row_errors.all()[: SHOWN + 1])
    context = {
        "job": found,
        "nav_key": "" if found.is_export else "imports",
        "is_check": found.kind == Job.Kind.CHECK_INCIDENTS,
        "is_import": found.kind == Job.Kind.IMPORT_INCIDENTS,
        "row_messages": rows[:SHOWN],
        "more_messages": found.summary.get("problems", 0) - SHOWN if len(rows) > SHOWN else 0,
        "start": StartForm(initial={"on_errors": StartForm.LEAVE_OUT, "batch": "200"}),
    }
    template = "incidents/_job_state.html" if request.htmx else "incidents/job.html"
    return render(request, template, context)


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
