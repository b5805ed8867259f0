"""The archive of closed cases, what works against what, and the causes of a chosen set of incidents."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from capa import library, pareto, ranking, works
from capa.forms.library import ArchiveFilter, ParetoFilter, WorksFilter
from incidents.listing import BadCursor, Page, Place, page_of
from incidents.saved import plain_query
from incidents.views.listing import tidy_address
from people.tables import write_csv


@login_required
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """The closed cases that the reader may see, the last closed first. The address says which."""
    if address := tidy_address(request):
        return redirect(address)
    filters = ArchiveFilter(request.GET, person=request.user)
    problems, page = filters.problems, Page([])
    try:
        place = Place.of(
            filters.order.columns, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except BadCursor:
        problems.append(
            (_("Page"), _("This page of the list doesn't exist. Begin again with the first one."))
        )
    else:
        page = page_of(filters.found, filters.order, place, within=filters.within, text=filters.text)
    context = {
        "tab": "archive",
        "filters": filters,
        "page": page,
        "entries": library.entries(page.rows),
        "problems": problems,
        "kept": [
            (key, value) for key, values in request.GET.lists() for value in values if key in filters.KEPT
        ],
    }
    status = HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
    return render(request, "capa/library.html", context, status=status)


@login_required
@require_safe
def what_works(request: HttpRequest) -> HttpResponse:
    """How often measures of each strength were found effective against causes of each category."""
    if address := tidy_address(request):
        return redirect(address)
    filters = WorksFilter(request.GET, person=request.user)
    context = {
        "tab": "works",
        "filters": filters,
        "problems": filters.problems,
        "found": works.table(filters) if not filters.problems else None,
        "by": filters.way,
        "ways": works.WAYS,
    }
    status = HTTPStatus.BAD_REQUEST if filters.problems else HTTPStatus.OK
    return render(request, "capa/what_works.html", context, status=status)


@login_required
@require_safe
def cause_pareto(request: HttpRequest) -> HttpResponse:
    """Which few causes are behind most of the incidents that the address chooses."""
    if address := tidy_address(request):
        return redirect(address)
    filters = ParetoFilter(request.GET, person=request.user)
    found = pareto.of(filters) if not filters.problems else None
    context = {
        "tab": "pareto",
        "filters": filters,
        "problems": filters.problems,
        "found": found,
        "chart": ranking.draw(found) if found and found.bars else "",
        "narrow_chart": ranking.draw_narrow(found) if found and found.bars else "",
        "by": filters.way,
        "ways": pareto.WAYS,
        "plain_query": plain_query(request.GET),
    }
    status = HTTPStatus.BAD_REQUEST if filters.problems else HTTPStatus.OK
    return render(request, "capa/pareto.html", context, status=status)


@login_required
@require_safe
def cause_pareto_csv(request: HttpRequest) -> HttpResponse:
    """The table under the chart, every line of it."""
    filters = ParetoFilter(request.GET, person=request.user)
    if filters.problems:
        return redirect(f"{reverse('cause-pareto')}?{request.GET.urlencode()}")
    found = pareto.of(filters)
    name = f"{_('causes')}-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        write_csv(found.headings, found.lines),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(True, name),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
