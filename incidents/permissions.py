"""Who may do what to an incident: one table, of which checks and responsibility matrix are made (DOMAIN §8)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from history.models import Event
from people.models import Person, Role

from . import cosignatures, planning


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
    "plan author": planning.has_written,
    "measure owner": lambda incident, person: incident.measures.filter(
        plan__cycle=incident.cycle, plan__status="approved", owner=person
    ).exists(),
    "executor": planning.carries_out,
    "planned owner": planning.would_carry_out,
    "asked to co-sign": lambda incident, person: bool(cosignatures.asked_of(incident, person)),
    "co-signer": planning.has_cosigned,
    "improvement owner": lambda incident, person: incident.improvements.filter(owner=person).exists(),
    "manager it was passed on to": lambda incident, person: any(
        row.owner_id == person.pk or person.has_role(Role.SITE_MANAGER, row.unit)
        for row in incident.improvements.all()
        if row.kind == "spread"
    ),
    "who looks elsewhere": lambda incident, person: incident.elsewhere_checks.filter(owner=person).exists(),
    "judge of the report": lambda incident, person: (
        Event.objects.of(incident.case).filter(act="incident.substantiate", actor=person).exists()
    ),
}

#: The words for the relations, in the matrix and in refusals.
RELATION_NAMES: dict[str, Promise] = {
    "reporter": _("reporter"),
    "responsible person": _("responsible person"),
    "attributed person": _("attributed person"),
    "plan author": _("plan author"),
    "measure owner": _("measure owner"),
    "executor": _("one who carries out a measure"),
    "planned owner": _("owner of a measure in the plan"),
    "asked to co-sign": _("asked to co-sign"),
    "co-signer": _("co-signer"),
    "improvement owner": _("owner of an improvement"),
    "manager it was passed on to": _("manager it was passed on to"),
    "who looks elsewhere": _("who looks elsewhere"),
    "judge of the report": _("judge of the report"),
}

_GROUP = (Role.SUPERVISOR, Role.QUALITY)
_CASE = (Role.SITE_MANAGER, Role.SUPERVISOR, Role.QUALITY)
_RESPONSIBLE = ("responsible person",)
_ACCUSED = ("responsible person", "attributed person")

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
    "bring_over": Rule(_("Import a case that was closed elsewhere"), (Role.QUALITY, Role.HANDLER)),
    "nudge": Rule(
        _("Urge whom the case waits for"), _CASE + (Role.HANDLER, Role.EXECUTIVE), (Role.SITE_MANAGER,),
        ("reporter", "responsible person", "measure owner"),
    ),
    "pause": Rule(_("Stop the clock while somebody outside is waited for"), _CASE, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "resume": Rule(_("Let the clock run on"), _CASE, (Role.SITE_MANAGER,), _RESPONSIBLE),
    # 2 confirm
    "attribute": Rule(_("Propose the attribution"), _GROUP, barred=_RESPONSIBLE),
    "agree": Rule(_("Agree to the attribution"), _GROUP, barred=("responsible person", "attributed person")),
    "confirm": Rule(_("Confirm responsibility"), _GROUP, barred=("responsible person", "attributed person")),
    "object": Rule(_("Object to the attribution"), (), (Role.SITE_MANAGER,), _ACCUSED),
    "decide_objection": Rule(_("Decide an objection"), (Role.QUALITY,), barred=_ACCUSED),
    "uphold_objection": Rule(_("Uphold an objection"), (Role.QUALITY,), barred=_ACCUSED),
    # 3 analyse
    "analyse": Rule(_("Analyse the cause"), _GROUP, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "conclude": Rule(_("Conclude the analysis"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    "check_elsewhere": Rule(_("Have other places looked at"), _GROUP, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "record_elsewhere": Rule(
        _("Say whether the same risk is elsewhere"), _GROUP, (Role.SITE_MANAGER,),
        ("who looks elsewhere", "responsible person"),
    ),
    # 4 plan
    "plan": Rule(_("Write the plan"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    "submit": Rule(_("Submit the plan"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    "cosign": Rule(
        _("Co-sign the plan"), (Role.EXECUTIVE, Role.QUALITY),
        barred=("plan author", "responsible person", "planned owner", "co-signer"),
    ),
    "approve": Rule(
        _("Approve the plan"), (Role.QUALITY,),
        barred=("plan author", "responsible person", "planned owner", "co-signer"),
    ),
    "send_back": Rule(
        _("Send the plan back"), (Role.QUALITY,), relations=("asked to co-sign",), barred=("plan author",),
    ),
    # 5 track
    "record_progress": Rule(_("Carry out the own measure and record it"), relations=("measure owner",)),
    "record_for_owner": Rule(_("Record progress for the owner"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    # Not the quality manager, who checks and judges it afterwards: who executes doesn't verify.
    "complete_for_owner": Rule(_("Carry out the measure"), (), (Role.SITE_MANAGER,), _RESPONSIBLE),
    "check": Rule(_("Check execution"), _GROUP, barred=("executor", "responsible person")),
    "decide_change": Rule(
        _("Grant an extension or a withdrawal"), (Role.QUALITY,), barred=("executor", "responsible person"),
    ),
    "complete": Rule(_("See the execution through to its end"), (Role.QUALITY,), (Role.SITE_MANAGER,), _RESPONSIBLE),
    # 6 verify
    "judge": Rule(_("Verify the effect"), (Role.QUALITY,), barred=("executor", "responsible person")),
    "judge_effective": Rule(_("Judge effective"), (Role.QUALITY,), barred=("executor", "responsible person")),
    "judge_not_effective": Rule(_("Judge not effective"), (Role.QUALITY,), barred=("executor", "responsible person")),
    # 7 improve
    "improve": Rule(_("Draw lessons and pass them on"), _GROUP, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "acknowledge": Rule(
        _("Say whether a lesson applies to one's own unit"), relations=("manager it was passed on to",)
    ),
    "finish_improvement": Rule(
        _("Finish an improvement"), _GROUP, (Role.SITE_MANAGER,), ("improvement owner", "responsible person"),
    ),
    "archive": Rule(_("Close and archive"), (Role.QUALITY,), barred=_RESPONSIBLE),
    "reopen": Rule(_("Reopen"), (Role.QUALITY,), barred=_RESPONSIBLE),
    # across
    "review_short_path": Rule(
        _("Review a short path"), (Role.QUALITY,), barred=("responsible person", "judge of the report"),
    ),
    "link": Rule(_("Link with another case"), _CASE, (Role.SITE_MANAGER,), _RESPONSIBLE),
    # Who answers for one of the two cases doesn't say whether it came back: see capa.recurrence.
    "confirm_recurrence": Rule(_("Say that an earlier case came back"), (Role.QUALITY,), barred=_RESPONSIBLE),
    "reject_recurrence": Rule(_("Say that it is something else"), (Role.QUALITY,), barred=_RESPONSIBLE),
    "hand_over": Rule(_("Hand over"), _CASE, (Role.SITE_MANAGER,), _RESPONSIBLE),
    "reveal_contact": Rule(_("See the contact's personal data"), (Role.HANDLER, Role.QUALITY)),
}  # fmt: skip


class Standing:
    """How one person stands to one incident, each relation asked once: for pages that check many acts."""

    def __init__(self, person: Person, incident):
        self.person = person
        self.incident = incident
        self._relations: dict[str, bool] = {}

    def is_(self, relation: str) -> bool:
        if relation not in self._relations:
            self._relations[relation] = RELATIONS[relation](self.incident, self.person)
        return self._relations[relation]

    def in_the_way_of(self, act: str) -> str | None:
        """The relation that bars this person from the act, if any."""
        return next((name for name in ACTS[act].barred if self.is_(name)), None)

    def entitles_to(self, act: str) -> bool:
        """Does a role or a relation entitle this person to the act, four eyes aside?"""
        rule = ACTS[act]
        return (
            any(self.person.has_role(role, self.incident.unit) for role in rule.roles)
            or any(
                self.person.has_role(role, self.incident.responsible_unit) for role in rule.responsible_roles
            )
            or any(self.is_(name) for name in rule.relations)
        )

    def allows(self, act: str) -> bool:
        return self.person.is_active and self.entitles_to(act) and self.in_the_way_of(act) is None


def allowed(person: Person, act: str, incident) -> bool:
    """May this person do this to this incident?"""
    return Standing(person, incident).allows(act)


def may(act: str) -> Callable:
    """The rule as a permission of the state machine."""

    def permitted(incident, person) -> bool:
        return allowed(person, act, incident)

    permitted.__name__ = f"may_{act}"
    return permitted
