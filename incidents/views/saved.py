"""Saved views: saving the filters of a list, renaming, sharing and deleting them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import saved
from incidents.errors import Invalid

PAGES = ("incident-list", "incident-board", "complaint-list")


@login_required
@require_safe
def saved_views(request: HttpRequest) -> HttpResponse:
    """One's own views, to be changed, and those that others share."""
    views = list(saved.visible_to(request.user).select_related("owner", "shared_with"))
    context = {
        "own": [view for view in views if view.owner_id == request.user.pk],
        "shared": [view for view in views if view.owner_id != request.user.pk],
    }
    return render(request, "incidents/saved_views.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list one comes from under a name."""
    given = request.POST if request.method == "POST" else request.GET
    page = given.get("page") if given.get("page") in PAGES else PAGES[0]
    query = QueryDict(given.get("query", ""))
    form = saved.SavedViewForm(request.POST if request.method == "POST" else None, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            view = saved.save_view(by=request.user, page=page, query=query, **form.cleaned_data)
        except Invalid as refused:
            form.add_error("name", refused.message)
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return redirect(f"{reverse(view.page)}?{view.query}")
    context = {"form": form, "page": page, "query": saved.plain_query(query)}
    return render(request, "incidents/saved_view.html", context, status=_status(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename or share one's own view."""
    view = get_object_or_404(_own(request), pk=pk)
    initial = {"name": view.name, "shared_with": view.shared_with_id}
    form = saved.SavedViewForm(request.POST or None, initial=initial, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved.change_view(view, **form.cleaned_data)
        except Invalid as refused:
            form.add_error("name", refused.message)
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return redirect("saved-views")
    context = {"form": form, "view": view, "page": view.page, "query": view.query}
    return render(request, "incidents/saved_view.html", context, status=_status(form))


@login_required
@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(_own(request), pk=pk)
    view.delete()
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect("saved-views")


def _own(request: HttpRequest):
    return saved.visible_to(request.user).filter(owner=request.user)


def _status(form) -> int:
    return 422 if form.is_bound and form.errors else 200
