"""Handing over somebody's early warnings: who leaves or is away is succeeded in each that waits for them."""

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from history.administration.scope import administers_unit
from history.recording import record
from incidents import inheritance
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.inheritance import Kind, Piece
from metrics.definitions import kpis_of
from metrics.models import Signal
from people.models import Person
from reminders.deadlines import hand_to
from reminders.notices import notify

from .permissions import may_act, may_answer, visible_to
from .watching import KIND


def open_work(person: Person, asks: Person) -> list[Piece]:
    """Every open warning that waits for this person, the most urgent first: three statements at most."""
    mine = Signal.objects.filter(owner=person, closed_at=None).select_related("unit").defer("evidence")
    rows = list(mine.order_by(F("due_at").asc(nulls_last=True), "pk"))
    if not rows:
        return []
    readable = set(visible_to(asks).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    kpis = kpis_of({row.unit for row in rows})
    pieces = []
    for row in rows:
        row.paused_since = None
        pieces.append(
            Piece(
                KIND, row, sort=_("Early warning"), title=str(kpis.get(row.kpi, row.kpi)),
                state=row.get_status_display(), parts=[_("looks after it")], is_readable=row.pk in readable,
            )
        )  # fmt: skip
    return pieces


def may_hand_over(by: Person, giver: Person, signal: Signal) -> bool:
    """Whoever may act on it; an administrator for the people they manage."""
    return may_act(by, signal) or administers_unit(by, giver.home_unit)


@transaction.atomic
def hand_over(
    signal: Signal, *, by: Person, giver: Person, taker: Person, reason: str
) -> tuple[Signal, dict]:
    """Pass it on as long as it is theirs. Raises NotAllowed, Invalid (taker, reason), Stale."""
    if not reason.strip():
        raise Invalid({"reason": _("Say why: it stands in the history of each case.")})
    if taker == giver:
        raise Invalid({"taker": _("Choose somebody else than %(person)s.") % {"person": giver}})
    row = _locked(signal.pk)
    _refuse_unless_may(by, giver, row)
    if row.closed_at or row.owner_id != giver.pk:
        raise Stale(_("Nothing of this waits for %(person)s any more.") % {"person": giver})
    return _pass_on(row, by=by, taker=taker, reason=reason.strip()), {"owner": True}


@transaction.atomic
def take_back(pk: int, *, by: Person, giver: Person, taker: Person, parts: dict, version: int) -> Signal:
    """Undo a hand-over by a new event, as long as nobody did anything since (`version`)."""
    row = _locked(pk)
    if row.version != version or row.closed_at:
        raise Stale()
    _refuse_unless_may(by, giver, row)
    return _pass_on(row, by=by, taker=giver, reason="")


def _locked(pk: int) -> Signal:
    return Signal.objects.select_for_update(of=("self",)).select_related("unit", "owner").get(pk=pk)


def _refuse_unless_may(by: Person, giver: Person, row: Signal) -> None:
    if not may_hand_over(by, giver, row):
        raise NotAllowed(_("Your role doesn't allow this here."))


def _pass_on(row: Signal, *, by: Person, taker: Person, reason: str) -> Signal:
    if not taker.is_active or not may_answer(taker, row):
        raise Invalid({"taker": _("Name somebody who reads the figures of this unit.")})
    before, row.owner = {"owner": row.owner}, taker
    row.version += 1
    row.save(update_fields=["owner", "version"])
    hand_to(row.case, KIND, cycle=1, owner=taker)
    record(
        row.case, "signal.hand_over", label=row.number, by=by, unit=row.unit, reason=reason, before=before,
        after={"owner": taker},
    )  # fmt: skip
    notify(
        [person for person in (taker,) if person != by], "handed-over", occasion=f"{row.case}:handed:{row.version}",
        subject=row.case, url=row.get_absolute_url(),
        params={"by": by.display_name, "label": row.number, "what": KIND},
    )  # fmt: skip
    return row


inheritance.inherit(Kind(KIND, open_work, may_hand_over, hand_over, take_back))
