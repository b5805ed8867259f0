"""What somebody was told: the list, opening one, and the bell of every page."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from history.paging import page

from ..models import Notice
from ..notices import sentence

#: More than so many unread ones are not counted: the bell says 99+.
COUNTED = 100
#: What stands before a notice.
ICONS = {
    "due-soon": "clock", "overdue": "warning", "escalated": "warning", "ownerless": "warning", "turn": "inbox",
    "substantiated": "ok", "closed": "ok", "closed-on-the-spot": "ok", "dismissed": "circle-slash",
    "merged": "merge", "returned": "undo", "looped": "loop", "reopened": "loop", "job-done": "upload",
    "objection": "scale", "objection-decided": "scale", "handed-over": "arrow-right-left",
}  # fmt: skip


def own(request: HttpRequest):
    return Notice.objects.filter(recipient=request.user)


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """Everything this person was told, newest first; ?show=unread for what is new to them."""
    unread_only = request.GET.get("show") == "unread"
    found = own(request).filter(read_at=None) if unread_only else own(request)
    shown = page(found, request.GET)
    rows = [
        {"notice": notice, "text": sentence(notice), "icon": ICONS.get(notice.text, "system")}
        for notice in shown.rows
    ]
    return render(
        request,
        "reminders/notices.html",
        {"rows": rows, "newer": shown.newer, "older": shown.older, "unread_only": unread_only},
    )


@login_required
@require_safe
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where the notice leads: it is read now."""
    notice = get_object_or_404(own(request), pk=pk)
    own(request).filter(pk=pk, read_at=None).update(read_at=timezone.now())
    here = url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None) and notice.url.startswith("/")
    return redirect(notice.url if here else "notices")


@login_required
@require_POST
def mark_read(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(own(request), pk=pk)
    own(request).filter(pk=pk, read_at=None).update(read_at=timezone.now())
    return redirect("notices")


@login_required
@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    own(request).filter(read_at=None).update(read_at=timezone.now())
    return redirect("notices")


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with the number of unread notices; asked for again and again, it says mostly that nothing is new."""
    if not request.user.is_authenticated:
        # A page that outlived its session keeps its bell, rather than getting the sign-in page in its place.
        return HttpResponse(status=401) if request.htmx else redirect_to_login(request.path)
    count = own(request).filter(read_at=None)[:COUNTED].count()
    etag = f'"bell-{request.user.pk}-{count}-{get_language()}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "reminders/_bell.html", {"unread_count": count})
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response
