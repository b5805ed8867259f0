"""Links and QR codes of places, and the poster to print."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from complaints.forms.surveys import PlaceForm
from complaints.models import Collector
from complaints.surveys import collecting, sight
from incidents.errors import Refused

from .answering import LANGUAGE_NAMES
from .finding import kept_or_404, say


@login_required
@require_POST
def place_add(request: HttpRequest, pk: int) -> HttpResponse:
    survey = kept_or_404(request, pk)
    form = PlaceForm(request.POST, survey=survey)
    if form.is_valid():
        try:
            collecting.set_up(survey, by=request.user, **form.cleaned_data)
        except Refused as refused:
            say(request, refused)
        else:
            messages.success(request, _("The link is there. Print its poster and put it up."))
    for problems in form.errors.values():
        messages.error(request, " ".join(problems))
    return redirect("survey-page", survey.pk)


@login_required
@require_POST
def place_end(request: HttpRequest, pk: int) -> HttpResponse:
    collector = get_object_or_404(Collector, pk=pk)
    kept_or_404(request, collector.survey_id)
    try:
        collecting.take_down(collector, by=request.user)
    except Refused as refused:
        say(request, refused)
    return redirect("survey-page", collector.survey_id)


@login_required
@require_safe
def place_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """A sheet to print: the QR code and one sentence in each language that the survey is asked in."""
    rows = Collector.objects.filter(
        survey__in=sight.surveys(request.user), unit__in=sight.units_of(request.user)
    )
    collector = get_object_or_404(rows.select_related("unit", "survey"), pk=pk)
    invitations = []
    for code, (_name, tag) in LANGUAGE_NAMES.items():
        with translation.override(code):
            invitations.append(
                {"tag": tag, "title": _("How did we do?"), "text": _("Scan, tap, done: one minute.")}
            )
    context = {"collector": collector, "url": collecting.address_of(collector), "invitations": invitations}
    return render(request, "surveys/poster.html", context)
