"""Small random worlds of cases, made of cheap rows, and what the totals must be there: reckoned row by row in Python."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal

from django.db.models import F

from capa.models import Measure, Plan, Recurrence, RecurrenceWatch, Verification
from complaints.models import Category, Complaint, FollowUp, Item, Response, Survey, SurveyVersion
from complaints.states import Channel as ComplaintChannel
from complaints.states import State
from history.models import Event
from incidents.models import Incident, IncidentType
from incidents.stages import LOOP, Channel, Stage
from metrics import counted
from metrics.definitions import COUNTED
from metrics.models import Total, Volume
from metrics.periods import Grain, Period, zone
from people import units as tree
from people.models import Unit
from reminders.deadlines import open_deadline
from reminders.models import Deadline
from tests.metrics.counting import volume

#: Around the end of winter time in Cuba, where the clock goes from 0:00 to 1:00: the 8th of March has no midnight.
FIRST, LAST = dt.date(2026, 3, 2), dt.date(2026, 4, 8)


class World:
    """Units, people and cases; each act changes something as the application might, or as only a correction would."""

    ACTS = (
        "report", "report", "judge", "judge", "walk", "walk", "walk", "merge", "reopen", "correct", "move_case", "pause",
        "postpone", "order", "finish", "shelve", "come_back", "come_back", "complain", "complain", "answer_complaint",
        "follow_up", "restrict", "end_complaint", "rate", "enter", "enter", "take_back", "close_unit", "move_unit", "wait",
    )  # fmt: skip

    def __init__(self, units, cast, seed: int):
        self.luck, self.units, self.cast = random.Random(seed), units, cast
        self.places = [units.crew, units.station, units.west_station, units.workshop, units.east]
        self.types = list(IncidentType.objects.order_by("code")[:2])
        self.categories = [*Category.objects.order_by("code")[:2], None]
        self.now = dt.datetime.combine(LAST, dt.time(12), zone())
        self.count = 0
        survey = Survey.objects.create(
            unit=units.rail, code="q", name="Q", purpose=Survey.Purpose.AT_UNIT, set_by=cast.quality
        )
        self.version = SurveyVersion.objects.create(survey=survey, number=1)
        kinds = [("likert5", "overall"), ("nps", ""), ("likert10", "overall")]
        Item.objects.bulk_create(
            Item(version=self.version, position=place, code=f"q{place}", kind=kind, dimension=dimension)
            for place, (kind, dimension) in enumerate(kinds)
        )

    def act(self) -> None:
        getattr(self, self.luck.choice(self.ACTS))()

    # Chance ----------------------------------------------------------------------------------------------------------
    def moment(self) -> dt.datetime:
        """Some moment, often close to midnight."""
        day = FIRST + dt.timedelta(days=self.luck.randrange((LAST - FIRST).days))
        hour = self.luck.choice([0, 0, 1, 12, 23, 23])
        minute = self.luck.choice([0, 0, 1, 59])
        return dt.datetime.combine(day, dt.time(hour, minute), zone()).astimezone(dt.UTC)

    def one_of(self, rows):
        rows = list(rows.order_by("pk"))
        return self.luck.choice(rows) if rows else None

    def place(self) -> Unit:
        return Unit.objects.get(pk=self.luck.choice(self.places).pk)

    # Incidents -------------------------------------------------------------------------------------------------------
    def report(self) -> None:
        self.count += 1
        at = self.moment()
        row = Incident.objects.create(
            number=f"SQ-{self.count}", title="t", type=self.luck.choice(self.types), description="d", severity=2,
            unit=self.place(), occurred_at=at, reported_at=at, channel=self.luck.choice([Channel.QR, Channel.SYSTEM]),
        )  # fmt: skip
        self.tell(row, "report", {}, {"unit": row.unit.code}, at)
        self.open(row, Stage.IDENTIFY)

    def tell(self, row, act, before, after, at=None) -> None:
        Event(
            case=row.case, label=row.number, act=f"incident.{act}", at=at or self.moment(), unit=row.unit, source="web",
            before=before, after=after, payload="{}", actor_name="",
        ).save(force_insert=True)  # fmt: skip

    def open(self, row, kind) -> None:
        due = self.moment() + dt.timedelta(days=self.luck.choice([0, 0, 20]))
        cycle = 1 if kind == "loop" else row.cycle if row.case.startswith("incident") else row.round
        open_deadline(
            row.case, kind, cycle=cycle, label=row.number, owner=None, unit=row.unit, due_at=due,
            opened_at=self.moment(),
        )  # fmt: skip

    def step(self, row, stage, **changes) -> None:
        """To another stage: its row, its deadlines, its history."""
        left = row.stage
        self.tell(row, "step", {"stage": left}, {"stage": stage})
        Deadline.objects.filter(subject=row.case, kind=left, closed_at=None).update(closed_at=self.moment())
        closed_at = self.moment() if stage == Stage.CLOSED else None
        Incident.objects.filter(pk=row.pk).update(stage=stage, closed_at=closed_at, **changes)
        if stage in LOOP:
            self.open(row, stage)

    def judge(self) -> None:
        if row := self.one_of(Incident.objects.filter(stage=Stage.IDENTIFY)):
            self.step(row, self.luck.choice([Stage.CONFIRM, Stage.CONFIRM, Stage.DISMISSED]))
            self.open(row, "loop")

    def walk(self) -> None:
        row = self.one_of(Incident.objects.filter(stage__in=LOOP[1:]))
        if row is None:
            return
        place = LOOP.index(row.stage)
        if row.stage == Stage.VERIFY:
            verdict = self.luck.choice(Verification.Verdict.values)
            Verification.objects.create(
                incident=row, cycle=row.cycle, metric="m", unit_of_exposure="u", before_from=FIRST, before_until=FIRST,
                before_events=1, before_exposure=1, after_from=LAST, after_until=LAST, after_events=1, after_exposure=1,
                source="s", proposal=verdict, verdict=verdict, reasons="r", watch_until=LAST, judged_at=self.moment(),
                judged_by=self.cast.quality,
            )  # fmt: skip
            if verdict == Verification.Verdict.NOT_EFFECTIVE:
                return self.step(row, Stage.ANALYSE, cycle=row.cycle + self.luck.choice([0, 1]))
        if row.stage != Stage.IMPROVE:
            return self.step(row, LOOP[place + 1])
        self.step(row, Stage.CLOSED)
        begins = self.moment()
        RecurrenceWatch.objects.update_or_create(
            incident=row,
            cycle=row.cycle,
            defaults={"begins_at": begins, "ends_at": begins + dt.timedelta(days=9), "type": row.type, "unit": row.unit},
        )  # fmt: skip

    def merge(self) -> None:
        row, other = (self.one_of(Incident.objects.exclude(stage=Stage.MERGED)) for _ in range(2))
        if row and other and row.pk != other.pk:
            self.step(row, Stage.MERGED, merged_into=other)

    def reopen(self) -> None:
        if row := self.one_of(Incident.objects.filter(stage__in=[Stage.CLOSED, Stage.DISMISSED])):
            self.step(row, Stage.CONFIRM)

    def correct(self) -> None:
        if row := self.one_of(Incident.objects.all()):
            value = self.luck.choice(
                [{"reported_at": self.moment()}, {"type": self.luck.choice(self.types)}, {"channel": "phone"}]
            )
            Incident.objects.filter(pk=row.pk).update(**value, version=F("version") + 1)

    def move_case(self) -> None:
        if row := self.one_of(self.luck.choice([Incident, Complaint]).objects.all()):
            type(row).objects.filter(pk=row.pk).update(unit=self.place())

    def pause(self) -> None:
        if row := self.one_of(Deadline.objects.filter(closed_at=None)):
            paused = (
                {"paused_at": None, "pause_reason": "", "left_when_paused": None}
                if row.paused_at
                else {"paused_at": self.now, "pause_reason": "part", "left_when_paused": dt.timedelta(days=1)}
            )
            Deadline.objects.filter(pk=row.pk).update(**paused)

    def postpone(self) -> None:
        if row := self.one_of(Deadline.objects.all()):
            Deadline.objects.filter(pk=row.pk).update(due_at=self.moment() + dt.timedelta(days=3))

    def order(self) -> None:
        if row := self.one_of(Incident.objects.all()):
            self.count += 1
            plan, _made = Plan.objects.get_or_create(
                incident=row, cycle=row.cycle, defaults={"author": self.cast.owner}
            )
            Measure.objects.create(
                number=self.luck.choice([None, f"CA-{self.count}", f"CA-{self.count}"]), incident=row, plan=plan,
                text="t", unit=self.luck.choice([None, self.place()]), due_on=LAST, original_due_on=self.moment().date(),
            )  # fmt: skip

    def finish(self) -> None:
        if row := self.one_of(Measure.objects.all()):
            status = self.luck.choice(["done", "done", "running", "withdrawn"])
            done_at = self.moment() if status == "done" else None
            Measure.objects.filter(pk=row.pk).update(status=status, done_at=done_at)

    def shelve(self) -> None:
        """Closed as effective, and watched."""
        self.report()
        row = Incident.objects.latest("pk")
        self.step(row, Stage.CLOSED)
        begins = self.moment()
        RecurrenceWatch.objects.create(
            incident=row, cycle=1, begins_at=begins, ends_at=begins + dt.timedelta(days=20), type=row.type, unit=row.unit
        )  # fmt: skip

    def come_back(self) -> None:
        if (found := self.one_of(Recurrence.objects.all())) and self.luck.random() < 0.5:
            Recurrence.objects.filter(pk=found.pk).update(status=self.luck.choice(Recurrence.Status.values))
        elif watch := self.one_of(RecurrenceWatch.objects.all()):
            if later := self.one_of(Incident.objects.exclude(pk=watch.incident_id)):
                Incident.objects.filter(pk=later.pk).update(
                    occurred_at=watch.begins_at + dt.timedelta(days=1)
                )
                Recurrence.objects.get_or_create(earlier=watch.incident, later=later)

    # Complaints ------------------------------------------------------------------------------------------------------
    def complain(self) -> None:
        self.count += 1
        row = Complaint.objects.create(
            number=f"CP-{self.count}", title="t", text="t", unit=self.place(), received_at=self.moment(), priority=1,
            channel=self.luck.choice(ComplaintChannel.values), category=self.luck.choice(self.categories),
        )  # fmt: skip
        self.open(row, "reply")

    def answer_complaint(self) -> None:
        if row := self.one_of(Complaint.objects.filter(replied_at=None)):
            at = self.moment()
            Deadline.objects.filter(subject=row.case).update(closed_at=at)
            Complaint.objects.filter(pk=row.pk).update(replied_at=at)

    def follow_up(self) -> None:
        if row := self.one_of(Complaint.objects.all()):
            FollowUp.objects.create(
                complaint=row, outcome=self.luck.choice(FollowUp.Outcome.values), at=self.moment()
            )

    def restrict(self) -> None:
        if row := self.one_of(Complaint.objects.all()):
            Complaint.objects.filter(pk=row.pk).update(sensitive=not row.sensitive)

    def end_complaint(self) -> None:
        if row := self.one_of(Complaint.objects.all()):
            at = self.moment()
            state = self.luck.choice(
                [State.OUT_OF_SCOPE, State.WITHDRAWN, State.WITHDRAWN, State.RECEIVED, State.CLOSED]
            )
            closed_at = None if state == State.RECEIVED else at
            Deadline.objects.filter(subject=row.case, closed_at=None).update(closed_at=at)
            Complaint.objects.filter(pk=row.pk).update(state=state, closed_at=closed_at)

    def rate(self) -> None:
        score = self.luck.choice
        Response.objects.create(
            version=self.version, unit=self.place(), channel=score(Response.Channel.values), answered_at=self.moment(),
            scores=[score([None, 1, 4, 5]), score([None, 0, 7, 8, 9, 10]), score([None, 9])],
            index=score([None, Decimal("0.0000"), Decimal("33.3333"), Decimal(100)]),
            complaint=score([None, self.one_of(Complaint.objects.all())]),
        )  # fmt: skip

    # What is entered -------------------------------------------------------------------------------------------------
    def enter(self, value=None) -> None:
        period = Period.containing(self.moment().date(), self.luck.choice(Grain.values))
        series = self.luck.choice(["customers.served", "complaints.received"])
        volume(series, self.place(), period, self.luck.randrange(3), part=self.luck.choice(["", "a", "b"]))

    def take_back(self) -> None:
        if row := self.one_of(Volume.objects.current()):
            volume(row.series, row.unit, Period(row.begins_on, row.grain), None, part=row.part)

    # The tree, and time ----------------------------------------------------------------------------------------------
    def close_unit(self) -> None:
        unit = self.place()
        Unit.objects.filter(pk=unit.pk).update(closed_on=None if unit.closed_on else self.moment().date())

    def move_unit(self) -> None:
        unit = self.place()
        above = Unit.objects.get(pk=self.luck.choice([self.units.east, self.units.west, self.units.rail]).pk)
        if not above.closed_on and not above.path.startswith(unit.path) and unit.parent_id != above.pk:
            tree.move_below(unit, above)

    def wait(self) -> None:
        self.now += dt.timedelta(days=self.luck.choice([1, 9]))


def kept() -> dict[tuple, Decimal]:
    """The totals that there are: (series, unit, grain, first day, facet, value) -> count."""
    columns = ("series", "unit", "grain", "begins_on", "facet", "value")
    return {tuple(key): count for *key, count in Total.objects.values_list(*columns, "count")}


def reckoned(now: dt.datetime) -> dict[tuple, Decimal]:
    """What they must be, row by row from the cases and the entered figures."""
    sums: dict[tuple, Decimal] = defaultdict(Decimal)
    lines = {unit.pk: unit.lineage for unit in Unit.objects.all()}

    def add(series, unit, period, facet, value, amount) -> None:
        for above in lines[unit]:
            sums[series, above, str(period.grain), period.first, facet, value] += Decimal(amount)

    for tally in counted.TALLIES:
        columns = ("cell_series", "cell_unit", "cell_channel", "cell_kind", "cell_bin", "cell_amount")
        for series, unit, channel, kind, bin_, amount, at in tally.cells(now).values_list(
            *columns, tally.moment
        ):
            if unit is None:
                continue
            day = at if tally.by_day else at.astimezone(zone()).date()
            for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH):
                period = Period.containing(day, grain)
                add(series, unit, period, "", "", amount)
                told = {"channel": channel, "kind": kind, "bin": "" if bin_ < 0 else str(bin_)}
                for facet, value in told.items():
                    if value and grain != Grain.DAY:
                        add(series, unit, period, facet, value, amount)
    given, firsts = set(), {}
    for row in Volume.objects.current().exclude(value=None):
        own = Period(row.begins_on, row.grain)
        finer = [Grain.DAY, Grain.WEEK, Grain.MONTH] if row.grain == Grain.DAY else [row.grain]
        periods = [Period.containing(row.begins_on, grain) for grain in finer]
        is_first = (row.series, row.unit_id, own) not in given
        given.add((row.series, row.unit_id, own))
        for period in periods:
            add(row.series, row.unit_id, period, "", "", row.value)
            add(row.series, row.unit_id, period, "entered", "", row.value)
            if is_first:
                add(row.series, row.unit_id, period, "given", "", 1)
            if row.part and period.grain != Grain.DAY:
                add(row.series, row.unit_id, period, "kind", row.part, row.value)
        key = row.series, row.unit_id, row.grain
        firsts[key] = min(firsts.get(key, own), own)
    closed = dict(Unit.objects.exclude(closed_on=None).values_list("pk", "closed_on"))
    for (series, unit, _grain), first in firsts.items():
        add(series, unit, first, "begun", "", 1)
        if unit in closed:
            after = Period.containing(closed[unit], first.grain).shifted(1)
            add(series, unit, max(first, after), "begun", "", -1)
    zero_entered = {
        key for key in sums if key[4] in ("", "entered") and sums.get((*key[:4], "given", ""))
    }  # what was entered as zero is known to be zero
    return {key: amount for key, amount in sums.items() if amount or key in zero_entered}


def unlike_the_lists(unit: Unit, month: Period, now: dt.datetime) -> dict[str, tuple]:
    """Where a figure isn't what the list behind it adds up to: series -> (kept, listed)."""
    here, found = kept(), {}
    for series in COUNTED:
        key = (series, unit.pk, str(month.grain), month.first)
        counted_ = here.get((*key, "", ""), 0) - here.get((*key, "entered", ""), 0)
        listed = counted.straight(series, unit, month.first, month.last, now=now)
        if counted_ != listed:
            found[series] = counted_, listed
    return found


def difference(now: dt.datetime) -> dict[tuple, tuple]:
    """Where the totals are wrong: key -> (kept, reckoned)."""
    here, there = kept(), reckoned(now)
    return {
        key: (here.get(key), there.get(key))
        for key in here.keys() | there.keys()
        if here.get(key) != there.get(key)
    }
