"""Measures: the list, the page of one with its ledger, and what its owner records there from a phone."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capa import exporting
from capa.forms.measures import FilterForm
from capa.gantt import chart_of
from capa.listing import page_of
from capa.models import EntryProof, Measure
from capa.reading import proofs_of
from capa.records import RECORDS, Record, open_to
from capa.sections import followed
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.filtering import without_blanks
from incidents.listing import capped_count

#: Where on the pages the reader is: no filters.
PLACES = ("after", "before", "month")


def plain_query(request: HttpRequest) -> str:
    """The filters in force, for the other views of the same measures and for the export."""
    query = without_blanks(request.GET)
    for name in PLACES:
        query.pop(name, None)
    return query.urlencode()


@login_required
@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """The measures that this person may see: their own first, then everybody's; filters live in the address."""
    form = FilterForm(request.GET, person=request.user)
    page = page_of(form.found(), after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "tab": "list",
        "form": form,
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "active_filters": form.active(),
        "plain_query": plain_query(request),
    }
    return render(request, "capa/measures.html", context)


@login_required
@require_POST
def measure_export(request: HttpRequest) -> HttpResponse:
    """The measures of the list as a file: at once when there are few, else by the worker."""
    form = FilterForm(QueryDict(request.POST.get("query", "")), person=request.user)
    format = request.POST.get("format")
    if format not in exporting.TYPES:
        messages.error(request, _("These filters can't be exported. Look at the list first."))
        return redirect(f"{reverse('measure-list')}?{form.data.urlencode()}")
    if capped_count(form.found(), exporting.AT_ONCE + 1) > exporting.AT_ONCE:
        return redirect(exporting.export_later(form, format, by=request.user))
    export = exporting.export_now(form, format, by=request.user)
    return HttpResponse(
        export.content,
        content_type=export.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, export.name),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _measure_or_404(request: HttpRequest, number: str) -> Measure:
    rows = Measure.objects.visible_to(request.user).select_related(
        "incident__unit", "incident__responsible_unit", "incident__type", "plan", "owner", "unit", "cause"
    )
    return get_object_or_404(rows, number=number)


def _followed(measure: Measure) -> dict:
    rows = measure.entries.select_related("by").annotate(
        shown_proofs=proofs_of(EntryProof, "entry", thumbnail="evidence__thumbnail")
    )
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
        "chart": chart_of([(found, item["entries"])]),
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
