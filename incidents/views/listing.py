"""The list of incidents and its export."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents import exporting, saved
from incidents.filtering import CaseFilter, without_blanks
from incidents.filters import STATES, IncidentFilter
from incidents.listing import SORTS, BadCursor, Page, Place, capped_count, page_of


def tidy_address(request: HttpRequest) -> str | None:
    """The same page without the empty filters that its form sent along: an address that can be passed on."""
    tidy = without_blanks(request.GET)
    return f"{request.path}?{tidy.urlencode()}" if len(tidy) < len(request.GET) else None


def asked_page(request: HttpRequest, filters: CaseFilter) -> tuple[Page, list[tuple[str, str]]]:
    """The page of the list that the address asks for, and what is wrong with it: (label, message)."""
    problems = filters.problems
    try:
        place = Place.of(
            filters.order.columns, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except BadCursor:
        text = _("This page of the list doesn't exist. Begin again with the first one.")
        return Page([]), [*problems, (_("Page"), text)]
    return page_of(filters.found, filters.order, place, within=filters.within, text=filters.text), problems


@login_required
@require_safe
def incident_list(request: HttpRequest) -> HttpResponse:
    """The incidents that the reader may see: filtered, sorted, a page at a time. The address says it all."""
    if address := tidy_address(request):
        return redirect(address)
    filters = IncidentFilter(request.GET, person=request.user)
    page, problems = asked_page(request, filters)
    context = {
        "filters": filters,
        "page": page,
        "problems": problems,
        "sorts": SORTS.values(),
        "states": [("", _("All")), *STATES],
        "state": request.GET.get("state", ""),
        "plain_query": saved.plain_query(request.GET),
        "saved_views": list(saved.visible_to(request.user).filter(page="incident-list")),
    }
    status = HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
    return render(request, "incidents/list.html", context, status=status)


@login_required
@require_POST
def incident_export(request: HttpRequest) -> HttpResponse:
    """The rows of the list as a file."""
    return taken_away(request, exporting.TABLE, reverse("incident-list"))


def taken_away(request: HttpRequest, table: exporting.Table, list_address: str) -> HttpResponse:
    """The rows that the posted filters find: at once when there are few, else by the worker."""
    filters = table.filter_form(QueryDict(request.POST.get("query", "")), person=request.user)
    format = request.POST.get("format")
    back = f"{list_address}?{filters.data.urlencode()}"
    if filters.problems or format not in exporting.TYPES:
        messages.error(request, _("These filters can't be exported. Look at the list first."))
        return redirect(back)
    if capped_count(filters.found, exporting.AT_ONCE + 1) > exporting.AT_ONCE:
        return redirect(table.later(filters, format, by=request.user))
    export = table.now(filters, format, by=request.user)
    return HttpResponse(
        export.content,
        content_type=export.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, export.name),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
