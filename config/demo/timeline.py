"""One timeline for all cases: every act is done at its moment, in the order in which a year would have brought them.

So numbers ascend with the day of the report, and the history, its chains and seals are as they would be.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Act = Callable[[], None]


def clock_at(moment: dt.datetime):
    """The clock stands at that moment within; `move_to` sets it on."""
    import time_machine  # for development only: production has neither the package nor the demo

    return time_machine.travel(moment, tick=False)


@dataclass
class Timeline:
    """Acts with their moments. What lies behind `now` is still to come: it is left undone, and so cases stay open."""

    now: dt.datetime
    turns: list[tuple[dt.datetime, int, Act]] = field(default_factory=list)

    def add(self, moment: dt.datetime, act: Act) -> None:
        if moment < self.now:
            self.turns.append((moment, len(self.turns), act))

    def play(self) -> None:
        """Do everything, with the clock set to each moment."""
        with clock_at(self.now) as clock:
            for moment, _order, act in sorted(self.turns, key=lambda turn: turn[:2]):
                clock.move_to(moment)
                act()


class Diary:
    """The acts of one case, each a little later than the one before."""

    STEP = dt.timedelta(minutes=3)

    def __init__(self, timeline: Timeline):
        self.timeline = timeline
        self.last: dt.datetime | None = None

    def note(self, moment: dt.datetime, act: Act) -> None:
        """Do `act` at that moment, or just after what this case did last if that is later."""
        if self.last is not None:
            moment = max(moment, self.last + self.STEP)
        self.last = moment
        self.timeline.add(moment, act)

    def spread(self, start: dt.datetime, end: dt.datetime, acts: Iterable[Act]) -> None:
        """Do these acts one after another between two moments."""
        acts = list(acts)
        for number, act in enumerate(acts, start=1):
            self.note(start + (end - start) * number / (len(acts) + 1), act)
