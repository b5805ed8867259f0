"""The list of complaints and its export."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.listing import SORTS, STATES, TABLE, ComplaintFilter
from complaints.permissions import ACTS
from incidents import saved
from incidents.listing import capped_count
from incidents.views.listing import asked_page, taken_away, tidy_address
from people.models import CASE_ROLES

#: Up to so many are counted.
COUNTED = 1000


@login_required
@require_safe
def complaint_list(request: HttpRequest) -> HttpResponse:
    """The complaints that the reader may see: filtered, sorted, a page at a time. The address says it all."""
    if address := tidy_address(request):
        return redirect(address)
    filters = ComplaintFilter(request.GET, person=request.user)
    page, problems = asked_page(request, filters)
    context = {
        "filters": filters,
        "page": page,
        "problems": problems,
        "sorts": SORTS.values(),
        "states": [("", _("All")), *STATES],
        "state": request.GET.get("state", ""),
        "plain_query": saved.plain_query(request.GET),
        "saved_views": list(saved.visible_to(request.user).filter(page="complaint-list")),
        "may_see_figures": request.user.has_any_role(*CASE_ROLES),
        "may_take_down": request.user.has_any_role(*ACTS["receive"].roles),
        "count": None if problems else capped_count(filters.found, COUNTED + 1),
        "most_counted": COUNTED,
    }
    status = HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
    return render(request, "complaints/list.html", context, status=status)


@login_required
@require_POST
def complaint_export(request: HttpRequest) -> HttpResponse:
    """The rows of the list as a file: personal data stays masked."""
    return taken_away(request, TABLE, reverse("complaint-list"))
