"""Handing over somebody's open work, and taking it back for a while."""

from dataclasses import asdict
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from history.administration import staff
from history.administration.scope import administers_unit
from incidents import handover
from incidents.errors import Refused
from incidents.forms.handover import HandOverForm
from incidents.models import Incident
from people.models import Person
from reminders.models import Deadline

#: Cases handed over at once.
MOST = 200
#: How long a hand-over can be taken back with one click, in seconds.
UNDO_WITHIN = 600
_SALT = "hand-over"


def _giver_and_cases(request: HttpRequest, pk: int) -> tuple[Person, list[handover.Case], bool]:
    """The person, what of their work the asker may hand over, and whether the asker manages them.

    404 for whom the asker neither manages nor shares a case with that they may hand over.
    """
    giver = get_object_or_404(Person.objects.select_related("home_unit"), pk=pk)
    manages = administers_unit(request.user, giver.home_unit)
    cases = handover.open_work(giver)
    if not manages:
        cases = [case for case in cases if handover.may_hand_over(request.user, giver, case.incident)]
        if not cases and giver != request.user:
            raise Http404
    if chosen := set(request.GET.getlist("case")):  # ticked on My work
        cases = [case for case in cases if case.incident.number in chosen]
    return giver, cases, manages


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    giver, cases, manages = _giver_and_cases(request, pk)
    may_close = manages and giver.is_active and giver != request.user
    more, cases = max(0, len(cases) - MOST), cases[:MOST]
    form = HandOverForm(request.POST or None, giver=giver, cases=cases, may_close=may_close)
    if request.method != "POST":
        return _page(request, giver, form, manages=manages, more=more)
    if not form.is_valid():
        return _page(request, giver, form, manages=manages, more=more, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    outcome = handover.hand_over_all(
        form.choices(), by=request.user, giver=giver, reason=form.cleaned_data["reason"]
    )
    _tell_done(request, giver, outcome)
    if outcome.refused:
        giver, cases, manages = _giver_and_cases(request, pk)
        form = HandOverForm(request.POST, giver=giver, cases=cases[:MOST], may_close=may_close)
        for case in cases:
            case.refused = outcome.refused.get(case.incident.pk)
        return _page(
            request,
            giver,
            form,
            manages=manages,
            more=more,
            refused=len(outcome.refused),
            status=HTTPStatus.CONFLICT,
        )
    if form.cleaned_data.get("closes_account"):
        _close_account(request, giver, reason=form.cleaned_data["reason"])
    return redirect("person", pk) if manages and not outcome.done else redirect("hand-over", pk)


def _page(
    request: HttpRequest, giver: Person, form: HandOverForm, *, status=HTTPStatus.OK, **context
) -> HttpResponse:
    """Administrators see which cases there are and in which stage; what they say only where they may read it."""
    pks = [case.incident.pk for case in form.cases]
    readable = set(Incident.objects.visible_to(request.user).filter(pk__in=pks).values_list("pk", flat=True))
    for case in form.cases:
        case.is_readable = case.incident.pk in readable
    undo = request.session.get("hand_over_undo")
    try:
        can_undo = bool(undo) and signing.loads(undo, salt=_SALT, max_age=UNDO_WITHIN)["giver"] == giver.pk
    except signing.BadSignature:
        can_undo = False
    others = Deadline.objects.filter(owner=giver, closed_at=None).exclude(subject__startswith="incident:")
    context |= {
        "giver": giver,
        "form": form,
        "can_undo": can_undo,
        "others": others.order_by("due_at", "pk")[:50],
    }
    return render(request, "incidents/handover.html", context, status=status)


def _tell_done(request: HttpRequest, giver: Person, outcome: handover.Outcome) -> None:
    """Say how many went over, and keep what is needed to take them back in the session."""
    if not outcome.done:
        return
    count = len(outcome.done)
    messages.success(
        request,
        ngettext("%(count)d case was handed over.", "%(count)d cases were handed over.", count)
        % {"count": count},
    )
    done = [
        {"incident": row.pk, "version": row.version, "taker": taker.pk, "parts": asdict(parts)}
        for row, taker, parts in outcome.done
    ]
    request.session["hand_over_undo"] = signing.dumps(
        {"giver": giver.pk, "done": done}, salt=_SALT, compress=True
    )


def _close_account(request: HttpRequest, giver: Person, *, reason: str) -> None:
    try:
        staff.leave(giver, by=request.user, reason=reason)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    except PermissionDenied as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The account of %(person)s is closed.") % {"person": giver})


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Give back what was just handed over, as long as nobody did anything with it."""
    try:
        token = signing.loads(request.session.pop("hand_over_undo", ""), salt=_SALT, max_age=UNDO_WITHIN)
    except signing.BadSignature:
        token = {"giver": None}
    if token["giver"] != pk:
        messages.error(request, _("It is too late to undo this. Hand the work over once more."))
        return redirect("hand-over", pk)
    giver = get_object_or_404(Person, pk=pk)
    incidents = Incident.objects.in_bulk([item["incident"] for item in token["done"]])
    takers = Person.objects.in_bulk({item["taker"] for item in token["done"]})
    undone, refused = 0, []
    for item in token["done"]:
        incident = incidents[item["incident"]]
        parts = handover.Parts(**item["parts"])
        try:
            handover.take_back(
                incident, by=request.user, giver=giver, taker=takers[item["taker"]], parts=parts,
                version=item["version"],
            )  # fmt: skip
        except Refused as error:
            refused.append(f"{incident.number}: {error}")
        else:
            undone += 1
    if undone:
        messages.success(
            request,
            ngettext("%(count)d case was taken back.", "%(count)d cases were taken back.", undone)
            % {"count": undone},
        )
    for text in refused[:5]:
        messages.warning(request, text)
    return redirect("hand-over", pk)
