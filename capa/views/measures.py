"""Measures: the list, the page of one with its ledger, and what its owner records there from a phone."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from capa.forms.measures import FilterForm
from capa.listing import page_of
from capa.models import EntryProof, Measure
from capa.reading import proofs_of
from capa.records import RECORDS, Record, open_to
from capa.sections import followed
from incidents.errors import Invalid, NotAllowed, Stale


@login_required
@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """The measures that this person may see: their own first, then everybody's; filters live in the address."""
    form = FilterForm(request.GET, person=request.user)
    page = page_of(form.found(), after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "form": form,
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "active_filters": form.active(),
    }
    return render(request, "capa/measures.html", context)


def _measure_or_404(request: HttpRequest, number: str) -> Measure:
    rows = Measure.objects.visible_to(request.user).select_related(
        "incident__unit", "incident__responsible_unit", "incident__type", "plan", "owner", "unit", "cause"
    )
    return get_object_or_404(rows, number=number)


def _followed(measure: Measure) -> dict:
    rows = measure.entries.select_related("by").annotate(shown_proofs=proofs_of(EntryProof, "entry"))
    return followed(measure, list(rows))


@login_required
@require_safe
def measure(request: HttpRequest, number: str) -> HttpResponse:
    """One measure: what is to be done, against what, until when, and its ledger."""
    found = _measure_or_404(request, number)
    item = _followed(found)
    records = open_to(request.user, found, item["request"])
    context = {
        "measure": found,
        "incident": found.incident,
        "item": item,
        "records": records,
        "own": [record for record in records.values() if record.rule is None],
        "others": [record for record in records.values() if record.rule is not None],
    }
    return render(request, "capa/measure.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def measure_act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Record something about one measure. What was typed is never lost when it is refused."""
    found = _measure_or_404(request, number)
    chosen = RECORDS.get(slug)
    if chosen is None:
        raise Http404
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = chosen.form(*sent, measure=found, person=request.user)
    if slug not in open_to(request.user, found, _followed(found)["request"]):
        return _not_open(request, found, chosen, form)
    if request.method != "POST":
        return _page(request, found, chosen, form)
    if not form.is_valid():
        return _page(request, found, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _perform(request, found, chosen, form)


def _not_open(request, found: Measure, chosen: Record, form) -> HttpResponse:
    """Not for this person, or not any more: the function knows which and says why; else the page as it is now."""
    if request.method == "POST" and form.is_valid():
        return _perform(request, found, chosen, form)
    messages.warning(request, _("This can't be recorded here now."))
    return redirect(found)


def _perform(request, found: Measure, chosen: Record, form) -> HttpResponse:
    try:
        chosen.perform(found, by=request.user, **form.values())
    except Invalid as refused:
        for name, message in refused.fields.items():
            form.add_error(name if name in form.fields else None, message)
        return _page(request, found, chosen, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotAllowed as refused:
        context = {
            "incident": found.incident,
            "message": refused.message,
            "title": _("This isn't yours to do"),
        }
        return render(request, "incidents/refused.html", context, status=HTTPStatus.FORBIDDEN)
    except Stale as refused:
        messages.warning(request, str(refused))
        return redirect(found)
    messages.success(request, _("%(number)s: recorded.") % {"number": found.number})
    return redirect(found)


def _page(request, found: Measure, chosen: Record, form, *, status=HTTPStatus.OK) -> HttpResponse:
    context = {"measure": found, "incident": found.incident, "record": chosen, "form": form}
    return render(request, "capa/record.html", context, status=status)
