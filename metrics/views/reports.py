"""Monthly reports: the list, one report to read and write, its signature, its paper, its readers; pages as PDF."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from capa.difference import compared
from capa.papers.rendering import LANGUAGES
from history import paging
from history.models import Signature
from history.signing import is_whole, still_says
from history.timeline import timeline
from incidents.errors import Invalid, NotAllowed, Refused, Stale
from incidents.jobs import JobFailed, sentence
from incidents.models.jobs import said
from metrics import access
from metrics.forms import reports as forms
from metrics.models import MonthlyReport, ReportReader
from metrics.reporting import collecting, contents, making, papers, readers
from metrics.reporting.wording import LANGUAGES as NAMES

READ_WRITE = ["GET", "HEAD", "POST"]
PER_PAGE = 25


def report_or_404(request: HttpRequest, pk: int, **conditions) -> MonthlyReport:
    rows = contents.visible_to(request.user).select_related("unit", "signed_by", "made_by")
    return get_object_or_404(rows, pk=pk, **conditions)


def kept_or_404(request: HttpRequest, pk: int) -> MonthlyReport:
    """A report that this person may write on; who only reads it is refused, anybody else learns nothing."""
    found = report_or_404(request, pk)
    if not access.keeps(request.user, found.unit):
        raise PermissionDenied
    return found


# The list ------------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(READ_WRITE)
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports of one's units, the latest first; a quality manager makes a draft here."""
    if not access.sees_figures(request.user):
        raise PermissionDenied
    is_keeper = access.kept_units(request.user).exists()
    if request.method == "POST" and not is_keeper:
        raise PermissionDenied
    form = forms.MakeForm(request.POST or None, person=request.user) if is_keeper else None
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            try:
                return redirect(making.make(by=request.user, **form.cleaned_data))
            except Invalid as refused:
                show(form, refused)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    rows = contents.visible_to(request.user).select_related("unit", "signed_by")
    page = paging.page(rows.defer("figures", "parts"), request.GET, moment="made_at", size=PER_PAGE)
    context = {"page": page, "newer": page.newer, "older": page.older, "form": form, "names": NAMES}
    return render(request, "metrics/reports/list.html", context, status=status)


# One report ----------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def report_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A report to read, each part with what it was made from; ?compare=1 asks what the figures say today."""
    return render(request, "metrics/reports/page.html", _shown(request, report_or_404(request, pk)))


def _shown(request: HttpRequest, report: MonthlyReport) -> dict:
    may_write = access.keeps(request.user, report.unit)
    of_month = contents.visible_to(request.user).filter(
        unit=report.unit, month=report.month, language=report.language
    )
    with translation.override(report.language):
        passages = [_passage(passage) for passage in contents.passages(report)]
    return {
        "report": report,
        "report_lang": LANGUAGES[report.language],
        "language_name": NAMES[report.language],
        "passages": passages,
        "changed": [item for item in passages if item["news"]],
        "may_edit": may_write and not report.is_signed,
        "may_correct": may_write and report.is_signed and not of_month.filter(revision__gt=report.revision).exists(),
        "others": of_month.exclude(pk=report.pk).order_by("revision").only("revision", "status", "unit", "month"),
        "signature": _signature(report),
        "compared": "compare" in request.GET,
        "differences": collecting.changed_since(report.unit, report.figures) if "compare" in request.GET else [],
        "readers": readers.readers_of(report.unit).count() if may_write else None,
        "timeline": timeline(report.case),
        "can_print": papers.available(),
        "correct_form": forms.CorrectForm(),
    }  # fmt: skip


def _passage(passage: contents.Passage) -> dict:
    """A part as the page shows it: what was written against what was made, and what the figures say anew."""
    part = passage.part
    return {
        "passage": passage,
        "wide": papers.drawn(passage),
        "narrow": papers.drawn(passage, narrow=True),
        "edited": compared(part["made"], part["text"]) if part["text"] else [],
        "news": compared(part["before"], part["made"]) if part["before"] else [],
    }


def _signature(report: MonthlyReport) -> dict | None:
    signature = Signature.objects.filter(case=report.case, of=report.case).last()
    if signature is None:
        return None
    stands = still_says(signature, contents.signed_content(report))
    return {"signature": signature, "stands": stands, "forged": not is_whole(signature)}


@login_required
@require_http_methods(READ_WRITE)
def report_amend(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Write a part in one's own words, beside what the figures say; or take their sentences again."""
    report = kept_or_404(request, pk)
    with translation.override(report.language):
        passage = next((one for one in contents.passages(report) if one.key == key), None)
    if passage is None:
        raise Http404
    if report.is_signed:
        messages.warning(request, _("The report is signed: nothing in it changes any more."))
        return redirect(report)
    form = forms.WordsForm(request.POST or None, initial={"version": report.version, "text": passage.text})
    context = {
        "report": report,
        "passage": _passage(passage),
        "form": form,
        "report_lang": LANGUAGES[report.language],
    }

    def perform() -> None:
        text = None if "as_made" in request.POST else form.cleaned_data["text"]
        making.amend(report, key, text, by=request.user, version=form.cleaned_data["version"])

    place = f"{report.get_absolute_url()}#part-{passage.place}"
    return _answer(request, "metrics/reports/amend.html", context, form, perform, place, _("Saved."))


@login_required
@require_POST
def report_remake(request: HttpRequest, pk: int) -> HttpResponse:
    report = kept_or_404(request, pk)
    try:
        made = making.remake(report, by=request.user, version=_version(request))
    except Stale as refused:
        messages.warning(request, str(refused))
        return redirect(report)
    count = sum(1 for part in made.parts if part["before"] is not None)
    messages.success(
        request,
        _("Made afresh. What the figures say now stands beside what they said.")
        if count
        else _("Made afresh: the figures say the same as before."),
    )
    return redirect(report)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@login_required
@require_http_methods(READ_WRITE)
def report_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign the report; then its paper is made and its readers get it."""
    report = kept_or_404(request, pk)
    if report.is_signed:
        messages.info(request, _("The report is signed."))
        return redirect(report)
    form = forms.SignForm(request.POST or None, person=request.user, initial={"version": report.version})
    count = readers.readers_of(report.unit).count()
    context = {"report": report, "form": form, "readers": count}

    def perform() -> None:
        making.sign(report, by=request.user, version=form.cleaned_data["version"], method=form.method)

    done = _("The report is signed. Its PDF is being made; then its readers get it.")
    return _answer(
        request, "metrics/reports/sign.html", context, form, perform, report.get_absolute_url(), done
    )


@login_required
@require_POST
def report_correct(request: HttpRequest, pk: int) -> HttpResponse:
    report = kept_or_404(request, pk)
    form = forms.CorrectForm(request.POST)
    if form.is_valid():
        try:
            return redirect(making.correct(report, by=request.user, reason=form.cleaned_data["reason"]))
        except Invalid as refused:
            show(form, refused)
    context = {**_shown(request, report), "correct_form": form}
    return render(request, "metrics/reports/page.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


# On paper ------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def report_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as it will be printed."""
    report = report_or_404(request, pk)
    frame = {
        "own_lang": LANGUAGES[translation.get_language()],
        "can_print": papers.available(),
        "report": report,
    }
    with translation.override(report.language):
        return render(request, "metrics/reports/paper.html", {**papers.context_of(report), **frame})


@login_required
@require_safe
def report_margins(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in the margins of every sheet that a browser prints."""
    report = report_or_404(request, pk)
    with translation.override(report.language):
        response = HttpResponse(papers.margins(report, request.user), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_http_methods(READ_WRITE)
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the kept PDF of a signed report; or (POST) have one made, and wait for it on its job's page."""
    report = report_or_404(request, pk)
    if request.method == "POST":
        return _job(request, lambda: papers.ask_for_paper(report, by=request.user), report.get_absolute_url())
    if not report.sha256 or not report.file.storage.exists(report.file.name):
        raise Http404
    response = FileResponse(report.file.open("rb"), as_attachment=True, filename=papers.file_name(report))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def figures_pdf(request: HttpRequest) -> HttpResponse:
    """Have a page of figures made as PDF: `page` is its address with its query."""
    if not access.sees_figures(request.user):
        raise PermissionDenied
    address = request.POST.get("page", "")
    try:
        return _job(request, lambda: papers.ask_for_page(address, by=request.user), "reports")
    except Invalid as refused:
        return HttpResponseBadRequest(str(refused), content_type="text/plain; charset=utf-8")


def _job(request: HttpRequest, ask: Callable, back: str) -> HttpResponse:
    try:
        return redirect(ask())
    except JobFailed as refused:
        messages.error(request, said(sentence(refused.message)))
        return redirect(back)


# Readers -------------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(READ_WRITE)
def report_readers(request: HttpRequest) -> HttpResponse:
    """Who gets the reports of the units that one keeps; adding somebody."""
    kept = access.kept_units(request.user)
    if not kept.exists():
        raise PermissionDenied
    form = forms.ReaderForm(
        request.POST or None,
        person=request.user,
        initial={"unit": access.unit_named(request.user, request.GET.get("unit", ""))},
    )
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            try:
                readers.add_reader(form.cleaned_data["unit"], form.cleaned_data["person"], by=request.user)
                messages.success(request, _("They get the next report that is signed."))
                return redirect("report-readers")
            except Invalid as refused:
                show(form, refused)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    rows = ReportReader.objects.filter(unit__in=kept).select_related("unit", "person", "set_by")
    page = Paginator(rows.order_by("unit__path", "person__display_name", "pk"), 50).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "form": form, "here": "readers"}
    return render(request, "metrics/reports/readers.html", context, status=status)


@login_required
@require_POST
def report_reader_remove(request: HttpRequest, pk: int) -> HttpResponse:
    reader = get_object_or_404(ReportReader, pk=pk, unit__in=access.kept_units(request.user))
    readers.remove_reader(reader, by=request.user)
    messages.success(request, _("They get no further report."))
    return redirect("report-readers")


# Answering -----------------------------------------------------------------------------------------------------------
def _answer(
    request: HttpRequest, template: str, context: dict, form, perform: Callable, url: str, done
) -> HttpResponse:
    """The page; or what comes of doing it. What was typed stays when it is refused."""
    if request.method != "POST":
        return render(request, template, context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            perform()
        except Invalid as refused:
            show(form, refused)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused)) from None
        except Stale as refused:
            context["stale"], status = str(refused), HTTPStatus.CONFLICT
            form.data = form.data.copy()
            form.data["version"] = MonthlyReport.objects.values_list("version", flat=True).get(
                pk=context["report"].pk
            )
        else:
            messages.success(request, done)
            return redirect(url)
    return render(request, template, context, status=status)


def show(form, refused: Refused) -> None:
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields else None, message)
