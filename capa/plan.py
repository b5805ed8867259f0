"""Stage 4, plan measures: a plan in versions, written by the responsible side, approved by somebody else."""

import datetime as dt
import decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Signature
from history.signing import sign
from incidents import gates
from incidents.access import admit
from incidents.errors import Invalid, NotYet
from incidents.lifecycle import change, hold_in, move, refresh_owner, tell, tell_whose_turn
from incidents.models import Incident
from incidents.numbering import next_number
from incidents.stages import Stage
from people.models import Person, Unit
from reminders.deadlines import open_deadline
from reminders.policies import asking_once, ground_of

from .content import read_out
from .models import Cause, Measure, Plan, VerificationDesign

#: What a copied measure keeps.
COPIED = (
    "cause", "kind", "strength", "text", "owner", "unit", "due_on", "target", "baseline_value", "expected_value",
    "value_unit", "cost",
)  # fmt: skip


@transaction.atomic
def begin(incident: Incident, *, by: Person, version: int | None) -> Incident:
    """Open a new version of this round's plan. It starts with what the version before it said."""
    row = hold_plan(incident, by=by, version=version)
    if row.plans.filter(cycle=row.cycle, status__in=[Plan.Status.DRAFT, Plan.Status.SUBMITTED]).exists():
        raise Invalid({"plan": _("There is a version in hand already.")})
    if not row.plans.filter(cycle=row.cycle).exists():
        raise Invalid(
            {"plan": _("There is no version yet. The first one opens by itself when it is written.")}
        )
    plan = _begin(row, by=by)
    refresh_owner(row)
    return change(row, "begin_plan", by=by, after={"revision": plan.revision})


def hold_plan(incident: Incident, *, by: Person, version: int | None, act: str = "plan") -> Incident:
    """The incident, locked for an act of planning."""
    return hold_in(Stage.PLAN, incident, act, by=by, version=version)


def _begin(row: Incident, *, by: Person) -> Plan:
    last = row.plans.filter(cycle=row.cycle).last()
    plan = Plan.objects.create(
        incident=row, cycle=row.cycle, author=by,
        revision=last.revision + 1 if last else 1,
        feasibility=last.feasibility if last else "",
        expected_effect=last.expected_effect if last else "",
    )  # fmt: skip
    plan.writers.add(by, *(last.writers.all() if last else ()))
    if last:
        Measure.objects.bulk_create(
            Measure(incident=row, plan=plan, **{name: getattr(measure, name) for name in COPIED})
            for measure in last.measures.select_related("cause", "owner", "unit")
        )
        if design := VerificationDesign.objects.filter(plan=last).first():
            design.copied_to(plan).save()
    return plan


def draft_of(row: Incident, *, by: Person) -> Plan:
    """The version that can be written in; the first one opens by itself. Whoever writes in it can't approve it."""
    plan = row.plans.filter(cycle=row.cycle).last()
    if plan is None:
        plan = _begin(row, by=by)
        refresh_owner(row)
    if plan.status != Plan.Status.DRAFT:
        raise Invalid({"plan": NO_DRAFT[plan.status]})
    plan.writers.add(by)
    return plan


NO_DRAFT = {
    Plan.Status.SUBMITTED: _("The plan awaits approval. Withdraw it to change it."),
    Plan.Status.RETURNED: _(
        "This version was sent back. Begin a new one: it starts with what this one said."
    ),
    Plan.Status.WITHDRAWN: _(
        "This version was withdrawn. Begin a new one: it starts with what this one said."
    ),
    Plan.Status.APPROVED: _("The plan is approved: it stands."),
}


@transaction.atomic
def write(
    incident: Incident, *, by: Person, version: int | None, feasibility: str, expected_effect: str
) -> Incident:
    """Assess whether the plan can be carried out, and what it is expected to change."""
    row = hold_plan(incident, by=by, version=version)
    plan = draft_of(row, by=by)
    before = {"feasibility": plan.feasibility, "expected_effect": plan.expected_effect}
    plan.feasibility, plan.expected_effect = feasibility.strip(), expected_effect.strip()
    plan.save()
    after = {"feasibility": plan.feasibility, "expected_effect": plan.expected_effect}
    return change(row, "write_plan", by=by, before=before, after={"revision": plan.revision, **after})


# Measures ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_measure(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    text: str,
    cause: Cause | None = None,
    kind: str = Measure.Kind.CORRECTIVE,
    strength: str = Measure.Strength.STANDARDISE,
    owner: Person | None = None,
    unit: Unit | None = None,
    due_on: dt.date | None = None,
    target: str = "",
    baseline_value: decimal.Decimal | None = None,
    expected_value: decimal.Decimal | None = None,
    value_unit: str = "",
    cost: decimal.Decimal | None = None,
) -> Incident:
    """Put a measure into the draft. Owner, due date and target may follow until the plan is submitted.

    `baseline_value` and `expected_value` say the target in figures, both in `value_unit`; `cost` is in yuan.
    """
    row = hold_plan(incident, by=by, version=version)
    measure = Measure(incident=row, plan=draft_of(row, by=by))
    _fill(row, measure, text, cause, kind, strength, owner, unit, due_on, cost)
    _aim(measure, target, baseline_value, expected_value, value_unit)
    measure.save()
    return change(row, "add_measure", by=by, after=_described(measure))


@transaction.atomic
def amend_measure(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    measure: Measure,
    text: str,
    cause: Cause | None = None,
    kind: str = Measure.Kind.CORRECTIVE,
    strength: str = Measure.Strength.STANDARDISE,
    owner: Person | None = None,
    unit: Unit | None = None,
    due_on: dt.date | None = None,
    target: str = "",
    baseline_value: decimal.Decimal | None = None,
    expected_value: decimal.Decimal | None = None,
    value_unit: str = "",
    cost: decimal.Decimal | None = None,
) -> Incident:
    """Change a measure of the draft."""
    row = hold_plan(incident, by=by, version=version)
    measure = _in_draft(row, measure, by=by)
    before = _described(measure)
    _fill(row, measure, text, cause, kind, strength, owner, unit, due_on, cost)
    _aim(measure, target, baseline_value, expected_value, value_unit)
    measure.save()
    return change(row, "amend_measure", by=by, before=before, after=_described(measure))


@transaction.atomic
def drop_measure(incident: Incident, *, by: Person, version: int | None, measure: Measure) -> Incident:
    """Take a measure out of the draft. Approved ones can only be withdrawn, with a reason."""
    row = hold_plan(incident, by=by, version=version)
    measure = _in_draft(row, measure, by=by)
    before = _described(measure)
    measure.delete()
    return change(row, "drop_measure", by=by, before=before)


def _in_draft(row: Incident, measure: Measure, *, by: Person) -> Measure:
    found = draft_of(row, by=by).measures.filter(pk=measure.pk).first()
    if found is None:
        raise Invalid({"measure": _("This measure doesn't belong to the draft.")})
    return found


def _fill(row, measure, text, cause, kind, strength, owner, unit, due_on, cost) -> None:
    if not text.strip():
        raise Invalid({"text": _("Say what is to be done.")})
    if cause and not row.causes.filter(cycle=row.cycle, status=Cause.Status.CONFIRMED, pk=cause.pk).exists():
        raise Invalid({"cause": _("Choose a confirmed cause of this round.")})
    if owner and (not owner.is_active or row.unit.company_id not in owner.company_ids):
        raise Invalid({"owner": _("%(person)s can't take on a measure here.") % {"person": owner}})
    if unit and unit.company_id != row.unit.company_id:
        raise Invalid({"unit": _("Choose a unit of this company.")})
    if due_on and due_on < timezone.localdate():
        raise Invalid({"due_on": _("This day has passed. Choose a later one.")})
    if cost is not None and cost < 0:
        raise Invalid({"cost": _("A cost can't be less than nothing.")})
    if kind not in Measure.Kind.values or strength not in Measure.Strength.values:
        raise Invalid({"kind": _("Choose what kind of measure it is.")})
    measure.text, measure.cause, measure.kind, measure.strength = text.strip(), cause, kind, strength
    measure.owner, measure.unit = owner, unit or (owner.home_unit if owner else None)
    measure.due_on, measure.cost = due_on, cost


def _aim(measure, target, baseline_value, expected_value, value_unit) -> None:
    """What the measure will be held to: in words, and in figures where there are any."""
    if (baseline_value is None) != (expected_value is None):
        lacking = "baseline_value" if baseline_value is None else "expected_value"
        raise Invalid({lacking: _("Give both figures, today's and the expected one, or none.")})
    if baseline_value is not None and baseline_value == expected_value:
        raise Invalid({"expected_value": _("This is today's value: what would the measure change?")})
    measure.target, measure.value_unit = target.strip(), value_unit.strip()
    measure.baseline_value, measure.expected_value = baseline_value, expected_value


def _described(measure: Measure) -> dict:
    return {
        "measure": measure.pk,
        "number": measure.number,
        "text": measure.text,
        "cause": measure.cause_id,
        "kind": measure.kind,
        "strength": measure.strength,
        "owner": measure.owner.display_name if measure.owner else None,
        "due_on": measure.due_on,
        "target": measure.target,
        "baseline_value": measure.baseline_value,
        "expected_value": measure.expected_value,
        "value_unit": measure.value_unit,
        "cost": measure.cost,
    }


# Submitting and deciding ---------------------------------------------------------------------------------------------
@transaction.atomic
def submit(incident: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """Put the draft up for approval: the turn goes to a quality manager who didn't write in it."""
    row = hold_plan(incident, by=by, version=version, act="submit")
    plan = draft_of(row, by=by)
    if lacking := [item.label for item in gates.plan_conditions(row, plan) if not item.met]:
        raise NotYet(lacking)
    plan.status, plan.submitted_at = Plan.Status.SUBMITTED, timezone.now()
    plan.save()
    refresh_owner(row)
    change(row, "submit_plan", by=by, reason=note, after={"revision": plan.revision, "plan": plan.status})
    tell_whose_turn(row, but=by)
    return row


@transaction.atomic
def withdraw(incident: Incident, *, by: Person, version: int | None, reason: str = "") -> Incident:
    """Take a submitted version back before it is decided."""
    row = hold_plan(incident, by=by, version=version, act="submit")
    return _end(row, submitted(row), Plan.Status.WITHDRAWN, "withdraw_plan", by=by, reason=reason)


@transaction.atomic
def send_back(incident: Incident, *, by: Person, version: int | None, reason: str) -> Incident:
    """Return the plan to its author with a reason; the version stays readable, the next one starts with its words."""
    row = hold_plan(incident, by=by, version=version, act="send_back")
    if not reason.strip():
        raise Invalid({"reason": _("Say what has to change: the author reads it.")})
    plan = submitted(row)
    _end(row, plan, Plan.Status.RETURNED, "return_plan", by=by, reason=reason)
    tell(row, [plan.author, row.owner], "returned", reason=reason)
    return row


@transaction.atomic
def approve(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    note: str = "",
    method: str = Signature.Method.SESSION,
) -> Incident:
    """Approve the submitted plan and sign it: its measures become orders with numbers, owners and deadlines.

    The stage that follows is due when the last measure is. `method` is how the signer proved who they are.
    """
    row = hold_plan(incident, by=by, version=version, act="approve")
    plan = row.plans.filter(cycle=row.cycle, status=Plan.Status.SUBMITTED).last()
    dates = plan.measures.exclude(due_on=None).values_list("due_on", flat=True) if plan else []
    row = move(
        row, "approve", by=by, version=version, note=note,
        after={"revision": plan.revision, **sign_plan(plan, PLAN_APPROVAL, by=by, method=method)} if plan else {},
        due_at=business_end(max(dates), row.unit) if dates else None,
    )  # fmt: skip
    plan = _decided(submitted(row), Plan.Status.APPROVED, by=by, note=note)
    VerificationDesign.objects.filter(plan=plan).update(fixed_at=plan.decided_at)
    _order(row, plan)
    return row


PLAN_APPROVAL = Signature.Meaning.PLAN_APPROVAL


def sign_plan(plan: Plan, meaning: str, *, by: Person, method: str) -> dict:
    """Put `by`'s name to everything that this version says; gives what the act's Event tells of the signature."""
    signature = sign(
        plan.incident.case, meaning, of=plan.signed_as, content=read_out(plan), by=by, method=method
    )
    return {"signature": signature.pk, "digest": signature.digest}


def _order(row: Incident, plan: Plan) -> None:
    """Number the measures, open their deadlines and tell their owners."""
    measures = list(plan.measures.select_related("owner", "unit"))
    year = timezone.localdate().year
    with asking_once():
        for measure in measures:
            measure.number, measure.original_due_on = next_number("CA", year), measure.due_on
            open_measure_deadline(row, measure)
    for measure in measures:
        tell(
            row, [measure.owner], "measure-assigned", url=measure.get_absolute_url(),
            about=measure.number, what=measure.text, due=str(measure.due_on),
        )  # fmt: skip
    Measure.objects.bulk_update(measures, ["number", "original_due_on"])
    admit(row, *(measure.owner for measure in measures))
    row.save(update_fields=["readers"])


def open_measure_deadline(row: Incident, measure: Measure) -> None:
    open_deadline(
        row.case, measure.deadline_kind, cycle=row.cycle, label=measure.number, owner=measure.owner,
        unit=measure.unit or row.unit, due_at=business_end(measure.due_on, measure.unit or row.unit),
    )  # fmt: skip


def business_end(day: dt.date, unit: Unit) -> dt.datetime:
    """A day as a due moment: the close of business where the unit is."""
    return ground_of(unit).work.closes(day)


def submitted(row: Incident) -> Plan:
    """The version that awaits approval. Raises NotYet when there is none."""
    plan = row.plans.filter(cycle=row.cycle, status=Plan.Status.SUBMITTED).select_related("author").last()
    if plan is None:
        raise NotYet([_("A plan is submitted for approval")])
    return plan


def _decided(plan: Plan, status: str, *, by: Person, note: str) -> Plan:
    plan.status, plan.decided_by, plan.decided_at, plan.decision_note = status, by, timezone.now(), note
    plan.save()
    return plan


def _end(row: Incident, plan: Plan, status: str, act: str, *, by: Person, reason: str) -> Incident:
    _decided(plan, status, by=by, note=reason)
    refresh_owner(row)
    change(row, act, by=by, reason=reason, after={"revision": plan.revision, "plan": status})
    return row
