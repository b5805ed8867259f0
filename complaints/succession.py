"""Handing over somebody's complaints: who leaves or is away is succeeded in each that they have a part in.

Only who works on it changes, never what it says: so an administrator may do it for the people they manage, whether or
not they see the complaint.
"""

from collections import defaultdict

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from history.administration.scope import administers_unit
from incidents import inheritance
from incidents.access import person_token
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.inheritance import Kind, Piece
from people.models import Person
from reminders.deadlines import hand_to

from . import limits, permissions, takeover
from .access import admit
from .lifecycle import change, tell
from .masking import impersonal
from .models import Complaint

NAME = "complaint"
#: The fields in which somebody can stand, with the words for it.
FIELDS = {
    "owner": _("has the next step"),
    "handler": _("handler"),
    "first_handler": _("received it first"),
    "offered_to": _("asked to take over"),
}


def open_work(person: Person, asks: Person) -> list[Piece]:
    """Every open complaint in which something waits for this person, the most urgent first. Three queries."""
    deadlines = defaultdict(list)
    for deadline in inheritance.deadlines_of(person, NAME):
        deadlines[int(deadline.subject.partition(":")[2])].append(deadline)
    mine = Q(owner=person) | Q(handler=person) | Q(offered_to=person) | Q(first_handler=person, handler=None)
    rows = list(
        Complaint.objects.open()
        .filter(mine | Q(pk__in=list(deadlines)))
        .select_related("unit", "category", "contact")
        .order_by(F("due_at").asc(nulls_last=True), "pk")
    )
    readable = set(
        Complaint.objects.visible_to(asks)
        .filter(pk__in=[row.pk for row in rows])
        .values_list("pk", flat=True)
    )
    return [
        Piece(
            NAME, row, sort=_("Complaint"), title=impersonal(row, row.title), state=row.get_state_display(),
            parts=[words for name, words in FIELDS.items() if getattr(row, f"{name}_id") == person.pk],
            is_readable=row.pk in readable,
        )
        for row in rows
    ]  # fmt: skip


def may_hand_over(by: Person, giver: Person, complaint: Complaint) -> bool:
    """A case role does by the table of acts; an administrator does for the people they manage."""
    return permissions.allowed(by, "offer", complaint) or administers_unit(by, giver.home_unit)


@transaction.atomic
def hand_over(
    complaint: Complaint, *, by: Person, giver: Person, taker: Person, reason: str
) -> tuple[Complaint, dict]:
    """Pass on everything that waits for `giver` in this complaint. Gives it, and what was passed on.

    Raises NotAllowed (role, four eyes), Invalid (taker, reason) and Stale when nothing of it is theirs any more.
    """
    row = _locked(complaint.pk)
    if not reason.strip():
        raise Invalid({"reason": _("Say why: it stands in the history of each case.")})
    if taker == giver:
        raise Invalid({"taker": _("Choose somebody else than %(person)s.") % {"person": giver}})
    _refuse_unless_may(by, giver, taker, row)
    parts = _parts_in(row, giver)
    if not row.is_open or not any(parts.values()):
        raise Stale(_("Nothing of this waits for %(person)s any more.") % {"person": giver})
    _pass_on(row, parts, "hand_over", by=by, giver=giver, taker=taker, reason=reason.strip())
    return row, parts


@transaction.atomic
def take_back(pk: int, *, by: Person, giver: Person, taker: Person, parts: dict, version: int) -> Complaint:
    """Undo a hand-over by a new event, as long as nobody did anything since (`version`). Raises as `hand_over` does."""
    row = _locked(pk)
    if row.version != version:
        raise Stale()
    _refuse_unless_may(by, giver, giver, row)
    _pass_on(row, parts, "take_back", by=by, giver=taker, taker=giver, reason="")
    return row


def _locked(pk: int) -> Complaint:
    rows = Complaint.objects.select_for_update(of=("self",))
    return rows.select_related("unit", "category", "owner", "handler", "first_handler", "offered_unit").get(
        pk=pk
    )


def _parts_in(row: Complaint, person: Person) -> dict:
    """What the person has in one locked complaint, as it is now."""
    owns, handles = row.owner_id == person.pk, row.handler_id == person.pk
    deadlines = inheritance.deadlines_of(person, NAME).filter(subject=row.case)
    return {
        "owner": owns,
        "handler": handles,
        # Who answers without having accepted does so as the one who received it first.
        "first_handler": not handles
        and (owns or (row.handler_id is None and row.first_handler_id == person.pk)),
        "offered_to": row.offered_to_id == person.pk,
        "deadlines": [[deadline.kind, deadline.cycle] for deadline in deadlines],
    }


def _refuse_unless_may(by: Person, giver: Person, taker: Person, row: Complaint) -> None:
    if not may_hand_over(by, giver, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if taker == by and not permissions.allowed(by, "offer", row):
        raise NotAllowed(_("As an administrator you can't hand a case to yourself."))


def _pass_on(
    row: Complaint, parts: dict, act: str, *, by: Person, giver: Person, taker: Person, reason: str
) -> None:
    answers = parts["owner"] or parts["handler"] or parts["first_handler"]
    unit = row.offered_unit if parts["offered_to"] and not answers else None
    takeover.refuse_unless_can_handle(
        taker, row, field="taker", unit=unit, is_named=_may_be_named(row, by=by, giver=giver)
    )
    changes = {name: taker for name in FIELDS if parts[name]}
    _admit(row, taker)
    for kind, cycle in parts["deadlines"]:
        hand_to(row.case, kind, cycle=cycle, owner=taker)
    change(row, act, by=by, reason=reason, changes=changes, after={"giver": giver, "taker": taker})
    if row.offered_to_id is not None and row.offered_to_id == row.owner_id:  # nobody asks themselves
        takeover.withdraw_offer(row)
        row.save(update_fields=["offered_to", "offered_unit"])
    _refuse_own_approval(row, parts, taker)
    tell(row, {taker} - {by}, "handed-over", by=by.display_name, what=limits.KINDS[row.state])


def _may_be_named(row: Complaint, *, by: Person, giver: Person) -> bool:
    """A successor who isn't named yet: only by somebody who sees it, or when nobody named is left to take it."""
    if person_token(by) in row.readers:
        return True
    others = [
        int(token[1:]) for token in row.readers if token.startswith("p") and token != person_token(giver)
    ]
    return not Person.objects.active().filter(pk__in=others).exclude(pk=row.about_id).exists()


def _admit(row: Complaint, taker: Person) -> None:
    if row.sensitive:
        row.readers = sorted({*row.readers, person_token(taker)})
    else:
        admit(row, taker)


def _refuse_own_approval(row: Complaint, parts: dict, taker: Person) -> None:
    """Nobody comes to approve a reply that they wrote, or that their role doesn't let them approve."""
    if any(kind == "reply-approval" for kind, _cycle in parts["deadlines"]):
        if not permissions.allowed(taker, "approve_reply", row):
            raise NotAllowed(_("%(person)s can't approve the reply that waits here.") % {"person": taker})


inheritance.inherit(Kind(NAME, open_work, may_hand_over, hand_over, take_back))
