"""What the page of a complaint offers: the register of acts on a complaint, filled by complaints/offers/."""

from dataclasses import dataclass

from incidents import register
from incidents.register import Offer, Register

from . import gates, permissions
from .forms.acts import ComplaintForm
from .models import Complaint

__all__ = ["Act", "Offer", "all_acts", "find", "offer", "open_to"]


@dataclass(frozen=True, kw_only=True)
class Act(register.Act):
    """One act on a complaint."""

    states: tuple[str, ...]
    form: type[ComplaintForm] = ComplaintForm
    back: str = "complaint"
    template: str = "complaints/act.html"

    def fits(self, complaint: Complaint) -> bool:
        return complaint.state in self.states


REGISTER = Register(
    permissions.ACTS, permissions.Standing, forward_step=lambda complaint: gates.FORWARD.get(complaint.state)
)
offer, find, all_acts, open_to = REGISTER.offer, REGISTER.find, REGISTER.all_acts, REGISTER.open_to
