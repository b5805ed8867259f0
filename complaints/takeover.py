"""Who answers for a complaint: whoever received it first, until somebody else has accepted it (首诉负责).

Handing over is an offer that is accepted or declined; meanwhile the complaint waits for whom it waited for. An offer to
another unit takes the complaint there once it is accepted, and who had it keeps sight of it.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Event
from incidents.errors import Invalid, Stale
from people.models import Person, Role, Unit
from reminders.deadlines import hand_to, move_to, open_deadline
from reminders.models import Deadline

from . import limits, permissions
from .access import admit
from .lifecycle import change, hold, refresh_owner, tell
from .masking import impersonal
from .models import Complaint

KIND = "takeover"


def refuse_unless_can_handle(
    person: Person, complaint: Complaint, *, field: str, unit: Unit | None = None, is_named: bool = False
) -> None:
    """Raise Invalid when this person can't answer for the complaint (in that unit).

    `is_named`: they become one of the named people of a sensitive complaint by this.
    """
    unit = unit or complaint.unit
    if not person.is_active:
        raise Invalid({field: _("%(person)s has left.") % {"person": person}})
    if unit.company_id not in person.company_ids:
        raise Invalid({field: _("%(person)s works for another company.") % {"person": person}})
    if person.pk == complaint.about_id:
        raise Invalid(
            {
                field: _("The complaint is about %(person)s: somebody else has to handle it.")
                % {"person": person}
            }
        )
    if complaint.sensitive and not is_named and f"p{person.pk}" not in complaint.readers:
        raise Invalid(
            {
                field: _("This complaint is visible to named people only, and %(person)s isn't one of them.")
                % {"person": person}
            }
        )
    if not any(person.has_role(role, unit) for role in limits.ANSWERERS):
        raise Invalid(
            {
                field: _("%(person)s has no role in %(unit)s that handles complaints.")
                % {"person": person, "unit": unit}
            }
        )


@transaction.atomic
def offer(
    complaint: Complaint,
    *,
    by: Person | None,
    version: int | None,
    to: Person,
    reason: str,
    unit: Unit | None = None,
) -> Complaint:
    """Ask somebody to take the complaint over, in its unit or, with `unit`, in another one of the company.

    Until they accept, it waits for whom it waits for now. A second offer takes the place of the first.
    """
    row = hold(complaint, "offer", by=by, version=version)
    if not row.is_open:
        raise Stale()
    if not reason.strip():
        raise Invalid({"reason": _("Say why: whoever is asked reads it.")})
    return ask(row, to, by=by, reason=reason.strip(), unit=unit)


def ask(row: Complaint, to: Person, *, by: Person | None, reason: str, unit: Unit | None = None) -> Complaint:
    """The offer itself, of a row that is held already."""
    if to.pk == row.owner_id:
        raise Invalid({"to": _("It waits for %(person)s already.") % {"person": to}})
    if unit is not None and unit.company_id != row.unit.company_id:
        raise Invalid({"unit": _("This unit belongs to another company.")})
    refuse_unless_can_handle(to, row, field="to", unit=unit)
    now = timezone.now()
    _close_offer(row, at=now)
    due_at, reckoning = limits.due(row, KIND, now)
    open_deadline(
        row.case, KIND, cycle=Deadline.objects.filter(subject=row.case, kind=KIND).count() + 1, label=row.number,
        owner=to, unit=row.unit, due_at=due_at, opened_at=now, reckoning=reckoning,
    )  # fmt: skip
    admit(row, to)
    row.offered_unit = unit if unit is not None and unit.pk != row.unit_id else None
    change(
        row, "offer", by=by, reason=reason, changes={"offered_to": to},
        after={"unit": row.offered_unit} if row.offered_unit else None,
    )  # fmt: skip
    tell(
        row,
        [to],
        "complaint-offered",
        by=by.display_name if by else "",
        due=due_at.isoformat(),
        reason=impersonal(row, reason),
    )
    return row


@transaction.atomic
def accept(complaint: Complaint, *, by: Person, version: int | None) -> Complaint:
    """Take it over: from now on this person answers for it, by the moment by which it was due."""
    row = hold(complaint, "accept", by=by, version=version)
    if not row.is_open:
        raise Stale()
    refuse_unless_can_handle(by, row, field="version", unit=row.offered_unit)
    before, unit = row.owner, row.offered_unit
    changes = {"handler": by, "offered_to": None, "offered_unit": None} | ({"unit": unit} if unit else {})
    admit(row, before, row.handler, row.first_handler)
    _close_offer(row)
    was = {name: getattr(row, name) for name in ("unit", "handler")}
    for name, value in changes.items():
        setattr(row, name, value)
    refresh_owner(row)
    if unit is not None:
        move_to(row.case, unit=unit)
        reroute_approval(row)
    change(
        row, "accept", by=by,
        before={"handler": was["handler"]} | ({"unit": was["unit"]} if unit else {}),
        after={"handler": by} | ({"unit": unit} if unit else {}),
    )  # fmt: skip
    tell(row, {before, offerer_of(row)} - {by}, "complaint-accepted", by=by.display_name)
    return row


@transaction.atomic
def decline(complaint: Complaint, *, by: Person, version: int | None, reason: str) -> Complaint:
    """Not for me: it stays with whom it waited for all along, and whoever asked is told why."""
    row = hold(complaint, "decline", by=by, version=version)
    if not row.is_open:
        raise Stale()
    if not reason.strip():
        raise Invalid({"reason": _("Say why: whoever asked you reads it.")})
    asker = offerer_of(row)
    _close_offer(row)
    change(row, "decline", by=by, reason=reason.strip(), changes={"offered_to": None, "offered_unit": None})
    tell(
        row,
        {row.owner, asker} - {by},
        "complaint-declined",
        by=by.display_name,
        reason=impersonal(row, reason.strip()),
    )
    return row


def offerer_of(row: Complaint) -> Person | None:
    """Who made the last offer."""
    last = (
        Event.objects.of(row.case)
        .filter(act="complaint.offer")
        .select_related("actor")
        .order_by("-seq")
        .first()
    )
    return last.actor if last else None


def withdraw_offer(row: Complaint) -> None:
    """Nobody is asked any more (sets the fields of a held row; the caller saves and records)."""
    _close_offer(row)
    row.offered_to = row.offered_unit = None


def _close_offer(row: Complaint, at=None) -> None:
    Deadline.objects.filter(subject=row.case, kind=KIND, closed_at=None).update(
        closed_at=at or timezone.now(), next_notice_at=None
    )


def reroute_approval(row: Complaint) -> None:
    """A reply that waits for somebody who may not approve it where it is now waits for the nearest who may."""
    waiting = Deadline.objects.filter(subject=row.case, kind=limits.APPROVAL, closed_at=None).first()
    reply = row.replies.filter(round=row.round).first()
    if waiting is None or reply is None:
        return
    if waiting.owner is None or not permissions.allowed(waiting.owner, "approve_reply", row):
        approver = limits.nearest(Role.QUALITY, row, but={reply.author_id})
        admit(row, approver)
        hand_to(row.case, waiting.kind, cycle=waiting.cycle, owner=approver)
        tell(row, [approver], "complaint-reply-approval")
