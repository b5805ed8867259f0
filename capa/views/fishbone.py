"""The fishbone as a file: SVG for whoever draws on, PNG for a slide or a message."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from capa import fishbone_file, workbench
from capa.sides import Side, side_called, sides
from incidents.lettering import NoFont
from incidents.models import Incident
from incidents.views.acts import incident_or_404


@login_required
@require_safe
def as_svg(request: HttpRequest, number: str) -> HttpResponse:
    incident, side = _asked_for(request, number)
    return _file(fishbone_file.svg_of(incident, side), "image/svg+xml", f"{number}-{side.key}.svg")


@login_required
@require_safe
def as_png(request: HttpRequest, number: str) -> HttpResponse:
    """Drawn on the server. Where no font has the characters, it says so: nobody should pass on a row of boxes."""
    incident, side = _asked_for(request, number)
    try:
        picture = fishbone_file.png_of(incident, side)
    except NoFont as lacking:
        context = {
            "incident": incident,
            "title": _("The picture can't be drawn here"),
            "message": str(lacking),
        }
        return render(request, "incidents/refused.html", context, status=HTTPStatus.NOT_IMPLEMENTED)
    return _file(picture, "image/png", f"{number}-{side.key}.png")


def _asked_for(request: HttpRequest, number: str) -> tuple[Incident, Side]:
    incident = incident_or_404(request, number)
    if not workbench.is_there(incident):
        raise Http404
    key = side_called(request.GET.get("side", ""))
    return incident, next(side for side in sides(incident, incident.cycle) if side.key == key)


def _file(content: bytes | str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
