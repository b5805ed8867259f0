"""The audit trail, for those who keep the records of a unit."""

import functools
from collections.abc import Callable
from itertools import islice

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from people.tables import write_csv, write_xlsx

from . import audit as trail
from .audit import READERS, AuditFilter, readable_events
from .models import Event
from .paging import page
from .verification import verify

#: More findings than that say nothing new on a page.
FINDINGS_SHOWN = 10


def keepers_of_records_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @functools.wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_any_role(*READERS):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@keepers_of_records_only
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """What happened in the reader's units, newest first, narrowed by the address."""
    form = AuditFilter(request.GET, reader=request.user)
    events = form.narrow(readable_events(request.user)).select_related("actor", "unit")
    shown = page(events, request.GET, moment="at")
    cases = {event.case: event.label for event in shown.rows} if form.cleaned_data.get("q") else {}
    case, label = cases.popitem() if len(cases) == 1 else ("", "")
    return render(
        request,
        "history/audit.html",
        {
            "rows": trail.told(shown.rows),
            "newer": shown.newer,
            "older": shown.older,
            "filter_form": form,
            "active_filters": form.active(label),
            "case": case,
            "xlsx_rows": trail.XLSX_ROWS,
        },
    )


@keepers_of_records_only
@require_POST
def verify_case(request: HttpRequest) -> HttpResponse:
    """Compute the chain of one case again, now."""
    case = request.POST.get("case", "")
    last = readable_events(request.user).of(case).order_by("-seq").first()
    if last is None:
        raise Http404
    findings = list(islice(verify(case=case), FINDINGS_SHOWN))
    for finding in findings:
        messages.error(request, str(finding))
    if not findings:
        count = Event.objects.of(case).count()
        messages.success(
            request,
            ngettext(
                "The chain of %(case)s is unbroken: %(count)s event, as it was written.",
                "The chain of %(case)s is unbroken: %(count)s events, as they were written.",
                count,
            )
            % {"case": last.label, "count": count},
        )
    return redirect(f"{reverse('audit')}?{urlencode({'q': case})}")


@keepers_of_records_only
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The filtered events as CSV or XLSX; that somebody took them away is itself on record."""
    form = AuditFilter(request.GET, reader=request.user)
    events = form.narrow(readable_events(request.user)).select_related("actor", "unit")
    file_format = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    count = events.count()
    if file_format == "xlsx" and count > trail.XLSX_ROWS:
        messages.error(
            request,
            _(
                "A workbook holds up to %(limit)s events; these are %(count)s. Narrow the filters, or take CSV."
            )
            % {"limit": trail.XLSX_ROWS, "count": count},
        )
        return redirect(f"{reverse('audit')}?{request.GET.urlencode()}")
    trail.record_export(request.user, form=form, file_format=file_format, rows=count)
    name = f"audit-{timezone.localtime():%Y-%m-%d-%H%M}.{file_format}"
    rows = trail.export_rows(events)
    if file_format == "xlsx":
        return FileResponse(write_xlsx(trail.HEADINGS, rows, _("Audit")), as_attachment=True, filename=name)
    return StreamingHttpResponse(
        trail.in_the_readers_words(write_csv(trail.HEADINGS, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
