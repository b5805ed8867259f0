"""What can happen in this company: the texts of `texts/`, read and filled in."""

import functools
import re
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
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
class Proof:
    """What a finding rests on: as CauseProof has it."""

    kind: str
    note: str
    source: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Cause:
    """A line of an outline of causes."""

    depth: int
    side: str
    category: str
    mark: str  # * root, + confirmed, - refuted, ? to be checked
    text: str
    finding: str
    proof: Proof


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
    figures: dict = field(default_factory=dict)  # the target in figures, as `plan.add_measure` takes them


@dataclass(frozen=True)
class Lasting:
    """A line of what the company changes for good; `who` is a unit's key where the lesson is passed on."""

    kind: str
    who: str
    days: int
    text: str
    proof: str

    @property
    def refusal(self) -> str:
        """Why it doesn't apply to the unit; empty where it does."""
        return self.proof.removeprefix("no:").strip() if self.proof.startswith("no:") else ""


@dataclass(frozen=True)
class Elsewhere:
    """A line of where else the same risk is looked for; `unit` and `owner` by their keys."""

    unit: str
    owner: str
    days: int
    result: str
    text: str
    finding: str


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


_CAUSE = re.compile(
    r"(?P<indent> *)(?P<escape>> )?(?:(?P<category>[^\s>*+?-]\S*) )?(?P<mark>[*+?-]) (?P<rest>.+)"
)
_PROOF = re.compile(r"(?P<note>[^@<]*)(?:@(?P<mark>[^<]*))?(?:<(?P<source>.*))?")
#: What kind of proof it is, by a word in it; the first that fits.
KINDS = (
    ("interview", "访谈|訪談|[Ii]nterview"),
    ("video", "录像|錄影|视频|[Vv]ideo"),
    ("photo", "照片|相片|[Pp]hoto"),
    ("log", "日志|日誌|[Ll]og"),
    ("measurement", "测量|量度|測量|复测|对比|检测单|辨认测试|测试记录|检漏|Test record"),
    ("document", ""),
)


def causes(text: str) -> list[Cause]:
    """The lines of an outline; what stands further in belongs to the line above it."""
    read, side, category = [], "", ""
    for line in text.strip("\n").splitlines():
        found = _CAUSE.fullmatch(line)
        parts = [part.strip() for part in found["rest"].split("|")] + ["", ""]
        category = found["category"] or category
        if not found["indent"]:
            side = "escape" if found["escape"] else "occurrence"
        depth, proof = len(found["indent"]) // 2, _proof(parts[2])
        read.append(Cause(depth, side, category, found["mark"], *parts[:2], proof))
    return read


def _proof(text: str) -> Proof:
    found = _PROOF.fullmatch(text)
    kind = next(kind for kind, words in KINDS if re.search(words, found["note"]))
    return Proof(kind, *((found[name] or "").strip() for name in ("note", "source", "mark")))


def plan(text: str) -> list[Planned]:
    read = []
    for line in text.strip().splitlines():
        head, *parts = (part.strip() for part in line.split("|"))
        root, kind, strength, owner, days, cost = head.split()
        text, target, proof, figures = (*parts, "")[:4]
        read.append(
            Planned(
                int(root), kind, strength, owner, int(days), None if cost == "-" else int(cost), text, target, proof,
                _figures(figures),
            )
        )  # fmt: skip
    return read


def _figures(text: str) -> dict:
    """From "today's -> expected unit"; nothing from nothing."""
    if not text:
        return {}
    today, arrow, expected, unit = text.split(maxsplit=3)
    return {"baseline_value": Decimal(today), "expected_value": Decimal(expected), "value_unit": unit}


def improvements(text: str) -> list[Lasting]:
    read = []
    for line in text.strip().splitlines():
        head, *parts = (part.strip() for part in line.split("|"))
        kind, who, days = head.split()
        parts += [""] * (2 - len(parts))
        read.append(Lasting(kind, who, 0 if days == "-" else int(days), *parts))
    return read


def elsewhere(text: str) -> list[Elsewhere]:
    read = []
    for line in text.strip().splitlines():
        head, *parts = (part.strip() for part in line.split("|"))
        unit, owner, days, result = head.split()
        read.append(Elsewhere(unit, owner, int(days), result, *parts))
    return read
