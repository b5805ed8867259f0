"""The page of every act on an incident."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from incidents import acts, gates, permissions
from incidents.lifecycle import refuse_unless_allowed
from incidents.models import Incident

from .doing import ActPages


def incident_or_404(request: HttpRequest, number: str, **asked) -> Incident:
    """The incident if this person may see it; what isn't theirs doesn't exist for them.

    `asked` are further things to know of it, in the same statement.
    """
    visible = Incident.objects.visible_to(request.user).select_related(
        "type", "type__parent", "unit", "reporter", "owner", "contact", "responsible_unit", "responsible_person",
        "merged_into",
    )  # fmt: skip
    return get_object_or_404(visible.annotate(**asked), number=number)


PAGES = ActPages(
    acts.REGISTER,
    case_or_404=incident_or_404,
    refuse=refuse_unless_allowed,
    allowed=permissions.allowed,
    gate=gates.gate,
    name="incident",
    refused="incidents/refused.html",
)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Show or do one act of the register on one incident."""
    return PAGES.respond(request, number, slug)
