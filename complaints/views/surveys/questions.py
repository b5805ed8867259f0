"""The workbench of a draft: its words, its questions, their order; and how a customer will see it."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints.forms.surveys import QuestionForm, WordsForm
from complaints.models import Item
from complaints.surveys import making
from incidents.errors import Invalid, Refused

from .answering import draw
from .finding import kept_or_404, put, say, seen_or_404
from .keeping import draft_or_404


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def survey_questions(request: HttpRequest, pk: int) -> HttpResponse:
    """The questions of the draft; POST saves the words around them."""
    survey = kept_or_404(request, pk)
    version = draft_or_404(survey)
    form = WordsForm(request.POST or None, version=version)
    if request.method == "POST" and form.is_valid():
        try:
            making.set_words(version, by=request.user, **form.values())
        except Refused as refused:
            say(request, refused)
        else:
            messages.success(request, _("Saved."))
        return redirect("survey-questions", survey.pk)
    items = list(version.items.order_by("position"))
    context = {
        "survey": survey, "version": version, "items": items, "form": form,
        "missing": making.what_is_missing(version), "last": len(items) - 1,
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "surveys/questions.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def question_add(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, draft_or_404(kept_or_404(request, pk)), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, pk: int) -> HttpResponse:
    item = _item_or_404(request, pk)
    return _edit(request, item.version, item)


def _edit(request: HttpRequest, version, item: Item | None) -> HttpResponse:
    form = QuestionForm(request.POST or None, item=item)
    if request.method == "POST" and form.is_valid():
        try:
            making.put_item(version, item, by=request.user, **form.values())
        except Invalid as refused:
            put(refused, form)
        except Refused as refused:
            say(request, refused)
            return redirect("survey-page", version.survey_id)
        else:
            return redirect("survey-questions", version.survey_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "item": item, "version": version, "survey": version.survey}
    return render(request, "surveys/question.html", context, status=status)


@login_required
@require_POST
def question_move(request: HttpRequest, pk: int) -> HttpResponse:
    item = _item_or_404(request, pk)
    try:
        making.shift_item(item, by=request.user, up=request.POST.get("to") == "up")
    except Refused as refused:
        say(request, refused)
    return redirect("survey-questions", item.version.survey_id)


@login_required
@require_POST
def question_remove(request: HttpRequest, pk: int) -> HttpResponse:
    item = _item_or_404(request, pk)
    survey = item.version.survey_id
    try:
        making.remove_item(item, by=request.user)
    except Refused as refused:
        say(request, refused)
    return redirect("survey-questions", survey)


def _item_or_404(request: HttpRequest, pk: int) -> Item:
    """A question of a draft of one's own."""
    item = get_object_or_404(Item.objects.select_related("version"), pk=pk, version__published_at=None)
    item.version.survey = kept_or_404(request, item.version.survey_id)
    return item


@login_required
@require_safe
def survey_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A version as a customer sees it; nothing can be sent from here."""
    survey = seen_or_404(request, pk)
    number = request.GET.get("version", "")
    versions = survey.versions.order_by("-number")
    if number.isascii() and number.isdigit() and len(number) < 5:
        versions = versions.filter(number=int(number))
    version = get_object_or_404(versions[:1])
    version.survey = survey
    return draw(request, version, unit=survey.unit, preview=True, back=True)
