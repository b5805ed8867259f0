"""Stage 5, track execution: every entry of a measure's ledger, and the decisions about dates and withdrawals.

The ledger only grows, so its acts ask for no version: an owner on a phone can't be too late to tell what was done.
"""

import datetime as dt
import decimal
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents import gates, limits, planning
from incidents.access import admit
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.lifecycle import change, hold_in, proceed, refresh_owner, tell, tell_whose_turn
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Person
from reminders.deadlines import close_deadline, hand_to, open_deadline, postpone
from reminders.policies import Due, Limit, ground_of

from .analyse import evidence_of
from .design import design_of, start_observation
from .models import EntryProof, LedgerEntry, Measure, Plan
from .plan import business_end, open_measure_deadline

#: Within which a requested extension or withdrawal has to be decided, where no unit has said otherwise.
DECIDE_WITHIN = Limit(2)
#: Within which a finished measure has to be checked, where no unit has said otherwise.
CHECK_WITHIN = Limit(3)


# What the owner records ----------------------------------------------------------------------------------------------
@transaction.atomic
def record_progress(
    measure: Measure,
    *,
    by: Person,
    text: str,
    progress: int,
    cost: decimal.Decimal | None = None,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
) -> LedgerEntry:
    """Say how far the measure is, in per cent and in words. 100 % isn't done yet: `complete_measure` asks for proof."""
    row, measure = _hold_own(measure, by=by)
    if not 0 <= progress <= 100:
        raise Invalid({"progress": _("Progress goes from 0 to 100 %.")})
    measure.status, measure.progress = Measure.Status.RUNNING, progress
    measure.save()
    return _enter(
        row, measure, LedgerEntry.Kind.PROGRESS, text, by=by, evidence=evidence, notes=notes,
        progress=progress, cost=cost,
    )  # fmt: skip


@transaction.atomic
def record_deviation(
    measure: Measure, *, by: Person, text: str, evidence: Iterable[uuid.UUID] = (), notes: Iterable[str] = ()
) -> LedgerEntry:
    """Something doesn't go as planned: the responsible person and the quality manager are told."""
    row, measure = _hold_own(measure, by=by)
    entry = _enter(row, measure, LedgerEntry.Kind.DEVIATION, text, by=by, evidence=evidence, notes=notes)
    _tell(row, measure, [row.responsible_person, _decider(row)], "deviation", by, reason=text)
    return entry


@transaction.atomic
def complete_measure(
    measure: Measure,
    *,
    by: Person,
    text: str,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
    cost: decimal.Decimal | None = None,
) -> LedgerEntry:
    """The measure is done, and here is what shows it."""
    row, measure = _hold_own(measure, by=by, instead="complete_for_owner")
    if _pending(measure):
        raise Invalid({"text": _("A request about this measure is being decided. Wait for the answer.")})
    evidence, notes = list(evidence), [note for note in notes if note.strip()]
    if not evidence and not notes:
        raise Invalid(
            {"evidence": _("Show that it is done: a photo, a document, or where the record is kept.")}
        )
    measure.status, measure.progress, measure.done_at = Measure.Status.DONE, 100, timezone.now()
    measure.save()
    entry = _enter(
        row, measure, LedgerEntry.Kind.COMPLETION, text, by=by, evidence=evidence, notes=notes,
        progress=100, cost=cost,
    )  # fmt: skip
    close_deadline(row.case, measure.deadline_kind, cycle=row.cycle)
    checker = _ask_for_a_check(row, measure, by)
    _go_on(row, by, told=checker)
    return entry


def _ask_for_a_check(row: Incident, measure: Measure, by: Person) -> Person | None:
    """Somebody who carries nothing out is told to look at it, by a day of their own. Gives who that is."""
    checker = limits.quality_manager(row, but=planning.executors(row))
    admit(row, checker)
    due_at, reckoning = _due(row, "check", CHECK_WITHIN)
    open_deadline(
        row.case, check_kind(measure), cycle=row.cycle, label=measure.number, owner=checker, unit=row.unit,
        due_at=due_at, reckoning=reckoning,
    )  # fmt: skip
    _tell(row, measure, [checker], "check-asked", by, what=measure.text, due=due_at.isoformat())
    return checker


def _due(row: Incident, kind: str, default: Limit) -> Due:
    """When something of this kind about a measure of this case is due that begins now."""
    return ground_of(row.unit).due(
        kind, timezone.now(), default, types=lambda: limits.type_codes(row), severity=row.severity
    )


@transaction.atomic
def request_extension(measure: Measure, *, by: Person, new_due_on: dt.date, reason: str) -> LedgerEntry:
    """Ask for a later date. Until it is granted, the date stands; the original one is shown for ever."""
    row, measure = _hold_own(measure, by=by)
    if new_due_on <= measure.due_on or new_due_on < timezone.localdate():
        raise Invalid({"new_due_on": _("Choose a day after the present due date.")})
    return _request(row, measure, LedgerEntry.Kind.EXTENSION, reason, by=by, new_due_on=new_due_on)


@transaction.atomic
def request_withdrawal(measure: Measure, *, by: Person, reason: str) -> LedgerEntry:
    """Ask to withdraw the measure. A quality manager decides."""
    row, measure = _hold_own(measure, by=by)
    return _request(row, measure, LedgerEntry.Kind.WITHDRAWAL, reason, by=by)


def _request(row: Incident, measure: Measure, kind: str, reason: str, *, by: Person, **values) -> LedgerEntry:
    if _pending(measure):
        raise Invalid({"reason": _("A request about this measure is being decided already.")})
    decider = _decider(row, but=by)
    admit(row, decider)
    entry = _enter(row, measure, kind, reason, by=by, field="reason", **values)
    due_at, reckoning = _due(row, "request", DECIDE_WITHIN)
    open_deadline(
        row.case, request_kind(entry), cycle=row.cycle, label=measure.number, owner=decider, unit=row.unit,
        due_at=due_at, reckoning=reckoning,
    )  # fmt: skip
    _tell(row, measure, [decider], "request", by, reason=reason)
    return entry


# What others record --------------------------------------------------------------------------------------------------
@transaction.atomic
def check(
    measure: Measure,
    *,
    by: Person,
    text: str,
    in_order: bool = True,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
) -> LedgerEntry:
    """Look at the execution on the spot, as somebody who carries nothing out. A finding reopens a done measure."""
    row, measure = _hold_measure(measure, "check", by=by, finished_too=True)
    if measure.status == Measure.Status.WITHDRAWN:
        raise Invalid({"text": _("This measure is withdrawn: there is nothing to check.")})
    close_deadline(row.case, check_kind(measure), cycle=row.cycle)
    if not in_order and measure.status == Measure.Status.DONE:
        measure.status, measure.done_at = Measure.Status.RUNNING, None
        measure.save()
        open_measure_deadline(row, measure)
    entry = _enter(
        row, measure, LedgerEntry.Kind.CHECK, text, by=by, evidence=evidence, notes=notes, in_order=in_order
    )
    if not in_order:
        _tell(row, measure, [measure.owner], "check-failed", by, reason=text)
    _go_on(row, by)
    return entry


@transaction.atomic
def decide_change(
    measure: Measure, *, by: Person, request: LedgerEntry, granted: bool, reason: str
) -> LedgerEntry:
    """Grant or refuse an extension or a withdrawal, as somebody who neither asked for it nor owns a measure."""
    row, measure = _hold_measure(measure, "decide_change", by=by)
    pending = _pending(measure)
    if pending is None or pending.pk != request.pk:
        raise Stale()
    if pending.by_id == by.pk:
        raise NotAllowed(_("You asked for this yourself: somebody else has to decide."))
    kind, values = LedgerEntry.Kind.REFUSAL, {}
    if granted and pending.kind == LedgerEntry.Kind.EXTENSION:
        kind, values = LedgerEntry.Kind.ADJUSTMENT, {"new_due_on": pending.new_due_on}
        measure.due_on = pending.new_due_on
        postpone(
            row.case,
            measure.deadline_kind,
            cycle=row.cycle,
            due_at=business_end(measure.due_on, measure.unit or row.unit),
        )
    elif granted:
        _refuse_to_withdraw_the_last(row, measure)
        kind, measure.status = LedgerEntry.Kind.WITHDRAWN, Measure.Status.WITHDRAWN
        close_deadline(row.case, measure.deadline_kind, cycle=row.cycle)
    measure.save()
    close_deadline(row.case, request_kind(pending), cycle=row.cycle)
    _follow_the_last_date(row)
    entry = _enter(row, measure, kind, reason, by=by, field="reason", answers=pending, **values)
    answer = "request-granted" if granted else "request-refused"
    _tell(row, measure, [pending.by, measure.owner], answer, by, reason=reason)
    _go_on(row, by)
    return entry


@transaction.atomic
def hand_over(measure: Measure, *, by: Person, owner: Person, reason: str) -> LedgerEntry:
    """Somebody else carries the measure out from now on; the due date stays."""
    row, measure = _hold_measure(measure, "record_for_owner", by=by)
    if not owner.is_active or row.unit.company_id not in owner.company_ids:
        raise Invalid({"owner": _("%(person)s can't take on a measure here.") % {"person": owner}})
    was = measure.owner
    measure.owner = owner
    measure.save()
    hand_to(row.case, measure.deadline_kind, cycle=row.cycle, owner=owner)
    admit(row, owner)
    entry = _enter(
        row, measure, LedgerEntry.Kind.ADJUSTMENT, reason, by=by, field="reason",
        told={"owner": {"from": was.display_name, "to": owner.display_name}},
    )  # fmt: skip
    _tell(row, measure, [owner], "measure-assigned", by, what=measure.text, due=str(measure.due_on))
    return entry


# The ground under them -----------------------------------------------------------------------------------------------
def request_kind(request: LedgerEntry) -> str:
    """The name of the deadline by which a request has to be decided."""
    return f"request:{request.pk}"


def check_kind(measure: Measure) -> str:
    """The name of the deadline by which a finished measure has to be checked."""
    return f"check:{measure.pk}"


def _hold_own(measure: Measure, *, by: Person, instead: str = "record_for_owner") -> tuple[Incident, Measure]:
    """Lock for an act of the measure's owner, or of somebody who may do it in the owner's place (`instead`)."""
    owner = Measure.objects.values_list("owner", flat=True).get(pk=measure.pk)
    return _hold_measure(measure, "record_progress" if owner == by.pk else instead, by=by)


def _hold_measure(
    measure: Measure, act: str, *, by: Person, finished_too: bool = False
) -> tuple[Incident, Measure]:
    row = hold_in(Stage.TRACK, measure.incident, act, by=by, version=None)
    measure = Measure.objects.select_related("plan", "owner", "unit").get(pk=measure.pk)
    if measure.plan.status != Plan.Status.APPROVED or measure.plan.cycle != row.cycle:
        raise Stale()
    if act == "record_progress" and measure.owner_id != by.pk:
        raise Stale(_("This measure was handed over to somebody else meanwhile."))
    if measure.is_finished and not finished_too:
        raise Stale(_("This measure is finished: its ledger takes no more of this."))
    return row, measure


def _enter(
    row: Incident,
    measure: Measure,
    kind: str,
    text: str,
    *,
    by: Person,
    field: str = "text",
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
    told: dict | None = None,
    **values,
) -> LedgerEntry:
    """Write the line of the ledger, and the Event that says the same."""
    if not text.strip():
        raise Invalid({field: _("Say in a few words what happened.")})
    entry = LedgerEntry.objects.create(
        measure=measure,
        kind=kind,
        text=text.strip(),
        by=by,
        by_name=by.display_name,
        as_owner=by.pk == measure.owner_id,
        **values,
    )
    EntryProof.objects.bulk_create(
        [
            *(EntryProof(entry=entry, evidence=item) for item in evidence_of(row, evidence, by=by)),
            *(EntryProof(entry=entry, note=note.strip()) for note in notes if note.strip()),
        ]
    )
    after = {
        "measure": measure.pk, "number": measure.number, "entry": entry.pk, "kind": kind, "text": entry.text,
        "status": measure.status, "due_on": measure.due_on, **values, **(told or {}),
    }  # fmt: skip
    change(
        row,
        f"ledger_{kind}",
        by=by,
        after={name: value for name, value in after.items() if value is not None},
    )
    return entry


def _pending(measure: Measure) -> LedgerEntry | None:
    """The request about this measure that nobody has decided yet."""
    return measure.entries.filter(kind__in=LedgerEntry.REQUESTS, answer=None).last()


def _measures(row: Incident):
    return row.measures.filter(plan__cycle=row.cycle, plan__status=Plan.Status.APPROVED)


def _refuse_to_withdraw_the_last(row: Incident, measure: Measure) -> None:
    if not _measures(row).exclude(pk=measure.pk).exclude(status=Measure.Status.WITHDRAWN).exists():
        raise Invalid(
            {"granted": _("This is the last measure of the plan: at least one has to be carried out.")}
        )


def _follow_the_last_date(row: Incident) -> None:
    """The stage is due when its last open measure is."""
    last = _measures(row).exclude(status=Measure.Status.WITHDRAWN).aggregate(last=Max("due_on"))["last"]
    if last and (due_at := business_end(last, row.unit)) != row.due_at:
        row.due_at = due_at
        postpone(row.case, row.stage, cycle=row.cycle, due_at=due_at)


def _go_on(row: Incident, by: Person, *, told: Person | None = None) -> None:
    """When everything is done, proven and checked the case goes on by itself: the observation of the effect begins.

    Until then the turn may pass: once all is finished, a quality manager has to check it. `told` has been asked for
    that check already.
    """
    if not gates.missing(row, "complete"):
        due_at = start_observation(row)
        row = proceed(row, "complete", due_at=due_at, announce=due_at is None)
        if due_at is not None:
            tell(
                row,
                [row.owner, row.responsible_person],
                "observing",
                until=str(design_of(row).observed_until),
            )
        return
    owner = row.owner
    refresh_owner(row)
    if row.owner != owner:
        row.save(update_fields=["owner", "readers"])
        if row.owner != told:
            tell_whose_turn(row, but=by)


def _decider(row: Incident, *, but: Person | None = None) -> Person | None:
    """The nearest quality manager who carries out no measure of the plan and didn't ask."""
    barred = planning.executors(row) | ({but.pk} if but else set())
    return limits.quality_manager(row, but=barred)


def _tell(
    row: Incident, measure: Measure, people: Iterable[Person | None], text: str, by: Person, **params
) -> None:
    """A notice about one measure, to everybody but who did it."""
    others = [person for person in people if person != by]
    tell(row, others, text, url=measure.get_absolute_url(), about=measure.number, **params)
