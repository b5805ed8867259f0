"""The dashboards, and the lists behind their figures."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from incidents.views.listing import taken_away
from metrics import access, cases
from metrics.case_export import TABLE
from metrics.dashboards import choice, executive, loop, mine
from metrics.dashboards.saying import run_on
from metrics.drawing.scale import figure
from metrics.periods import Grain


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What really changed and what needs somebody, of the unit and period in the address."""
    chosen = choice.chosen(request.user, request.GET)
    return render(request, "metrics/dashboard.html", {"page": executive.gathered(chosen)})


@login_required
@require_safe
def unit_figures(request: HttpRequest, code: str) -> HttpResponse:
    """The short address of a unit's dashboard, for links from elsewhere."""
    unit = access.chosen_unit(request.user, code)
    return redirect(f"{reverse('dashboard')}?{urlencode({'unit': unit.code})}")


@login_required
@require_safe
def loop_health(request: HttpRequest) -> HttpResponse:
    """How well the loop runs: a quarter unless another period is asked for."""
    chosen = choice.chosen(request.user, request.GET, grain=Grain.QUARTER)
    return render(request, "metrics/loop.html", {"page": loop.gathered(chosen)})


@login_required
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """My unit's week: for everybody."""
    page = mine.gathered(request.user, request.GET)
    return render(
        request, "metrics/week.html", {"page": page, "sees_figures": access.sees(request.user, page.unit)}
    )


@login_required
@require_safe
def figure_cases(request: HttpRequest) -> HttpResponse:
    """What a figure counts, one line for each count. Without a figure in the address: the dashboard."""
    if not request.GET:
        return redirect(
            f"{reverse('dashboard')}?{urlencode({'unit': access.chosen_unit(request.user, None).code})}"
        )
    try:
        asked = cases.Asked.read(request.user, request.GET)
    except cases.Wrong as error:
        raise Http404 from error
    page = cases.page_of(
        asked, request.user, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    entered = asked.entered()
    context = {
        "asked": asked,
        "page": page,
        "sentence": _sentence(asked, request, entered),
        "sources": asked.sources() if entered else [],
        "list_url": asked.list_url() if page.lines else "",
        "has_detail": any(line.detail for line in page.lines),
        "empty": _("All of it was counted elsewhere.") if entered else _("Nothing was counted here."),
    }
    return render(request, "metrics/cases.html", context)


def _sentence(asked: cases.Asked, request: HttpRequest, entered: float) -> str:
    """This figure is made of 812 complaints, listed below. 40 more were counted elsewhere and entered."""
    seen, everything = cases.how_many(asked.rows(request.user)), cases.how_many(asked.all_rows())
    is_many = seen > cases.MOST_COUNTED
    told = {"count": figure(min(seen, cases.MOST_COUNTED), 0), "of_what": cases.of_what(asked)}
    parts: list[str] = []
    if is_many:
        parts = [
            _("This figure is made of more than %(count)s counts (%(of_what)s), the latest first.") % told
        ]
    elif seen:
        parts = [
            ngettext(
                "This figure is made of %(count)s count (%(of_what)s): it stands below.",
                "This figure is made of %(count)s counts (%(of_what)s): all of them stand below.",
                seen,
            )
            % told
        ]
    if seen and asked.tally.case != "pk":
        parts.append(_("A case can stand here more than once."))
    if seen and asked.sums:
        parts.append(_("Not their number is the figure, but the sum of what each of them gives."))
    if hidden := everything - seen:
        parts.append(
            ngettext(
                "%(count)s more isn't shown: it belongs to a case that you may not see.",
                "%(count)s more aren't shown: they belong to cases that you may not see.",
                hidden,
            )
            % {"count": figure(hidden, 0)}
        )
    if entered:
        parts.append(
            _("%(count)s more were counted elsewhere and entered here; of those there are no cases.")
            % {"count": figure(entered, 0)}
        )
    return run_on(parts)


@login_required
@require_POST
def figure_cases_export(request: HttpRequest) -> HttpResponse:
    """The lines of the list as a file."""
    if not access.sees_figures(request.user):
        raise Http404
    return taken_away(request, TABLE, reverse("metrics-cases"))
