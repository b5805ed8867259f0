"""Any page of the figures as PDF: the page as its reader would get it, its middle alone, with its styles inside.

The worker asks the page's own view in the name of who asked for the PDF, so nobody gets more on paper than on the screen.
"""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import Http404, HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from capa.papers.rendering import LANGUAGES, sheet_margins, stylesheet
from history.recording import record
from incidents.errors import Invalid
from incidents.jobs import JobFailed
from people.models import Person

#: The pages that may be printed, by their names in addresses. Nothing that is written, asked or kept secret.
PRINTED = (
    "dashboard", "loop-health", "week", "indicators", "indicator", "metrics-cases", "backtest", "warning-list", "warning",
    "reports", "targets", "ranking", "scorecard",
)  # fmt: skip
#: Their pages lie on the side: as wide as on a desk.
WIDE = "metrics.views.dashboards"
#: Not longer than what an address may be.
LONGEST = 2000

_MAIN = re.compile(r"<main\b[^>]*>(.*)</main>", re.DOTALL)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_SHEET = re.compile(r'<link rel="stylesheet" href="[^"]*?css/([a-z-]+)(?:\.[0-9a-f]{12})?\.css"([^>]*)>')
_HREF = re.compile(r'( href=")/')


def view_of(address: str) -> tuple[Callable, tuple, dict]:
    """The view behind the address of a page of figures. Raises Invalid for any other."""
    is_address = address.startswith("/") and len(address) <= LONGEST and "\x00" not in address
    try:
        found = resolve(urlsplit(address).path) if is_address else None
    except (Resolver404, ValueError):
        found = None
    if found is None or found.url_name not in PRINTED:
        raise Invalid({"page": _("Only pages of figures can be printed this way.")})
    return found.func, found.args, found.kwargs


def file_name(address: str) -> str:
    """dashboard-unit-er-e-period-2026-10.pdf"""
    parts = urlsplit(address)
    words = [parts.path, *(word for pair in parse_qsl(parts.query) for word in pair)]
    return f"{slugify('-'.join(words).replace('/', '-'), allow_unicode=True)[:120] or 'figures'}.pdf"


def whole_file(address: str, person: Person) -> str:
    """The page as one HTML file: its middle, its styles, nothing to fetch, nothing to run. Raises JobFailed."""
    html = _asked(address, person)
    middle = _MAIN.search(html)
    if middle is None:
        raise JobFailed(_("This page can't be printed."))
    title = _TITLE.search(html)
    about = unescape(title[1]).strip().removesuffix(f" · {_('ServiceLoop')}") if title else ""
    sheets = [stylesheet(f"css/{name}.css") for name, more in _SHEET.findall(html) if "screen" not in more]
    sheets.append(stylesheet("css/figures-print.css"))
    is_wide = view_of(address)[0].__module__ == WIDE
    styles = "\n".join([*sheets, sheet_margins(about, person, now=timezone.now(), landscape=is_wide)])
    body = _HREF.sub(rf"\1{settings.BASE_URL}/", _SCRIPT.sub("", middle[1]))
    # A page of ours, escaped by its own templates; nothing in it can run where the policy allows no script.
    context = {"html_lang": LANGUAGES.get(get_language(), "en"), "title": about, "is_wide": is_wide}
    return render_to_string(
        "metrics/reports/page_file.html", {**context, "styles": mark_safe(styles), "body": mark_safe(body)}
    )


def _asked(address: str, person: Person) -> str:
    """The page as this person gets it. What they may not see, they don't get here either."""
    view, args, kwargs = view_of(address)
    parts, host = urlsplit(address), urlsplit(settings.BASE_URL)
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", parts.path, parts.path
    request.META = {
        "SERVER_NAME": host.hostname or "localhost",
        "SERVER_PORT": str(host.port or (443 if host.scheme == "https" else 80)),
        "QUERY_STRING": parts.query,
        "wsgi.url_scheme": host.scheme or "http",
    }
    request.GET = QueryDict(parts.query)
    request.user, request.session = person, {}
    request.resolver_match = resolve(parts.path)
    request._messages = CookieStorage(request)
    request.htmx = HtmxDetails(request)
    try:
        response = view(request, *args, **kwargs)
    except Http404:
        response = None
    if response is None or response.status_code != 200:
        raise JobFailed(_("You may no longer see this page."))
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        raise JobFailed(_("This page can't be printed."))
    return response.content.decode()


def put_on_record(address: str, by: Person) -> None:
    """Who took which page of figures out of the system."""
    record(
        by.case,
        "figures.print",
        label=by.display_name,
        by=by,
        unit=by.home_unit,
        after={"page": address[:300]},
    )
