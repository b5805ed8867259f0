"""How far a measure has slipped against the date that was approved with its plan. That date is never changed."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import Measure


@dataclass(frozen=True)
class Slippage:
    """In days: `moved` by granted extensions; `late` past the present date, of a measure that is still open; `after`
    the original date, of one that is done (negative: before it, None: not done).
    """

    moved: int = 0
    late: int = 0
    after: int | None = None

    @property
    def days(self) -> int:
        """Days behind the original date, as it stands now; 0 when it is held."""
        return max(0, self.moved + self.late if self.after is None else self.after)

    def in_words(self) -> list[str]:
        """A phrase for each thing to know; none for a measure that keeps its date."""
        said = []
        if self.moved:
            said.append(ngettext("moved by %(n)d day", "moved by %(n)d days", self.moved) % {"n": self.moved})
        if self.late:
            said.append(ngettext("%(n)d day overdue", "%(n)d days overdue", self.late) % {"n": self.late})
        if self.after is not None and self.after > 0:
            said.append(
                ngettext(
                    "done %(n)d day after the original date", "done %(n)d days after the original date", self.after
                )
                % {"n": self.after}
            )  # fmt: skip
        elif self.after is not None:
            said.append(_("done by the original date"))
        return said


def slippage_of(measure: Measure, today: dt.date | None = None) -> Slippage:
    """Of an approved measure; nothing of a draft, which has no date that it could be held to."""
    if measure.due_on is None or measure.original_due_on is None:
        return Slippage()
    moved = (measure.due_on - measure.original_due_on).days
    if measure.status == Measure.Status.WITHDRAWN:
        return Slippage(moved)
    if measure.done_at:
        return Slippage(moved, after=(timezone.localdate(measure.done_at) - measure.original_due_on).days)
    return Slippage(moved, max(0, ((today or timezone.localdate()) - measure.due_on).days))
