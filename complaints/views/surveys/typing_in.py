"""Typing in from paper and interviews: figures and Enter, one questionnaire after another."""

import uuid
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from complaints.forms.surveys import BatchForm
from complaints.models import Response, SurveyVersion
from complaints.surveys import answering, asking, paper, sight
from complaints.surveys.answering import KEEPERS, TYPED_IN
from complaints.surveys.making import published
from history.submissions import KeyReused
from incidents.errors import Invalid, Refused, Stale

from .finding import say, seen_or_404


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def type_in(request: HttpRequest, pk: int) -> HttpResponse:
    """One questionnaire of a batch; the next one follows with the same unit, day and channel."""
    survey = seen_or_404(request, pk)
    if not request.user.has_any_role(*KEEPERS):
        raise PermissionDenied
    version = published(survey)
    if version is None or survey.ended_at is not None:
        raise Http404
    version.survey = survey
    batch = BatchForm(request.POST or None, initial=_pile(request), survey=survey, person=request.user)
    items = list(version.items.order_by("position"))
    scores, comment, errors, status = {}, "", {}, HTTPStatus.OK
    key = uuid.uuid4()
    if request.method == "POST":
        scores, comment = asking.read(items, request.POST)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        key = _key(request) or key
        if batch.is_valid():
            try:
                paper.enter(
                    version, by=request.user, scores=scores, comment=comment, key=key, **batch.cleaned_data
                )
            except Invalid as refused:
                errors = refused.fields
            except KeyReused:
                messages.error(
                    request, _("This form was sent before with other answers. Check the list, then go on.")
                )
                return redirect(f"{request.path}?{_same_batch(batch)}")
            except Refused as refused:
                say(request, refused)
            else:
                messages.success(request, _("Kept. The next one:"))
                return redirect(f"{request.path}?{_same_batch(batch)}")
    context = {
        "survey": survey, "version": version, "batch": batch, "errors": errors, "key": key, "items": items,
        "questions": asking.questions(items, get_language() or "", scores, comment, errors),
        "latest": [(row, _figures(row)) for row in paper.latest(version, request.user)],
    }  # fmt: skip
    return render(request, "surveys/type.html", context, status=status)


def _pile(request: HttpRequest) -> dict:
    """What held for the sheet before, from the address; today and paper to begin with."""
    given = {name: value for name in ("unit", "day", "channel") if (value := request.GET.get(name))}
    return {"day": timezone.localdate(), "channel": Response.Channel.PAPER, **given}


def _figures(response: Response) -> str:
    """The answer at a glance: 4 5 – 3."""
    return " ".join("–" if score is None else str(score) for score in response.scores)


def _same_batch(batch: BatchForm) -> str:
    given = batch.cleaned_data
    return urlencode({"unit": given["unit"].pk, "day": given["day"].isoformat(), "channel": given["channel"]})


def _key(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what was mistyped, with the reason."""
    rows = sight.responses(request.user).filter(channel__in=TYPED_IN)
    response = get_object_or_404(rows.select_related("version__survey__unit", "unit", "entered_by"), pk=pk)
    if not any(request.user.has_role(role, response.unit) for role in KEEPERS):
        raise PermissionDenied
    version: SurveyVersion = response.version
    items = list(version.items.order_by("position"))
    scores, comment = asking.answered(items, response)
    errors, stale, reason, seen, status = {}, None, "", answering.stamp(response), HTTPStatus.OK
    if request.method == "POST":
        scores, comment = asking.read(items, request.POST)
        reason, status = request.POST.get("reason", "")[:300], HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            answering.correct(
                response,
                by=request.user,
                seen=request.POST.get("seen", ""),
                scores=scores,
                comment=comment,
                reason=reason,
            )
        except Invalid as refused:
            errors = refused.fields
        except Stale as refused:
            stale, status = refused, HTTPStatus.CONFLICT
        else:
            messages.success(request, _("Corrected."))
            return redirect("survey-type", version.survey_id)
    context = {
        "survey": version.survey, "version": version, "response": response, "errors": errors, "stale": stale,
        "reason": reason, "seen": seen,
        "questions": asking.questions(items, get_language() or "", scores, comment, errors),
    }  # fmt: skip
    return render(request, "surveys/correct.html", context, status=status)
