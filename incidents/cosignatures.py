"""Who else has to sign a plan before it can be approved. The rules and the signatures live in the app above; they are
asked by related name.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Person, Role, Unit

#: The conditions of the gate, by the role that is asked.
CONDITIONS: dict[str, Promise] = {
    Role.EXECUTIVE: _("Co-signed by an executive"),
    Role.QUALITY: _("Co-signed by a second quality manager"),
}


def rules_for(incident, plan):
    """The rules that count for this version: those in force when it was submitted; for a draft, those of now."""
    at = plan.submitted_at or timezone.now()
    company = Unit(pk=incident.unit.company_id)
    return company.cosign_rules.filter(Q(ended_at=None) | Q(ended_at__gt=at), set_at__lte=at)


def roles_asked(incident, plan) -> list[str]:
    """The roles that have to co-sign this version, by its severity and the cost of all its measures together."""
    if plan is None:
        return []
    rules = list(rules_for(incident, plan))
    if not rules:
        return []
    cost = sum(measure.cost or 0 for measure in plan.measures.all())
    asked = {rule.role for rule in rules if rule.asks(incident.severity, cost)}
    return [role for role in CONDITIONS if role in asked]


def roles_missing(incident, plan) -> list[str]:
    """Those of them that have not signed yet; nothing is missing while the version isn't submitted."""
    if plan is None or plan.status != "submitted":
        return []
    asked = roles_asked(incident, plan)
    given = {row.role for row in plan.cosignatures.all()} if asked else set()
    return [role for role in asked if role not in given]


def submitted_plan(incident):
    return incident.plans.filter(cycle=incident.cycle, status="submitted").last()


def asked_of(incident, person: Person) -> list[str]:
    """The missing roles that this person holds here."""
    if not any(person.has_role(role, incident.unit) for role in CONDITIONS):
        return []
    missing = roles_missing(incident, submitted_plan(incident))
    return [role for role in missing if person.has_role(role, incident.unit)]


def barred(incident, plan) -> set[int]:
    """Who can't co-sign this version: who wrote in it, who owns a measure of it, and who answers for the case."""
    owners = plan.measures.exclude(owner=None).values_list("owner", flat=True)
    return {*plan.writers.values_list("pk", flat=True), *owners, incident.responsible_person_id or 0}


def signers(plan) -> set[int]:
    """Who has co-signed this version, and so can't approve it."""
    return set(plan.cosignatures.values_list("person", flat=True))


def next_signer(incident, plan) -> Person | None:
    """The nearest holder of the first role that is missing who may sign."""
    for role in roles_missing(incident, plan):
        free = Person.objects.holding(role, incident.unit).exclude(
            pk__in=barred(incident, plan) | signers(plan)
        )
        if person := free.first():
            return person
    return None


def conditions(incident, plan) -> Iterable[tuple[Promise, bool]]:
    """What the gate of the approval lists, met or missing."""
    asked = roles_asked(incident, plan)
    given = {row.role for row in plan.cosignatures.all()} if asked else set()
    return [(CONDITIONS[role], role in given) for role in asked]
