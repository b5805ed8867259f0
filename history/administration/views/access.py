"""Who may open the administrator's pages, and what an act that refuses leads to."""

import functools
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse

from people.models import Role


def administrators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page is for administrators; what they don't manage isn't there for them (404)."""

    @functools.wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_any_role(Role.ADMINISTRATOR):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def say_no(request: HttpRequest, error: ValidationError) -> None:
    """Show why an act was refused on the page that comes next."""
    for message in error.messages:
        messages.error(request, message)
