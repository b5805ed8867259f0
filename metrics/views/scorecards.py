"""One scorecard: its page, and what is done to it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from history.models import Signature
from history.signing import is_whole, still_says
from history.timeline import timeline
from metrics.assessment import cards, following_up, making, rules, showing
from metrics.forms import assessment as forms
from metrics.models import Scorecard
from people.models import Person

from .answering import READ_WRITE, Page, Step, answer, refuse

State = Scorecard.State


def _assesses(person: Person, card: Scorecard) -> bool:
    return card.state == State.DRAFT and rules.may_assess(person, card)


def _signs(person: Person, card: Scorecard) -> bool:
    return card.state == State.ISSUED and rules.may_second(person, card)


STEPS = {
    step.slug: step
    for step in (
        Step(
            "comment", gettext_lazy("Write the comment"), gettext_lazy("Save"), "message-square", forms.CommentForm,
            cards.comment, gettext_lazy("Saved."), _assesses,
        ),
        Step(
            "leave-out", gettext_lazy("Leave a line out"), gettext_lazy("Leave it out"), "eraser", forms.LeaveOutForm,
            cards.leave_out, gettext_lazy("The line is left out."), _assesses,
            text=gettext_lazy("Its weight is spread over the others, and the reason stands on the scorecard."),
        ),
        Step(
            "reckon", gettext_lazy("Read the figures once more"), gettext_lazy("Read them"), "refresh-cw",
            forms.ConfirmForm, making.reckon_again, gettext_lazy("The figures are those of today."), _assesses,
            text=gettext_lazy("For when volumes came in late or something was corrected."),
        ),
        Step(
            "issue", gettext_lazy("Issue it"), pgettext_lazy("scorecard", "Issue"), "send", forms.ConfirmForm,
            cards.issue, gettext_lazy("The scorecard is issued, and the assessed are told."), _assesses, main=True,
            text=gettext_lazy("The assessed see it from now on and may object. Somebody else than you signs it then."),
        ),
        Step(
            "agree", gettext_lazy("I have read it and agree"), gettext_lazy("Agree"), "check", forms.ConfirmForm,
            cards.agree, gettext_lazy("Noted: you agree."),
            lambda person, card: cards.may_object(person, card), main=True,
        ),
        Step(
            "object", gettext_lazy("Object"), gettext_lazy("Send the objection"), "hand", forms.ObjectForm,
            cards.object_to, gettext_lazy("Your objection is on record. Somebody else than who issued it decides."),
            cards.may_object,
            text=gettext_lazy("Once, and within the time that is given. Nobody may hold it against you."),
        ),
        Step(
            "decide", gettext_lazy("Decide the objection"), gettext_lazy("Decide"), "scale", forms.DecideForm,
            cards.decide_objection, gettext_lazy("The objection is decided, and the assessed are told."),
            lambda person, card: card.state == State.OBJECTED and rules.may_second(person, card), main=True,
        ),
        Step(
            "sign", gettext_lazy("Sign the scorecard"), pgettext_lazy("signature", "Sign"), "signature", forms.SignForm,
            cards.sign, gettext_lazy("The scorecard is signed."), _signs, main=True,
            text=gettext_lazy("You have looked at it as the second person. After this nothing on it changes any more."),
        ),
        Step(
            "follow-up", gettext_lazy("Reward or rectification"), gettext_lazy("Have it decided"), "gavel",
            forms.ConsequenceForm, following_up.follow_up,
            gettext_lazy("It is a decision of the meeting now, with an owner, a day and a proof to come."),
            following_up.may_follow_up,
            text=gettext_lazy(
                "What follows from an assessment is decided by a review meeting that isn't signed yet, and carried out "
                "like everything that a meeting decides."
            ),
        ),
    )
}  # fmt: skip


def _card_or_404(request: HttpRequest, pk: int) -> Scorecard:
    rows = Scorecard.objects.visible_to(request.user).select_related(
        "scheme",
        "basis",
        "unit",
        "person",
        "issued_by",
        "objected_by",
        "decided_by",
        "signed_by",
        "agreed_by",
    )
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def scorecard(request: HttpRequest, pk: int) -> HttpResponse:
    card = _card_or_404(request, pk)
    rows = showing.rows_of(card, request.user)
    steps = [step for step in STEPS.values() if step.may(request.user, card)]
    context = {
        "card": card,
        "rows": rows,
        "spread": showing.spread_words(rows),
        "steps": [step for step in steps if not step.main],
        "main_steps": [step for step in steps if step.main],
        "is_own": rules.is_assessed(request.user, card),
        "missing": cards.what_is_missing(card) if _signs(request.user, card) else [],
        "consequences": list(card.consequences.select_related("decision__owner")),
        "signature": _signature(card),
        "timeline": timeline(card.case),
    }
    return render(request, "metrics/assessment/scorecard.html", context)


def _signature(card: Scorecard) -> dict | None:
    signature = Signature.objects.filter(case=card.case, of=card.case).last()
    if signature is None:
        return None
    return {
        "signature": signature,
        "stands": still_says(signature, cards.signed_content(card)),
        "forged": not is_whole(signature),
    }


@login_required
@require_http_methods(READ_WRITE)
def scorecard_act(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Do something to a card. What was typed is never lost when it is refused."""
    card = _card_or_404(request, pk)
    step = STEPS.get(slug)
    if step is None:
        raise Http404
    if not step.may(request.user, card):
        return refuse(request, _("Your role doesn't allow this here, or it isn't the time for it."))
    form = step.form(request.POST or None, person=request.user, row=card)
    page = Page(
        str(step.title), str(step.button), card.get_absolute_url(), step.done, icon=step.icon, text=step.text,
        crumbs=((reverse("assessment"), _("Assessment")), (card.get_absolute_url(), card.label)),
    )  # fmt: skip
    return answer(
        request, page, form, lambda: step.perform(card, by=request.user, **form.values()),
        version_of=lambda: Scorecard.objects.get(pk=pk).version,
    )  # fmt: skip
