"""Who may do what to an incident: one table, from which the checks and the responsibility matrix are made (DOMAIN §8)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Person, Role


@dataclass(frozen=True)
class Rule:
    """Allowed are: holders of `roles` in the incident's unit or above it, holders of `responsible_roles` in the
    responsible unit or above it, and people who stand in one of `relations` to the case. Never allowed: anyone in one
    of the `barred` relations, whatever their role (separation of duties).
    """

    label: str | Promise
    roles: tuple[Role, ...] = ()
    responsible_roles: tuple[Role, ...] = ()
    relations: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()


#: How a person can stand to an incident. Each takes (incident, person).
RELATIONS: dict[str, Callable] = {
    "reporter": lambda incident, person: incident.reporter_id == person.pk,
    "responsible person": lambda incident, person: incident.responsible_person_id == person.pk,
    "attributed person": lambda incident, person: incident.attributions.filter(
        attempt=incident.attempt, person=person
    ).exists(),
    "plan author": lambda incident, person: incident.plans.filter(
        cycle=incident.cycle, status__in=["draft", "submitted"], author=person
    ).exists(),
    "measure owner": lambda incident, person: incident.measures.filter(
        plan__cycle=incident.cycle, plan__status="approved", owner=person
    ).exists(),
}

#: The words for the relations, in the matrix and in refusals.
RELATION_NAMES: dict[str, Promise] = {
    "reporter": _("reporter"),
    "responsible person": _("responsible person"),
    "attributed person": _("attributed person"),
    "plan author": _("plan author"),
    "measure owner": _("measure owner"),
}

_GROUP = (Role.SUPERVISOR, Role.QUALITY)
_CASE = (Role.SITE_MANAGER, Role.SUPERVISOR, Role.QUALITY)
_RESPONSIBLE = ("responsible person",)

ACTS: dict[str, Rule] = {
    # 1 identify
    "amend": Rule(_("Correct the report's details"), _CASE),
    "add_evidence": Rule(
        _("Add evidence"), _CASE + (Role.HANDLER,), (Role.SITE_MANAGER,),
        ("reporter", "responsible person", "measure owner"),
    ),
    "withdraw_evidence": Rule(_("Withdraw evidence"), (Role.QUALITY,), barred=_RESPONSIBLE),
    "substantiate": Rule(_("Judge a report"), (Role.SITE_MANAGER, Role.QUALITY), barred=_RESPONSIBLE),
    "dismiss": Rule(_("Dismiss a report"), (Role.SITE_MANAGER, Role.QUALITY), barred=_RESPONSIBLE),
    "merge": Rule(_("Join with another incident"), (Role.SITE_MANAGER, Role.QUALITY), barred=_RESPONSIBLE),
    # 2 confirm
    "attribute": Rule(_("Propose the attribution"), _GROUP, barred=_RESPONSIBLE),
    "agree": Rule(_("Agree to the attribution"), _GROUP, barred=("responsible person", "attributed person")),
    "confirm": Rule(_("Confirm responsibility"), _GROUP, barred=("responsible person", "attributed person")),
    "object": Rule(_("Object to the attribution"), (), (Role.SITE_MANAGER,), ("responsible person", "attributed person")),
    "decide_objection": Rule(_("Decide an objection"), (Role.QUALITY,), barred=("responsible person", "attributed person")),
    "uphold_objection": Rule(_("Uphold an objection"), (Role.QUALITY,), barred=("responsible person", "attributed person")),
    # 3 analyse
    "analyse": Rule(_("Analyse the cause"), _GROUP, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "conclude": Rule(_("Conclude the analysis"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    # 4 plan
    "plan": Rule(_("Write the plan"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    "submit": Rule(_("Submit the plan"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    "approve": Rule(_("Approve the plan"), (Role.QUALITY,), barred=("plan author", "responsible person")),
    "return": Rule(_("Return the plan"), (Role.QUALITY,), barred=("plan author",)),
    # 5 track
    "record_progress": Rule(_("Record progress"), (Role.QUALITY,), (Role.SITE_MANAGER,), ("measure owner", "responsible person")),
    "check": Rule(_("Check execution"), _GROUP, barred=("measure owner",)),
    "decide_change": Rule(_("Grant an extension or a withdrawal"), (Role.QUALITY,), barred=("measure owner",)),
    "complete": Rule(_("Declare the execution complete"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    # 6 verify
    "judge": Rule(_("Verify the effect"), (Role.QUALITY,), barred=("measure owner", "responsible person")),
    "judge_effective": Rule(_("Judge effective"), (Role.QUALITY,), barred=("measure owner", "responsible person")),
    "judge_not_effective": Rule(_("Judge not effective"), (Role.QUALITY,), barred=("measure owner", "responsible person")),
    # 7 improve
    "improve": Rule(_("Draw lessons and pass them on"), _GROUP, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "archive": Rule(_("Close and archive"), (Role.QUALITY,), barred=_RESPONSIBLE),
    "reopen": Rule(_("Reopen"), (Role.QUALITY,), barred=_RESPONSIBLE),
    # across
    "review_short_path": Rule(_("Review a short path"), (Role.QUALITY,), barred=_RESPONSIBLE),
    "hand_over": Rule(_("Hand over"), _CASE, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "reveal_contact": Rule(_("See the contact's personal data"), (Role.HANDLER, Role.QUALITY)),
}  # fmt: skip


def stands_in_the_way(person: Person, act: str, incident) -> str | None:
    """The relation that bars this person from the act, if any."""
    return next((name for name in ACTS[act].barred if RELATIONS[name](incident, person)), None)


def entitled(person: Person, act: str, incident) -> bool:
    """Does a role or a relation entitle this person to the act, four eyes aside?"""
    rule = ACTS[act]
    return (
        any(person.has_role(role, incident.unit) for role in rule.roles)
        or any(person.has_role(role, incident.responsible_unit) for role in rule.responsible_roles)
        or any(RELATIONS[name](incident, person) for name in rule.relations)
    )


def allowed(person: Person, act: str, incident) -> bool:
    """May this person do this to this incident?"""
    return (
        person.is_active
        and entitled(person, act, incident)
        and stands_in_the_way(person, act, incident) is None
    )


def may(act: str) -> Callable:
    """The rule as a permission of the state machine."""

    def permitted(incident, person) -> bool:
        return allowed(person, act, incident)

    permitted.__name__ = f"may_{act}"
    return permitted
