"""One timeline for all cases: every act is done at its moment, in the order in which a year would have brought them.

So numbers ascend with the day of the report, and the history, its chains and seals are as they would be. What takes a
number has a ticket: two processes that share the work take their numbers in the order of the tickets.
"""

import datetime as dt
import itertools
import multiprocessing
import multiprocessing.connection
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection, connections, transaction

from history.context import acting_from
from incidents.limits import asking_once

from .pace import snapped

Act = Callable[[], None]


def clock_at(moment: dt.datetime):
    """The clock stands at that moment within; `move_to` sets it on."""
    import time_machine  # for development only: production has neither the package nor the demo

    return time_machine.travel(moment, tick=False)


@dataclass
class Turn:
    """An act with its moment. `ticket` counts those that take a number."""

    moment: dt.datetime
    act: Act
    numbered: bool
    case: int
    ticket: int | None = None


@dataclass
class Timeline:
    """All acts. What lies behind `now` is still to come: it is left undone, and so cases stay open."""

    now: dt.datetime
    turns: list[Turn] = field(default_factory=list)

    def add(self, moment: dt.datetime, act: Act, *, case: int, numbered: bool) -> None:
        if moment < self.now:
            self.turns.append(Turn(moment, act, numbered, case))

    def join(self, first: "Diary", others: Iterable["Diary"]) -> None:
        """What these cases do is done by one process, in order: they have to do with each other."""
        others = list(others)
        joined = {diary.case for diary in others}
        for turn in self.turns:
            if turn.case in joined:
                turn.case = first.case
        for diary in others:
            diary.case = first.case

    def play(self, processes: int = 1) -> None:
        """Do everything. With one process in one transaction: then there is everything in the end, or nothing."""
        self.turns.sort(key=lambda turn: turn.moment)
        for ticket, turn in enumerate(turn for turn in self.turns if turn.numbered):
            turn.ticket = ticket
        if processes == 1:
            with transaction.atomic():
                self._play(self.turns, Gate())
        else:
            self._share_out(processes)

    def _play(self, turns: list[Turn], gate: "Gate") -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
        with clock_at(self.now) as clock, acting_from("web", request_id="demo"), asking_once():
            for stretch in _stretches(turns):
                with transaction.atomic(savepoint=False):
                    for turn in stretch:
                        gate.wait_for(turn.ticket)
                        clock.move_to(turn.moment)
                        turn.act()
                gate.let_in_after(stretch[-1].ticket)

    def _share_out(self, processes: int) -> None:
        """Each process plays some of the cases; they meet at every ticket."""
        context = multiprocessing.get_context("fork")
        gate = SharedGate(context)
        connections.close_all()  # a connection must not be used by two processes
        workers = [
            context.Process(target=self._play, args=(turns, gate), daemon=True)
            for turns in _parts(self.turns, processes)
        ]
        for worker in workers:
            worker.start()
        running = list(workers)
        while running:
            multiprocessing.connection.wait([worker.sentinel for worker in running])
            if any(worker.exitcode for worker in running):
                for worker in running:
                    worker.kill()
                raise RuntimeError("The demo was cut off; see above. Make it again in an empty database.")
            running = [worker for worker in running if worker.exitcode is None]


def _stretches(turns: Iterable[Turn]) -> Iterator[list[Turn]]:
    """Turns that are done in one transaction: a number is taken last, as everybody waits for whoever holds it."""
    stretch: list[Turn] = []
    for turn in turns:
        stretch.append(turn)
        if turn.ticket is not None:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _parts(turns: list[Turn], count: int) -> list[list[Turn]]:
    """Share out whole cases, so that each part has about as much to do, also month by month."""
    work: dict[int, int] = {}
    for turn in turns:
        work[turn.case] = work.get(turn.case, 0) + 1
    loads, part_of = [0] * count, {}
    for case in work:  # in the order of their first acts
        part_of[case] = loads.index(min(loads))
        loads[part_of[case]] += work[case]
    return [[turn for turn in turns if part_of[turn.case] == part] for part in range(count)]


class Gate:
    """Whoever plays alone needs not wait."""

    def wait_for(self, ticket: int | None) -> None:
        pass

    def let_in_after(self, ticket: int | None) -> None:
        pass


class SharedGate(Gate):
    """Lets tickets through one by one, in order."""

    def __init__(self, context):
        self._turn = context.Condition()
        self._next = context.Value("i", 0, lock=False)
        self._parent = os.getpid()

    def wait_for(self, ticket: int | None) -> None:
        if ticket is None:
            return
        with self._turn:
            while self._next.value != ticket:
                self._turn.wait(timeout=5)
                if os.getppid() != self._parent:
                    raise SystemExit("The demo was stopped.")

    def let_in_after(self, ticket: int | None) -> None:
        if ticket is None:
            return
        with self._turn:
            self._next.value = ticket + 1
            self._turn.notify_all()


class Diary:
    """The acts of one case, each a little later than the one before."""

    STEP = dt.timedelta(minutes=3)
    _numbers = itertools.count()

    def __init__(self, timeline: Timeline):
        self.timeline = timeline
        self.case = next(self._numbers)
        self.last: dt.datetime | None = None

    def note(self, moment: dt.datetime, act: Act, *, numbered: bool = False) -> None:
        """Do `act` at that moment, or just after what this case did last if that is later."""
        if self.last is not None:
            moment = max(moment, self.last + self.STEP)
        self.last = moment
        self.timeline.add(moment, act, case=self.case, numbered=numbered)

    def spread(self, start: dt.datetime, end: dt.datetime, acts: Iterable[Act]) -> None:
        """Do these acts one after another between two moments, at working hours."""
        acts = list(acts)
        for number, act in enumerate(acts, start=1):
            self.note_at_work(start, start + (end - start) * number / (len(acts) + 1), act)

    def note_at_work(self, start: dt.datetime, moment: dt.datetime, act: Act) -> None:
        """Do it at that moment, or at working hours before it. What is still to come stays to come."""
        self.note(moment if moment >= self.timeline.now else max(start, snapped(moment, back=True)), act)
