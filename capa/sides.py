"""The two questions of an analysis (8D, D4), each with its tree: why did it happen, why did nobody notice?"""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.models import Incident

from . import fishbone
from .models import Analysis, Cause
from .reading import case_of


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
        Side(key, str(label), effects[key], [cause for cause in case.causes_in(cycle) if cause.side == key])
        for key, label in Cause.Side.choices
    ]


def head(incident: Incident, analysis: Analysis | None) -> str:
    """What the head of the fishbone says: the problem, or the case's title until somebody has put it in words."""
    return (analysis.problem if analysis else "") or incident.title
