"""Figures about complaints: how long customers wait for the answer."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from complaints import reply_times
from complaints.listing import ComplaintFilter
from complaints.surveys import drawing
from incidents.views.listing import tidy_address
from people.models import CASE_ROLES
from people.tables import write_csv

#: Filters that would make a figure of waiting times senseless.
WITHOUT = ("overdue", "again", "handler", "owner", "linked", "at", "state", "sensitive")


def _filters(request: HttpRequest) -> ComplaintFilter:
    if not request.user.has_any_role(*CASE_ROLES):
        raise PermissionDenied
    return ComplaintFilter(request.GET, person=request.user, without=WITHOUT)


@login_required
@require_safe
def complaint_figures(request: HttpRequest) -> HttpResponse:
    """Time to the reply: median, 90th percentile, shares within so many days. The address says of which complaints."""
    filters = _filters(request)
    if address := tidy_address(request):
        return redirect(address)
    context = {"filters": filters, "problems": filters.problems}
    if not filters.problems:
        times = reply_times.of(filters.found)
        context |= {"times": times, "sentence": sentence(times)}
        if times.whole.answered:
            title = _("How long customers waited")
            context["drawn"] = drawing.bands(times.bands, key="waiting", title=title)
    status = HTTPStatus.BAD_REQUEST if filters.problems else HTTPStatus.OK
    return render(request, "complaints/figures.html", context, status=status)


def sentence(times: reply_times.ReplyTimes) -> str:
    """Half of the customers had their answer within 9.9 days (7.8 to 12.1), nine of ten within 35.2; n = 120."""
    if not times.whole.answered:
        return _("Nobody has been answered yet.")
    median, ninetieth = times.median, times.ninetieth
    return _(
        "Half of the customers had their answer within %(median)s days (%(lower)s to %(upper)s), nine of ten within "
        "%(ninetieth)s days (%(from)s to %(to)s); n = %(n)s."
    ) % {
        "median": f"{median.value:.1f}", "lower": f"{median.lower:.1f}", "upper": f"{median.upper:.1f}",
        "ninetieth": f"{ninetieth.value:.1f}", "from": f"{ninetieth.lower:.1f}", "to": f"{ninetieth.upper:.1f}",
        "n": median.n,
    }  # fmt: skip


@login_required
@require_safe
def complaint_figures_csv(request: HttpRequest) -> HttpResponse:
    """The table by quarter."""
    filters = _filters(request)
    times = reply_times.of(filters.found)
    headings = [
        _("Quarter"), pgettext("complaints", "Received"), _("Answered"), _("Median (days)"),
        _("90th percentile (days)"),
    ]  # fmt: skip
    rows = (
        [line.label, line.received, line.answered, _days(line.median), _days(line.ninetieth)]
        for line in times.quarters
    )
    name = f"{_('reply-times')}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        write_csv(headings, rows), content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(True, name),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )  # fmt: skip


def _days(value: float | None) -> float | str:
    return "" if value is None else round(value, 2)
