"""The page of every act on a complaint."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from complaints import acts, gates, permissions
from complaints.lifecycle import refuse_unless_allowed
from complaints.models import Complaint
from incidents.access import person_token
from incidents.views.doing import ActPages


def complaint_or_404(request: HttpRequest, number: str, **asked) -> Complaint:
    """The complaint if this person may see it; what isn't theirs doesn't exist for them.

    `asked` are further things to know of it, in the same statement.
    """
    visible = Complaint.objects.visible_to(request.user).select_related(
        "unit", "category", "contact", "owner", "handler", "first_handler", "offered_to", "about", "incident",
        "merged_into",
    )  # fmt: skip
    row = get_object_or_404(visible.annotate(**asked), number=number)
    other = row.merged_into
    if other is not None and other.sensitive and person_token(request.user) not in other.readers:
        row.merged_into = None  # made secret since they were joined
    return row


PAGES = ActPages(
    acts.REGISTER,
    case_or_404=complaint_or_404,
    refuse=refuse_unless_allowed,
    allowed=permissions.allowed,
    gate=gates.gate_of,
    name="complaint",
    refused="complaints/refused.html",
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Show or do one act of the register on one complaint."""
    return PAGES.respond(request, number, slug)
