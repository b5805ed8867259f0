"""What customers open: the questions on one page, by a letter's link or the code at a place. No account, no script.

Members of staff who are signed in see the page as a preview: they never rate.
"""

import secrets
from http import HTTPStatus

from django.conf import settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from complaints import throttling
from complaints.models import Collector, Invitation, Response, SurveyVersion
from complaints.surveys import answering, asking, collecting, inviting
from complaints.surveys.answering import AnsweredAlready, Over
from complaints.surveys.making import published
from complaints.views.customers.frame import for_customers
from incidents.errors import Invalid, Stale
from people.models import Unit

LANGUAGE_NAMES = {
    "zh-hans": ("简体中文", "zh-Hans"),
    "zh-hant": ("繁體中文", "zh-Hant"),
    "en": ("English", "en"),
}
#: The cookie that says which device it is: random, signed, of no use for anything else.
DEVICE = "__Host-device" if settings.SECURE else "device"
DEVICE_AGE = 400 * 24 * 3600
#: Answers from one network: a station's wireless network is shared by many.
FROM_NETWORK = throttling.Limit("survey", 120, throttling.HOUR)


def draw(
    request: HttpRequest,
    version: SurveyVersion,
    *,
    unit: Unit,
    scores: dict | None = None,
    comment: str = "",
    errors: dict | None = None,
    language: str = "",
    status: int = HTTPStatus.OK,
    **more,
) -> HttpResponse:
    """The page with the questions, in the language that the customer chose."""
    wanted = request.GET.get("language", "")
    language = asking.language_of(version, wanted, language, translation.get_language() or "")
    items = list(version.items.order_by("position"))
    with translation.override(language):
        context = {
            "version": version, "unit": unit, "language": language, "intro": _word(version.intro, language),
            "questions": asking.questions(items, language, scores or {}, comment, errors), "errors": errors or {},
            "languages": [(code, *LANGUAGE_NAMES[code]) for code in version.languages], "grades": asking.grades(), **more,
        }  # fmt: skip
        response = render(request, "surveys/answer.html", context, status=status)
    response.headers["Content-Language"] = language
    return response


def _closing(request: HttpRequest, template: str, version: SurveyVersion, language: str, status=200, **more):
    """A page without questions: thanks, expired, answered already."""
    language = asking.language_of(version, language, translation.get_language() or "")
    with translation.override(language):
        context = {
            "version": version,
            "thanks": _word(version.thanks, language),
            "language": language,
            **more,
        }
        response = render(request, f"surveys/{template}.html", context, status=status)
    response.headers["Content-Language"] = language
    return response


def _word(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")


# By invitation --------------------------------------------------------------------------------------------------------
@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The questions for one customer; what was answered can be changed until the invitation expires."""
    invitation = inviting.find(token)
    if invitation is None:
        raise Http404
    version, unit = invitation.version, invitation.unit
    language = invitation.contact.language if invitation.contact else ""
    about = {"reference": inviting.reference_of(invitation), "until": invitation.expires_at}
    if request.user.is_authenticated:
        if request.method == "POST":
            raise PermissionDenied
        return draw(request, version, unit=unit, language=language, preview=True, **about)
    if not inviting.is_open(invitation):
        return _closing(request, "over", version, language, HTTPStatus.GONE, unit=unit)
    if request.method == "POST":
        return _answer_invitation(request, invitation, about)
    before = Response.objects.filter(invitation=invitation).select_related("complaint").first()
    if before is not None and "change" not in request.GET:
        said = before.language or language
        return _closing(
            request,
            "thanks",
            version,
            said,
            unit=unit,
            change="?change",
            raised=before.complaint.number if before.complaint else "",
            **about,
        )
    scores, comment = asking.answered(version.items.all(), before)
    return draw(
        request, version, unit=unit, scores=scores, comment=comment, language=before.language if before else language,
        seen=answering.stamp(before), changing=before is not None, **about,
    )  # fmt: skip


def _answer_invitation(request: HttpRequest, invitation: Invitation, about: dict) -> HttpResponse:
    version, unit = invitation.version, invitation.unit
    items = list(version.items.order_by("position"))
    scores, comment = asking.read(items, request.POST)
    language = asking.language_of(version, request.POST.get("switch", ""), request.POST.get("language", ""))
    seen = request.POST.get("seen", "")
    kept = {"unit": unit, "scores": scores, "comment": comment, "language": language, "seen": seen, **about}
    if "switch" in request.POST:
        return draw(request, version, **kept)
    try:
        with translation.override(language):
            answering.answer(
                version, scores=scores, comment=comment, unit=unit, channel=Response.Channel.LINK, invitation=invitation,
                seen=seen, language=language,
            )  # fmt: skip
    except Invalid as refused:
        return draw(request, version, errors=refused.fields, status=HTTPStatus.UNPROCESSABLE_ENTITY, **kept)
    except Stale as refused:
        before = Response.objects.get(invitation=invitation)
        kept |= {"seen": answering.stamp(before), "stale": refused}
        return draw(request, version, status=HTTPStatus.CONFLICT, **kept)
    except Over:
        return _closing(request, "over", version, language, HTTPStatus.GONE, unit=unit)
    return redirect(request.path)


# At a place -----------------------------------------------------------------------------------------------------------
@for_customers
@require_http_methods(["GET", "HEAD", "POST"])
def survey_place(request: HttpRequest, code: str) -> HttpResponse:
    """The questions for whoever is at a place: one answer for each device and day."""
    collector = Collector.objects.filter(code=code).select_related("survey__unit", "unit").first()
    version = published(collector.survey) if collector is not None else None
    if version is None:
        raise Http404
    version.survey = collector.survey
    about = {"place": collector.place}
    if request.user.is_authenticated:
        if request.method == "POST":
            raise PermissionDenied
        return draw(request, version, unit=collector.unit, preview=True, **about)
    if collector.ended_at is not None or collector.survey.ended_at is not None:
        return _closing(request, "over", version, "", HTTPStatus.GONE, unit=collector.unit)
    device = _device(request)
    digest = collecting.device_digest(collector, device, timezone.localdate()) if device else ""
    if digest and Response.objects.filter(device=digest).exists():
        return _closing(
            request, "thanks", version, request.GET.get("language", ""), unit=collector.unit, **about
        )
    if request.method == "POST":
        return _answer_place(request, collector, version, device, about)
    response = draw(request, version, unit=collector.unit, **about)
    if not device:
        _remember(response)
    return response


def _answer_place(
    request: HttpRequest, collector: Collector, version: SurveyVersion, device: str, about: dict
) -> HttpResponse:
    items = list(version.items.order_by("position"))
    scores, comment = asking.read(items, request.POST)
    language = asking.language_of(version, request.POST.get("switch", ""), request.POST.get("language", ""))
    kept = {"unit": collector.unit, "scores": scores, "comment": comment, "language": language, **about}
    if "switch" in request.POST:
        return draw(request, version, **kept)
    network = throttling.network_of(request)
    if not device or FROM_NETWORK.is_reached(network):
        # without its cookie nobody can tell whether a device has answered: it gets one and is asked to send again
        response = draw(
            request, version, again=not device, busy=bool(device), status=HTTPStatus.TOO_MANY_REQUESTS, **kept
        )
        if not device:
            _remember(response)
        return response
    try:
        with translation.override(language):
            answering.answer(
                version, scores=scores, comment=comment, unit=collector.unit, channel=Response.Channel.PLACE,
                collector=collector, language=language,
                device=collecting.device_digest(collector, device, timezone.localdate()),
            )  # fmt: skip
    except Invalid as refused:
        return draw(request, version, errors=refused.fields, status=HTTPStatus.UNPROCESSABLE_ENTITY, **kept)
    except Over:
        return _closing(request, "over", version, language, HTTPStatus.GONE, unit=collector.unit)
    except AnsweredAlready:
        pass
    FROM_NETWORK.count(network)
    return redirect(f"{request.path}?language={language}")


def _device(request: HttpRequest) -> str:
    """What this device was called when it first came; empty when it brings nothing that we gave out."""
    try:
        return request.get_signed_cookie(DEVICE, "", salt="surveys.device")
    except signing.BadSignature:
        return ""


def _remember(response: HttpResponse) -> None:
    response.set_signed_cookie(
        DEVICE, secrets.token_urlsafe(16), salt="surveys.device", max_age=DEVICE_AGE, httponly=True, samesite="Lax",
        secure=settings.SECURE,
    )  # fmt: skip
