"""Co-signatures: the rules that ask for them, and the act of giving one, before the quality manager can approve."""

import decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Signature
from history.recording import record
from incidents import cosignatures
from incidents.errors import Invalid, NotAllowed
from incidents.lifecycle import change, refresh_owner, tell_whose_turn
from incidents.models import Incident
from incidents.stages import Severity
from people.models import Person, Role, Unit

from .models import CoSignature, CoSignRule
from .plan import hold_plan, sign_plan, submitted


# The act -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def cosign(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    note: str = "",
    method: str = Signature.Method.SESSION,
) -> Incident:
    """Put one's name to the submitted version, in the first role that a rule asks for and that one holds.

    The turn passes on: to the next co-signer, or to the quality manager who approves.
    """
    row = hold_plan(incident, by=by, version=version, act="cosign")
    plan = submitted(row)
    roles = cosignatures.asked_of(row, by)
    if not roles:
        raise NotAllowed(_("No rule asks for your co-signature here."))
    given = sign_plan(plan, Signature.Meaning.PLAN_COSIGNATURE, by=by, method=method)
    CoSignature.objects.create(
        plan=plan, role=roles[0], person=by, signature_id=given["signature"], note=note.strip()
    )
    refresh_owner(row)
    change(
        row,
        "cosign_plan",
        by=by,
        reason=note.strip(),
        after={"revision": plan.revision, "role": roles[0], **given},
    )
    tell_whose_turn(row, but=by)
    return row


# The rules -----------------------------------------------------------------------------------------------------------
def office(person: Person) -> Unit | None:
    """The company whose rules this person sets: as a quality manager of the whole company."""
    if not person.is_active:
        return None
    posts = (post for post in person.current_posts if post.role == Role.QUALITY)
    return next((post.unit for post in posts if post.unit.parent_id is None), None)


def _require_office(person: Person) -> Unit:
    company = office(person)
    if company is None:
        raise NotAllowed(_("Only a quality manager of the whole company sets the rules."))
    return company


@transaction.atomic
def add_rule(
    *,
    by: Person,
    role: str,
    from_severity: int | None = None,
    from_cost: decimal.Decimal | None = None,
) -> CoSignRule:
    """From now on every submitted plan at or above one of the limits needs this signature.

    Raises NotAllowed, Invalid.
    """
    company = _require_office(by)
    if role not in cosignatures.CONDITIONS:
        raise Invalid({"role": _("Choose who co-signs.")})
    if from_severity is None and from_cost is None:
        raise Invalid({"from_severity": _("Give a severity, a cost, or both.")})
    if from_severity is not None and from_severity not in Severity.values:
        raise Invalid({"from_severity": _("Choose how severe it is.")})
    if from_cost is not None and from_cost < 0:
        raise Invalid({"from_cost": _("A cost can't be less than nothing.")})
    values = {"role": role, "from_severity": from_severity, "from_cost": from_cost}
    if in_force(company).filter(**values).exists():
        raise Invalid({"role": _("There is such a rule already.")})
    rule = CoSignRule.objects.create(company=company, set_by=by, **values)
    _record(rule, "unit.add_cosign_rule", by=by)
    return rule


@transaction.atomic
def end_rule(rule: CoSignRule, *, by: Person) -> CoSignRule:
    """It no longer counts for what is submitted from now on. Raises NotAllowed, Invalid."""
    company = _require_office(by)
    rule = CoSignRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if rule.company_id != company.pk:
        raise NotAllowed(_("Only a quality manager of the whole company sets the rules."))
    if rule.ended_at:
        raise Invalid({"rule": _("This rule has ended already.")})
    rule.ended_by, rule.ended_at = by, timezone.now()
    rule.save()
    _record(rule, "unit.end_cosign_rule", by=by)
    return rule


def in_force(company: Unit):
    return CoSignRule.objects.filter(company=company, ended_at=None)


def _record(rule: CoSignRule, act: str, *, by: Person) -> None:
    after = {
        "rule": rule.pk,
        "role": rule.role,
        "from_severity": rule.from_severity,
        "from_cost": rule.from_cost,
    }
    company = rule.company
    record(company.case, act, label=company.name, by=by, unit=company, after=after)
