"""One case from its report to its end: which act is done by whom and when. Whoever is waited for acts."""

import datetime as dt
import functools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from django.utils import timezone

from capa import improve, short_path
from incidents import confirm, identify
from incidents.confirm import Share
from incidents.models import Incident, IncidentType
from people.models import Person

from .company import Company
from .pictures import Album
from .scenarios import Scenario, slots, words
from .timeline import Diary, Timeline

SURNAMES = "张王李刘陈杨黄吴周徐孙马朱胡郭何林罗高郑"
GIVEN = ("秀英", "建华", "丽萍", "志强", "晓梅", "国庆", "海燕", "文静", "永刚", "佳怡", "子涵", "玉兰")


@dataclass
class World:
    """What all cases share."""

    company: Company
    timeline: Timeline
    album: Album
    seed: int

    @functools.cached_property
    def types(self) -> dict[str, IncidentType]:
        return {type.code: type for type in IncidentType.objects.all()}

    @property
    def now(self) -> dt.datetime:
        return self.timeline.now


@dataclass
class Told:
    """How a case came in, where that is not left to chance."""

    by: str = ""  # user name of the reporter
    kind: str = ""  # self, other, anonymous
    channel: str = ""
    severity: int = 0
    ago: int = 0  # minutes between the event and the report


class Case:
    """The acts of one case. Each `on_…` method puts what belongs to a step into the diary."""

    def __init__(self, world: World, scenario: Scenario, unit: str, rng: Random, told: Told | None = None):
        self.world, self.scenario, self.unit, self.rng = world, scenario, unit, rng
        self.company, self.told = world.company, told or Told()
        self.words = words(scenario.language)
        self.diary = Diary(world.timeline)
        self.slots = slots(rng, world.company, unit)
        self.incident: Incident | None = None

    # Who and what ----------------------------------------------------------------------------------------------------
    def say(self, text: str) -> str:
        return self.slots.fill(text)

    def some(self, name: str) -> str:
        """One of the sentences that people write at such a moment."""
        return self.rng.choice(self.words[name])

    @property
    def turn(self) -> Person:
        """Whom the case waits for."""
        return self.company.person(self.incident.owner_id)

    def act(self, perform, **values) -> None:
        """Do an act of the loop on the incident as it is."""
        self.incident = perform(self.incident, version=self.incident.version, **values)

    def plan_days(self, when: dict[str, dt.datetime]) -> None:
        """Put every step with its acts into the diary."""
        self.when = when
        before = None
        for name, moment in when.items():
            step = name.rstrip("0123456789")
            getattr(self, f"on_{step}")(moment, before)
            before = moment

    # 1 identify ------------------------------------------------------------------------------------------------------
    def on_reported(self, moment: dt.datetime, before: dt.datetime | None) -> None:
        self.diary.note(moment, self.report, numbered=True)

    def report(self) -> None:
        now, rng, scenario = timezone.now(), self.rng, self.scenario
        person = self._reporter()
        kind = self.told.kind or self._reporter_kind(person)
        least, most = scenario.affected or (1, 4)
        contact = self._contact() if kind == "other" else None
        said = self.words["contact_said"] if contact else ""
        self.incident = identify.report(
            by=person,
            type=self.world.types[scenario.type],
            title=self.say(scenario.title),
            description=said + self.say(scenario.what),
            unit=self.company.units[self.unit],
            place=self.say(scenario.place) if scenario.place else "",
            occurred_at=now - dt.timedelta(minutes=self.told.ago or rng.randint(15, 240)),
            people_affected=rng.randint(least, most),
            impact=self.say(scenario.impact),
            containment=self.say(scenario.containment),
            channel=self.told.channel or self._channel(kind),
            reporter_kind=kind,
            contact=contact,
            uploads=self._photos(person),
            key=uuid.UUID(int=rng.getrandbits(128), version=4) if kind == "anonymous" else None,
        )  # fmt: skip

    def _reporter(self) -> Person:
        if self.told.by:
            return self.company.people[self.told.by]
        if self.unit != "F" and self.rng.random() < 0.12:
            return self.company.people["handler"]
        staff = self.company.of(self.unit)
        return self.rng.choice(staff)

    def _reporter_kind(self, person: Person) -> str:
        if person.username == "handler":
            return "other"
        chance = self.rng.random()
        return "anonymous" if chance < 0.05 else "other" if chance < 0.1 else "self"

    def _channel(self, kind: str) -> str:
        if kind == "other":
            return self.rng.choice(("phone", "phone", "phone", "email", "onsite"))
        if kind == "anonymous":
            return self.rng.choice(("qr", "system"))
        return self.rng.choice(
            ("system", "system", "system", "onsite", "onsite", "inspection", "qr", "survey")
        )

    def _contact(self) -> dict[str, str]:
        """Somebody who doesn't exist: 140 numbers belong to machines."""
        rng = self.rng
        if self.scenario.language == "en":
            name = rng.choice(("Anna Fischer", "David Brown", "Priya Nair", "Marco Rossi", "Sofia Lindqvist"))
        else:
            name = rng.choice(SURNAMES) + rng.choice(GIVEN)
        return {"name": name, "phone": f"140{rng.randint(10_000_000, 99_999_999)}"}

    def _photos(self, person: Person) -> list[uuid.UUID]:
        scenes = self.scenario.pictures or []
        if not scenes or self.rng.random() > 0.62:
            return []
        return [self.upload(scene, person) for scene in scenes]

    def upload(self, scene: str, person: Person) -> uuid.UUID:
        return self.world.album.upload(scene, person, self.rng, name=self.words["photo"])

    def on_judged(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(moment, self.judge)

    def judge(self) -> None:
        severity = self.told.severity or self.rng.choice(self.scenario.severity)
        self.act(identify.substantiate, by=self.turn, severity=severity)

    def on_dismissed(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(
            moment,
            lambda: self.act(identify.dismiss, by=self.turn, reason=self.say(self.scenario.reason)),
        )

    def on_merged(self, moment: dt.datetime, before: dt.datetime) -> None:
        """Another report of the same event comes in, and is joined with this one."""
        earlier = moment - dt.timedelta(minutes=self.rng.randint(25, 90))
        self.diary.note(earlier, self.report_echo, numbered=True)
        self.diary.note(moment, self.merge_echo)

    def report_echo(self) -> None:
        others = [person for person in self.company.of(self.unit) if person.pk != self.incident.reporter_id]
        person = self.rng.choice(others) if others else self.company.people["handler"]
        self.echo = identify.report(
            by=person,
            type=self.incident.type,
            title=self.say(self.scenario.title),
            description=self.words["echo"].format(title=self.say(self.scenario.title)),
            unit=self.incident.unit,
            place=self.incident.place,
            occurred_at=self.incident.occurred_at,
            channel="phone",
            reporter_kind="other",
            contact=self._contact(),
        )

    def merge_echo(self) -> None:
        owner = self.company.person(self.echo.owner_id)
        identify.merge(
            self.echo, self.incident, by=owner, version=self.echo.version, note=self.words["echo_note"]
        )
        self.incident.refresh_from_db()

    # 2 confirm -------------------------------------------------------------------------------------------------------
    def on_attributed(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(moment, self.attribute)

    def attribute(self) -> None:
        self.act(
            confirm.attribute,
            by=self.turn,
            facts=self.say(self.scenario.facts),
            shares=self.shares(),
        )

    def shares(self) -> list[Share]:
        unit, person = self.scenario.responsible
        kind, rest = self.scenario.kind, 100
        shares = []
        if second := self.scenario.second:
            rest = 100 - second[3]
            shares.append(
                Share(second[0], self.company.units[second[1]], self.company.people[second[2]], second[3])
            )
        return [Share(kind, self.company.units[unit], self.company.people[person], rest), *shares]

    def on_agreed(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(moment, lambda: self.act(confirm.agree, by=self.turn))

    def on_objected(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(
            moment, lambda: self.act(confirm.object_to, by=self.turn, reason=self.words["objection"])
        )

    def on_decided(self, moment: dt.datetime, before: dt.datetime) -> None:
        """Upheld when the attribution is made anew afterwards."""
        upheld = "attributed2" in self.when
        self.diary.note(moment, lambda: self.decide_objection(upheld))

    def decide_objection(self, upheld: bool) -> None:
        quality = self.company.nearest("quality", self.incident.unit)
        said = self.words["upheld" if upheld else "overruled"]
        self.act(confirm.decide_objection, by=quality, upheld=upheld, decision=said)

    # Again -----------------------------------------------------------------------------------------------------------
    def on_reopened(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(moment, self.reopen)

    def reopen(self) -> None:
        """With a severity where nobody has judged it: what was dismissed."""
        never_judged = self.incident.severity is None
        ended = (
            "reopened_dismissed"
            if never_judged
            else "reopened_short"
            if self.incident.short_path
            else "reopened"
        )
        self.act(
            improve.reopen,
            by=self.company.nearest("quality", self.incident.unit),
            reason=self.words[ended],
            severity=2 if never_judged else None,
        )


class Short(Case):
    """A minor case: put right on the spot, reviewed by a quality manager, closed."""

    def judge(self) -> None:
        self.act(
            identify.substantiate, by=self.turn, severity=1, short_path=True,
            correction=self.say(self.scenario.correction),
        )  # fmt: skip

    def on_accepted(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(moment, lambda: self.act(short_path.accept, by=self.turn, note=self.some("short_ok")))

    def on_refused(self, moment: dt.datetime, before: dt.datetime) -> None:
        self.diary.note(
            moment, lambda: self.act(short_path.refuse, by=self.turn, reason=self.words["short_refused"])
        )


def names_of(*steps: str | Iterable[str]) -> list[str]:
    """Step names in order; a step that comes again gets a number."""
    names: list[str] = []
    for step in steps:
        count = sum(name.rstrip("0123456789") == step for name in names)
        names.append(f"{step}{count + 1}" if count else step)
    return names
