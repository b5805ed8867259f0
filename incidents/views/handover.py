"""Handing over somebody's open work, and taking it back for a while."""

from dataclasses import asdict, dataclass
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
from incidents import handover, inheritance
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


@dataclass
class _Work:
    """What of somebody's work the asker may hand over, and whether the asker manages them."""

    giver: Person
    cases: list[handover.Case]
    pieces: list[inheritance.Piece]
    manages: bool

    def cut(self) -> int:
        """Keep no more than can be shown at once; gives how many are left over."""
        more = max(0, len(self.cases) + len(self.pieces) - MOST)
        self.cases = self.cases[:MOST]
        self.pieces = self.pieces[: MOST - len(self.cases)]
        return more


def _work_of(request: HttpRequest, pk: int) -> _Work:
    """What passes on from this person. 404 for whom the asker neither manages nor shares a case with that they may
    hand over.
    """
    giver = get_object_or_404(Person.objects.select_related("home_unit"), pk=pk)
    manages = administers_unit(request.user, giver.home_unit)
    cases, pieces = handover.open_work(giver), inheritance.open_work(giver, asks=request.user)
    if not manages:
        cases = [case for case in cases if handover.may_hand_over(request.user, giver, case.incident)]
        pieces = [piece for piece in pieces if inheritance.may_hand_over(request.user, giver, piece)]
        if not cases and not pieces and giver != request.user:
            raise Http404
    if chosen := set(request.GET.getlist("case")):  # ticked on My work
        cases = [case for case in cases if case.incident.number in chosen]
        pieces = [piece for piece in pieces if piece.case.number in chosen]
    return _Work(giver, cases, pieces, manages)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    work = _work_of(request, pk)
    giver, manages, more = work.giver, work.manages, work.cut()
    may_close = manages and giver.is_active and giver != request.user
    form = _form(request.POST or None, work, may_close)
    if request.method != "POST":
        return _page(request, giver, form, manages=manages, more=more)
    if not form.is_valid():
        return _page(request, giver, form, manages=manages, more=more, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    how = {"by": request.user, "giver": giver, "reason": form.cleaned_data["reason"]}
    outcome = handover.hand_over_all(form.choices(), **how)
    passed = inheritance.hand_over_all(form.piece_choices(), **how)
    refused = {piece.key: piece.refused for piece in work.pieces if piece.refused}
    _tell_done(request, giver, outcome, passed)
    if outcome.refused or refused:
        work = _work_of(request, pk)
        work.cut()
        form = _form(request.POST, work, may_close)
        for case in work.cases:
            case.refused = outcome.refused.get(case.incident.pk)
        for piece in work.pieces:
            piece.refused = refused.get(piece.key)
        count = len(outcome.refused) + len(refused)
        return _page(
            request, giver, form, manages=manages, more=more, refused=count, status=HTTPStatus.CONFLICT
        )
    if form.cleaned_data.get("closes_account"):
        _close_account(request, giver, reason=form.cleaned_data["reason"])
    return redirect("person", pk) if manages and not (outcome.done or passed) else redirect("hand-over", pk)


def _form(sent, work: _Work, may_close: bool) -> HandOverForm:
    return HandOverForm(sent, giver=work.giver, cases=work.cases, pieces=work.pieces, may_close=may_close)


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
    others = inheritance.without_inherited(
        Deadline.objects.filter(owner=giver, closed_at=None).exclude(subject__startswith="incident:")
    )
    context |= {
        "giver": giver,
        "form": form,
        "can_undo": can_undo,
        "others": others.order_by("due_at", "pk")[:50],
    }
    return render(request, "incidents/handover.html", context, status=status)


def _tell_done(request: HttpRequest, giver: Person, outcome: handover.Outcome, passed: list[dict]) -> None:
    """Say how many went over, and keep what is needed to take them back in the session."""
    if not outcome.done and not passed:
        return
    count = len(outcome.done) + len(passed)
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
        {"giver": giver.pk, "done": done, "passed": passed}, salt=_SALT, compress=True
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
    takers = Person.objects.in_bulk({item["taker"] for item in [*token["done"], *token["passed"]]})
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
    for item in token["passed"]:
        try:
            inheritance.kind_of(item["kind"]).take_back(
                item["case"], by=request.user, giver=giver, taker=takers[item["taker"]], parts=item["parts"],
                version=item["version"],
            )  # fmt: skip
        except Refused as error:
            refused.append(str(error))
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
