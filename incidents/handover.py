"""Handing over somebody's open work: who leaves or is away is succeeded in every case they have a part in.

Only who works on a case changes, never what it says: so an administrator may do it for the people they manage.
The apps above are reached by related name (measures, plans, improvements); nothing is imported from them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from history.administration.scope import administers_unit
from people.models import Person, Role
from reminders.deadlines import hand_to
from reminders.models import Deadline

from . import limits, permissions
from .access import admit
from .errors import Invalid, NotAllowed, Refused, Stale
from .lifecycle import change, tell
from .models import Incident
from .stages import Stage

#: What whoever is waited for in a stage has to be allowed to do.
ACT_OF_STAGE = {
    Stage.IDENTIFY: "substantiate",
    Stage.CONFIRM: "agree",
    Stage.ANALYSE: "analyse",
    Stage.PLAN: "plan",
    Stage.TRACK: "complete",
    Stage.VERIFY: "judge",
    Stage.IMPROVE: "improve",
}


@dataclass
class Parts:
    """What somebody has to do in one case: all of it passes on together."""

    owner: bool = False  # the case waits for them
    responsible: bool = False
    plan: int | None = None  # the plan they are writing
    measures: list[int] = field(default_factory=list)
    improvements: list[int] = field(default_factory=list)
    deadlines: list[tuple[str, int]] = field(default_factory=list)  # (kind, cycle)

    def __bool__(self):
        return any(asdict(self).values())


@dataclass
class Case:
    """One line of the list: a case and what the person has to do in it."""

    incident: Incident
    parts: Parts
    measures: list = field(default_factory=list)
    improvements: list = field(default_factory=list)


# What is open --------------------------------------------------------------------------------------------------------
def _measures_of(person: Person):
    """Unfinished measures of the round a case is in."""
    return person.measures.filter(
        plan__cycle=F("incident__cycle"), plan__status__in=["draft", "submitted", "approved"],
    ).exclude(status__in=["done", "withdrawn"])  # fmt: skip


def _improvements_of(person: Person):
    return person.improvements.filter(done_at=None).exclude(applies=False)


def _deadlines_of(person: Person):
    return Deadline.objects.filter(owner=person, closed_at=None, subject__startswith="incident:")


def open_work(person: Person) -> list[Case]:
    """Every open case in which something waits for this person, the most urgent first. Always four queries."""
    measures, improvements, deadlines = defaultdict(list), defaultdict(list), defaultdict(list)
    for measure in _measures_of(person):
        measures[measure.incident_id].append(measure)
    for improvement in _improvements_of(person):
        improvements[improvement.incident_id].append(improvement)
    for deadline in _deadlines_of(person):
        deadlines[int(deadline.subject.partition(":")[2])].append((deadline.kind, deadline.cycle))
    incidents = (
        Incident.objects.open()
        .filter(
            Q(owner=person)
            | Q(responsible_person=person)
            | Q(pk__in={*measures, *improvements, *deadlines})
        )
        .select_related("unit", "responsible_unit", "type", "owner", "responsible_person")
        .order_by(F("due_at").asc(nulls_last=True), "pk")
    )  # fmt: skip
    return [
        Case(
            incident,
            Parts(
                owner=incident.owner_id == person.pk,
                responsible=incident.responsible_person_id == person.pk,
                measures=[measure.pk for measure in measures[incident.pk]],
                improvements=[improvement.pk for improvement in improvements[incident.pk]],
                deadlines=deadlines[incident.pk],
            ),
            measures[incident.pk],
            improvements[incident.pk],
        )
        for incident in incidents
    ]


def _parts_in(incident: Incident, person: Person) -> Parts:
    """The same for one locked case, as it is now."""
    plan = incident.plans.filter(cycle=incident.cycle).last()
    writes = plan is not None and plan.author_id == person.pk and plan.status not in ("submitted", "approved")
    return Parts(
        owner=incident.owner_id == person.pk,
        responsible=incident.responsible_person_id == person.pk,
        plan=plan.pk if writes else None,
        measures=list(_measures_of(person).filter(incident=incident).values_list("pk", flat=True)),
        improvements=list(_improvements_of(person).filter(incident=incident).values_list("pk", flat=True)),
        deadlines=list(_deadlines_of(person).filter(subject=incident.case).values_list("kind", "cycle")),
    )


# Who may -------------------------------------------------------------------------------------------------------------
def may_hand_over(by: Person, giver: Person, incident: Incident) -> bool:
    """A case role does by the table of acts; an administrator does for the people they manage."""
    return permissions.allowed(by, "hand_over", incident) or administers_unit(by, giver.home_unit)


def _refuse_unless_may(by: Person, giver: Person, taker: Person, incident: Incident) -> None:
    if not may_hand_over(by, giver, incident):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if taker == by and not permissions.allowed(by, "hand_over", incident):
        raise NotAllowed(_("As an administrator you can't hand a case to yourself."))


def _refuse_unless_can_take(taker: Person, incident: Incident) -> None:
    if not taker.is_active:
        raise Invalid({"taker": _("%(person)s has left.") % {"person": taker}})
    if incident.unit.company_id not in taker.company_ids:
        raise Invalid({"taker": _("%(person)s works for another company.") % {"person": taker}})


def _refuse_against_four_eyes(taker: Person, incident: Incident, parts: Parts) -> None:
    """Look at the case as it would be: may the successor do what is waited for, and judges nobody their own work?"""
    if parts.responsible:
        _refuse_as_responsible(taker, incident)
    if parts.owner:
        _refuse_unless_allowed(taker, _act_waited_for(incident), incident)
        if incident.stage == Stage.CONFIRM and not incident.short_path:
            _refuse_second_signature(taker, incident)
    elif incident.owner_id == taker.pk:
        _refuse_unless_allowed(taker, _act_waited_for(incident), incident)
    if any(kind.startswith("request:") for kind, _cycle in parts.deadlines):
        _refuse_unless_allowed(taker, "decide_change", incident)
    if any(kind.startswith("check:") for kind, _cycle in parts.deadlines):
        _refuse_unless_allowed(taker, "check", incident)
    if parts.measures and incident.stage in (Stage.PLAN, Stage.TRACK):
        owners = set(incident.measures.filter(plan__cycle=incident.cycle).values_list("owner", flat=True))
        if limits.quality_manager(incident, but=owners) is None:
            raise NotAllowed(
                _("Then nobody would be left to verify the effect: %(person)s is the last quality manager.")
                % {"person": taker}
            )


def _act_waited_for(incident: Incident) -> str:
    if incident.stage == Stage.CONFIRM and incident.short_path:
        return "review_short_path"
    if (
        incident.stage == Stage.PLAN
        and incident.plans.filter(cycle=incident.cycle, status="submitted").exists()
    ):
        return "approve"
    return ACT_OF_STAGE[incident.stage]


def _refuse_unless_allowed(person: Person, act: str, incident: Incident) -> None:
    standing, words = permissions.Standing(person, incident), permissions.ACTS[act].label
    if relation := standing.in_the_way_of(act):
        raise NotAllowed(
            _("%(person)s would be the %(relation)s and has to do this too: %(act)s. That needs two people.")
            % {"person": person, "relation": permissions.RELATION_NAMES[relation], "act": words}
        )
    if not standing.entitles_to(act):
        raise NotAllowed(
            _("%(person)s has no role here that allows this: %(act)s.") % {"person": person, "act": words}
        )


def _refuse_second_signature(taker: Person, incident: Incident) -> None:
    taken = dict(incident.agreements.filter(attempt=incident.attempt).values_list("role", "person"))
    free = [role for role in (Role.SUPERVISOR, Role.QUALITY) if role not in taken]
    if taker.pk in taken.values() or not any(taker.has_role(role, incident.unit) for role in free):
        raise NotAllowed(
            _("The other side of the responsibility group has to agree: %(person)s isn't of that side.")
            % {"person": taker}
        )


def _refuse_as_responsible(taker: Person, incident: Incident) -> None:
    """Nobody answers for a case who confirmed the responsibility for it, or approved its plan."""
    if incident.agreements.filter(attempt=incident.attempt, person=taker).exists():
        raise NotAllowed(
            _("%(person)s agreed to the attribution and can't become the responsible person.")
            % {"person": taker}
        )
    if incident.plans.filter(cycle=incident.cycle, status="approved", decided_by=taker).exists():
        raise NotAllowed(
            _("%(person)s approved the plan and can't become the responsible person.") % {"person": taker}
        )


# Doing it ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def hand_over(
    incident: Incident, *, by: Person, giver: Person, taker: Person, reason: str
) -> tuple[Incident, Parts]:
    """Pass on everything that waits for `giver` in this case. Returns the case and what was passed on.

    Raises NotAllowed (role, four eyes), Invalid (taker, reason) and Stale when nothing of it is theirs any more.
    """
    row = _locked(incident)
    if not reason.strip():
        raise Invalid({"reason": _("Say why: it stands in the history of each case.")})
    if taker == giver:
        raise Invalid({"taker": _("Choose somebody else than %(person)s.") % {"person": giver}})
    _refuse_unless_may(by, giver, taker, row)
    parts = _parts_in(row, giver)
    if not row.is_open or not parts:
        raise Stale(_("Nothing of this waits for %(person)s any more.") % {"person": giver})
    _pass_on(row, parts, "hand_over", by=by, giver=giver, taker=taker, reason=reason)
    return row, parts


@transaction.atomic
def take_back(
    incident: Incident, *, by: Person, giver: Person, taker: Person, parts: Parts, version: int
) -> Incident:
    """Undo a hand-over by a new event, as long as nobody did anything since (`version`). Raises as `hand_over` does."""
    row = _locked(incident)
    if row.version != version:
        raise Stale()
    _refuse_unless_may(by, giver, giver, row)
    _pass_on(row, parts, "take_back", by=by, giver=taker, taker=giver, reason="")
    return row


def _locked(incident: Incident) -> Incident:
    rows = Incident.objects.select_for_update(of=("self",))
    return rows.select_related("unit", "responsible_unit", "owner", "responsible_person").get(pk=incident.pk)


def _pass_on(
    row: Incident, parts: Parts, act: str, *, by: Person, giver: Person, taker: Person, reason: str
) -> None:
    _refuse_unless_can_take(taker, row)
    numbers = _pass_on_rows(row, parts, by=by, giver=giver, taker=taker, reason=reason)
    changes = {"owner": taker} if parts.owner else {}
    changes |= {"responsible_person": taker} if parts.responsible else {}
    admit(row, taker)
    change(
        row, act, by=by, reason=reason, changes=changes,
        after={"giver": giver, "taker": taker, "measures": numbers},
    )  # fmt: skip
    _refuse_against_four_eyes(taker, row, parts)
    tell(row, [taker], "handed-over", by=by.display_name, what=f"turn.{row.stage}")


def _pass_on_rows(
    row: Incident, parts: Parts, *, by: Person, giver: Person, taker: Person, reason: str
) -> list[str]:
    """Measures (with an entry in the ledger), improvements, the plan in hand, deadlines. Gives the measures' numbers."""
    measures = list(row.measures.filter(pk__in=parts.measures).select_related("plan"))
    for measure in measures:
        measure.owner = taker
        measure.save(update_fields=["owner"])
        if measure.plan.status == "approved":
            text = reason or str(_("Hand-over taken back: %(person)s") % {"person": taker})
            measure.entries.create(kind="adjustment", text=text, by=by, by_name=by.display_name)
    row.improvements.filter(pk__in=parts.improvements).update(owner=taker)
    for plan in row.plans.filter(pk=parts.plan):
        plan.author = taker
        plan.save(update_fields=["author"])
        plan.writers.add(taker)
    checks = [
        int(kind.partition(":")[2]) for kind, _cycle in parts.deadlines if kind.startswith("elsewhere:")
    ]
    row.elsewhere_checks.filter(pk__in=checks, owner=giver).update(owner=taker)
    for kind, cycle in parts.deadlines:
        hand_to(row.case, kind, cycle=cycle, owner=taker)
    return [measure.number for measure in measures if measure.number]


@dataclass
class Outcome:
    """What became of a hand-over of several cases."""

    done: list[tuple[Incident, Person, Parts]] = field(default_factory=list)
    refused: dict[int, Refused] = field(default_factory=dict)  # incident's id -> why


def hand_over_all(
    choices: Iterable[tuple[Incident, Person]], *, by: Person, giver: Person, reason: str
) -> Outcome:
    """Hand over each case to its successor; one that is refused doesn't stop the others."""
    outcome = Outcome()
    for incident, taker in choices:
        try:
            row, parts = hand_over(incident, by=by, giver=giver, taker=taker, reason=reason)
        except Refused as refused:
            outcome.refused[incident.pk] = refused
        else:
            outcome.done.append((row, taker, parts))
    return outcome
