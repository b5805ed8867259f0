"""Counting the figures anew: up to when they hold, starting it, what the last times found."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from incidents.errors import Invalid
from metrics import rolling
from metrics.forms.rebuilding import RebuildForm
from metrics.models import Counting, Stale
from metrics.periods import zone_name
from metrics.rolling import jobs


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rebuild(request: HttpRequest) -> HttpResponse:
    """For quality managers and administrators; it concerns all figures, and changes only what was wrong."""
    if not jobs.may_start(request.user):
        raise PermissionDenied
    form = RebuildForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        try:
            return redirect(jobs.start(by=request.user, first=first and first.first, last=last and last.last))
        except Invalid as error:
            for field, message in error.fields.items():
                form.add_error(field or None, message)
    context = {
        "form": form,
        "nav_key": "operations",
        "as_of": rolling.as_of(),
        "state": Counting.objects.filter(zone=zone_name()).first(),
        "zone": zone_name(),
        "waiting": Stale.objects.order_by()[: rolling.LIMIT].count(),
        "jobs": jobs.latest(request.user),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "metrics/rebuild.html", context, status=status)
