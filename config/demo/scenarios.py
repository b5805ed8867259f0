"""What can happen in this company: the texts of `texts/`, read and filled in."""

import functools
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .company import Company

TEXTS = Path(__file__).parent / "texts"
TRAINS = {
    "C3": ("G1027", "G7349", "G1375", "G7301", "G85"),
    "C5": ("D3135", "D2285", "G7501", "D655"),
    "C2": ("G1493", "D2207", "G582", "D3279"),
    "C1": ("D907", "G99", "G100", "D908"),
}
STATIONS = ("苏州北", "无锡东", "常州北", "镇江南", "德清", "湖州")
STATIONS_ABROAD = ("深圳北", "廣州南", "韶關")


@dataclass(frozen=True)
class Cause:
    """A line of an outline of causes."""

    depth: int
    category: str
    mark: str  # * root, + confirmed, - refuted, ? to be checked
    text: str
    finding: str
    proof: str


@dataclass(frozen=True)
class Planned:
    """A line of a plan."""

    root: int
    kind: str
    strength: str
    owner: str
    days: int
    cost: int | None
    text: str
    target: str
    proof: str


@dataclass(frozen=True)
class Lasting:
    """A line of what the company changes for good; `who` is a unit's key where the lesson is passed on."""

    kind: str
    who: str
    days: int
    text: str
    proof: str


@dataclass
class Scenario:
    """One thing that can happen, with its whole story as far as it has one."""

    values: dict
    again: bool = False  # the second round

    def __getattr__(self, name: str):
        """Texts and lists by the names that they have in the files."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.values.get(name, "")

    @property
    def second_round(self) -> "Scenario":
        return Scenario({**self.values, **self.values["again"]}, again=True)


@dataclass
class Slots:
    """The figures of one case: the same wherever its texts name them."""

    values: dict[str, object] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        return text.format_map(self.values)


@functools.cache
def library(kind: str) -> tuple[Scenario, ...]:
    """All scenarios of a kind: long, minor or dismissed."""
    found = []
    for path in sorted(TEXTS.glob("*.toml")):
        found += tomllib.loads(path.read_text()).get(kind, []) if path.name != "words.toml" else []
    return tuple(Scenario(values) for values in found)


@functools.cache
def words(language: str) -> dict:
    return tomllib.loads((TEXTS / "words.toml").read_text())[language]


def by_key(key: str) -> Scenario:
    return next(scenario for scenario in library("long") if scenario.key == key)


def slots(rng: Random, company: Company, unit: str) -> Slots:
    trains = TRAINS.get(unit) or TRAINS["C1" if unit in ("KL", "SH") else rng.choice(("C3", "C5", "C2"))]
    return Slots({
        "unit": company.units[unit].name, "train": rng.choice(trains), "car": rng.randint(1, 16),
        "seat": f"{rng.randint(1, 17)}{rng.choice('ABCDF')}", "gate": f"{rng.randint(1, 22)}{rng.choice('AB')}",
        "minutes": rng.choice((25, 28, 30, 32, 35, 40, 45)), "short": rng.randint(8, 18), "few": rng.randint(2, 6),
        "people": rng.choice((46, 62, 85, 118, 140, 230, 312)), "hour": rng.choice((8, 9, 17, 18, 19, 20)),
        "temp": f"{rng.uniform(29.5, 33.4):.1f}", "warm": f"{rng.uniform(27.5, 28.9):.1f}", "floor": rng.choice((1, 2)),
        "price": rng.choice((45, 76, 98, 130)), "pct": rng.randint(71, 83),
        "station": rng.choice(STATIONS_ABROAD if unit in ("KL", "C1") else STATIONS),
    })  # fmt: skip


_CAUSE = re.compile(r"(?P<indent> *)(?:(?P<category>[a-z]+) )?(?P<mark>[*+?-]) (?P<rest>.+)")


def causes(text: str) -> list[Cause]:
    """The lines of an outline; what stands further in belongs to the line above it."""
    read, category = [], ""
    for line in text.strip("\n").splitlines():
        found = _CAUSE.fullmatch(line)
        parts = [part.strip() for part in found["rest"].split("|")] + ["", ""]
        category = found["category"] or category
        read.append(Cause(len(found["indent"]) // 2, category, found["mark"], *parts[:3]))
    return read


def plan(text: str) -> list[Planned]:
    read = []
    for line in text.strip().splitlines():
        head, *parts = (part.strip() for part in line.split("|"))
        root, kind, strength, owner, days, cost = head.split()
        read.append(
            Planned(int(root), kind, strength, owner, int(days), None if cost == "-" else int(cost), *parts)
        )
    return read


def improvements(text: str) -> list[Lasting]:
    read = []
    for line in text.strip().splitlines():
        head, *parts = (part.strip() for part in line.split("|"))
        kind, who, days = head.split()
        parts += [""] * (2 - len(parts))
        read.append(Lasting(kind, who, 0 if days == "-" else int(days), *parts))
    return read
