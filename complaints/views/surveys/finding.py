"""Finding a survey for somebody, and what their refused acts say."""

import functools
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import pgettext

from complaints.models import Survey
from complaints.surveys import sight
from complaints.surveys.answering import KEEPERS
from complaints.surveys.making import may_keep
from incidents.errors import Invalid, NotYet, Refused


def keepers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For those who make surveys; nobody else finds these pages."""

    @functools.wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_any_role(*KEEPERS):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def seen_or_404(request: HttpRequest, pk: int) -> Survey:
    """A survey that this person sees."""
    return get_object_or_404(sight.surveys(request.user).select_related("unit", "set_by"), pk=pk)


def kept_or_404(request: HttpRequest, pk: int) -> Survey:
    """A survey that this person makes: 403 for one that they see, 404 for any other."""
    survey = seen_or_404(request, pk)
    if not may_keep(request.user, survey):
        raise PermissionDenied
    return survey


def say(request: HttpRequest, refused: Refused) -> None:
    """Why something wasn't done, on the next page."""
    if isinstance(refused, NotYet):
        lacking = pgettext("punctuation", "; ").join(str(item) for item in refused.missing)
        messages.error(request, f"{refused} {lacking}")
    else:
        messages.error(request, str(refused))


def put(refused: Invalid, form) -> None:
    """The reasons beside the fields of a form."""
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields else None, message)
