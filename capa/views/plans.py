"""The versions of a plan: each as it was written, and what changed from one to another."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from capa import planned
from capa.models import Plan
from capa.reading import Case, case_of
from incidents.views.acts import incident_or_404


def _number(request: HttpRequest, name: str) -> int | None:
    """A small number of the address; None when it isn't there. What isn't one is not found."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        raise Http404
    return int(text)


def _versions(request: HttpRequest, case: Case) -> list[Plan]:
    """Of the round in the address, else of the last round that has any."""
    cycle = _number(request, "round") or max((plan.cycle for plan in case.plans), default=0)
    return [plan for plan in case.plans if plan.cycle == cycle]


def _version(versions: list[Plan], revision: int) -> Plan:
    found = next((plan for plan in versions if plan.revision == revision), None)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def plan_version(request: HttpRequest, number: str, revision: int) -> HttpResponse:
    """One version; `?round=` for another round than the last."""
    incident = incident_or_404(request, number)
    case = case_of(incident)
    versions = _versions(request, case)
    plan = _version(versions, revision)
    context = {
        "incident": incident,
        "versions": versions,
        "shown": planned.version(case, plan),
    }
    return render(request, "capa/plan_version.html", context)


@login_required
@require_safe
def plan_compare(request: HttpRequest, number: str) -> HttpResponse:
    """`?from=1&to=2&round=1`; by default the last version with the one before it."""
    incident = incident_or_404(request, number)
    case = case_of(incident)
    versions = _versions(request, case)
    if not versions:
        raise Http404
    new = _version(versions, _number(request, "to") or versions[-1].revision)
    old = _version(versions, _number(request, "from") or max(new.revision - 1, 1))
    context = {
        "incident": incident,
        "versions": versions,
        "old": old,
        "new": new,
        "changed": planned.changed(case, old, new),
    }
    return render(request, "capa/plan_compare.html", context)
