"""Who asks: a program with an access token, or a browser with a session (and then with its CSRF token)."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, permissions
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation

from people.detours import must_choose_password
from people.models import ApiToken, Person


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer sl_…`"""

    def authenticate(self, request: HttpRequest) -> tuple[Person, ApiToken] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        usable = ApiToken.objects.usable().select_related("person__home_unit")
        token = usable.filter(digest=ApiToken.digest_of(secret.strip())).first()
        if token is None:
            raise AuthenticationFailed(_("This access token is unknown, expired or revoked."))
        token.note_use()
        return token.person, token

    def authenticate_header(self, request: HttpRequest) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    def enforce_csrf(self, request: HttpRequest) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(
                _("The X-CSRFToken header is missing or wrong: send the value of the csrf cookie.")
            ) from error


class SignedIn(permissions.IsAuthenticated):
    """Everything is for people who are signed in, and whose password is their own."""

    def has_permission(self, request, view) -> bool:
        if not super().has_permission(request, view):
            return False
        if must_choose_password(request._request, request.user):
            raise PermissionDenied(_("Choose a password of your own first: sign in with a browser."))
        return True


class OnlyOneFormat(BaseContentNegotiation):
    """Every answer is JSON, whatever was asked for."""

    def select_parser(self, request, parsers):
        return next(
            (parser for parser in parsers if request.content_type.split(";")[0].strip() == parser.media_type),
            None,
        )

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type
