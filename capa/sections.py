"""What the incident page shows of stages 3 to 7. Each function gives None while there is nothing to show.

Everything is read through `reading.case_of`: the number of statements is the same for one cause and for fifty.
"""

from incidents.models import Incident
from incidents.stages import LOOP, Stage
from people.models import Person

from . import elsewhere, evaluation, fishbone, gantt, observing, planned
from .analyse import report_signature
from .improve import may_acknowledge
from .models import Improvement, LedgerEntry, Measure, Plan
from .reading import Case, case_of
from .sides import sides


def all_of(incident: Incident, person: Person) -> dict:
    """The sections by the names under which the templates know them."""
    return {
        "analysis": analysis(incident, person),
        "plan": plan(incident, person),
        "tracking": tracking(incident, person),
        "verification": verification(incident, person),
        "improvement": improvement(incident, person),
    }


def has_reached(incident: Incident, stage: str) -> bool:
    """Is the case in this stage or beyond, or was it in an earlier round?"""
    if incident.short_path:
        return False
    if incident.stage in LOOP:
        return incident.cycle > 1 or LOOP.index(incident.stage) >= LOOP.index(stage)
    return incident.stage == Stage.CLOSED


# 3 -------------------------------------------------------------------------------------------------------------------
def analysis(incident: Incident, person: Person) -> dict | None:
    """The causes of this round as fishbone, chains and outline; what earlier rounds found, and what they ruled out."""
    if not has_reached(incident, Stage.ANALYSE):
        return None
    case = case_of(incident)
    rounds = sorted({*case.analyses, *(cause.cycle for cause in case.causes), incident.cycle})
    present = _round_of_analysis(case, incident.cycle)
    return {
        **present,
        "sides": sides(incident, incident.cycle),
        "signature": report_signature(case, incident.cycle),
        "elsewhere": elsewhere.listed(incident, person, may_ask=False),
        "earlier": [_round_of_analysis(case, cycle) for cycle in reversed(rounds) if cycle < incident.cycle],
        "ruled_out": [c for c in case.causes if c.cycle < incident.cycle and c.status == "refuted"],
    }


def _round_of_analysis(case: Case, cycle: int) -> dict:
    causes = case.causes_in(cycle)
    row = case.analyses.get(cycle)
    effect = (row.problem if row else "") or case.incident.title
    nodes = fishbone.tree(causes)
    return {
        "round": cycle,
        "row": row,
        "effect": effect,
        "bones": [bone for bone in fishbone.bones(causes) if bone.ribs],
        "nodes": nodes,
        "chains": fishbone.chains(causes),
        "roots": [cause for cause in causes if cause.is_root],
    }


# 4 -------------------------------------------------------------------------------------------------------------------
def plan(incident: Incident, person: Person) -> dict | None:
    """The version that counts, with its measures; every other version of every round."""
    if not has_reached(incident, Stage.PLAN):
        return None
    shown = planned.section(incident)
    design = shown["design"]
    return {**shown, "answer": evaluation.answer_of(design) if design else None}


# 5 -------------------------------------------------------------------------------------------------------------------
def tracking(incident: Incident, person: Person) -> dict | None:
    """The measures that are carried out, each with its ledger; the requests that wait for a decision."""
    if not has_reached(incident, Stage.TRACK):
        return None
    case = case_of(incident)
    approved = [row for row in case.plans if row.status == Plan.Status.APPROVED]
    for row in approved:
        for measure in case.measures_of(row):
            measure.plan = row  # read already: the chart asks when it was approved
    rounds = [
        {"round": row.cycle, "measures": [_followed(case, measure) for measure in case.measures_of(row)]}
        for row in approved
    ]
    current = next((item["measures"] for item in rounds if item["round"] == incident.cycle), [])
    if not rounds:
        return None
    return {
        "measures": current,
        "done": sum(item["measure"].is_finished for item in current),
        "chart": gantt.chart_of((item["measure"], item["entries"]) for item in current),
        "planned_cost": sum(item["measure"].cost or 0 for item in current),
        "spent": sum(item["spent"] or 0 for item in current),
        "requests": [item for item in current if item["request"]],
        "earlier": [item for item in reversed(rounds) if item["round"] < incident.cycle],
    }


def _followed(case: Case, measure: Measure) -> dict:
    entries = [entry for entry in case.entries if entry.measure_id == measure.pk]
    return followed(measure, entries)


def followed(measure: Measure, entries: list[LedgerEntry]) -> dict:
    """A measure with its ledger (oldest first) and what follows from it."""
    answered = {entry.answers_id for entry in entries}
    waiting = [e for e in entries if e.kind in LedgerEntry.REQUESTS and e.pk not in answered]
    answers = {entry.answers_id: entry for entry in entries if entry.answers_id}
    paid = [entry.cost for entry in entries if entry.cost is not None]
    return {
        "measure": measure,
        "entries": entries,
        "asked": [(e, answers.get(e.pk)) for e in entries if e.kind in LedgerEntry.REQUESTS],
        "spent": sum(paid) if paid else None,
        "request": waiting[-1] if waiting else None,
    }


# 6 -------------------------------------------------------------------------------------------------------------------
def verification(incident: Incident, person: Person) -> dict | None:
    """Every verdict with what its figures say, and a chart of what was reported before and after."""
    if not has_reached(incident, Stage.VERIFY):
        return None
    if not case_of(incident).verifications and incident.stage != Stage.VERIFY:
        return None
    return observing.section(incident, person)


# 7 -------------------------------------------------------------------------------------------------------------------
def improvement(incident: Incident, person: Person) -> dict | None:
    """Lessons, and the changes that make them last."""
    if incident.stage not in (Stage.IMPROVE, Stage.CLOSED) and not incident.lessons:
        return None
    if incident.short_path:
        return None
    rows = case_of(incident).improvements
    present = [row for row in rows if row.cycle == incident.cycle]
    passed_on = [row for row in present if row.kind == Improvement.Kind.SPREAD]
    return {
        "rows": present,
        "lasting": [row for row in present if row.kind != Improvement.Kind.SPREAD],
        "passed_on": [
            {
                "row": row,
                "until": row.acknowledge_by,
                "mine": row.awaits_acknowledgement and may_acknowledge(row, person),
            }
            for row in passed_on
        ],
        "answered": sum(not row.awaits_acknowledgement for row in passed_on),
        "waited_for": [row for row in passed_on if row.awaits_acknowledgement],
        "earlier": [row for row in rows if row.cycle < incident.cycle],
    }
