"""The exit gates: which facts of the current round must be there before a step may be taken (DOMAIN §2).

Each gate is a list of conditions with the words in which the page shows them, met or missing. Stages 3 to 7 ask the
apps above by related name; nothing is imported from them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Role

from . import cosignatures, planning
from .stages import Severity, Stage


@dataclass(frozen=True)
class Condition:
    """One line of a gate's checklist; `anchor` is the part of the incident page where it can be met."""

    label: str | Promise
    met: bool
    anchor: str = ""


def _substantiate(incident) -> list[Condition]:
    return [
        Condition(
            _("Type, time, place and description are given"), bool(incident.description and incident.type_id)
        ),
        Condition(_("A severity is chosen"), incident.severity is not None, "judge"),
        Condition(
            _("Short path only for minor incidents, with the on-the-spot correction described"),
            not incident.short_path
            or (incident.severity == Severity.MINOR and bool(incident.correction.strip())),
            "judge",
        ),
    ]


def _merge(incident) -> list[Condition]:
    return [Condition(_("The other incident is named"), incident.merged_into_id is not None, "judge")]


def _bring_over(incident) -> list[Condition]:
    return [
        Condition(_("It was imported from another system"), bool(incident.external_id)),
        Condition(_("It says when it was closed there"), incident.closed_at is not None),
        Condition(_("A severity is chosen"), incident.severity is not None),
    ]


def _confirm(incident) -> list[Condition]:
    if incident.short_path:
        return _corrected(incident)
    attributions = incident.attributions.filter(attempt=incident.attempt)
    agreed = set(incident.agreements.filter(attempt=incident.attempt).values_list("role", "person"))
    roles, people = {role for role, _person in agreed}, {person for _role, person in agreed}
    shares = attributions.aggregate(total=Sum("share"))["total"] or 0
    return [
        Condition(_("The facts are verified"), bool(incident.facts_verified.strip()), "facts"),
        Condition(
            _("Responsible unit and person are named"),
            incident.responsible_person_id is not None,
            "attribution",
        ),
        Condition(_("The shares add up to 100 %"), shares == 100, "attribution"),
        Condition(_("The service supervisor agrees"), Role.SUPERVISOR in roles, "agreement"),
        Condition(
            _("The quality manager agrees, as a second person"),
            Role.QUALITY in roles and len(people) >= 2,
            "agreement",
        ),
    ]


def _conclude(incident) -> list[Condition]:
    if incident.short_path:
        return _corrected(incident)
    analysis = incident.analyses.filter(cycle=incident.cycle).first()
    standing = Q(proofs__evidence=None) | Q(proofs__evidence__withdrawn_at=None)
    proofs = Count("proofs", filter=Q(proofs__isnull=False) & standing)
    roots = _roots(incident).annotate(proof=proofs).values_list("proof", flat=True)
    conditions = [
        Condition(_("At least one root cause is confirmed"), bool(roots), "causes"),
        Condition(_("Every confirmed root cause has evidence"), bool(roots) and all(roots), "causes"),
        Condition(
            _("The cause report is written"), bool(analysis and analysis.report.strip()), "cause-report"
        ),
        Condition(
            _("No objection of the responsible side is undecided"),
            not incident.objections.filter(upheld=None).exists(),
            "objection",
        ),
    ]
    if incident.cycle > 1:
        conditions.append(
            Condition(
                _("It says why the last analysis failed"),
                bool(analysis and analysis.why_differs.strip()),
                "cause-report",
            )
        )
    return conditions


def _roots(incident):
    return incident.causes.filter(cycle=incident.cycle, status="confirmed", is_root=True)


def plan_conditions(incident, plan) -> list[Condition]:
    """What a plan must hold before it can be submitted, and again before it can be approved."""
    roots = planning.roots(incident)
    measures = list(plan.measures.all()) if plan else []
    return [
        Condition(
            _("Every root cause has at least one measure"),
            bool(roots) and roots <= {measure.cause_id for measure in measures},
            "measures",
        ),
        Condition(
            _("Every measure has an owner, a due date and a target"),
            bool(measures)
            and all(measure.owner_id and measure.due_on and measure.target for measure in measures),
            "measures",
        ),
        Condition(_("Feasibility is assessed"), bool(plan and plan.feasibility.strip()), "plan"),
        Condition(_("The expected effect is assessed"), bool(plan and plan.expected_effect.strip()), "plan"),
        Condition(
            _("How the effect will be verified is fixed"), getattr(plan, "design", None) is not None, "design"
        ),
    ]


def _approve(incident) -> list[Condition]:
    if incident.short_path:
        return _corrected(incident)
    plan = planning.in_hand(incident)
    return [
        Condition(
            _("A plan is submitted for approval"), plan is not None and plan.status == "submitted", "plan"
        ),
        *plan_conditions(incident, plan),
        *(Condition(label, met, "cosignatures") for label, met in cosignatures.conditions(incident, plan)),
    ]


def _complete(incident) -> list[Condition]:
    if incident.short_path:
        return _corrected(incident)
    measures = list(
        incident.measures.filter(plan__cycle=incident.cycle, plan__status="approved").annotate(
            proven=Count("pk", filter=Q(entries__kind="completion", entries__proofs__isnull=False)),
            checked=Count(
                "pk",
                filter=Q(entries__kind="check", entries__in_order=True, entries__at__gte=F("done_at")),
            ),
        )
    )
    done = [measure for measure in measures if measure.status == "done"]
    return [
        Condition(
            _("Every measure is done, or withdrawn with an approved reason"),
            bool(measures) and all(measure.status in ("done", "withdrawn") for measure in measures),
            "measures",
        ),
        Condition(
            _("Every finished measure has evidence"),
            bool(done) and all(measure.proven for measure in done),
            "measures",
        ),
        Condition(
            _("Every finished measure was checked by somebody who carried nothing out"),
            bool(done) and all(measure.checked for measure in done),
            "ledger",
        ),
    ]


def _judged(*verdicts: str) -> Callable:
    def conditions(incident) -> list[Condition]:
        if incident.short_path:
            return _corrected(incident)
        rounds = [row for row in incident.verifications.all() if row.cycle == incident.cycle]
        last = rounds[-1] if rounds else None
        return [
            Condition(_("Before and after are compared with data"), last is not None, "verification"),
            Condition(
                _("The verdict is given with reasons"),
                bool(last and last.verdict in verdicts),
                "verification",
            ),
        ]

    return conditions


def _archive(incident) -> list[Condition]:
    if incident.short_path:
        return _corrected(incident)
    rows = [row for row in incident.improvements.all() if row.cycle == incident.cycle]
    done = [row.is_settled for row in rows]
    passed_on = [row for row in rows if row.kind == "spread"]
    acknowledged = [
        Condition(
            _("Every unit it was passed on to has said whether it applies there"),
            not any(row.awaits_acknowledgement for row in passed_on),
            "improvements",
        )
    ]
    return [
        Condition(_("Lessons are drawn"), bool(incident.lessons.strip()), "lessons"),
        Condition(
            _("A change to manuals, training or other units is recorded, or why none is needed"),
            bool(done),
            "improvements",
        ),
        *(acknowledged if passed_on else []),
        Condition(_("Every change is done, with proof"), bool(done) and all(done), "improvements"),
    ]


def _corrected(incident) -> list[Condition]:
    """The short path: the on-the-spot correction is the fact that every stage rests on."""
    return [
        Condition(_("The on-the-spot correction is described"), bool(incident.correction.strip()), "judge")
    ]


def _reopen(incident) -> list[Condition]:
    return [Condition(_("A severity is chosen"), incident.severity is not None, "reopen")]


def _open(incident) -> list[Condition]:
    return []


GATES: dict[str, Callable] = {
    "substantiate": _substantiate,
    "dismiss": _open,
    "merge": _merge,
    "bring_over": _bring_over,
    "confirm": _confirm,
    "uphold_objection": _open,
    "conclude": _conclude,
    "approve": _approve,
    "complete": _complete,
    "judge_effective": _judged("effective"),
    "judge_not_effective": _judged("not_effective"),
    "archive": _archive,
    "reopen": _reopen,
}

#: The step that leaves each stage forwards: its gate is the checklist that the page shows.
FORWARD = {
    Stage.IDENTIFY: "substantiate",
    Stage.CONFIRM: "confirm",
    Stage.ANALYSE: "conclude",
    Stage.PLAN: "approve",
    Stage.TRACK: "complete",
    Stage.VERIFY: "judge_effective",
    Stage.IMPROVE: "archive",
}


def gate(incident, step: str) -> list[Condition]:
    """The checklist of a step, for the round the incident is in."""
    return GATES[step](incident)


def missing(incident, step: str) -> list[str | Promise]:
    """What is not there yet."""
    return [condition.label for condition in gate(incident, step) if not condition.met]


def ready_for(step: str) -> Callable:
    """The step's gate as a condition of the state machine."""

    def ready(incident) -> bool:
        return not missing(incident, step)

    ready.__name__ = f"ready_to_{step}"
    return ready
