"""The handbook: the loop as a flowchart, who may do what, and what each role does until when. For everybody."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import flowchart, guide, matrix
from incidents.permissions import RELATION_NAMES
from people.models import Person, Role
from reminders.policies import Ground, ground_of


def ground_for(person: Person) -> Ground | None:
    """The time limits that the reader works by; None: those that hold where no unit has its own."""
    return ground_of(person.home_unit) if person.home_unit else None


@login_required
@require_safe
def loop(request: HttpRequest) -> HttpResponse:
    ground = ground_for(request.user)
    context = {
        "tab": "loop",
        "drawing": flowchart.draw(ground),
        "cards": flowchart.cards(ground),
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
    ground = ground_for(request.user)
    context = {
        "tab": "guide",
        "chapters": guide.chapters(ground),
        "limits": guide.limits(ground),
        "severities": guide.severities(),
    }
    return render(request, "handbook/guide.html", context)


@login_required
@require_safe
def loop_file(request: HttpRequest) -> HttpResponse:
    """The flowchart as an SVG file."""
    return _file(flowchart.standalone(flowchart.draw(ground_for(request.user))), "loop.svg")


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
