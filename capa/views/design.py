"""How long to watch: the calculator by itself, and its answer beside the design while it is being filled in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from capa.forms.design import CalculatorForm, DesignForm
from incidents.errors import NotAllowed
from incidents.lifecycle import refuse_unless_allowed
from incidents.views.acts import incident_or_404


@login_required
@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    """Everything stands in the address, so that an answer can be passed on; nothing is kept."""
    asked = any(name in request.GET for name in CalculatorForm.base_fields)
    form = CalculatorForm(request.GET if asked else None)
    return render(request, "capa/design_calculator.html", {"form": form, "answer": form.answer})


@login_required
@require_safe
def design_answer(request: HttpRequest, number: str) -> HttpResponse:
    """What the calculator says to a design that somebody is filling in, with what the system has counted for it."""
    incident = incident_or_404(request, number)
    try:
        refuse_unless_allowed(incident, "plan", by=request.user)
    except NotAllowed as refused:
        return HttpResponse(refused.message, status=403, content_type="text/plain")
    form = DesignForm(request.GET, incident=incident, person=request.user)
    form.is_valid()
    return render(
        request, "capa/_design_answer.html", {"form": form, "answer": form.answer, "is_fragment": True}
    )
