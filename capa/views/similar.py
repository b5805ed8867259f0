"""Similar cases of one incident: a page of its own, and the part that other pages load when it comes into view."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from capa.similar import known_like
from incidents.permissions import Standing
from incidents.stages import Stage
from incidents.views.acts import incident_or_404


@login_required
@require_safe
@vary_on_headers("HX-Request")
def similar(request: HttpRequest, number: str) -> HttpResponse:
    """The cases that are most like this one, with what they taught; each can be linked, and the same event joined."""
    incident = incident_or_404(request, number)
    standing = Standing(request.user, incident)
    context = {
        "incident": incident,
        "rows": known_like(incident, request.user),
        "may_link": standing.allows("link"),
        "may_merge": incident.stage in (Stage.IDENTIFY, Stage.CONFIRM) and standing.allows("merge"),
    }
    return render(request, "capa/_similar_list.html" if request.htmx else "capa/similar.html", context)
