"""The suggestion box, and thanks."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from history import paging
from history.submissions import KeyReused
from history.timeline import timeline
from incidents.errors import NotAllowed
from incidents.identify import follow_digest, follow_token
from metrics.forms import assessment
from metrics.forms import suggestions as forms
from metrics.models import Recognition, Suggestion
from metrics.suggestions import acts, thanks
from people.models import CASE_ROLES, Person

from .answering import READ_WRITE, Page, Step, answer, refuse

State = Suggestion.State
PER_PAGE = 30


def _answers(person: Person, row: Suggestion) -> bool:
    return row.state in acts.WAITING and acts.may_answer(person, row)


STEPS = {
    step.slug: step
    for step in (
        Step(
            "consider", gettext_lazy("Take it up to consider it"), gettext_lazy("Take it up"), "eye",
            assessment.ConfirmForm, acts.consider, gettext_lazy("The author hears that it is being considered."),
            lambda person, row: row.state == State.NEW and acts.may_answer(person, row),
        ),
        Step(
            "adopt", gettext_lazy("Adopt it"), gettext_lazy("Adopt"), "check", forms.AdoptForm, acts.adopt,
            gettext_lazy("The suggestion is adopted, and the author is told."), _answers, main=True,
        ),
        Step(
            "decline", gettext_lazy("Decline it"), gettext_lazy("Decline"), "x", forms.DeclineForm, acts.decline,
            gettext_lazy("The suggestion is declined, and the author reads why."), _answers,
        ),
        Step(
            "withdraw", gettext_lazy("Take it back"), gettext_lazy("Take it back"), "undo-2", assessment.ConfirmForm,
            acts.withdraw, gettext_lazy("You have taken the suggestion back."), acts.may_withdraw,
        ),
        Step(
            "finish", gettext_lazy("It is carried out"), gettext_lazy("It is done"), "check", forms.FinishForm,
            acts.finish, gettext_lazy("The suggestion is carried out, and the author is told."),
            lambda person, row: row.state == State.ADOPTED and row.owner_id == person.pk, main=True,
        ),
        Step(
            "hand-over", gettext_lazy("Hand it over or postpone it"), gettext_lazy("Save"), "user-round-plus",
            forms.HandOverForm, acts.hand_over, gettext_lazy("Saved."),
            lambda person, row: row.state == State.ADOPTED and acts.may_answer(person, row),
        ),
    )
}  # fmt: skip


@login_required
@require_safe
def suggestion_list(request: HttpRequest) -> HttpResponse:
    """One's own suggestions, those one carries out, those about the units one oversees; the latest first."""
    rows = Suggestion.objects.visible_to(request.user).select_related("unit", "author", "owner")
    show = request.GET.get("show", "")
    if show == "mine":
        rows = rows.filter(Q(author=request.user) | Q(owner=request.user))
    elif show == "open":
        rows = rows.filter(state__in=[*acts.WAITING, State.ADOPTED])
    page = paging.page(rows, request.GET, moment="made_at", size=PER_PAGE)
    context = {
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "show": show,
        "oversees": request.user.has_any_role(*CASE_ROLES),
        "leads": request.user.has_any_role(*thanks.THANKERS),
    }
    return render(request, "metrics/suggestions/list.html", context)


@login_required
@never_cache
@require_http_methods(READ_WRITE)
def suggestion_new(request: HttpRequest) -> HttpResponse:
    form = forms.SuggestForm(request.POST or None, person=request.user)
    page = Page(
        _("Make a suggestion"), _("Send it"), reverse("suggestion-list"),
        _("Thank you. You hear what becomes of it within ten working days."), icon="send",
        crumbs=((reverse("suggestion-list"), _("Suggestions")),),
        text=_("What could be done better, at your place or anywhere in the company?"),
    )  # fmt: skip

    def perform() -> str:
        row = acts.suggest(by=request.user, **form.cleaned_data)
        if row.author_id is None:
            return f"{reverse('suggestion-follow', args=[follow_token(form.cleaned_data['key'])])}?sent=1"
        return row.get_absolute_url()

    try:
        return answer(request, page, form, perform)
    except KeyReused:
        messages.warning(request, _("This form was sent already. Begin a new one."))
        return redirect("suggestion-list")


@never_cache
@require_safe
def suggestion_follow(request: HttpRequest, token: str) -> HttpResponse:
    """What became of an anonymous suggestion, for whoever holds the link; nothing about anybody."""
    rows = Suggestion.objects.exclude(follow_digest="")
    row = get_object_or_404(rows, follow_digest=follow_digest(token))
    context = {
        "suggestion": row,
        "just_sent": "sent" in request.GET,
        "link": request.build_absolute_uri(request.path),
    }
    response = render(request, "metrics/suggestions/follow.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _suggestion_or_404(request: HttpRequest, number: str) -> Suggestion:
    rows = Suggestion.objects.visible_to(request.user).select_related(
        "unit", "author", "owner", "answered_by"
    )
    return get_object_or_404(rows, number=number)


@login_required
@require_safe
def suggestion(request: HttpRequest, number: str) -> HttpResponse:
    row = _suggestion_or_404(request, number)
    steps = [step for step in STEPS.values() if step.may(request.user, row)]
    context = {
        "suggestion": row,
        "steps": [step for step in steps if not step.main],
        "main_steps": [step for step in steps if step.main],
        "is_waiting": row.state in acts.WAITING,
        "is_own": row.author_id == request.user.pk,
        "timeline": timeline(row.case),
    }
    return render(request, "metrics/suggestions/suggestion.html", context)


@login_required
@require_http_methods(READ_WRITE)
def suggestion_act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    row = _suggestion_or_404(request, number)
    step = STEPS.get(slug)
    if step is None:
        raise Http404
    if not step.may(request.user, row):
        return refuse(request, _("Your role doesn't allow this here, or it isn't the time for it."))
    form = step.form(request.POST or None, person=request.user, row=row)
    page = Page(
        str(step.title), str(step.button), row.get_absolute_url(), step.done, icon=step.icon, text=row.text,
        crumbs=((reverse("suggestion-list"), _("Suggestions")), (row.get_absolute_url(), row.number)),
    )  # fmt: skip
    return answer(
        request, page, form, lambda: step.perform(row, by=request.user, **form.values()),
        version_of=lambda: Suggestion.objects.get(pk=row.pk).version,
    )  # fmt: skip


# Thanks ---------------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def thanks_page(request: HttpRequest) -> HttpResponse:
    """What one was thanked for."""
    rows = Recognition.objects.filter(person=request.user).select_related(
        "incident", "suggestion", "thanked_by"
    )
    page = paging.page(rows, request.GET, moment="given_at", size=PER_PAGE)
    context = {
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "leads": request.user.has_any_role(*thanks.THANKERS),
        "tab": "mine",
    }
    return render(request, "metrics/suggestions/thanks.html", context)


@login_required
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """What the people around one agreed to show."""
    page = paging.page(thanks.wall(request.user), request.GET, moment="given_at", size=PER_PAGE)
    context = {
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "leads": request.user.has_any_role(*thanks.THANKERS),
        "tab": "wall",
    }
    return render(request, "metrics/suggestions/wall.html", context)


@login_required
@require_safe
def to_thank(request: HttpRequest) -> HttpResponse:
    """For managers: whom to thank."""
    if not request.user.has_any_role(*thanks.THANKERS):
        return refuse(request, _("Thanks come from the person's own managers."))
    page = paging.page(thanks.to_thank(request.user), request.GET, moment="given_at", size=PER_PAGE)
    context = {"page": page, "newer": page.newer, "older": page.older, "leads": True, "tab": "give"}
    return render(request, "metrics/suggestions/to_thank.html", context)


@login_required
@require_http_methods(READ_WRITE)
def thank(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(thanks.to_thank(request.user), pk=pk)
    form = forms.ThankForm(request.POST or None)
    page = Page(
        _("Thank %(person)s") % {"person": row.person}, _("Send thanks"), reverse("thanks-give"),
        _("Your thanks are sent."), icon="heart", text=row.get_kind_display(),
        crumbs=((reverse("thanks-give"), _("Whom to thank")),),
    )  # fmt: skip
    return answer(
        request, page, form, lambda: thanks.thank(row, by=request.user, **form.cleaned_data) and None
    )


@login_required
@require_POST
def thanks_on_wall(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Recognition, pk=pk, person=request.user)
    try:
        thanks.show_on_wall(row, by=request.user, shown=request.POST.get("shown") == "yes")
    except NotAllowed as refused:
        return refuse(request, refused.message)
    messages.success(request, _("Saved."))
    return redirect("thanks")
