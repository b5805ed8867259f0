"""The list of surveys, one survey with its versions and links, its settings; publishing and ending."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.surveys import EndForm, PlaceForm, SettingsForm, SurveyForm
from complaints.models import Invitation, Response, Survey, SurveyVersion
from complaints.surveys import making, sight
from complaints.surveys.answering import KEEPERS
from complaints.surveys.collecting import address_of
from complaints.surveys.starts import STARTS
from history.paging import page
from history.timeline import timeline
from incidents.errors import Invalid, Refused
from people.models import CASE_ROLES

from .finding import keepers_only, kept_or_404, put, say, seen_or_404

#: Links shown on a survey's page.
MOST_PLACES = 100


@login_required
@require_safe
def survey_list(request: HttpRequest) -> HttpResponse:
    """The surveys that are asked where this person has sight, running ones first to choose from."""
    if not request.user.has_any_role(*CASE_ROLES):
        raise PermissionDenied
    ended = request.GET.get("show") == "ended"
    surveys = sight.surveys(request.user).filter(ended_at__isnull=not ended)
    shown = page(_with_figures(surveys, request.user), request.GET)
    context = {"page": shown, "ended": ended, "may_make": request.user.has_any_role(*KEEPERS)}
    return render(request, "surveys/list.html", context)


def _with_figures(surveys: QuerySet[Survey], person) -> QuerySet[Survey]:
    """With `asked` (the number of the version that is asked) and `answers` (how many this person sees)."""
    asked = SurveyVersion.objects.filter(survey=OuterRef("pk"), published_at__isnull=False, retired_at=None)
    answers = (
        sight.responses(person).filter(version__survey=OuterRef("pk")).order_by().values("version__survey")
    )
    return surveys.annotate(
        asked=Subquery(asked.values("number")[:1]),
        answers=Coalesce(Subquery(answers.annotate(n=Count("pk")).values("n")), 0),
    )


@keepers_only
@require_http_methods(["GET", "HEAD", "POST"])
def survey_new(request: HttpRequest) -> HttpResponse:
    form = SurveyForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            survey = making.create(by=request.user, **form.cleaned_data)
        except Invalid as refused:
            put(refused, form)
        else:
            messages.success(request, _("The draft is there. Look through its questions, then publish it."))
            return redirect("survey-questions", survey.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "surveys/new.html", {"form": form, "starts": STARTS}, status=status)


@login_required
@require_safe
def survey_page(request: HttpRequest, pk: int) -> HttpResponse:
    survey = seen_or_404(request, pk)
    versions = list(survey.versions.order_by("-number"))
    asked = next((v for v in versions if v.published_at and not v.retired_at), None)
    draft = next((v for v in versions if not v.published_at), None)
    mine = sight.responses(request.user).filter(version__in=versions)
    counts = dict(mine.values_list("version").annotate(n=Count("pk")))
    may_keep = making.may_keep(request.user, survey) and survey.ended_at is None
    shown = asked or draft or (versions[0] if versions else None)
    context = {
        "survey": survey, "asked": asked, "draft": draft, "may_keep": may_keep,
        "versions": [(version, counts.get(version.pk, 0)) for version in versions],
        "answers": sum(counts.values()), "shown": shown,
        "items": list(shown.items.order_by("position")) if shown else [],
        "invited": _invited(request, survey) if survey.purpose == Survey.Purpose.AFTER_CASE else None,
        "places": _places(request, survey), "place_form": PlaceForm(survey=survey) if may_keep else None,
        "may_type": asked is not None and survey.ended_at is None and request.user.has_any_role(*KEEPERS),
        "end_form": EndForm(), "timeline": timeline(f"survey:{survey.pk}", 20),
    }  # fmt: skip
    return render(request, "surveys/page.html", context)


def _invited(request: HttpRequest, survey: Survey) -> dict[str, int]:
    """How many customers this person sees were asked, and how many answered."""
    rows = Invitation.objects.filter(survey=survey, unit__in=sight.units_of(request.user))
    return rows.aggregate(asked=Count("pk"), answered=Count("pk", filter=Q(response__isnull=False)))


def _places(request: HttpRequest, survey: Survey) -> list[dict]:
    rows = survey.collectors.filter(unit__in=sight.units_of(request.user)).select_related("unit")
    answers = Response.objects.filter(collector=OuterRef("pk")).order_by().values("collector")
    rows = rows.annotate(answers=Coalesce(Subquery(answers.annotate(n=Count("pk")).values("n")), 0))
    return [{"row": row, "url": address_of(row)} for row in rows.order_by("ended_at", "-pk")[:MOST_PLACES]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def survey_settings(request: HttpRequest, pk: int) -> HttpResponse:
    survey = kept_or_404(request, pk)
    names = ("name", "valid_days", "rest_days", "bad_below")
    form = SettingsForm(request.POST or None, initial={name: getattr(survey, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            making.amend(survey, by=request.user, **form.cleaned_data)
        except Invalid as refused:
            put(refused, form)
        except Refused as refused:
            say(request, refused)
            return redirect("survey-page", survey.pk)
        else:
            messages.success(request, _("Saved."))
            return redirect("survey-page", survey.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "surveys/settings.html", {"form": form, "survey": survey}, status=status)


@login_required
@require_POST
def survey_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin another version, or go on with the one that was begun."""
    survey = kept_or_404(request, pk)
    try:
        making.draft(survey, by=request.user)
    except Refused as refused:
        say(request, refused)
        return redirect("survey-page", survey.pk)
    return redirect("survey-questions", survey.pk)


@login_required
@require_POST
def survey_publish(request: HttpRequest, pk: int) -> HttpResponse:
    version = draft_or_404(kept_or_404(request, pk))
    try:
        making.publish(version, by=request.user)
    except Refused as refused:
        say(request, refused)
        return redirect("survey-questions", pk)
    messages.success(request, _("Published. These questions are asked from now on."))
    return redirect("survey-page", pk)


@login_required
@require_POST
def survey_discard(request: HttpRequest, pk: int) -> HttpResponse:
    version = draft_or_404(kept_or_404(request, pk))
    try:
        making.discard(version, by=request.user)
    except Refused as refused:
        say(request, refused)
        return redirect("survey-questions", pk)
    messages.success(request, _("The draft is thrown away."))
    return redirect("survey-page", pk)


@login_required
@require_POST
def survey_end(request: HttpRequest, pk: int) -> HttpResponse:
    survey = kept_or_404(request, pk)
    form = EndForm(request.POST)
    try:
        making.end(survey, by=request.user, reason=form.cleaned_data["reason"] if form.is_valid() else "")
    except Refused as refused:
        say(request, refused)
    else:
        messages.success(request, _("The survey has ended. Its answers stay."))
    return redirect("survey-page", pk)


def draft_or_404(survey: Survey) -> SurveyVersion:
    version = get_object_or_404(SurveyVersion, survey=survey, published_at=None)
    version.survey = survey
    if survey.ended_at is not None:
        raise Http404
    return version
