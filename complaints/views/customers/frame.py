"""What all pages for customers share: they are nobody's to keep, to index or to refer to."""

import functools
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from complaints import links
from complaints.models import Complaint


def for_customers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Not stored, not indexed, and its address (which may be a secret) is told to no other page.

    Not "no-referrer": under it browsers send "Origin: null" with a form, which the protection against forged posts
    has to refuse. Under "strict-origin" they name the host only.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "strict-origin"
        return response

    return guarded


class NoCase(Exception):
    """The link opens nothing: `expired` is the complaint that it opened once, if any."""

    def __init__(self, expired: Complaint | None):
        super().__init__()
        self.expired = expired


def case_of(token: str) -> Complaint:
    """The complaint of the holder of this link. Raises NoCase."""
    complaint = links.open(token)
    if complaint is None:
        raise NoCase(links.expired(token))
    return complaint
