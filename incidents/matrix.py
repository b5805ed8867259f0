"""The responsibility matrix, read off the permission table: who may do what, and who never may.

Its letters say what the table knows and no more:

* A  decides: may take this step of the state machine, which moves the case on, back or out of the loop;
* R  does: may do this work, which leaves the case where it is;
* C  contributes: may not take this step, but may do other work that belongs to its stage alone;
* I  is informed: sees the case and its history through a post, and may do neither;
* empty: sees the case only by an own part in it.

A ring (R°, A°) means: in the responsible unit, instead of the one in which it happened. A part in the case entitles
(the letter) or bars (✕), whatever the role: what is barred is the separation of duties (DOMAIN §8).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import CASE_ROLES, Role

from . import acts, flowchart
from .drawing import box, line, number, svg, width_of, words, wrap
from .permissions import ACTS, RELATION_NAMES
from .stages import LOOP, Stage

DECIDES, DOES, CONTRIBUTES, INFORMED, BARRED = "A", "R", "C", "I", "✕"
#: Behind a letter: only in the responsible unit.
RING = "°"

LEGEND: tuple[tuple[str, Promise], ...] = (
    (DECIDES, gettext_lazy("decides: may take this step, which moves the case")),
    (DOES, gettext_lazy("does: may do this work")),
    (CONTRIBUTES, gettext_lazy("contributes: may do other work of the same stage")),
    (INFORMED, gettext_lazy("is informed: sees the case and its history")),
    (RING, gettext_lazy("only in the responsible unit")),
    (BARRED, gettext_lazy("never, whatever the role: somebody else has to")),
)

#: Acts on one measure: their pages are those of the measure, so the register of acts on the case doesn't hold them.
ON_A_MEASURE = ("record_progress", "record_for_owner", "complete_for_owner", "check", "decide_change")


@dataclass(frozen=True)
class Row:
    """One act: its cells by role and by part in the case."""

    act: str
    label: str
    by_role: dict[Role, str]
    by_relation: dict[str, str]


@dataclass(frozen=True)
class Group:
    """The acts of one stage; None for those that belong to no stage or to several."""

    stage: Stage | None
    rows: list[Row]

    @property
    def label(self) -> str:
        if self.stage is None:
            return _("Across the stages")
        return f"{LOOP.index(self.stage) + 1} {self.stage.label}"


def stages_of() -> dict[str, set[Stage]]:
    """In which stages each act of the table can be done: from the machine and from the register of acts."""
    found: dict[str, set[Stage]] = {name: set() for name in ACTS}
    for step in flowchart.steps():
        found[step.name].add(step.source)
    for act in acts.all_acts():
        if act.permission in found:
            found[act.permission] |= {Stage(stage) for stage in act.stages}
    return found | {name: {Stage.TRACK} for name in ON_A_MEASURE}


def matrix() -> list[Group]:
    """Every act of the permission table, by stage."""
    where, steps = stages_of(), {step.name for step in flowchart.steps()}
    groups: dict[Stage | None, list[Row]] = {stage: [] for stage in (*LOOP, None)}
    for act in ACTS:
        stages = {stage for stage in where[act] if stage in LOOP}
        groups[next(iter(stages)) if len(stages) == 1 else None].append(
            Row(
                act,
                str(ACTS[act].label),
                {role: by_role(act, role, where, steps) for role in Role},
                {relation: by_relation(act, relation, steps) for relation in RELATION_NAMES},
            )
        )
    return [Group(stage, rows) for stage, rows in groups.items() if rows]


def by_role(act: str, role: Role, where: dict[str, set[Stage]], steps: set[str]) -> str:
    """The cell of somebody who holds this role and has no other part in the case."""
    rule = ACTS[act]
    letter = DECIDES if act in steps else DOES
    if role in rule.roles:
        return letter
    if role in rule.responsible_roles:
        return letter + RING
    if act in steps and any(
        _may(other, role) for other in ACTS if len(where[other]) == 1 and where[other] <= where[act]
    ):
        return CONTRIBUTES
    return INFORMED if role in CASE_ROLES else ""


def _may(act: str, role: Role) -> bool:
    return role in ACTS[act].roles or role in ACTS[act].responsible_roles


def by_relation(act: str, relation: str, steps: set[str]) -> str:
    """The cell of somebody who has this part in the case."""
    rule = ACTS[act]
    if relation in rule.barred:
        return BARRED
    if relation in rule.relations:
        return DECIDES if act in steps else DOES
    return ""


#: How far the headings lean from the level, in degrees.
LEAN = 50


# The picture ---------------------------------------------------------------------------------------------------------
NAME, CELL, ROW, MARGIN = 330, 44, 24, 12


def draw(*, key: str = "matrix") -> SafeString:
    """The matrix as SVG, to be hung on a wall."""
    groups = matrix()
    columns = [*(str(role.label) for role in Role), *(str(label) for label in RELATION_NAMES.values())]
    count = sum(len(group.rows) + 1 for group in groups)
    reach = max(width_of(text, 12.5) for text in columns)
    head = reach * math.sin(math.radians(LEAN)) + 24
    width, table = (
        2 * MARGIN + NAME + CELL * len(columns) + reach * math.cos(math.radians(LEAN)) - CELL / 2,
        MARGIN + head + ROW * count,
    )
    parts: list[SafeString] = [*_heads(columns, MARGIN + head - 8)]
    y = MARGIN + head
    for group in groups:
        parts += [
            box("group", MARGIN, y, width - 2 * MARGIN, ROW),
            words("th", MARGIN + 8, y + 16, group.label),
        ]
        y += ROW
        for row in group.rows:
            parts += _line(row, y, width)
            y += ROW
    split = MARGIN + NAME + CELL * len(Role)
    parts += [line("grid", split, MARGIN + head, split, table)]
    parts += _legend(table + 26)
    return svg(
        parts, classes="flow matrix-svg", width=width, height=table + 26 + 22 * len(LEGEND), key=key,
        title=_("Who may do what"), desc=_("Acts by stage; letters: see the legend."),
    )  # fmt: skip


def _heads(columns: Iterable[str], foot: float) -> Iterable[SafeString]:
    """The headings lean, so that narrow columns can have long ones."""
    for place, text in enumerate(columns):
        x, y = number(MARGIN + NAME + CELL * (place + 0.5) + 4), number(foot)
        yield format_html(
            '<text class="th" transform="translate({},{}) rotate({})">{}</text>', x, y, -LEAN, text
        )


def _line(row: Row, y: float, width: float) -> Iterable[SafeString]:
    yield line("grid", MARGIN, y + ROW, width - MARGIN, y + ROW)
    label = (
        row.label if width_of(row.label, 11.5) < NAME - 14 else wrap(row.label, 11.5, NAME - 20, most=1)[0]
    )
    yield words("", MARGIN + 8, y + 16, label)
    for place, cell in enumerate([*row.by_role.values(), *row.by_relation.values()]):
        if not cell:
            continue
        middle, letter = MARGIN + NAME + CELL * (place + 0.5), cell[0]
        if letter in (DECIDES, DOES):
            yield format_html(
                '<circle class="disc disc-{}" cx="{}" cy="{}" r="10"/>',
                letter,
                number(middle),
                number(y + 12),
            )
        kind = "on-A" if letter == DECIDES else "c-x" if letter == BARRED else f"c-{letter}"
        yield words(kind, middle, y + 16, letter, "middle")
        if cell.endswith(RING):
            yield words("th", middle + 13, y + 11, RING, "middle")


def _legend(y: float) -> Iterable[SafeString]:
    for place, (letter, text) in enumerate(LEGEND):
        yield words("th", MARGIN + 8, y + place * 22, letter)
        yield words("", MARGIN + 34, y + place * 22, text)
