"""What the workbench of the analysis shows: two trees of causes, drawn; the words; earlier rounds; looking elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from history.signing import still_says
from incidents import gates
from incidents.models import Incident
from incidents.permissions import Standing
from incidents.stages import Stage
from people.models import Person

from . import elsewhere, fishbone
from .analyse import content, signed_as
from .models import Analysis, Cause
from .reading import Case, case_of
from .sections import has_reached


@dataclass(frozen=True)
class Side:
    """One of the two questions, with its tree, its chains of whys and its picture."""

    key: str
    label: str
    effect: str  # what the head of the fishbone says
    causes: list[Cause]

    @property
    def nodes(self) -> list[fishbone.Node]:
        return fishbone.tree(self.causes)

    @property
    def chains(self) -> list[list[Cause]]:
        return fishbone.chains(self.causes)

    @property
    def bones(self) -> list[fishbone.Bone]:
        """Those on which something hangs."""
        return [bone for bone in fishbone.bones(self.causes) if bone.ribs]

    @property
    def in_order(self) -> list[Cause]:
        return [node.cause for node in fishbone.walk(self.nodes)]

    @property
    def roots(self) -> int:
        return sum(cause.is_root for cause in self.causes)

    @property
    def drawn(self) -> SafeString:
        return fishbone.draw(self.causes, self.effect, key=f"fish-{self.key}")


def side_called(name: str) -> str:
    """The side that an address names; why it happened, where it names none."""
    return name if name in Cause.Side.values else Cause.Side.OCCURRENCE


def sides(incident: Incident, cycle: int) -> list[Side]:
    """Both questions about one round, whether anything answers them or not."""
    case = case_of(incident)
    problem = head(incident, case.analyses.get(cycle))
    effects = {
        Cause.Side.OCCURRENCE: problem,
        Cause.Side.ESCAPE: _("Not noticed: %(effect)s") % {"effect": problem},
    }
    return [
        Side(key, label, effects[key], [cause for cause in case.causes_in(cycle) if cause.side == key])
        for key, label in Cause.Side.choices
    ]


def head(incident: Incident, analysis: Analysis | None) -> str:
    """What the head of the fishbone says: the problem, or the case's title until somebody has put it in words."""
    return (analysis.problem if analysis else "") or incident.title


def bench(incident: Incident, person: Person, *, side: str) -> dict:
    """Everything that the page shows, in the same number of statements for three causes and for sixty."""
    case = case_of(incident)
    standing = Standing(person, incident)
    in_hand = incident.stage == Stage.ANALYSE and not incident.short_path
    both = sides(incident, incident.cycle)
    return {
        "sides": both,
        "side": next(one for one in both if one.key == side),
        "analysis": case.analyses.get(incident.cycle) or Analysis(incident=incident, cycle=incident.cycle),
        "editable": in_hand and standing.allows("analyse"),
        "may_conclude": in_hand and standing.allows("conclude"),
        "gate": gates.gate(incident, "conclude") if in_hand else [],
        "bone_choices": bone_choices(case.causes_in(incident.cycle)),
        "report_signature": report_signature(case, incident.cycle),
        "earlier": earlier(case),
        "taken_over": taken_over(case),
        "elsewhere": elsewhere.listed(incident, standing),
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


def report_signature(case: Case, cycle: int) -> dict | None:
    """The last signature under a round's cause report, and whether the report still says what was signed."""
    analysis = case.analyses.get(cycle)
    signature = case.report_signatures.get(signed_as(analysis)) if analysis else None
    return signature and {"row": signature, "holds": still_says(signature, content(case, analysis))}


def taken_over(case: Case) -> set[str]:
    """The words of this round's causes: an earlier one that says the same need not be taken over again."""
    return {cause.text for cause in case.causes_in(case.incident.cycle)}


def is_there(incident: Incident) -> bool:
    """Is there anything to look at yet?"""
    return has_reached(incident, Stage.ANALYSE)
