"""The public form: telling what went wrong, without an account."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from complaints import attaching, doubting, intake, links, retention, throttling
from complaints.forms.customers import TellForm, again, blank, is_key, places_called
from complaints.states import Channel
from history.models import Submission
from history.submissions import KeyReused
from incidents.errors import Invalid
from incidents.files.refusing import megabytes
from people.models import Unit

from .files import taken_in
from .frame import for_customers

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest, code: str = "") -> HttpResponse:
    """The form. What was typed and every file that arrived survive a refusal, with and without JavaScript."""
    preset = Unit.objects.active().filter(code__iexact=code).first() if code else None
    if request.method != "POST":
        form = blank(preset, place=request.GET.get("place", ""))
        return _page(request, form, gone=bool(code and preset is None))
    data, problems = taken_in(request)
    if request.POST.get("speak") in dict(settings.LANGUAGES):
        return _in_language(request, again(data, preset), request.POST["speak"])
    if "remove" in data:  # without JavaScript: take one upload back, keep the rest
        return _page(request, _without(data, preset))
    if "find" in data:  # without JavaScript: show the places that fit
        return _page(request, again(data, preset), searched=True)
    form = TellForm(data)
    form.preset = preset
    if form.is_valid() and not problems:
        return _receive(request, form)
    return _refused(request, form, problems)


def _receive(request: HttpRequest, form: TellForm) -> HttpResponse:
    network, given = throttling.network_of(request), form.cleaned_data
    seen = {"network": network, "unit": given["unit"], "text": given["text"], "key": given["key"]}
    if not Submission.objects.filter(key=given["key"], purpose="complaint").exists():
        if throttling.MANY_FROM_NETWORK.is_reached(network):
            return _page(request, form, later=True, status=HTTPStatus.TOO_MANY_REQUESTS)
        doubtful = doubting.is_doubtful(opened=given["opened"], trap=given["website"], **seen)
        if doubtful and not form.is_human():
            form.ask()
            return _refused(request, form, {})
    try:
        _complaint, token = intake.receive(
            by=None, channel=Channel.WEB, language=get_language() or settings.LANGUAGE_CODE, **form.values()
        )
    except Invalid as refused:
        return _refused(request, form, refused.fields)
    except KeyReused as reused:
        return _sent_before(request, form, reused)
    doubting.remember(**seen)
    throttling.MANY_FROM_NETWORK.count(network)
    return redirect(f"{reverse('customer-page', args=[token])}?sent=1")


def _refused(request: HttpRequest, form: TellForm, problems: dict[str, str | Promise]) -> HttpResponse:
    for name, message in problems.items():
        form.add_error(name if name in form.fields else None, message)
    return _page(request, form, problems=problems, status=UNPROCESSABLE)


def _sent_before(request: HttpRequest, form: TellForm, reused: KeyReused) -> HttpResponse:
    """The same form came back with other words: the first complaint stands, and its page takes what is new."""
    earlier = links.open(links.token_of(form.cleaned_data["key"]))
    known = earlier is not None and earlier.number == reused.result
    address = reverse("customer-page", args=[links.token_of(form.cleaned_data["key"])]) if known else ""
    return _page(request, form, reused=True, earlier=address, status=UNPROCESSABLE)


def _without(data: QueryDict, preset: Unit | None) -> TellForm:
    unwanted = data.pop("remove")
    form = again(data, preset)
    attaching.discard([ident for ident in form.uploads if str(ident) in unwanted], key=form.its_key)
    form.uploads = [ident for ident in form.uploads if str(ident) not in unwanted]
    return form


def _in_language(request: HttpRequest, form: TellForm, language: str) -> HttpResponse:
    """The same page in another language, with all that was typed; kept in a cookie as everywhere else."""
    with translation.override(language):
        response = _page(request, form)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH, domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )  # fmt: skip
    response["Content-Language"] = language
    return response


def _page(request: HttpRequest, form: TellForm, *, status: int = HTTPStatus.OK, **context) -> HttpResponse:
    context |= {
        "form": form,
        "company": form.company,
        "shots": attaching.waiting(form.uploads, key=form.its_key),
        "max_files": settings.UPLOAD_MAX_FILES,
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_megabytes": megabytes(settings.UPLOAD_MAX_BYTES),
        "months": retention.longest(form.preset.company_id if form.preset else None),
    }
    return render(request, "customers/tell.html", context, status=status)


@for_customers
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """The places that fit what was typed: a part of the form, fetched while one types."""
    chosen = request.GET.get("unit", "")
    unit = Unit.objects.active().filter(pk=int(chosen)).first() if is_key(chosen) else None
    found = places_called(request.GET.get("where", ""), chosen=unit)
    return render(
        request,
        "customers/_places.html",
        {"places": found, "chosen": unit, "searched": bool(request.GET.get("where", "").strip())},
    )
