"""The catalogue of indicators, the page of each, its files, and what is written on its chart."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from capa.ranking import draw, draw_narrow
from incidents.errors import Invalid, NotAllowed, Refused
from incidents.lettering import NoFont
from incidents.views.listing import tidy_address
from metrics import downloads, notes
from metrics.access import chosen_unit, keeps, units_of
from metrics.addresses import kpi_url
from metrics.definitions import kpi_of
from metrics.drawing.table import lines_of
from metrics.drawing.tiles import interval_text, target_text
from metrics.forms.indicator import NoteForm, WithdrawForm
from metrics.indicator import catalogue
from metrics.indicator.choice import Asked, asked
from metrics.indicator.page import main_chart, page_of
from metrics.models import Note
from metrics.targets import value_of
from people.tables import write_csv, write_xlsx

PER_PAGE = 40
TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@login_required
@require_safe
def indicators(request: HttpRequest) -> HttpResponse:
    """All indicators of a unit with their definitions, targets and latest figures."""
    if address := tidy_address(request):
        return redirect(address)
    unit = chosen_unit(request.user, request.GET.get("unit"))
    wanted = request.GET.get("q", "").strip().casefold()
    found = [
        kpi
        for kpi in catalogue.names(unit).values()
        if wanted in f"{kpi.name} {kpi.meaning} {kpi.code}".casefold()
    ]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "unit": unit,
        "units": list(units_of(request.user).filter(closed_on=None).order_by("path")[:200]),
        "page": page,
        "rows": catalogue.rows(unit, list(page)),
        "q": request.GET.get("q", ""),
        "is_keeper": keeps(request.user, unit),
    }
    return render(request, "metrics/indicators.html", context)


@login_required
@require_safe
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """One indicator of one unit: chart, sentence, definition, table, units, parts, notes, files."""
    if address := tidy_address(request):
        return redirect(address)
    return _page(request, asked(request.user, code, request.GET))


def _page(
    request: HttpRequest, wanted: Asked, form: NoteForm | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    page = page_of(wanted)
    context = {
        "asked": wanted,
        "kpi": wanted.kpi,
        "unit": wanted.unit,
        "page": page,
        "interval": interval_text(page.latest),
        "target": target_text(wanted.kpi, page.target_value),
        "breakdowns": [
            (one, draw(one.parts, key=f"{one.facet}-w"), draw_narrow(one.parts, key=f"{one.facet}-n"))
            for one in page.breakdowns
        ],
        "compared": (
            (page.comparison.drawn(), page.comparison.drawn(narrow=True)) if page.comparison else None
        ),
        "form": form or (NoteForm(person=request.user) if wanted.is_keeper else None),
        "withdrawing": WithdrawForm(),
    }
    return render(request, "metrics/indicator.html", context, status=status)


# Files ---------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def indicator_table(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The table of the page as CSV or XLSX, unrounded."""
    wanted = asked(request.user, code, request.GET)
    figures, _notes, target, chart = main_chart(wanted)
    lines = lines_of(wanted.kpi, figures, chart, newest_first=False)
    rows = downloads.rows(wanted, lines, value_of(target))
    name = _filename(wanted, kind)
    if kind == "xlsx":
        file = write_xlsx(downloads.headings(), rows, title=str(wanted.kpi.name))
        return _taken(FileResponse(file, as_attachment=True, filename=name))
    response = StreamingHttpResponse(
        write_csv(downloads.headings(), rows), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )  # fmt: skip
    return _taken(response)


@login_required
@require_safe
def indicator_chart(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The control chart as SVG or PNG, in the light theme."""
    wanted = asked(request.user, code, request.GET)
    _figures, found, _target, chart = main_chart(wanted)
    drawn = downloads.drawing_of(wanted, chart, [(note.day, note.text) for note in found])
    title = f"{wanted.kpi.name} · {wanted.unit.name}"
    content: str | bytes = downloads.chart_document(drawn, title)
    if kind == "png":
        try:
            content = downloads.as_png(content)
        except NoFont as lacking:
            return _refused(
                request, wanted, lacking, _("The picture can't be drawn here"), HTTPStatus.NOT_IMPLEMENTED
            )
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, _filename(wanted, kind))
    return _taken(response)


def _filename(wanted: Asked, kind: str) -> str:
    return f"{wanted.kpi.code}-{wanted.unit.code}-{wanted.period.key}.{kind}"


def _taken(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response


def _refused(request: HttpRequest, wanted: Asked, error, title: str, status: int) -> HttpResponse:
    context = {"title": title, "message": str(error), "back": kpi_url(wanted.kpi, wanted.unit)}
    return render(request, "metrics/refused.html", context, status=status)


# Notes ---------------------------------------------------------------------------------------------------------------
@login_required
@require_POST
def note_add(request: HttpRequest, code: str) -> HttpResponse:
    """Write on the chart of the unit that the address names."""
    wanted = asked(request.user, code, request.GET)
    form = NoteForm(request.POST, person=request.user)
    if not wanted.is_keeper:
        return _refused(request, wanted, _keepers_only(), _("You can't do this"), HTTPStatus.FORBIDDEN)
    if form.is_valid():
        try:
            notes.add(wanted.kpi, wanted.unit, by=request.user, **form.cleaned_data)
        except Invalid as error:
            for name, message in error.fields.items():
                form.add_error(name, message)
        else:
            messages.success(request, _("The note stands on the chart."))
            return redirect(f"{reverse('indicator', args=[code])}{wanted.query()}#notes")
    return _page(request, wanted, form, HTTPStatus.BAD_REQUEST)


def _keepers_only() -> str:
    return _("Only quality managers of the unit write on its charts.")


@login_required
@require_POST
def note_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a note from its chart."""
    note = get_object_or_404(
        Note.objects.filter(unit__in=units_of(request.user)).select_related("unit"), pk=pk
    )
    kpi = kpi_of(note.kpi, note.unit)
    back = kpi_url(kpi, note.unit) if kpi else reverse("indicators")
    reason = request.POST.get("reason", "").replace("\x00", "")  # which PostgreSQL takes in no text
    try:
        notes.withdraw(note, by=request.user, reason=reason)
    except NotAllowed as error:
        context = {"title": _("You can't do this"), "message": str(error), "back": back}
        return render(request, "metrics/refused.html", context, status=HTTPStatus.FORBIDDEN)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The note was withdrawn; it stays in the history."))
    return redirect(f"{back}#notes")
