"""Who is told how long before and after something is due: the steps of the nearest unit that has any, else these.

A step names a moment relative to the due one, an audience, and whether it comes again. Steps of several audiences at
the same moment reach several people; nobody is told the same thing twice.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from people.models import Person, Role, Unit

from .models import Deadline, EscalationStep

Audience = EscalationStep.Audience
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """One step: `offset` from the due moment (negative: before it), again every `repeat` if that is given."""

    offset: dt.timedelta
    audience: str
    repeat: dt.timedelta | None = None

    @property
    def is_early(self) -> bool:
        return self.offset < dt.timedelta()

    def first_after(self, due_at: dt.datetime, moment: dt.datetime) -> dt.datetime | None:
        """The first moment of this step that lies after `moment`; None when it has had its last."""
        first = due_at + self.offset
        if first > moment:
            return first
        if self.repeat is None or self.is_early:
            return None
        return first + ((moment - first) // self.repeat + 1) * self.repeat

    def last_until(self, due_at: dt.datetime, moment: dt.datetime) -> dt.datetime | None:
        """The latest moment of this step that has come by `moment`."""
        first = due_at + self.offset
        if first > moment:
            return None
        if self.repeat is None or self.is_early:
            return first
        return first + (moment - first) // self.repeat * self.repeat


Steps = tuple[Step, ...]

#: How long before the due moment a step can lie at most.
EARLIEST = 14 * DAY

#: Where no unit has said otherwise: a day before; when it is due, and daily from there; two days late it goes to the
#: unit's manager and the quality manager, a week late to the executive.
AT_THE_DUE_MOMENT = Step(dt.timedelta(), Audience.OWNER, DAY)
DEFAULT: Steps = (
    Step(-DAY, Audience.OWNER),
    AT_THE_DUE_MOMENT,
    Step(2 * DAY, Audience.MANAGER),
    Step(2 * DAY, Audience.QUALITY),
    Step(7 * DAY, Audience.EXECUTIVE),
)

ROLES = {
    Audience.MANAGER: Role.SITE_MANAGER,
    Audience.QUALITY: Role.QUALITY,
    Audience.EXECUTIVE: Role.EXECUTIVE,
}


def steps_of(units: Iterable[Unit]) -> dict[int, Steps]:
    """The steps that hold in each of these units, by its key: one statement for all of them.

    Whatever a unit has set, who it waits for is told when it is due: nothing becomes late in silence.
    """
    units = {unit.pk: unit for unit in units}
    lines = {pk for unit in units.values() for pk in unit.lineage}
    kept: dict[int, list[Step]] = {}
    for row in EscalationStep.objects.filter(unit__in=lines):
        kept.setdefault(row.unit_id, []).append(Step(row.offset, row.audience, row.repeat_every))
    for steps in kept.values():
        if not any(step.audience == Audience.OWNER and not step.offset for step in steps):
            steps.append(AT_THE_DUE_MOMENT)
    return {
        pk: next((tuple(kept[above]) for above in reversed(unit.lineage) if above in kept), DEFAULT)
        for pk, unit in units.items()
    }


def next_moment(steps: Steps, due_at: dt.datetime, after: dt.datetime) -> dt.datetime | None:
    """When somebody has to be told next about what is due then."""
    moments = [step.first_after(due_at, after) for step in steps]
    return min((moment for moment in moments if moment is not None), default=None)


def steps_to_tell(steps: Steps, deadline: Deadline, now: dt.datetime) -> list[tuple[Step, dt.datetime]]:
    """The steps whose moment has come since the deadline was last looked at, each with the latest of its moments.

    However long nothing ran, each step is told once, for what it is now: nobody hears that something is due soon when
    it is overdue already.
    """
    found = []
    for step in steps:
        moment = step.last_until(deadline.due_at, now)
        is_new = moment is not None and moment >= deadline.next_notice_at
        if is_new and not (step.is_early and now >= deadline.due_at):
            found.append((step, moment))
    return found


class Superiors:
    """Who holds the roles that steps escalate to, asked once for each unit and audience."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, frozenset[int] | None], Person | None] = {}

    def of(self, unit: Unit, audience: str, named: frozenset[int] | None = None) -> Person | None:
        """The nearest person of this audience; with `named`, the nearest of these people."""
        key = unit.pk, audience, named
        if key not in self._known:
            people = Person.objects.holding(ROLES[audience], unit)
            self._known[key] = (people if named is None else people.filter(pk__in=named)).first()
        return self._known[key]
