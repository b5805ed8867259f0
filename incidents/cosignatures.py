"""Who else has to sign a plan before it can be approved. The rules live in the app above: asked by related name."""

from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Person, Role, Unit

from . import planning

#: The conditions of the gate, by the role that is asked.
CONDITIONS: dict[str, Promise] = {
    Role.EXECUTIVE: _("Co-signed by an executive"),
    Role.QUALITY: _("Co-signed by a second quality manager"),
}


def _rules(incident, plan) -> list[dict]:
    """The rules that count for this version: those in force when it was submitted; for a draft, those of now."""
    if not hasattr(plan, "rules"):
        at = plan.submitted_at or timezone.now()
        rows = Unit(pk=incident.unit.company_id).cosign_rules.filter(
            Q(ended_at=None) | Q(ended_at__gt=at), set_at__lte=at
        )
        plan.rules = list(rows.values("role", "from_severity", "from_cost"))
    return plan.rules


def _asks(rule: dict, severity: int | None, cost: Decimal) -> bool:
    by_severity = rule["from_severity"] is not None and (severity or 0) >= rule["from_severity"]
    return by_severity or (rule["from_cost"] is not None and cost >= Decimal(rule["from_cost"]))


def roles_asked(incident, plan) -> list[str]:
    """The roles that have to co-sign this version, by its severity and the cost of all its measures together."""
    if plan is None or not _rules(incident, plan):
        return []
    cost = sum((measure.cost or 0 for measure in plan.measures.all()), Decimal())
    asked = {rule["role"] for rule in _rules(incident, plan) if _asks(rule, incident.severity, cost)}
    return [role for role in CONDITIONS if role in asked]


def roles_missing(incident, plan) -> list[str]:
    """Those of them that have not signed yet; nobody is waited for while the version isn't submitted."""
    if plan is None or plan.status != "submitted":
        return []
    return [role for role in roles_asked(incident, plan) if role not in planning.signers(plan)]


def asked_of(incident, person: Person) -> list[str]:
    """The missing roles that this person holds here."""
    if not any(person.has_role(role, incident.unit) for role in CONDITIONS):
        return []
    missing = roles_missing(incident, planning.submitted(incident))
    return [role for role in missing if person.has_role(role, incident.unit)]


def next_signer(incident, plan) -> Person | None:
    """The nearest holder of the first role that is missing who has no part in the plan and has not signed yet."""
    missing = roles_missing(incident, plan)
    if not missing:
        return None
    barred = {*planning.writers(plan), *planning.owners(plan), *planning.signers(plan).values()}
    barred.add(incident.responsible_person_id or 0)
    for role in missing:
        if person := Person.objects.holding(role, incident.unit).exclude(pk__in=barred).first():
            return person
    return None


def conditions(incident, plan) -> list[tuple[Promise, bool]]:
    """What the gate of the approval lists, met or missing."""
    asked = roles_asked(incident, plan)
    given = planning.signers(plan) if asked else {}
    return [(CONDITIONS[role], role in given) for role in asked]
