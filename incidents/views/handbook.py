"""The handbook: the loop as a flowchart, who may do what, and what each role does until when. For everybody."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import flowchart, guide, matrix
from incidents.permissions import RELATION_NAMES
from people.models import Role


@login_required
@require_safe
def loop(request: HttpRequest) -> HttpResponse:
    context = {
        "tab": "loop",
        "drawing": flowchart.draw(),
        "cards": flowchart.cards(),
        "steps": flowchart.steps(),
    }
    return render(request, "handbook/loop.html", context)


@login_required
@require_safe
def responsibility(request: HttpRequest) -> HttpResponse:
    context = {
        "tab": "matrix",
        "groups": matrix.matrix(),
        "roles": list(Role),
        "relations": RELATION_NAMES.values(),
        "legend": matrix.LEGEND,
        "columns": 1 + len(Role) + len(RELATION_NAMES),
    }
    return render(request, "handbook/matrix.html", context)


@login_required
@require_safe
def operating_guide(request: HttpRequest) -> HttpResponse:
    context = {
        "tab": "guide",
        "chapters": guide.CHAPTERS,
        "limits": guide.limits(),
        "severities": guide.severities(),
    }
    return render(request, "handbook/guide.html", context)


@login_required
@require_safe
def loop_file(request: HttpRequest) -> HttpResponse:
    """The flowchart as an SVG file."""
    return _file(flowchart.standalone(flowchart.draw()), "loop.svg")


@login_required
@require_safe
def matrix_file(request: HttpRequest) -> HttpResponse:
    """The matrix as an SVG file."""
    return _file(flowchart.standalone(matrix.draw()), "responsibility.svg")


def _file(content: str, name: str) -> HttpResponse:
    """Always to be saved: nothing of it is shown as a page of this site."""
    response = HttpResponse(content, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
