"""Review meetings: the list, a meeting's page, writing on it, its decisions, the minutes on paper."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from capa import decisions, meetings
from capa.agenda import lines_for
from capa.forms import meetings as forms
from capa.models import Decision, Meeting
from history import paging
from history.models import Signature
from history.signing import is_whole, still_says
from history.timeline import timeline
from incidents.errors import Invalid, NotAllowed, NotYet, Refused, Stale
from people.models import Role

READ_WRITE = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Step:
    """Something that is written on a meeting, on a page of its own."""

    slug: str
    title: Promise
    button: Promise
    icon: str
    form: type[forms.MeetingForm]
    perform: Callable
    done: Promise
    template: str = "capa/meeting_form.html"
    text: Promise | str = ""
    only_chair: bool = False


STEPS = {
    step.slug: step
    for step in (
        Step(
            "details", gettext_lazy("When, where, who"), gettext_lazy("Save"), "pencil", forms.DetailsForm,
            meetings.change_details, gettext_lazy("Saved."),
        ),
        Step(
            "agenda", gettext_lazy("Agenda"), gettext_lazy("Save the agenda"), "list-ordered", forms.AgendaForm,
            meetings.set_agenda, gettext_lazy("The agenda is set."), template="capa/meeting_agenda.html",
        ),
        Step(
            "minutes", gettext_lazy("Minutes"), gettext_lazy("Save the minutes"), "notebook-pen", forms.MinutesForm,
            meetings.write_minutes, gettext_lazy("The minutes are saved."), template="capa/meeting_minutes.html",
        ),
        Step(
            "decide", gettext_lazy("Record a decision"), gettext_lazy("Record the decision"), "gavel",
            forms.DecisionForm, decisions.decide, gettext_lazy("The decision is recorded, and its owner is told."),
            text=gettext_lazy("It becomes a measure of its own: numbered, with an owner, a day and a proof."),
        ),
        Step(
            "sign", gettext_lazy("Sign the minutes"), gettext_lazy("Sign"), "signature", forms.SignForm,
            meetings.sign, gettext_lazy("The minutes are signed."), only_chair=True,
            text=gettext_lazy("After this nothing on them changes any more, except that decisions are carried out."),
        ),
    )
}  # fmt: skip


def open_steps(person, meeting: Meeting) -> list[Step]:
    """What this person may write on it now. The functions check it again."""
    if meeting.status == Meeting.Status.SIGNED or not meetings.may_keep(person, meeting):
        return []
    return [step for step in STEPS.values() if not step.only_chair or meeting.chair_id == person.pk]


@login_required
@require_safe
def meeting_list(request: HttpRequest) -> HttpResponse:
    """The meetings that this person oversees, chairs or attends, the latest first."""
    rows = Meeting.objects.visible_to(request.user).select_related("unit", "chair").annotate(
        decided=Count("decisions"), carried_out=Count("decisions", filter=Q(decisions__done_at__isnull=False)),
    )  # fmt: skip
    page = paging.page(rows, request.GET, moment="held_at", size=25)
    context = {
        "page": page,
        "newer": page.newer,
        "older": page.older,
        "may_call": request.user.has_any_role(Role.QUALITY),
    }
    return render(request, "capa/meetings.html", context)


@login_required
@require_http_methods(READ_WRITE)
def meeting_call(request: HttpRequest) -> HttpResponse:
    if not request.user.has_any_role(Role.QUALITY):
        return _refused(request, _("Only quality managers call review meetings."))
    form = forms.CallForm(request.POST or None, person=request.user)
    context = {"form": form, "title": _("Call a review meeting")}
    if request.method != "POST" or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
        return render(request, "capa/meeting_call.html", context, status=status)
    try:
        meeting = meetings.call(by=request.user, **form.values())
    except Invalid as refused:
        _show(form, refused)
        return render(request, "capa/meeting_call.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotAllowed as refused:
        return _refused(request, refused.message)
    messages.success(
        request, _("%(number)s is called. Now choose what stands on its agenda.") % {"number": meeting.number}
    )
    return redirect("meeting-act", meeting.number, "agenda")


def _meeting_or_404(request: HttpRequest, number: str) -> Meeting:
    rows = Meeting.objects.visible_to(request.user).select_related("unit", "chair", "called_by")
    return get_object_or_404(rows, number=number)


@login_required
@require_safe
def meeting(request: HttpRequest, number: str) -> HttpResponse:
    """One meeting. Who only owns one of its decisions is led to that."""
    if not (found := Meeting.objects.visible_to(request.user).filter(number=number).first()):
        own = Decision.objects.filter(meeting__number=number, owner=request.user).order_by(
            "-done_at", "due_on"
        )
        if decision := own.first():
            return redirect(decision)
        raise Http404
    return render(request, "capa/meeting.html", _shown(request, found))


@login_required
@require_safe
def meeting_print(request: HttpRequest, number: str) -> HttpResponse:
    """The minutes on A4."""
    return render(request, "capa/meeting_print.html", _shown(request, _meeting_or_404(request, number)))


def _shown(request: HttpRequest, found: Meeting) -> dict:
    steps = open_steps(request.user, found)
    return {
        "meeting": found,
        "attendees": list(found.attendees.order_by("display_name")),
        "lines": lines_for(request.user, found),
        "decisions": list(found.decisions.select_related("owner", "unit", "item__incident")),
        "signature": _signature(found),
        "timeline": timeline(found.case),
        "steps": [step for step in steps if step.slug not in ("sign", "decide")],
        "decide": any(step.slug == "decide" for step in steps),
        "sign": any(step.slug == "sign" for step in steps),
        "missing": meetings.what_is_missing(found) if any(step.slug == "sign" for step in steps) else [],
    }


def _signature(found: Meeting) -> dict | None:
    """The chair's signature, and whether the minutes still say what it is under."""
    signature = Signature.objects.filter(case=found.case, of=f"meeting:{found.pk}").last()
    if signature is None:
        return None
    return {
        "signature": signature,
        "stands": still_says(signature, meetings.signed_content(found)),
        "forged": not is_whole(signature),
    }


@login_required
@require_http_methods(READ_WRITE)
def meeting_act(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Write on a meeting. What was typed is never lost when it is refused."""
    found = _meeting_or_404(request, number)
    step = STEPS.get(slug)
    if step is None:
        raise Http404
    if step not in open_steps(request.user, found):
        if found.status == Meeting.Status.SIGNED and meetings.may_keep(request.user, found):
            messages.warning(request, _("The minutes are signed: nothing on them changes any more."))
            return redirect(found)
        return _refused(request, _("Your role doesn't allow this here."))
    form = step.form(request.POST or None, person=request.user, meeting=found)
    context = {"meeting": found, "step": step, "form": form, "cancel_url": found.get_absolute_url()}

    def perform() -> None:
        step.perform(found, by=request.user, version=form.seen_version(), **form.values())

    return _answer(request, step.template, context, form, perform, found.get_absolute_url(), step.done)


# Decisions ------------------------------------------------------------------------------------------------------------
def _decision_or_404(request: HttpRequest, number: str) -> Decision:
    return get_object_or_404(decisions.decisions_for(request.user), number=number)


@login_required
@require_http_methods(READ_WRITE)
def decision(request: HttpRequest, number: str) -> HttpResponse:
    """One decision; its owner says here that it is carried out."""
    found = _decision_or_404(request, number)
    if request.method == "POST" and found.owner_id != request.user.pk:
        return _refused(request, _("Only its owner finishes a decision."))
    is_own = found.owner_id == request.user.pk and found.done_at is None
    form = forms.FinishForm(request.POST or None) if is_own or request.method == "POST" else None
    keeps = meetings.may_keep(request.user, found.meeting) and found.done_at is None
    lines = lines_for(request.user, found.meeting) if found.item_id else []
    context = {
        "decision": found,
        "meeting": found.meeting,
        "sees_meeting": Meeting.objects.visible_to(request.user).filter(pk=found.meeting_id).exists(),
        "line": next((line for line in lines if line.item.pk == found.item_id), None),
        "form": form if is_own else None,
        "may_hand_over": keeps,
        "may_amend": keeps and found.meeting.status != Meeting.Status.SIGNED,
    }

    def perform() -> None:
        decisions.finish_decision(found, by=request.user, **form.cleaned_data)

    done = _("%(number)s is carried out.") % {"number": found.number}
    return _answer(
        request, "capa/meeting_decision.html", context, form, perform, found.get_absolute_url(), done
    )


@login_required
@require_http_methods(READ_WRITE)
def decision_amend(request: HttpRequest, number: str) -> HttpResponse:
    found = _decision_or_404(request, number)
    if not meetings.may_keep(request.user, found.meeting):
        return _refused(request, _("Your role doesn't allow this here."))
    form = forms.DecisionForm(
        request.POST or None, person=request.user, meeting=found.meeting, decision=found
    )
    step = {"title": _("Reword %(number)s") % {"number": found.number}, "button": _("Save"), "icon": "pencil"}
    context = {"meeting": found.meeting, "step": step, "form": form, "cancel_url": found.get_absolute_url()}

    def perform() -> None:
        decisions.amend_decision(found, by=request.user, version=form.seen_version(), **form.values())

    return _answer(
        request, "capa/meeting_form.html", context, form, perform, found.get_absolute_url(), _("Saved.")
    )


@login_required
@require_http_methods(READ_WRITE)
def decision_hand_over(request: HttpRequest, number: str) -> HttpResponse:
    found = _decision_or_404(request, number)
    if not meetings.may_keep(request.user, found.meeting):
        return _refused(request, _("Your role doesn't allow this here."))
    form = forms.HandOverForm(request.POST or None, person=request.user, decision=found)
    step = {
        "title": _("Hand %(number)s over") % {"number": found.number}, "button": _("Hand over"),
        "icon": "user-round-plus", "text": _("The due date stays."),
    }  # fmt: skip
    context = {"meeting": found.meeting, "step": step, "form": form, "cancel_url": found.get_absolute_url()}

    def perform() -> None:
        decisions.hand_over_decision(found, by=request.user, **form.cleaned_data)

    done = _("%(number)s is handed over.") % {"number": found.number}
    return _answer(request, "capa/meeting_form.html", context, form, perform, found.get_absolute_url(), done)


# Answering ------------------------------------------------------------------------------------------------------------
def _answer(
    request: HttpRequest, template: str, context: dict, form, perform: Callable, url: str, done
) -> HttpResponse:
    """The page; or what comes of doing it, with the reason beside the words when it was refused."""
    if request.method != "POST":
        return render(request, template, context)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if not form.is_valid():
        return render(request, template, context, status=status)
    try:
        perform()
    except NotAllowed as refused:
        return _refused(request, refused.message)
    except Invalid as refused:
        _show(form, refused)
    except NotYet as refused:
        context["missing"], status = refused.missing, HTTPStatus.CONFLICT
    except Stale as refused:
        context["stale"], status = str(refused), HTTPStatus.CONFLICT
        _take_up_to_date(form, context)
    else:
        messages.success(request, done)
        return redirect(url)
    return render(request, template, context, status=status)


def _take_up_to_date(form, context: dict) -> None:
    """The words stay; beside them stands the meeting as it is now, and sent again they count for that."""
    current = Meeting.objects.get(pk=context["meeting"].pk)
    context["current"] = current
    if "version" in form.fields:
        form.data = form.data.copy()
        form.data["version"] = current.version


def _show(form, refused: Refused) -> None:
    for name, message in refused.fields.items():
        form.add_error(name if name in form.fields else None, message)


def _refused(request: HttpRequest, message) -> HttpResponse:
    context = {"message": message, "title": _("This isn't yours to do")}
    return render(request, "capa/meeting_refused.html", context, status=HTTPStatus.FORBIDDEN)
