"""Where a request has to go first, whatever page it asked for."""

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .models import Person

_BEFORE_ANYBODY_EXISTS = ("setup", "set_language", "health")
_WITH_A_ONE_TIME_PASSWORD = (
    "account_change_password",
    "account_logout",
    "set_language",
    "set_theme",
    "health",
)


def detour(request: HttpRequest) -> str | None:
    """The address to go to instead: an empty system is set up first; a one-time password is changed first."""
    if request.path.startswith(settings.STATIC_URL):
        return None
    if not request.user.is_authenticated:
        if _is_one_of(request, _BEFORE_ANYBODY_EXISTS) or Person.objects.exists():
            return None
        return reverse("setup")
    if request.user.must_change_password and not _is_one_of(request, _WITH_A_ONE_TIME_PASSWORD):
        methods = {record["method"] for record in get_authentication_records(request, request.user)}
        if "socialaccount" not in methods:  # who signs in elsewhere doesn't use the password
            return reverse("account_change_password")
    return None


def _is_one_of(request: HttpRequest, names: tuple[str, ...]) -> bool:
    return request.path in {reverse(name) for name in names}
