"""Series and indicators that a company defines for itself."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents.errors import Invalid
from metrics import own
from metrics.definitions import of_own
from metrics.enterable import series_of
from metrics.forms.volumes import KpiForm, SeriesForm
from metrics.models import OwnKpi, OwnSeries
from people.models import Person, Unit

from .volumes import is_keeper

WRITE = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def own_indicators(request: HttpRequest) -> HttpResponse:
    """What the companies of this person have defined."""
    if not is_keeper(request.user):
        raise PermissionDenied
    companies = own.companies_of(request.user)
    within = {pk for pk in request.user.company_ids}
    kpis = OwnKpi.objects.filter(company__in=within).select_related("company", "set_by")
    context = {
        "tab": "own", "tabs_of_keepers": True, "companies": companies,
        "series": OwnSeries.objects.filter(company__in=within).select_related("company", "set_by"),
        "kpis": [(row, of_own(row)) for row in kpis],
        "editable": {company.pk for company in companies},
    }  # fmt: skip
    return render(request, "metrics/volumes/own.html", context)


def _company(request: HttpRequest, pk: int | None = None) -> Unit:
    """The company in which something is defined: of the row, or the one in the address. Another's isn't there."""
    person: Person = request.user
    if not is_keeper(person):
        raise PermissionDenied
    mine = own.companies_of(person)
    code = request.GET.get("company")
    found = [unit for unit in mine if (unit.pk == pk if pk else code in (None, "", unit.code))]
    if found:
        return found[0]
    if pk is None or pk in person.company_ids:
        raise PermissionDenied
    raise Http404


@login_required
@require_http_methods(WRITE)
def own_series(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    row = get_object_or_404(OwnSeries, pk=pk, company__in=_within(request)) if pk else None
    company = _company(request, row.company_id if row else None)
    form = SeriesForm(request.POST or None, instance=row)
    return _answered(request, form, company, row, own.define_series)


@login_required
@require_http_methods(WRITE)
def own_kpi(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Sent with do=preview, it shows the last period's value and keeps nothing."""
    row = get_object_or_404(OwnKpi, pk=pk, company__in=_within(request)) if pk else None
    company = _company(request, row.company_id if row else None)
    form = KpiForm(request.POST or None, instance=row, series=series_of([company.pk]))
    return _answered(request, form, company, row, own.define_kpi)


def _within(request: HttpRequest) -> set[int]:
    return request.user.company_ids if is_keeper(request.user) else set()


def _answered(request: HttpRequest, form, company: Unit, row, act) -> HttpResponse:
    is_kpi = isinstance(form, KpiForm)
    status, figure = HTTPStatus.OK, None
    kept = type(row).objects.get(pk=row.pk) if row else None  # the form writes what was sent into its own
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        form.instance.company = company
        if form.is_valid() and is_kpi and request.POST.get("do") == "preview":
            status, figure = HTTPStatus.OK, own.preview(form.instance, company)
        elif form.is_valid():
            try:
                act(company, by=request.user, row=kept, **form.cleaned_data)
            except Invalid as refused:
                for name, message in refused.fields.items():
                    form.add_error(name if name in form.fields else None, message)
            else:
                messages.success(request, _("Saved."))
                return redirect("own-indicators")
    elif is_kpi and row:
        figure = own.preview(row, company)
    context = {
        "tab": "own", "form": form, "row": kept, "company": company, "figure": figure, "is_kpi": is_kpi,
        "formula": of_own(form.instance).formula if is_kpi and form.instance.numerator else "",
    }  # fmt: skip
    return render(request, "metrics/volumes/own_edit.html", context, status=status)
