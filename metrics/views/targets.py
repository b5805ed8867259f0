"""Targets by unit and year: what holds and where it comes from, setting one, what held before."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents.errors import Invalid, Stale
from metrics import access
from metrics.definitions import kpi_of, kpis_of
from metrics.forms.volumes import TargetForm
from metrics.periods import today
from metrics.targets import FIRST_YEAR, YEARS_AHEAD, history_of, holding, set_target, setters_choice
from people.units import in_tree_order

from .volumes import is_keeper, refuse_others


def _year(request: HttpRequest) -> int:
    text = request.GET.get("year", "") or str(today().year)
    year = int(text) if len(text) == 4 and text.isascii() and text.isdecimal() else 0
    if not FIRST_YEAR <= year <= today().year + YEARS_AHEAD:
        raise Http404
    return year


@login_required
@require_safe
def targets(request: HttpRequest) -> HttpResponse:
    """Every indicator with the target that holds for the unit in the year."""
    person = refuse_others(request)
    unit = access.chosen_unit(person, request.GET.get("unit"))
    year = _year(request)
    held = holding([unit], year)
    rows = [
        {"kpi": kpi, "target": target, "is_own": target is not None and target.unit_id == unit.pk}
        for kpi in kpis_of([unit]).values()
        for target in [held.get((kpi.code, unit.pk))]
    ]
    context = {
        "tab": "targets", "tabs_of_keepers": is_keeper(person), "unit": unit, "year": year, "rows": rows,
        "years": range(today().year + YEARS_AHEAD, max(FIRST_YEAR, today().year - 5), -1),
        "units": in_tree_order(access.units_of(person).active()), "keeps": access.keeps(person, unit),
        "set_count": sum(row["target"] is not None for row in rows),
    }  # fmt: skip
    return render(request, "metrics/volumes/targets.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def target(request: HttpRequest, code: str) -> HttpResponse:
    """Set one target of a unit and year; below it what held before."""
    person = refuse_others(request)
    unit = access.chosen_unit(person, request.GET.get("unit"))
    year, kpi = _year(request), kpi_of(code, unit)
    if kpi is None:
        raise Http404
    if not access.keeps(person, unit):
        raise PermissionDenied
    held = holding([unit], year, [code]).get((code, unit.pk))
    own = held if held is not None and held.unit_id == unit.pk else None
    begun = {"value": own.value, "threshold": own.threshold, "owner": own.owner_id} if own else {}
    initial = {name: _plain(value) for name, value in begun.items()} | {"version": own.version if own else 0}
    form = TargetForm(request.POST or None, initial=initial, people=setters_choice(unit))
    back = f"{reverse('targets')}?{urlencode({'unit': unit.code, 'year': year})}"
    status, stale = HTTPStatus.OK, ""
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                set_target(code, unit, year, by=person, **form.cleaned_data)
            except Invalid as refused:
                for name, message in refused.fields.items():
                    form.add_error(name if name in form.fields else None, message)
            except Stale as refused:
                status, stale = HTTPStatus.CONFLICT, str(refused)
                form.data = form.data.copy()
                form.data["version"] = str(own.version if own else 0)
            else:
                messages.success(request, _("The target is set."))
                return redirect(back)
    context = {
        "tab": "targets", "unit": unit, "year": year, "kpi": kpi, "form": form, "back": back, "stale": stale,
        "above": held if own is None else None, "earlier": history_of(code, unit, year),
    }  # fmt: skip
    return render(request, "metrics/volumes/target.html", context, status=status)


def _plain(value):
    return f"{value.normalize():f}" if hasattr(value, "normalize") else value
