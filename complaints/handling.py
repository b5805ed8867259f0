"""What is done with a complaint on its way: acknowledged, classified, investigated, closed; and the ways aside.

Who answers for it, and handing it over, is in `takeover`; the reply in `replying`, the incident in `incidents_link`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, Stale
from people.models import Person, Unit

from . import limits, takeover
from .access import admit
from .escalating import escalate  # noqa: F401 - one of the ways aside
from .letters import acknowledge_by_letter, has_address, say
from .lifecycle import change, hold, move, reckon_anew, refresh_owner, refuse_unless_starts, take, tell
from .models import Category, Complaint, Message
from .states import SPOKEN, Channel, Grade, State, priority_of

#: What can be corrected. The customer's own words (`text`) are kept as they were said.
AMENDABLE = frozenset(
    {
        "title",
        "wish",
        "place",
        "occurred_at",
        "language",
        "unit",
        "category",
        "urgency",
        "importance",
        "about",
    }
)
#: What the limits depend on.
LIMITING = frozenset({"unit", "category", "urgency", "importance"})


# On its way ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def acknowledge(complaint: Complaint, *, by: Person | None, version: int | None, note: str = "") -> Complaint:
    """The customer was told that it has arrived; `note` says how. What is acknowledged late is so still, once.

    Who has an address gets the letter now, unless it went out before.
    """
    row = hold(complaint, "acknowledge", by=by, version=version)
    if row.acknowledged_at is None and row.is_open and has_address(row):
        acknowledge_by_letter(row, by=by)
    if row.state == State.RECEIVED:
        return take(row, "acknowledge", by=by, note=note.strip())
    if not row.is_open or row.acknowledged_at is not None:
        raise Stale()
    return change(row, "acknowledge", by=by, reason=note.strip(), changes={"acknowledged_at": timezone.now()})


def is_told_at_once(complaint: Complaint) -> bool:
    """Does the customer know by the receipt itself: face to face, on the page that confirms it, by a mail to them?"""
    if complaint.channel in (*SPOKEN, Channel.WEB):
        return True
    reachable = complaint.contact is not None and bool(complaint.contact.email)
    return reachable and complaint.channel in (Channel.EMAIL, Channel.API, Channel.SURVEY)


def acknowledge_at_once(row: Complaint, *, by: Person | None) -> None:
    """Part of receiving it: the system's own acknowledgement, or that of whoever spoke with the customer."""
    if not is_told_at_once(row):
        return
    spoken = row.channel in SPOKEN
    changes = {"acknowledged_at": row.received_at} if spoken else {}
    take(row, "acknowledge", by=by if spoken else None, changes=changes, announce=False)
    if has_address(row):
        acknowledge_by_letter(row, by=None)


@transaction.atomic
def classify(
    complaint: Complaint,
    *,
    by: Person | None,
    version: int | None,
    category: Category,
    urgency: int,
    importance: int,
    handler: Person | None = None,
    about: Person | None = None,
) -> Complaint:
    """Say what it is about, how urgent and how important it is, and who handles it.

    The handler is whoever answers for it now unless another one is chosen. Who classifies can take it themselves;
    anybody else is asked, and until they accept it stays where it is. `about` is the member of staff complained about:
    they have no part in it (without it stays who was named before).
    """
    row = hold(complaint, "classify", by=by, version=version)
    refuse_unless_starts(row, "classify")
    about = about or row.about
    _refuse_impossible(
        {"category": category, "urgency": urgency, "importance": importance, "about": about}, row, by
    )
    if by is not None and about is not None and about.pk == by.pk:
        raise Invalid({"about": _("A complaint about you is classified by somebody else: hand it over.")})
    row.about = about
    answering = limits.who_is_waited_for(row)
    asked = None
    if handler is None:
        handler = answering or by
    elif handler not in (answering, by):
        takeover.refuse_unless_can_handle(handler, row, field="handler")
        asked, handler = (handler, answering) if answering is not None else (None, handler)
    if handler is None:
        raise Invalid({"handler": _("Choose who handles it.")})
    if handler != answering:
        takeover.refuse_unless_can_handle(handler, row, field="handler")
    if row.offered_to is not None and (row.offered_to_id in (handler.pk, row.about_id) or asked):
        takeover.withdraw_offer(row)
    row = take(
        row, "classify", by=by,
        changes={
            "category": category, "urgency": urgency, "importance": importance,
            "priority": priority_of(urgency, importance), "handler": handler,
        },
        after={"about": about} if about else None,
    )  # fmt: skip
    if asked is not None:
        row = takeover.ask(row, asked, by=by, reason=str(_("Named as its handler.")))
    return row


@transaction.atomic
def amend(
    complaint: Complaint, *, by: Person | None, version: int | None, reason: str = "", **values: Any
) -> Complaint:
    """Correct details, and classify anew: what is due is reckoned again when the limits depend on it.

    Takes any of AMENDABLE. Who finds that it is about themselves says so here, and it passes on to somebody else.
    """
    row = hold(complaint, "amend", by=by, version=version)
    if not row.is_open:
        raise Stale()
    if unknown := values.keys() - AMENDABLE:
        raise TypeError(f"amend can't change {sorted(unknown)}")
    _refuse_impossible(values, row, by)
    changes = {name: value for name, value in values.items() if getattr(row, name) != value}
    graded = {name: changes.get(name, getattr(row, name)) for name in ("urgency", "importance")}
    if {"urgency", "importance"} & changes.keys() and all(graded.values()):
        changes["priority"] = priority_of(**graded)
    before, owner = {name: getattr(row, name) for name in changes}, row.owner
    for name, value in changes.items():
        setattr(row, name, value)
    if "unit" in changes:
        admit(row, owner, row.handler, row.first_handler)
    if "about" in changes:
        _pass_by(row)
    if LIMITING & changes.keys():
        reckon_anew(row)
    for name, value in before.items():  # `change` tells the difference itself
        setattr(row, name, value)
    change(row, "amend", by=by, reason=reason.strip(), changes=changes)
    if row.owner != owner:
        tell(row, {row.owner} - {by, None}, "complaint-turn", what=limits.KINDS[row.state])
    return row


def _pass_by(row: Complaint) -> None:
    """Whoever it is about now answers for it no longer, and isn't asked to."""
    if row.about is None:
        return
    if row.handler_id == row.about_id:
        row.handler = None
        row.handler = limits.who_is_waited_for(row)
    if row.offered_to_id == row.about_id:
        takeover.withdraw_offer(row)
    refresh_owner(row)


def _refuse_impossible(values: Mapping[str, Any], row: Complaint, by: Person | None) -> None:
    """Raise Invalid for what can't be, field by field."""
    wrong = {}
    if (
        "category" in values
        and (values["category"] is None or values["category"].retired)
        and (values["category"] is None or values["category"].pk != row.category_id)
    ):
        wrong["category"] = _("Choose what it is about.")
    for name, message in (
        ("urgency", _("Choose how urgent it is.")), ("importance", _("Choose how important it is.")),
    ):  # fmt: skip
        if name in values and values[name] not in Grade.values:
            wrong[name] = message
    if "title" in values and not values["title"].strip():
        wrong["title"] = _("Give it a title.")
    moment = values.get("occurred_at")
    if moment is not None and moment > timezone.now() + dt.timedelta(minutes=5):
        wrong["occurred_at"] = _("This lies in the future. When did it happen?")
    unit: Unit | None = values.get("unit", row.unit)
    if unit is None or unit.company_id != row.unit.company_id:
        wrong["unit"] = _("This unit belongs to another company.")
    about = values.get("about")
    if about is not None and row.unit.company_id not in about.company_ids:
        wrong["about"] = _("%(person)s works for another company.") % {"person": about}
    if wrong:
        raise Invalid(wrong)


def investigate(complaint: Complaint, *, by: Person | None, version: int | None, note: str = "") -> Complaint:
    """Its handler takes it up."""
    return move(complaint, "investigate", by=by, version=version, note=note.strip())


@transaction.atomic
def record_finding(complaint: Complaint, *, by: Person, version: int | None, finding: str) -> Complaint:
    """What was found out. It can be written anew until the reply is sent; history keeps that, not the words."""
    row = hold(complaint, "record_finding", by=by, version=version)
    if row.state == State.CLASSIFIED:
        row = take(row, "investigate", by=by, announce=False)
    if row.state != State.INVESTIGATING:
        raise Stale()
    if not finding.strip():
        raise Invalid({"finding": _("Say what was found.")})
    return change(row, "record_finding", by=by, changes={"finding": finding.strip()})


def close(complaint: Complaint, *, by: Person | None, version: int | None, note: str = "") -> Complaint:
    """The customer has been asked whether it helped: nothing is left to do."""
    return move(complaint, "close", by=by, version=version, note=note.strip())


# Aside and back ------------------------------------------------------------------------------------------------------
@transaction.atomic
def reopen(complaint: Complaint, *, by: Person | None, version: int | None, reason: str) -> Complaint:
    """It is not solved: the next round begins. `by` is None when the customer says so by their link."""
    row = hold(complaint, "reopen", by=by, version=version)
    refuse_unless_starts(row, "reopen")
    if not reason.strip():
        raise Invalid({"reason": _("Say what isn't solved.")})
    if row.anonymised_at is not None:
        raise Invalid(
            {
                "reason": _(
                    "What the customer said has been erased by the rule of retention: it can't be taken up again."
                )
            }
        )
    if not (row.category_id and row.priority):  # closed elsewhere, brought over by an import
        row.category = row.category or Category.objects.get(code="other")
        row.urgency, row.importance = row.urgency or Grade.MEDIUM, row.importance or Grade.MEDIUM
        row.priority = priority_of(row.urgency, row.importance)
    # What a customer says stays out of history: only that they said it.
    return take(row, "reopen", by=by, note=reason.strip() if by is not None else "")


@transaction.atomic
def withdraw(complaint: Complaint, *, by: Person | None, version: int | None, reason: str = "") -> Complaint:
    """The customer takes it back; who takes that down says how one knows."""
    row = hold(complaint, "withdraw", by=by, version=version)
    refuse_unless_starts(row, "withdraw")
    if by is not None and not reason.strip():
        raise Invalid({"reason": _("Say how you know, and why if they said so.")})
    before = row.owner
    row = take(row, "withdraw", by=by, note=reason.strip() if by is not None else "")
    tell(row, {before} - {by}, "complaint-withdrawn")
    return row


@transaction.atomic
def pass_on(complaint: Complaint, *, by: Person, version: int | None, to_whom: str, text: str) -> Complaint:
    """It is out of scope: somebody else's. The customer is told whose, in these words, on their page or by mail."""
    row = hold(complaint, "pass_on", by=by, version=version)
    refuse_unless_starts(row, "pass_on")
    wrong = {}
    if not to_whom.strip():
        wrong["to_whom"] = _("Say who looks after it.")
    if not text.strip():
        wrong["text"] = _("Write to the customer whose it is, and how they are reached.")
    if wrong:
        raise Invalid(wrong)
    row = take(row, "pass_on", by=by, after={"to_whom": to_whom.strip()[:160]})
    say(row, Message.Kind.PASSED_ON, text.strip(), by=by)
    return row


@transaction.atomic
def merge(
    complaint: Complaint, *, by: Person, version: int | None, into: Complaint, note: str = ""
) -> Complaint:
    """The customer told the same before: this one ends, the other goes on. Each keeps its own messages."""
    if into.pk == complaint.pk:
        raise Invalid({"into": _("A complaint can't be joined with itself.")})
    # Both rows in one order, so that two merges the opposite way round wait instead of deadlocking.
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("unit", "owner")
    pair = rows.order_by("pk").in_bulk([complaint.pk, into.pk])
    row = hold(complaint, "merge", by=by, version=version)
    refuse_unless_starts(row, "merge")
    if not Complaint.objects.visible_to(by).filter(pk=into.pk).exists():
        raise Invalid({"into": _("There is no complaint with this number.")})
    into = pair[into.pk]
    if into.unit.company_id != row.unit.company_id:  # somebody may have a post in both
        raise Invalid({"into": _("There is no complaint with this number.")})
    if not into.is_open:
        raise Invalid(
            {"into": _("That complaint has ended. Reopen it, or choose the one that is being handled.")}
        )
    if row.sensitive != into.sensitive:
        raise Invalid(
            {
                "into": _(
                    "One of them is for named people only, and its reference would show. Name the same for both."
                )
            }
        )
    if (row.sensitive or into.sensitive) and row.readers != into.readers:  # each would tell of the other
        raise Invalid(
            {
                "into": _(
                    "One of the two is visible to named people only: make the other so for the same people."
                )
            }
        )
    row = take(row, "merge", by=by, note=note.strip(), changes={"merged_into": into})
    record(
        into.case, "complaint.merge_from", label=into.number, by=by, unit=into.unit,
        after={"from": row.number},
    )  # fmt: skip
    tell(into, {into.owner} - {by}, "complaint-joined", about=row.number)
    return row
