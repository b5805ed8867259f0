"""What the workbench of the analysis shows: two trees of causes, drawn; the words; earlier rounds; looking elsewhere."""

from collections.abc import Iterable

from incidents import gates
from incidents.models import Incident
from incidents.permissions import Standing
from incidents.stages import Stage
from people.models import Person

from . import elsewhere, fishbone
from .analyse import report_signature
from .models import Analysis, Cause
from .reading import Case, case_of
from .sections import has_reached
from .sides import sides


def bench(incident: Incident, person: Person, *, side: str) -> dict:
    """Everything that the page shows, in the same number of statements for three causes and for sixty."""
    case = case_of(incident)
    standing = Standing(person, incident)
    in_hand = incident.stage == Stage.ANALYSE and not incident.short_path
    both = sides(incident, incident.cycle)
    gate = gates.gate(incident, "conclude") if in_hand else []
    return {
        "sides": both,
        "side": next(one for one in both if one.key == side),
        "analysis": case.analyses.get(incident.cycle) or Analysis(incident=incident, cycle=incident.cycle),
        "editable": in_hand and standing.allows("analyse"),
        "may_conclude": in_hand and standing.allows("conclude"),
        "gate": gate,
        "gate_met": all(item.met for item in gate),
        "bone_choices": bone_choices(case.causes_in(incident.cycle)),
        "report_signature": report_signature(case, incident.cycle),
        "earlier": earlier(case),
        "taken_over": taken_over(case),
        "elsewhere": elsewhere.listed(incident, person, may_ask=standing.allows("check_elsewhere")),
    }


def bone_choices(causes: Iterable[Cause]) -> list[tuple[str, str]]:
    """The bones that a cause can be hung on: the six, and those that this round has named."""
    own = dict.fromkeys(cause.category for cause in causes if cause.category not in Cause.Category.values)
    return [*Cause.Category.choices, *((name, name) for name in own)]


def earlier(case: Case) -> list[dict]:
    """What earlier rounds supposed, confirmed and ruled out, the last round first."""
    present = case.incident.cycle
    return [
        {
            "round": cycle,
            "row": case.analyses.get(cycle),
            "signature": report_signature(case, cycle),
            "causes": [node.cause for node in fishbone.walk(fishbone.tree(case.causes_in(cycle)))],
        }
        for cycle in range(present - 1, 0, -1)
        if case.causes_in(cycle) or cycle in case.analyses
    ]


def taken_over(case: Case) -> set[str]:
    """The words of this round's causes: an earlier one that says the same need not be taken over again."""
    return {cause.text for cause in case.causes_in(case.incident.cycle)}


def is_there(incident: Incident) -> bool:
    """Is there anything to look at yet?"""
    return has_reached(incident, Stage.ANALYSE)
