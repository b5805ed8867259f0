"""Administration of the categories of complaints, on the pages that incident types have."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints.categories import CATEGORIES
from incidents.views.types import CataloguePages

PAGES = CataloguePages(
    CATEGORIES,
    list_url="complaint-categories",
    add_url="complaint-category-add",
    edit_url="complaint-category",
    change_url="complaint-category-change",
    title=_("Complaint categories"),
    text=_(
        "What a complaint or a comment is about. One that is no longer needed is retired: its cases keep it."
    ),
    add_label=_("Add a category"),
    who=_(
        "You can read this list. It is changed by quality managers and administrators of the whole company."
    ),
)


@login_required
@require_safe
def category_list(request: HttpRequest) -> HttpResponse:
    return PAGES.show(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def category_add(request: HttpRequest) -> HttpResponse:
    return PAGES.add(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def category_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return PAGES.edit(request, pk)


@login_required
@require_http_methods(["POST"])
def category_change(request: HttpRequest, pk: int) -> HttpResponse:
    return PAGES.change(request, pk)
