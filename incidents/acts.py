"""What the incident page offers: the register of acts on an incident. The apps above add theirs when they load."""

from dataclasses import dataclass

from . import gates, permissions, register
from .forms.acts import ActForm
from .models import Incident
from .register import Offer, Register

__all__ = ["Act", "Offer", "all_acts", "find", "offer", "open_to"]


@dataclass(frozen=True, kw_only=True)
class Act(register.Act):
    """One act on an incident."""

    stages: tuple[str, ...]
    form: type[ActForm] = ActForm
    back: str = "incident"
    template: str = "incidents/act.html"

    def fits(self, incident: Incident) -> bool:
        return incident.stage in self.stages


REGISTER = Register(
    permissions.ACTS, permissions.Standing, forward_step=lambda incident: gates.FORWARD.get(incident.stage)
)
offer, find, all_acts, open_to = REGISTER.offer, REGISTER.find, REGISTER.all_acts, REGISTER.open_to
