"""What the demo accounts find: cases that stand just there today, so that each of them has something to do."""

import datetime as dt
from collections.abc import Sequence
from random import Random

from incidents.stages import Stage

from .cases import Case, Short, Told, World, names_of
from .longway import Long
from .pace import ZONE, at, coming_close, entered, pace, snapped, working_day
from .scenarios import Planned, by_key, library
from .scenarios import plan as read_plan
from .year import TO_AGREEMENT, TO_VERDICT

#: The step with which a case comes to a stage.
ENTRY = {
    Stage.IDENTIFY: "reported", Stage.CONFIRM: "judged", Stage.ANALYSE: "agreed", Stage.PLAN: "concluded",
    Stage.TRACK: "approved", Stage.VERIFY: "completed", Stage.IMPROVE: "verified",
}  # fmt: skip
#: The step that a case in this stage has before it: some of its acts are done already.
AHEAD = {
    Stage.ANALYSE: "concluded", Stage.PLAN: "submitted", Stage.TRACK: "completed", Stage.IMPROVE: "archived",
}  # fmt: skip


class Watched(Long):
    """Its effect is watched until a day that is told."""

    until: dt.date

    def watch_until(self, today: dt.date) -> dt.date:
        return max(self.until, today + dt.timedelta(days=1))


class Weak(Long):
    """Its plan only teaches and reminds: nothing keeps the same thing from happening again."""

    @property
    def planned(self) -> list[Planned]:
        return read_plan(self.scenario.weak)


class Unanswered(Long):
    unanswered = True


class Live:
    """Makes the cases; days are counted from the next close of business, working days where the stage counts those."""

    def __init__(self, world: World):
        self.world, self.rng = world, Random(world.seed + 1)
        self.today = coming_close(world.now)

    def day(self, days: int, *, working: bool = True) -> dt.date:
        """So many days from today; moved to a working day: forwards, or backwards when it has passed."""
        if days < 0:
            past = self.world.now.astimezone(ZONE).date() + dt.timedelta(days=days)
            return snapped(at(past, 12), back=True).date()
        day = self.today + dt.timedelta(days=days)
        return working_day(day) if working else day

    def case(
        self,
        stage: str,
        key: str,
        unit: str,
        due: int = 3,
        *,
        then: Sequence[str] = (),
        severity: int = 2,
        by: str = "",
        kind: str = "",
        rounds: int = 1,
        made: type[Long] = Long,
        dues: tuple[int, ...] = (),
        undone: tuple[int, ...] = (),
        asked: int | None = None,
        trouble: float = 0.0,
    ) -> Case:
        """A case of the long way that stands in `stage` now, due in `due` days; `then` is what else happened there."""
        rng = Random(self.rng.getrandbits(64))
        case = made(self.world, by_key(key), unit, rng, Told(by=by, kind=kind, severity=severity))
        case.dues, case.undone, case.asked, case.trouble = dues, undone, asked, trouble
        whole = names_of(*TO_AGREEMENT, *TO_VERDICT * rounds, "archived")
        name = ENTRY[stage]
        if rounds > 1:
            name = "verified" if stage == Stage.ANALYSE else f"{name}{rounds}"
        entry = entered(stage, severity, self.day(due), rng.uniform(9.2, 16.5))
        if stage == Stage.TRACK:
            entry = snapped(at(self.today - dt.timedelta(days=16), 10.5), back=True)
        entry = min(entry, self.world.now - dt.timedelta(hours=rng.uniform(1, 2.5)))
        steps = whole[: whole.index(name) + 1]
        when = pace(steps, rng, name, entry)
        when |= self._then(then, entry)
        if ahead := AHEAD.get(stage if not then else ""):
            number = "" if rounds == 1 or stage == Stage.IMPROVE else str(rounds)
            when[f"{ahead}{number}"] = self.world.now + dt.timedelta(days=1)
        case.plan_days(when)
        return case

    def _then(self, steps: Sequence[str], entry: dt.datetime) -> dict[str, dt.datetime]:
        """These steps at working hours between the entry and now."""
        span = self.world.now - entry
        moments, last = {}, entry
        for number, step in enumerate(steps, start=1):
            moment = snapped(entry + span * number / (len(steps) + 1))
            if not last < moment < self.world.now:
                moment = entry + span * number / (len(steps) + 1)
            moments[step] = last = moment
        return moments

    def short(self, number: int, unit: str, *steps: str, days: float, by: str = "") -> Case:
        """A minor case reported so many days ago."""
        rng = Random(self.rng.getrandbits(64))
        fitting = [s for s in library("minor") if unit in s.at and not s.months]
        case = Short(
            self.world, fitting[number % len(fitting)], unit, rng, Told(by=by, kind="self" if by else "")
        )
        self._begin(case, names_of("reported", *steps), rng, days)
        return case

    def dismissed(self, number: int, unit: str, *steps: str, days: float, by: str = "") -> Case:
        rng = Random(self.rng.getrandbits(64))
        fitting = [s for s in library("dismissed") if unit in s.at]
        case = Long(
            self.world, fitting[number % len(fitting)], unit, rng, Told(by=by, kind="self" if by else "")
        )
        self._begin(case, names_of("reported", "dismissed", *steps), rng, days)
        return case

    def past(
        self, key: str, unit: str, steps: Sequence[str], days: float, *, by: str = "", severity: int = 2
    ) -> Case:
        """A case reported so many days ago that took these steps."""
        rng = Random(self.rng.getrandbits(64))
        case = Long(self.world, by_key(key), unit, rng, Told(by=by, severity=severity))
        self._begin(case, names_of(*steps), rng, days)
        return case

    def _begin(self, case: Case, steps: list[str], rng: Random, days: float) -> None:
        moment = self.world.now - dt.timedelta(days=days)
        if days > 2:
            moment = at(moment.astimezone(ZONE).date(), rng.uniform(7, 20))
        when = pace(steps, rng, "reported", moment)
        late = [name for name, at_ in when.items() if at_ >= self.world.now]
        if late:  # reported a moment ago: what follows follows at once
            when = {name: moment for name, moment in when.items() if name not in late} | self._then(
                late, moment
            )
        case.plan_days(when)


def live_cases(world: World) -> list[Case]:
    make = Live(world)
    return [
        *_for_the_site_manager(make), *_for_the_supervisor(make), *_for_the_quality_manager(make),
        *_for_the_owner(make), *_for_the_reporter(make), *_elsewhere(make),
    ]  # fmt: skip


def _for_the_site_manager(make: Live) -> list[Case]:
    """Reports to judge: one waits too long already."""
    identify = Stage.IDENTIFY
    return [
        make.case(identify, "toilet", "C5", -1),
        make.case(identify, "luggage", "C3", 0, by="reporter", severity=3),
        make.case(identify, "doublecharge", "C3", 0, by="handler", kind="other"),
        make.case(identify, "ticketcheck", "C5", 1),
        make.short(1, "C3", days=0.08),
    ]


def _for_the_supervisor(make: Live) -> list[Case]:
    """Responsibility to propose."""
    confirm = Stage.CONFIRM
    return [
        make.case(confirm, "nursing", "NJ", 0, by="handler", kind="other"),
        make.case(confirm, "ticketcheck", "C5", 0),
        make.case(confirm, "attitude", "SZ", -2),
        make.case(confirm, "latenotice", "HZ", 1, severity=2),
        make.case(confirm, "seat", "C3", 1, by="reporter"),
        make.case(confirm, "toilet", "C3", 1),
        make.short(2, "HZ", "judged", "refused", days=3.2),
    ]


def _for_the_quality_manager(make: Live) -> list[Case]:
    """Something of every kind that a quality manager does: two overdue, some due at the next close of business."""
    overdue_plan = make.case(
        Stage.PLAN, "gatequeue", "HZ", -2, then=("submitted",), severity=3, by="handler", kind="other"
    )
    watched = make.case(Stage.VERIFY, "lift", "HZ", 9, then=("watched",), severity=3, made=_watched(make, 0))
    watched_on = make.case(Stage.VERIFY, "desk", "SZ", 9, then=("watched",), made=_watched(make, 6))
    return [
        overdue_plan, watched, watched_on,
        make.case(Stage.CONFIRM, "attitude", "NJ", 0, then=("attributed",)),
        make.case(Stage.CONFIRM, "escalator", "HZ", -1, then=("attributed",), severity=4),
        make.case(Stage.CONFIRM, "food", "C5", 1, then=("attributed",), severity=3),
        make.case(Stage.PLAN, "seat", "C5", 2, then=("submitted",)),
        make.case(Stage.PLAN, "attitude", "SZ", 2, then=("submitted",), made=Weak),
        make.case(Stage.VERIFY, "ramp", "NJ", 0, severity=3),
        make.case(Stage.VERIFY, "doublecharge", "C5", 4, rounds=2),
        make.case(Stage.IMPROVE, "wetstairs", "WX", 2, severity=3),
        make.case(Stage.IMPROVE, "toilet", "C3", 6, rounds=2, made=Unanswered),
        make.short(3, "NJ", "judged", days=1.4),
        make.short(4, "SZ", "judged", days=0.6),
        make.past("latenotice", "SZ", (*TO_AGREEMENT, "objected"), 6.5, severity=2),
    ]  # fmt: skip


def _watched(make: Live, days: int) -> type[Watched]:
    return type("Watched", (Watched,), {"until": make.day(days, working=False)})


def _for_the_owner(make: Live) -> list[Case]:
    """An analysis, a plan that came back, and measures: one overdue, one due today, others later."""
    return [
        make.case(Stage.ANALYSE, "climate", "C5", 2, severity=3),
        make.case(Stage.ANALYSE, "climate", "C2", -1, rounds=2, severity=3),
        make.case(Stage.PLAN, "climate", "C3", 1, then=("submitted", "returned"), severity=3, by="reporter"),
        make.case(Stage.TRACK, "climate", "C5", dues=(-2, 0, 9), undone=(0, 1, 2), severity=2),
        make.case(Stage.TRACK, "heating_en", "C1", dues=(3, 12), undone=(0, 1), severity=2),
        make.case(Stage.TRACK, "climate", "C3", dues=(6, -5, 14), undone=(0, 2), asked=0, severity=3),
    ]


def _for_the_reporter(make: Live) -> list[Case]:
    """Own reports at several stages; one dismissed with a reason, one joined with another."""
    return [
        make.case(Stage.ANALYSE, "luggage", "C3", 2, by="reporter", severity=3),
        make.case(Stage.TRACK, "ticketcheck", "C3", dues=(5, 8), undone=(0, 1), by="reporter"),
        make.case(Stage.TRACK, "seat", "C5", dues=(-6, 7, 3), undone=(1, 2)),
        make.case(Stage.TRACK, "doublecharge", "C5", dues=(12, 9, 2), undone=(0, 1, 2), by="handler", kind="other"),
        make.dismissed(1, "C3", days=12, by="reporter"),
        make.dismissed(0, "C3", days=33, by="reporter"),
        make.short(0, "C3", "merged", "judged", "accepted", days=19, by="reporter"),
        make.short(5, "C3", "judged", "accepted", days=27, by="reporter"),
        make.past("doublecharge", "C3", (*TO_AGREEMENT, *TO_VERDICT, "archived"), 104, by="handler"),
        make.past("toilet", "C3", (*TO_AGREEMENT, *TO_VERDICT, "archived"), 118, by="reporter"),
        make.past("climate", "C3", (*TO_AGREEMENT, *TO_VERDICT * 2, "archived"), 200, by="reporter", severity=3),
    ]  # fmt: skip


def _elsewhere(make: Live) -> list[Case]:
    """The other divisions, with what doesn't go smoothly: overdue at every stage, reopened, objected to."""
    closed = (*TO_AGREEMENT, *TO_VERDICT, "archived")
    upheld = (*TO_AGREEMENT, "objected", "decided", "attributed", "agreed", *TO_VERDICT, "archived")
    return [
        make.case(Stage.IDENTIFY, "sign_hk", "KL", -2),
        make.case(Stage.IDENTIFY, "english_en", "SH", 0),
        make.case(Stage.CONFIRM, "counter_hk", "KL", -3),
        make.case(Stage.CONFIRM, "desk", "NC", 1, then=("attributed",)),
        make.case(Stage.ANALYSE, "lift", "HF", -4, severity=3),
        make.case(Stage.ANALYSE, "counter_hk", "KL", 3, rounds=2, severity=2),
        make.case(Stage.ANALYSE, "hotline", "K", 2, rounds=2, severity=3),
        make.case(Stage.PLAN, "berth_hk", "C1", -3),
        make.case(Stage.PLAN, "ramp", "NC", 2),
        make.case(Stage.PLAN, "lift", "SH", 1, then=("submitted",), severity=3),
        make.case(Stage.TRACK, "passport_en", "KL", dues=(-4, 8), undone=(0, 1)),
        make.case(Stage.TRACK, "hotline", "K", dues=(-9, 2, 11), undone=(1, 2), trouble=0.6),
        make.case(Stage.TRACK, "wetstairs", "NC", dues=(-11, 1, 7), undone=(1, 2), rounds=2),
        make.case(Stage.TRACK, "gatequeue", "SH", dues=(-7, 4, -6), undone=(1,), severity=3, trouble=0.4),
        make.case(Stage.VERIFY, "berth_hk", "C1", -2),
        make.case(Stage.VERIFY, "lift", "HF", 5, rounds=2, severity=3),
        make.case(Stage.IMPROVE, "english_en", "SH", -3),
        make.case(Stage.IMPROVE, "escalator", "SH", 3, severity=4),
        make.past("latenotice", "NJ", upheld, 150, severity=3),
        make.past("food", "F", (*TO_AGREEMENT, "objected", "decided", *TO_VERDICT, "archived"), 140, severity=3),
        make.past("seat", "C2", (*closed, "reopened"), 124),
        make.past("gatequeue", "SH", (*closed, "reopened", *TO_VERDICT, "archived"), 235, severity=3),
        make.short(2, "HF", "judged", "accepted", "reopened", days=24),
        make.dismissed(0, "HF", "reopened", days=15),
    ]  # fmt: skip
