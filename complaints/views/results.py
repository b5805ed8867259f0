"""What the answers to a survey say: figures with their intervals, drawings, files; comments and what becomes of them."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from complaints.forms.results import BY, CommentsFilter, ResultsFilter
from complaints.models import Category, Response, Survey
from complaints.surveys import comments, drawing, sight, taking, telling
from complaints.surveys.figures import Line
from complaints.surveys.statistics import Results
from incidents.errors import Refused
from incidents.lettering import NoFont
from incidents.views.listing import tidy_address
from people.tables import write_csv, write_xlsx

COMMENTS_PER_PAGE = 25
#: How many questions show how their answers are spread.
MOST_QUESTIONS = 60


def survey_or_404(request: HttpRequest, pk: int) -> Survey:
    return get_object_or_404(sight.surveys(request.user), pk=pk)


def _found(filters: ResultsFilter) -> tuple[Results, list[Line]]:
    results = Results(
        filters.survey,
        filters.rows,
        versions=filters.versions,
        by=filters.period,
        invitations=filters.invitations,
    )
    if results.is_hidden:
        return results, []
    everything = {unit.pk: unit for unit in filters.units.values()}
    return results, results.units(filters.tops, everything)


@login_required
@require_safe
def survey_results(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of results: a sentence, then what it rests on. The address says which answers."""
    survey = survey_or_404(request, pk)
    if address := tidy_address(request):
        return redirect(address)
    filters = ResultsFilter(request.GET, person=request.user, survey=survey)
    context = {
        "survey": survey,
        "filters": filters,
        "problems": filters.problems,
        "by": filters.period,
        "ways": BY,
    }
    if not filters.problems:
        context |= _shown(filters)
    status = HTTPStatus.BAD_REQUEST if filters.problems else HTTPStatus.OK
    return render(request, "surveys/results.html", context, status=status)


def _shown(filters: ResultsFilter) -> dict:
    results, units = _found(filters)
    told = {
        "results": results,
        "sentence": telling.first_sentence(results),
        "is_empty": results.is_hidden or not results.n,
    }
    if told["is_empty"]:
        return told
    items = results.shown_items[:MOST_QUESTIONS]
    return told | {
        "change": telling.change_sentence(results.periods),
        "caution": telling.caution(results),
        "units": units,
        "items": items,
        "dimensions": results.shown_dimensions,
        "spread": [
            (row, drawing.answers(row, key=f"spread-{place}", title=str(row.item)))
            for place, row in enumerate(items)
        ],
        "drawn": {
            name: (_drawn(name, results, units), _drawn(name, results, units, narrow=True))
            for name in CHARTS
            if _lines(name, results, units)
        },
    }


#: Name in the address -> title above the drawing.
CHARTS = ("trend", "units", "groups", "dimensions", "drivers")


def _title(name: str) -> str:
    return {
        "trend": _("Index over time"), "units": _("Index by unit"), "groups": _("Index by group"),
        "dimensions": _("Index by dimension"), "drivers": _("What goes with satisfaction"),
    }[name]  # fmt: skip


def _lines(name: str, results: Results, units: list[Line]) -> list:
    """What there is to draw: a single point says no more than the sentence does."""
    if name == "dimensions":
        return results.shown_dimensions
    if name == "drivers":
        return results.drivers
    lines = {"trend": results.periods, "units": units, "groups": results.groups}[name]
    shown = [line for line in lines if not line.hidden]
    return shown if len(shown) > 1 else []


def _drawn(name: str, results: Results, units: list[Line], *, narrow: bool = False):
    lines, key = _lines(name, results, units), f"{name}-narrow" if narrow else name
    title = _title(name)
    if name == "trend":
        return drawing.trend(lines, key=key, title=title, narrow=narrow)
    if name == "drivers":
        marks = [drawing.Mark(str(row.label), row.driver) for row in lines]
        return drawing.forest(
            marks, key=key, title=title, low=-1, high=1, step=0.2, places=2, whole=0, narrow=narrow
        )
    if name == "dimensions":
        marks = [drawing.Mark(str(row.label), row.figure) for row in lines]
    else:
        marks = [drawing.mark_of(line) for line in lines]
    whole = results.csi.value if results.csi else None
    return drawing.forest(marks, key=key, title=title, whole=whole, narrow=narrow)


# Files ---------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def results_table(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Every figure as CSV or XLSX."""
    survey, filters = _asked(request, pk)
    results, units = _found(filters)
    name = f"{survey.code}-{timezone.localdate():%Y-%m-%d}.{kind}"
    rows = taking.rows(results, units)
    if kind == "xlsx":
        file = write_xlsx(taking.headings(), rows, title=survey.name)
        return _as_file(FileResponse(file, as_attachment=True, filename=name))
    response = StreamingHttpResponse(
        write_csv(taking.headings(), rows), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )  # fmt: skip
    return _as_file(response)


@login_required
@require_safe
def results_chart(request: HttpRequest, pk: int, chart: str, kind: str) -> HttpResponse:
    """One drawing as SVG or PNG."""
    survey, filters = _asked(request, pk)
    results, units = _found(filters)
    if chart not in CHARTS or results.is_hidden or not _lines(chart, results, units):
        raise Http404
    title = f"{survey.name} · {_title(chart)}"
    document = taking.as_document(_drawn(chart, results, units), title)
    content: str | bytes = document
    if kind == "png":
        try:
            content = taking.as_png(document)
        except NoFont as lacking:
            context = {
                "title": _("The picture can't be drawn here"),
                "message": str(lacking),
                "survey": survey,
            }
            return render(request, "surveys/refused.html", context, status=HTTPStatus.NOT_IMPLEMENTED)
    name = content_disposition_header(True, f"{survey.code}-{chart}.{kind}")
    response = HttpResponse(content, content_type={"svg": "image/svg+xml", "png": "image/png"}[kind])
    response["Content-Disposition"] = name
    return _as_file(response)


def _asked(request: HttpRequest, pk: int) -> tuple[Survey, ResultsFilter]:
    survey = survey_or_404(request, pk)
    filters = ResultsFilter(request.GET, person=request.user, survey=survey)
    if filters.problems:
        raise Http404
    return survey, filters


def _as_file(response):
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# Comments ------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def survey_comments(request: HttpRequest, pk: int) -> HttpResponse:
    """What customers wrote, newest first; classified by whoever handles complaints in their unit."""
    survey = survey_or_404(request, pk)
    if address := tidy_address(request):
        return redirect(address)
    filters = CommentsFilter(request.GET, person=request.user, survey=survey)
    rows = comments.of(filters.rows.filter(version__in=filters.versions), request.user)
    page = Paginator(rows, COMMENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "survey": survey,
        "filters": filters,
        "problems": filters.problems,
        "page": page,
        "comments": comments.shown(page.object_list, person=request.user),
        "categories": list(Category.objects.offered()),
        "here": request.get_full_path(),
        "nothing": pgettext("category", "Not classified"),
    }
    status = HTTPStatus.BAD_REQUEST if filters.problems else HTTPStatus.OK
    return render(request, "surveys/comments.html", context, status=status)


def _workable(request: HttpRequest, pk: int) -> Response:
    """The answer with its comment: 404 when it isn't theirs to see, 403 when they may only read it."""
    response = comments.readable_or_404(request.user, pk)
    if not comments.works_on(request.user, response):
        raise PermissionDenied
    return response


@login_required
@require_POST
def comment_classify(request: HttpRequest, pk: int) -> HttpResponse:
    response = _workable(request, pk)
    category = Category.objects.offered().filter(code=request.POST.get("category", "")).first()
    return _done(
        request, response, lambda: comments.classify(response, category, by=request.user), _("Classified.")
    )


@login_required
@require_POST
def comment_raise(request: HttpRequest, pk: int) -> HttpResponse:
    """A complaint from a comment, once; leads to it."""
    response = _workable(request, pk)
    try:
        complaint = comments.raise_complaint(response, by=request.user)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(_back(request, response))
    messages.success(request, _("%(number)s is on record.") % {"number": complaint.number})
    return redirect(complaint)


def _done(request: HttpRequest, response, act, said: str) -> HttpResponse:
    try:
        act()
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(_back(request, response))


def _back(request: HttpRequest, response) -> str:
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return address
    return reverse("survey-comments", args=[response.version.survey_id])
