"""Stages 3 to 7 of a case: causes, plan, ledger, verdict, lessons."""

import datetime as dt
import uuid
from collections.abc import Callable
from functools import partial

from django.utils import timezone

from capa import analyse, cosigning, design, elsewhere, improve, plan, track, verify
from capa.effect import baseline_needed
from capa.models import Cause, LedgerEntry, Measure, VerificationDesign
from history.models import Signature
from incidents import cosignatures, evidence
from reminders.models import Deadline

from . import scenarios
from .cases import Case
from .figures import Window, plausible
from .pace import OBSERVED, at, coming_close
from .pictures import log_of

_HOUR = dt.timedelta(hours=1)
#: Who signs types the password again.
TYPED = Signature.Method.PASSWORD
#: Days that a plan leaves beyond what the work is thought to take.
SPARE = 9


class Long(Case):
    """A case that walks all seven stages, in one round or two."""

    trouble = 0.3  # how often a measure deviates from the plan
    observed = OBSERVED  # days for which the effect is observed
    baseline = 181  # days before, with which it is compared
    #: The rest is told of measures that are carried out today, by their place in the last plan.
    dues: tuple[int, ...] = ()  # due dates in days from today, instead of the plan's own
    undone: tuple[int, ...] = ()  # which of them are not done
    asked: int | None = None  # for which of them more time is asked, and nobody has answered
    unanswered = False  # units to which the lesson was passed on have said nothing yet

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.round = self.scenario  # the texts of this round
        self.log: uuid.UUID | None = None
        self.found: dict[int, Cause] = {}  # by the line of the outline
        self.ordered: dict[int, Measure] = {}  # by the line of the plan
        self.wishes: dict[int, LedgerEntry] = {}

    # 3 analyse -------------------------------------------------------------------------------------------------------
    def on_concluded(self, moment: dt.datetime, before: dt.datetime) -> None:
        texts = self._texts_at(moment)
        acts = [partial(self.describe, texts), *self.finding(texts), *self.looking_elsewhere(texts)]
        self.diary.spread(before, moment, acts)
        self.diary.note(moment, lambda: self.act(analyse.conclude, by=self.turn, method=TYPED))

    def describe(self, texts: scenarios.Scenario) -> None:
        self.round, self.found = texts, {}
        self.act(
            analyse.describe,
            by=self.turn,
            problem=self.say(texts.problem),
            escape=self.say(texts.escape),
            report=self.say(texts.report),
            why_differs=self.say(texts.why or self.words["reopened"]) if self.incident.cycle > 1 else None,
        )

    def finding(self, texts: scenarios.Scenario) -> list[Callable[[], None]]:
        """First every supposed cause, then what proves it and what became of it."""
        outline = scenarios.causes(texts.causes)
        acts = [partial(self.add_cause, number, outline) for number in range(len(outline))]
        if texts.log:
            acts.append(self.add_log)
        return acts + [
            partial(self.settle, number, outline)
            for number, cause in enumerate(outline)
            if cause.mark in "*+-"
        ]

    def add_cause(self, number: int, outline: list[scenarios.Cause]) -> None:
        line = outline[number]
        above = [n for n in range(number) if outline[n].depth == line.depth - 1]
        parent = self.found[above[-1]] if line.depth else None
        category = "" if parent and line.category == outline[above[-1]].category else line.category
        self.act(
            analyse.add_cause, by=self.turn, text=self.say(line.text), category=category, parent=parent,
            side="" if parent else line.side,
        )  # fmt: skip
        self.found[number] = self.incident.causes.latest("pk")

    def settle(self, number: int, outline: list[scenarios.Cause]) -> None:
        line, cause = outline[number], self.found[number]
        proof = line.proof
        values = {
            "by": self.turn, "cause": cause, "finding": self.say(line.finding), "notes": [proof.note],
            "kind": proof.kind, "source": proof.source, "mark": self.say(proof.mark),
        }  # fmt: skip
        if line.mark == "-":
            self.act(analyse.refute_cause, **values)
        else:
            self.act(analyse.confirm_cause, **values, is_root=line.mark == "*", evidence=self.shown_by(line))

    def add_log(self) -> None:
        """What the machine itself has written down."""
        person = self.turn
        content = log_of(260, self.incident.occurred_at - dt.timedelta(minutes=10), self.rng)
        name = f"{self.slots.values['train']}-{self.slots.values['car']:02d}.csv"
        upload = self.world.album.keep(name, content, person, self.rng)
        evidence.add_evidence(self.incident, [upload], by=person, caption=self.words["log"])
        self.log = upload

    def shown_by(self, line: scenarios.Cause) -> list:
        """Evidence of the case that proves a cause, beside the note; mostly the note is all there is."""
        return [self.log] if self.log and line.category == "machine" else []

    def looking_elsewhere(self, texts: scenarios.Scenario) -> list[Callable[[], None]]:
        """Somebody is asked to look for the same risk at other places, and says what they found there."""
        if texts.again and texts.elsewhere == self.scenario.elsewhere:
            return []  # that was the first round
        lines = [line for line in scenarios.elsewhere(texts.elsewhere) if line.unit != self.unit]
        answered = [n for n, line in enumerate(lines) if line.result != "pending"]
        return [partial(self.ask_elsewhere, line) for line in lines] + [
            partial(self.answer_elsewhere, lines[number], number) for number in answered
        ]

    def ask_elsewhere(self, line: scenarios.Elsewhere) -> None:
        due_on = max(
            timezone.localdate(), coming_close(self.world.now) if line.result == "pending" else dt.date.min
        )
        self.act(
            elsewhere.add_elsewhere_check, by=self.turn, unit=self.company.units[line.unit],
            owner=self.company.people[line.owner], due_on=due_on + dt.timedelta(days=line.days), text=line.text,
        )  # fmt: skip

    def answer_elsewhere(self, line: scenarios.Elsewhere, number: int) -> None:
        check = self.incident.elsewhere_checks.filter(cycle=self.incident.cycle).order_by("pk")[number]
        self.act(
            elsewhere.record_elsewhere_result, by=self.company.people[line.owner], check=check, result=line.result,
            finding=line.finding,
        )  # fmt: skip

    # 4 plan ----------------------------------------------------------------------------------------------------------
    def on_submitted(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.spread(before, moment, [self.write, self.design, self.list_measures])
        self.diary.note(moment, lambda: self.act(plan.submit, by=self.turn))

    def design(self) -> None:
        """What will be compared: the half-year before with the days after the last measure."""
        rate, until = self.exposure_per_day, timezone.localdate() - dt.timedelta(days=1)
        self.act(
            design.fix_design,
            by=self.turn,
            metric=self.scenario.metric,
            unit_of_exposure=self.scenario.per,
            baseline_from=until - dt.timedelta(days=self.baseline - 1),
            baseline_until=until,
            baseline_events=self.events_before,
            baseline_exposure=round(rate * self.baseline, 2),
            baseline_source=self.scenario.source,
            observation_days=self.observed,
            expected_exposure=round(rate * self.observed, 2),
        )

    @property
    def events_before(self) -> int:
        """So many that a success needn't be "none at all" to be told from chance."""
        needed = baseline_needed(self.baseline, self.observed, alpha=0.025)
        return max(self.scenario.events or 0, round(2.2 * needed))

    @property
    def exposure_per_day(self) -> float:
        return float(self.scenario.exposure or 10)

    def write(self) -> None:
        self.act(
            plan.write,
            by=self.turn,
            feasibility=self.say(self.round.feasibility),
            expected_effect=self.say(self.round.effect),
        )

    def list_measures(self) -> None:
        roots = [
            self.found[n] for n, line in enumerate(scenarios.causes(self.round.causes)) if line.mark == "*"
        ]
        for number, line in enumerate(self.planned):
            owner = self.company.people[line.owner]
            self.act(
                plan.add_measure, by=self.turn, text=self.say(line.text), cause=roots[line.root - 1],
                kind=line.kind, strength=line.strength, owner=owner, unit=owner.home_unit,
                due_on=self.due_on(number, line), target=self.say(line.target), cost=line.cost, **line.figures,
            )  # fmt: skip

    @property
    def planned(self) -> list[scenarios.Planned]:
        return scenarios.plan(self.round.measures)

    def due_on(self, number: int, line: scenarios.Planned) -> dt.date:
        if self.dues and self.incident.cycle == self.rounds:
            return max(self._told_due(number), timezone.localdate())
        return timezone.localdate() + dt.timedelta(days=line.days + SPARE)

    @property
    def rounds(self) -> int:
        return sum(name.startswith("approved") for name in self.when)

    def _told_due(self, number: int) -> dt.date:
        return coming_close(self.world.now) + dt.timedelta(days=self.dues[number % len(self.dues)])

    def on_returned(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.cosign_before(moment)
        self.diary.note(moment, lambda: self.act(plan.send_back, by=self.turn, reason=self.words["returned"]))

    def on_resubmitted(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(before + (moment - before) / 2, lambda: self.act(plan.begin, by=self.turn))
        self.diary.note(moment, lambda: self.act(plan.submit, by=self.turn, note=self.words["resubmit"]))

    def on_approved(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.cosign_before(moment)
        self.diary.note(moment, self.approve, numbered=True)

    def cosign_before(self, moment: dt.datetime) -> None:
        self.diary.note(moment - _HOUR / 2, self.cosign)

    def cosign(self) -> None:
        """Whoever the company's rules ask signs before the quality manager decides."""
        while cosignatures.asked_of(self.incident, self.turn):
            self.act(cosigning.cosign, by=self.turn, note=self.words["cosign"], method=TYPED)

    def approve(self) -> None:
        self.act(plan.approve, by=self.turn, note=self.some("approve"), method=TYPED)
        self.ordered = {}

    # 5 track ---------------------------------------------------------------------------------------------------------
    def on_completed(self, moment: dt.datetime, before: dt.datetime) -> None:
        """Each measure is carried out between approval and completion; the last one just before it."""
        lines = scenarios.plan(self._texts_at(moment).measures)
        is_last = moment == max(day for name, day in self.when.items() if name.startswith("completed"))
        span = moment - before - _HOUR
        work: list[tuple[dt.datetime, Callable[[], None]]] = []
        for number, line in enumerate(lines):
            end = before + span * (number + 1) / len(lines)
            if is_last and self.dues:
                end = max(before + _HOUR, at(self._told_due(number), 15) - dt.timedelta(days=2))
            if is_last and number in self.undone:
                end = self.world.now + _HOUR
            work += self._work(number, line, before, end, asked=is_last and number == self.asked)
        for when, act in sorted(work, key=lambda item: item[0]):
            self.diary.note_at_work(before, when, act)
        self.diary.last = max(moment, self.diary.last)

    def _texts_at(self, moment: dt.datetime) -> scenarios.Scenario:
        """The texts of the round in which that moment lies."""
        second = "verified" in self.when and moment > self.when["verified"]
        return self.scenario.second_round if second and self.scenario.values.get("again") else self.scenario

    def _work(
        self, number: int, line: scenarios.Planned, start: dt.datetime, end: dt.datetime, *, asked: bool
    ) -> list[tuple[dt.datetime, Callable[[], None]]]:
        def after(share: float) -> dt.datetime:
            return start + (end - start) * share

        acts = [(after(0.3), partial(self.progress, number, self.rng.choice((30, 40, 50))))]
        if asked:
            acts.append((self.world.now - 3 * _HOUR, partial(self.ask_for_time, number)))
        elif self.rng.random() < self.trouble:
            acts.append((after(0.5), partial(self.deviate, number)))
            acts.append((after(0.55), partial(self.ask_for_time, number)))
            acts.append((after(0.7), partial(self.answer, number, self.rng.random() < 0.8)))
        if self.rng.random() < 0.5:
            acts.append((after(0.8), partial(self.progress, number, self.rng.choice((70, 80, 90)))))
        acts.append((after(1.0), partial(self.complete, number, line)))
        acts.append((after(1.0) + _HOUR / 2, partial(self.check, number)))
        return acts

    def measure(self, number: int) -> Measure:
        """The measure as it was ordered; the acts of the ledger look at it as it is."""
        if number not in self.ordered:
            rows = self.incident.measures.filter(plan__cycle=self.incident.cycle, plan__status="approved")
            self.ordered = dict(enumerate(rows.select_related("plan").order_by("pk")))
            for measure in self.ordered.values():
                measure.incident = self.incident
        return self.ordered[number]

    def record(self, perform: Callable, number: int, **values) -> LedgerEntry:
        """An entry of the ledger by the measure's owner."""
        measure = self.measure(number)
        return perform(measure, by=self.company.person(measure.owner_id), **values)

    def progress(self, number: int, percent: int) -> None:
        self.record(track.record_progress, number, text=self.some("progress"), progress=percent)

    def deviate(self, number: int) -> None:
        self.record(track.record_deviation, number, text=self.some("deviation"))

    def ask_for_time(self, number: int) -> None:
        later = max(self.measure(number).due_on, timezone.localdate())
        later += dt.timedelta(days=self.rng.choice((5, 7, 10)))
        self.wishes[number] = self.record(
            track.request_extension, number, new_due_on=later, reason=self.words["extension"]
        )

    def answer(self, number: int, granted: bool) -> None:
        wish = self.wishes[number]
        row = Deadline.objects.get(subject=self.incident.case, kind=track.request_kind(wish))
        track.decide_change(
            self.measure(number), by=self.company.person(row.owner_id), request=wish, granted=granted,
            reason=self.words["granted" if granted else "refused"],
        )  # fmt: skip

    def complete(self, number: int, line: scenarios.Planned) -> None:
        self.record(
            track.complete_measure, number, text=self.some("done"), notes=[self.say(line.proof or line.target)],
            cost=line.cost,
        )  # fmt: skip

    def check(self, number: int) -> None:
        owners = {line.owner for line in self.planned}
        checker = next(
            person
            for role in ("supervisor", "quality")
            if (person := self.company.nearest(role, self.incident.unit)).username not in owners
        )
        track.check(self.measure(number), by=checker, text=self.some("check"))

    # 6 verify --------------------------------------------------------------------------------------------------------
    def on_watched(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(moment, partial(self.judge_effect, "inconclusive"))

    def on_verified(self, moment: dt.datetime, before: dt.datetime) -> None:
        """Effective, unless another round follows."""
        following = next((name for name, later in self.when.items() if later > moment), "")
        verdict = "not_effective" if following.startswith("concluded") else "effective"
        self.diary.note(moment, partial(self.judge_effect, verdict))

    def judge_effect(self, verdict: str) -> None:
        self.incident.refresh_from_db()  # it came here by itself
        today, fixed = timezone.localdate(), design.design_of(self.incident)
        after = Window(fixed.observed_from, min(fixed.observed_until, today - dt.timedelta(days=1)))
        counted = self.counted(verdict, fixed, after)
        self.act(
            verify.judge,
            by=self.turn,
            verdict=verdict,
            method=TYPED,
            reasons=self._reasons(verdict, counted),
            metric=fixed.metric,
            unit_of_exposure=fixed.unit_of_exposure,
            before_from=fixed.baseline_from,
            before_until=fixed.baseline_until,
            before_events=fixed.baseline_events,
            before_exposure=fixed.baseline_exposure,
            after_from=after.first,
            after_until=after.last,
            after_events=counted,
            after_exposure=round(self.exposure_per_day * after.days, 2),
            source=self.scenario.source,
            satisfaction=self.scenario.satisfaction if verdict == "effective" else "",
            recurrences=min(counted, 3) if verdict == "not_effective" else 0,
            watch_until=self.watch_until(today) if verdict == "inconclusive" else None,
        )

    def counted(self, verdict: str, fixed: VerificationDesign, after: Window) -> int:
        """So many events afterwards that the data say the verdict, too."""
        return plausible(verdict, fixed.baseline_events, self.baseline, after.days)

    def watch_until(self, today: dt.date) -> dt.date:
        return today + dt.timedelta(days=14)

    def _reasons(self, verdict: str, counted: int) -> str:
        key = {"effective": "effective", "not_effective": "not_effective", "inconclusive": "watch"}[verdict]
        return self.words[key].format(n=min(counted, 3))

    # 7 improve -------------------------------------------------------------------------------------------------------
    def on_archived(self, moment: dt.datetime, before: dt.datetime) -> None:
        lines = [
            line for line in scenarios.improvements(self.scenario.improvements) if line.who != self.unit
        ]  # fmt: skip
        waits = ("none", "spread") if self.unanswered else ("none",)
        finish = [partial(self.finish, n, line) for n, line in enumerate(lines) if line.kind not in waits]
        self.diary.spread(before, moment, [self.learn, partial(self.improve, lines), *finish])
        self.diary.note(moment, lambda: self.act(improve.archive, by=self.turn))

    def learn(self) -> None:
        self.act(improve.write_lessons, by=self.turn, lessons=self.say(self.scenario.lessons))

    def improve(self, lines: list[scenarios.Lasting]) -> None:
        for line in lines:
            due_on = timezone.localdate() + dt.timedelta(days=line.days)
            if line.kind == "spread":
                unit = self.company.units[line.who]
                self.act(improve.pass_on, by=self.turn, units=[unit], text=self.say(line.text), due_on=due_on)
            elif line.kind == "none":
                self.act(improve.add_improvement, by=self.turn, kind="none", text=self.say(line.text))
            else:
                self.act(
                    improve.add_improvement, by=self.turn, kind=line.kind, text=self.say(line.text),
                    owner=self.company.people[line.who], due_on=due_on,
                )  # fmt: skip

    def finish(self, number: int, line: scenarios.Lasting) -> None:
        row = self.incident.improvements.filter(cycle=self.incident.cycle).order_by("pk")[number]
        if row.awaits_acknowledgement:
            self.act(
                improve.acknowledge, by=self.company.person(row.owner_id), improvement=row,
                applies=not line.refusal, acknowledgement=line.refusal or self.words["acknowledge"],
            )  # fmt: skip
        if line.refusal:
            return
        self.act(
            improve.finish_improvement, by=self.company.person(row.owner_id), improvement=row,
            proof=line.proof,
        )  # fmt: skip
