"""Gives every request an id that its events carry, so that a log line and a history row can be matched."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .context import acting_from


class RequestContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_from("api" if request.path.startswith("/api/") else "web") as origin:
            response = self.get_response(request)
        response.headers["X-Request-Id"] = origin.request_id
        return response
