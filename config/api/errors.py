"""Every refusal in one shape, in the reader's language: what it is, why, which fields, what is missing."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.defaults import server_error as server_error_page
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from history.submissions import KeyReused
from incidents.errors import Invalid, NotAllowed, NotYet, Refused, Stale

Text = str | Promise

#: What can be wrong, with its status and what is said where nothing better is known.
CODES: dict[str, tuple[HTTPStatus, Text]] = {
    "malformed": (
        HTTPStatus.BAD_REQUEST,
        _("The body can't be read: send one JSON object, or a form with files."),
    ),
    "not_signed_in": (HTTPStatus.UNAUTHORIZED, _("Sign in, or send an access token.")),
    "not_allowed": (HTTPStatus.FORBIDDEN, _("Your role doesn't allow this here.")),
    "not_found": (HTTPStatus.NOT_FOUND, _("There is nothing here that you may see.")),
    "method_not_allowed": (HTTPStatus.METHOD_NOT_ALLOWED, _("This address doesn't take this method.")),
    "stale": (HTTPStatus.CONFLICT, Stale().message),
    "not_yet": (HTTPStatus.CONFLICT, NotYet([]).message),
    "too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This is more than can be taken in at once.")),
    "unsupported_type": (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        _("This address doesn't take this kind of body."),
    ),
    "invalid": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Some values can't be used.")),
    "key_reused": (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("This Idempotency-Key came with another body before. Use a new key for a new report."),
    ),
    "throttled": (HTTPStatus.TOO_MANY_REQUESTS, _("Too many requests. Wait as long as Retry-After says.")),
    "server_error": (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong here. It has been put on record."),
    ),
}

#: Which code stands for what was raised; the first that fits.
KINDS: tuple[tuple[type[Exception], str], ...] = (
    (NotAllowed, "not_allowed"),
    (Stale, "stale"),
    (NotYet, "not_yet"),
    (Invalid, "invalid"),
    (KeyReused, "key_reused"),
    (Http404, "not_found"),
    (exceptions.NotFound, "not_found"),
    (exceptions.NotAuthenticated, "not_signed_in"),
    (exceptions.AuthenticationFailed, "not_signed_in"),
    (exceptions.PermissionDenied, "not_allowed"),
    (PermissionDenied, "not_allowed"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.UnsupportedMediaType, "unsupported_type"),
    (exceptions.Throttled, "throttled"),
    (exceptions.ParseError, "malformed"),
    (MultiPartParserError, "malformed"),
    (RequestDataTooBig, "too_large"),
    (SuspiciousOperation, "malformed"),
)
#: What says better than the table why: written for people, by us.
SPEAKING = (Refused, exceptions.AuthenticationFailed, exceptions.PermissionDenied)


class TooLarge(RequestDataTooBig):
    """A body or a file over the limit."""


class Unprocessable(Invalid):
    """Everything that a form has against its values. `message` is about the whole of it, where something is."""

    def __init__(self, fields: Mapping[str, Sequence[Text]], message: Text = ""):
        Refused.__init__(self, message or CODES["invalid"][1])
        self.fields = dict(fields)


class ErrorSerializer(serializers.Serializer):
    error = serializers.ChoiceField(choices=list(CODES), help_text=_("For programs."))
    message = serializers.CharField(help_text=_("For people, in the reader's language."))
    fields = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text=_("What is wrong with which field; those of a list are named like shares.0.person."),
    )
    missing = serializers.ListField(
        child=serializers.CharField(), help_text=_("What the step still needs (not_yet).")
    )
    version = serializers.IntegerField(
        allow_null=True, help_text=_("The version that the incident has now (stale).")
    )


def body_of(code: str, message: Text = "", *, fields=None, missing=(), version: int | None = None) -> dict:
    return {
        "error": code,
        "message": str(message or CODES[code][1]),
        "fields": {
            name: [str(text) for text in ([texts] if isinstance(texts, str | Promise) else texts)]
            for name, texts in (fields or {}).items()
        },
        "missing": [str(text) for text in missing],
        "version": version,
    }


def answer(error: Exception, context: dict) -> Response | None:
    """REST framework's exception handler. None for what nobody expected: it goes to the log and handler500."""
    code = next((code for kind, code in KINDS if isinstance(error, kind)), None)
    if code is None:
        return None
    message = getattr(error, "message", None) or getattr(error, "detail", "")
    body = body_of(
        code,
        message if isinstance(error, SPEAKING) else "",
        fields=getattr(error, "fields", None),
        missing=getattr(error, "missing", ()),
        version=context["view"].current_version() if code == "stale" else None,
    )
    response = Response(body, status=CODES[code][0])
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500 of the whole site: JSON for the API, the page for people."""
    if request.path.startswith("/api/"):
        return JsonResponse(body_of("server_error"), status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return server_error_page(request)
