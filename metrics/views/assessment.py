"""Assessment: the cards one sees, schemes, ranking."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from history import paging
from history.timeline import timeline
from incidents.errors import Refused
from metrics.assessment import making, ranking, rules, schemes, showing
from metrics.forms import assessment as forms
from metrics.models import Scheme, Scorecard
from metrics.periods import Period
from people.models import CASE_ROLES, Role, Unit

from .answering import READ_WRITE, Page, answer, refuse

PER_PAGE = 30
PERIODS_SHOWN = 8


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The cards that the person sees, the latest first: one's own for everybody, those of the units one oversees."""
    rows = Scorecard.objects.visible_to(request.user).select_related("scheme", "unit", "person")
    filters = forms.CardFilter(request.GET, person=request.user)
    if filters.is_valid():
        chosen = {name: value for name, value in filters.cleaned_data.items() if value}
        rows = rows.filter(**chosen)
    page = paging.page(rows, request.GET, moment="made_at", size=PER_PAGE)
    context = {
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "filters": filters,
        "active_filters": _active(filters),
        "schemes": list(schemes.schemes_for(request.user)[:50]),
        "may_set": request.user.has_any_role(Role.QUALITY),
        "oversees": request.user.has_any_role(*CASE_ROLES),
    }
    return render(request, "metrics/assessment/overview.html", context)


def _active(filters: forms.CardFilter) -> list[dict]:
    if not filters.is_valid():
        return []
    found = []
    if scheme := filters.cleaned_data["scheme"]:
        found.append({"key": "scheme", "value": str(scheme.pk), "label": scheme.name})
    if state := filters.cleaned_data["state"]:
        found.append({"key": "state", "value": state, "label": Scorecard.State(state).label})
    return found


# Schemes --------------------------------------------------------------------------------------------------------------
def _crumbs(*more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return ((reverse("assessment"), _("Assessment")), *more)


@login_required
@require_http_methods(READ_WRITE)
def scheme_new(request: HttpRequest) -> HttpResponse:
    """First for whom, then how: what is offered depends on it."""
    if not request.user.has_any_role(Role.QUALITY):
        return refuse(request, _("Only a quality manager of the unit sets how it is assessed."))
    begin = forms.BeginForm(request.GET or None, person=request.user)
    if not (request.GET and begin.is_valid()):
        return render(request, "metrics/assessment/scheme_begin.html", {"form": begin})
    unit, assessed = begin.cleaned_data["unit"], begin.cleaned_data["assessed"]
    form = forms.NewSchemeForm(request.POST or None, unit=unit, assessed=assessed)
    page = Page(
        _("New scheme: %(unit)s") % {"unit": unit}, _("Set the scheme"), reverse("assessment"),
        _("The scheme is set."), text=_lines_hint(assessed), crumbs=_crumbs(),
        template="metrics/assessment/scheme_form.html",
    )  # fmt: skip

    def perform() -> str:
        made = schemes.set_scheme(by=request.user, unit=unit, assessed=assessed, **form.values())
        return made.get_absolute_url()

    return answer(request, page, form, perform)


def _lines_hint(assessed: str) -> str:
    if assessed == Scheme.Assessed.PEOPLE:
        return _(
            "Of persons only what they do themselves is scored. Weights add up to 100, bonus lines aside, which come on "
            "top and never take anything away."
        )
    return _(
        "Weights add up to 100. Empty ends mean the unit's target and its threshold. Counts of reports can't be scored: "
        "nobody shall be rewarded for silence."
    )


def _scheme_or_404(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(schemes.schemes_for(request.user), pk=pk)


@login_required
@require_safe
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    found = _scheme_or_404(request, pk)
    versions = list(found.versions.select_related("set_by").prefetch_related("lines")[:10])
    known = schemes.offered(found.unit, found.assessed)
    periods = list(
        found.cards.filter(pk__in=Scorecard.objects.visible_to(request.user))
        .order_by("-begins_on")
        .values_list("begins_on", flat=True)
        .distinct()[:PERIODS_SHOWN]
    )
    is_open = rules.may_set(request.user, found.unit) and found.retired_at is None
    context = {
        "scheme": found,
        "versions": [
            (version, [(known.get(line.kpi), line) for line in version.lines.all()]) for version in versions
        ],
        "periods": [Period(day, found.grain) for day in periods],
        "is_keeper": is_open,
        "make": forms.MakeForm(scheme=found) if is_open else None,
        "timeline": timeline(found.case),
    }
    return render(request, "metrics/assessment/scheme.html", context)


@login_required
@require_http_methods(READ_WRITE)
def scheme_change(request: HttpRequest, pk: int) -> HttpResponse:
    found = _scheme_or_404(request, pk)
    if not rules.may_set(request.user, found.unit):
        return refuse(request, _("Only a quality manager of the unit sets how it is assessed."))
    form = forms.ChangeLinesForm(request.POST or None, scheme=found)
    page = Page(
        _("Change “%(name)s”") % {"name": found.name}, _("Make a new version"), found.get_absolute_url(),
        _("From now on the new version holds. Cards that were made keep theirs."), text=_lines_hint(found.assessed),
        crumbs=_crumbs((found.get_absolute_url(), found.name)), template="metrics/assessment/scheme_form.html",
    )  # fmt: skip
    return answer(
        request, page, form, lambda: schemes.change_lines(found, by=request.user, **form.values()),
        version_of=lambda: Scheme.objects.get(pk=pk).version,
    )  # fmt: skip


@login_required
@require_http_methods(READ_WRITE)
def scheme_retire(request: HttpRequest, pk: int) -> HttpResponse:
    found = _scheme_or_404(request, pk)
    if not rules.may_set(request.user, found.unit):
        return refuse(request, _("Only a quality manager of the unit sets how it is assessed."))
    form = forms.RetireForm(request.POST or None, person=request.user, row=found)
    page = Page(
        _("End the use of “%(name)s”") % {"name": found.name}, _("End its use"), found.get_absolute_url(),
        _("No more cards are made by this scheme."), icon="archive",
        crumbs=_crumbs((found.get_absolute_url(), found.name)),
    )  # fmt: skip
    return answer(
        request, page, form, lambda: schemes.retire(found, by=request.user, **form.values()),
        version_of=lambda: Scheme.objects.get(pk=pk).version,
    )  # fmt: skip


@login_required
@require_POST
def scheme_make(request: HttpRequest, pk: int) -> HttpResponse:
    """The drafts of a period, by hand."""
    found = _scheme_or_404(request, pk)
    if not rules.may_set(request.user, found.unit):
        return refuse(request, _("Only a quality manager of the unit makes scorecards there."))
    form = forms.MakeForm(request.POST, scheme=found)
    if not form.is_valid():
        messages.warning(request, _("Choose a period of this scheme."))
        return redirect(found)
    try:
        made = making.make(found, form.period_chosen(), by=request.user)
    except Refused as refused:
        messages.warning(request, str(refused))
        return redirect(found)
    words = ngettext("%(count)s scorecard is made.", "%(count)s scorecards are made.", len(made))
    messages.success(request, words % {"count": len(made)})
    return redirect(f"{reverse('assessment')}?scheme={found.pk}")


# Ranking --------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def ranked(request: HttpRequest, pk: int) -> HttpResponse:
    """The units of a period beside each other, with places only where the difference isn't chance."""
    found = _scheme_or_404(request, pk)
    if found.is_of_people:
        raise Http404
    days = (
        found.cards.filter(pk__in=Scorecard.objects.visible_to(request.user))
        .exclude(state=Scorecard.State.DRAFT)
        .order_by("-begins_on")
        .values_list("begins_on", flat=True)
        .distinct()[:PERIODS_SHOWN]
    )
    periods = [Period(day, found.grain) for day in days]
    period = next(
        (one for one in periods if one.key == request.GET.get("period")), periods[0] if periods else None
    )
    placed = ranking.ranking(found, period, reader=request.user) if period else []
    context = {
        "scheme": found,
        "period": period,
        "periods": periods,
        "placed": placed,
        "sentence": ranking.told(placed),
        "drawing": showing.drawn(placed),
        "narrow": showing.drawn(placed, narrow=True),
        "hidden": _hidden(request, found),
    }
    return render(request, "metrics/assessment/ranking.html", context)


def _hidden(request: HttpRequest, found: Scheme) -> bool:
    """Does the reader see a part of the scheme's units only?"""
    return not Unit.objects.within(*request.user.posted_units(*CASE_ROLES)).filter(pk=found.unit_id).exists()
