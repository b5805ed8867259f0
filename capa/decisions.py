"""What a review meeting decides: measures with an owner, a day and a target, carried out outside of any one case."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid, NotAllowed, Stale
from incidents.numbering import next_number
from people.models import Person, Unit
from reminders.deadlines import close_deadline, hand_to, open_deadline, postpone
from reminders.notices import notify

from .meetings import decided, hold, locked, may_keep, record_about, refuse_strangers, save, tell
from .models import AgendaItem, Decision, Meeting
from .plan import business_end


def decisions_for(person: Person) -> QuerySet[Decision]:
    """Decisions of meetings that this person sees, and their own."""
    rows = Decision.objects.select_related("meeting__unit", "owner", "unit", "item__incident", "done_by")
    return rows.filter(Q(meeting__in=Meeting.objects.visible_to(person)) | Q(owner=person))


@transaction.atomic
def decide(
    meeting: Meeting,
    *,
    by: Person,
    version: int,
    text: str,
    owner: Person | None,
    unit: Unit | None,
    due_on: dt.date | None,
    target: str,
    item: AgendaItem | None = None,
) -> Decision:
    """A measure that the meeting decided: numbered like every other, with its owner, who is told, and its day."""
    row = hold(meeting, by=by, version=version)
    _refuse_bad_decision(row, text, owner, unit, due_on, target, item)
    decision = Decision.objects.create(
        number=next_number("CA", timezone.localdate().year), meeting=row, item=item, text=text.strip(), owner=owner,
        unit=unit, due_on=due_on, original_due_on=due_on, target=target.strip(),
    )  # fmt: skip
    open_deadline(
        row.case, decision.deadline_kind, cycle=1, label=decision.number, owner=owner, unit=unit,
        due_at=business_end(due_on, unit or row.unit),
    )  # fmt: skip
    save(row)
    record_about(row, "meeting.decide", by=by, after=decided(decision))
    _tell_owner(decision, by)
    return decision


@transaction.atomic
def amend_decision(
    decision: Decision,
    *,
    by: Person,
    version: int,
    text: str,
    owner: Person | None,
    unit: Unit | None,
    due_on: dt.date | None,
    target: str,
    item: AgendaItem | None = None,
) -> Decision:
    """Word it better, as long as nobody has signed. Its first date stays visible."""
    row = hold(decision.meeting, by=by, version=version)
    found = _open_decision(decision)
    _refuse_bad_decision(row, text, owner, unit, due_on, target, item, is_new=due_on != found.due_on)
    before, old_owner = decided(found), found.owner
    found.text, found.owner, found.unit, found.due_on = text.strip(), owner, unit, due_on
    found.target, found.item = target.strip(), item
    found.save()
    hand_to(row.case, found.deadline_kind, cycle=1, owner=owner)
    postpone(row.case, found.deadline_kind, cycle=1, due_at=business_end(due_on, found.unit or row.unit))
    save(row)
    record_about(row, "meeting.amend_decision", by=by, before=before, after=decided(found))
    if owner != old_owner:
        _tell_owner(found, by)
    return found


@transaction.atomic
def finish_decision(decision: Decision, *, by: Person, proof: str) -> Decision:
    """Its owner says that it is done, and what shows it."""
    row = locked(decision.meeting)
    found = _open_decision(decision)
    if found.owner_id != by.pk or not by.is_active:
        raise NotAllowed(_("Only its owner finishes a decision."))
    if not proof.strip():
        raise Invalid({"proof": _("Say what shows that it is done.")})
    found.proof, found.done_at, found.done_by = proof.strip()[:300], timezone.now(), by
    found.save()
    close_deadline(row.case, found.deadline_kind, cycle=1)
    record_about(row, "meeting.finish_decision", by=by, after=decided(found))
    tell(row, [row.chair, row.called_by], "decision-done", by, about=found.number, what=found.text)
    return found


@transaction.atomic
def hand_over_decision(decision: Decision, *, by: Person, owner: Person | None, reason: str) -> Decision:
    """Somebody else carries it out, by word of whoever keeps the meeting. The day stays; so does what was signed."""
    row = locked(decision.meeting)
    if not may_keep(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    found = _open_decision(decision)
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    refuse_strangers(row.unit, {"owner": owner})
    if owner.pk == found.owner_id:
        raise Invalid({"owner": _("%(person)s owns it already.") % {"person": owner}})
    before, found.owner = decided(found), owner
    found.save()
    hand_to(row.case, found.deadline_kind, cycle=1, owner=owner)
    record_about(
        row, "meeting.hand_over_decision", by=by, before=before, after=decided(found), reason=reason.strip()
    )
    _tell_owner(found, by)
    return found


# The ground under them ------------------------------------------------------------------------------------------------
def _open_decision(decision: Decision) -> Decision:
    found = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("owner", "unit", "item")
        .get(pk=decision.pk)
    )
    if found.done_at:
        raise Stale(_("This decision is carried out already."))
    return found


def _refuse_bad_decision(
    row: Meeting, text: str, owner, unit: Unit | None, due_on, target: str, item, *, is_new: bool = True
) -> None:
    wrong: dict[str, Any] = {}
    if not text.strip():
        wrong["text"] = _("Say what is to be done.")
    if not target.strip():
        wrong["target"] = _("Say how it will be seen that it is done.")
    if due_on is None or (is_new and due_on < timezone.localdate()):
        wrong["due_on"] = _("Choose a day to come.")
    if unit is None or unit.company_id != row.unit.company_id:
        wrong["unit"] = _("Choose the unit where it is done.")
    if item is not None and item.meeting_id != row.pk:
        wrong["item"] = _("This line isn't on the agenda.")
    if wrong:
        raise Invalid(wrong)
    refuse_strangers(row.unit, {"owner": owner})


def _tell_owner(decision: Decision, by: Person) -> None:
    if decision.owner == by:
        return
    row = decision.meeting
    notify(
        [decision.owner], "decision-assigned",
        occasion=f"{row.case}:{decision.deadline_kind}:assigned:{decision.owner_id}", subject=row.case,
        url=decision.get_absolute_url(),
        params={"label": row.number, "about": decision.number, "what": decision.text, "due": str(decision.due_on)},
    )  # fmt: skip
