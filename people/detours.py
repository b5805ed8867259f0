"""Where a request has to go first, whatever page it asked for."""

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .models import Person

#: Programs aren't led elsewhere: the API says itself why it refuses.
API = "/api/"
_MACHINES = ("health", "health-live", "health-work", "metrics")
_BEFORE_ANYBODY_EXISTS = ("setup", "set_language", *_MACHINES)
_WITH_A_ONE_TIME_PASSWORD = (
    "account_change_password",
    "account_logout",
    "set_language",
    "set_theme",
    *_MACHINES,
)


def detour(request: HttpRequest) -> str | None:
    """The address to go to instead: an empty system is set up first; a one-time password is changed first."""
    if request.path.startswith((settings.STATIC_URL, API)):
        return None
    if not request.user.is_authenticated:
        if _is_one_of(request, _BEFORE_ANYBODY_EXISTS) or Person.objects.exists():
            return None
        return reverse("setup")
    if must_choose_password(request, request.user) and not _is_one_of(request, _WITH_A_ONE_TIME_PASSWORD):
        return reverse("account_change_password")
    return None


def must_choose_password(request: HttpRequest, person: Person) -> bool:
    """Is the password still the one an administrator gave? Who signs in elsewhere doesn't use it."""
    if not person.must_change_password:
        return False
    methods = {record["method"] for record in get_authentication_records(request, person)}
    return "socialaccount" not in methods


def _is_one_of(request: HttpRequest, names: tuple[str, ...]) -> bool:
    return request.path in {reverse(name) for name in names}
