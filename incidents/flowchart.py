"""The loop as a flowchart, drawn from what really decides: the state machine (`models.Incident`), the exit gates
(`gates`), the permission table (`permissions`) and the time limits (`limits`). Nothing of it is written down twice.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_fsm import GET_STATE

from history.timeline import in_a_row
from people.models import Role, Unit
from reminders.models import DeadlinePolicy
from reminders.policies import Ground, Limit

from .drawing import box, number, stack, svg, words, wrap
from .gates import FORWARD, gate
from .limits import default_limit
from .models import Incident
from .permissions import ACTS, RELATION_NAMES
from .stages import LOOP, Severity, Stage

# What the machine knows ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One way from a stage to another. A transition with several sources or targets is several of these."""

    name: str
    source: Stage
    target: Stage

    @property
    def label(self) -> str:
        return str(ACTS[self.name].label)

    @property
    def kind(self) -> str:
        """forward (the step that the stage waits for), back (to an earlier stage), reopen, or end (leaves the loop)."""
        if self.source not in LOOP:
            return "reopen"
        if FORWARD[self.source] == self.name:
            return "forward"
        return "back" if self.target in LOOP else "end"


def steps() -> list[Step]:
    """Every transition of the state machine, in the order of the loop."""
    found = []
    for transition in Incident._meta.get_field("stage").get_all_transitions(Incident):
        target = transition.target
        targets = target.allowed_states if isinstance(target, GET_STATE) else [target]
        found += [Step(transition.name, Stage(transition.source), Stage(end)) for end in targets]
    order = list(Stage)
    return sorted(found, key=lambda step: (order.index(step.source), step.name, order.index(step.target)))


@dataclass(frozen=True)
class StageCard:
    """What stands under a stage: who takes the step that ends it, who may not, what must be there, until when."""

    stage: Stage
    number: int
    step: str
    who: list[str]
    not_who: list[str]
    conditions: list[str | Promise]
    later_conditions: list[str | Promise]  # asked from the second round on
    limits: list[Limit]  # by severity

    @property
    def label(self) -> str:
        return str(self.stage.label)

    @property
    def act(self) -> str:
        return str(ACTS[self.step].label)

    @property
    def people(self) -> list[str]:
        """Who takes the step, a line each, and last who never may."""
        never = [_("not: %(who)s") % {"who": in_a_row(self.not_who)}] if self.not_who else []
        return [*self.who, *never]

    @property
    def needs(self) -> list[str]:
        """The conditions in words."""
        later = [
            _("%(condition)s (from round 2 on)") % {"condition": label} for label in self.later_conditions
        ]
        return [*map(str, self.conditions), *later]

    @property
    def limit(self) -> str:
        return span_in_words(self.limits)


def limits_of(kind: str, ground: Ground | None = None) -> list[Limit]:
    """How long a stage or the whole loop may take, by severity: in a unit (`ground`), or where none has its own."""
    defaults = {severity: default_limit(kind, severity) for severity in Severity}
    if ground is None:
        return list(defaults.values())
    return [ground.limit(kind, limit, severity=severity) for severity, limit in defaults.items()]


def span_in_words(limits: list[Limit]) -> str:
    """Limits by severity in one go: "1 to 3 working days"."""
    words = list(dict.fromkeys(limit.in_words for limit in limits))
    if len(words) > 1 and all(limit.measured_in == DeadlinePolicy.Measure.WORKING_DAYS for limit in limits):
        amounts = [limit.amount for limit in limits]
        return _("%(fewest)s to %(most)s working days") % {"fewest": min(amounts), "most": max(amounts)}
    return in_a_row(words)


def people_of(act: str) -> list[str]:
    """Everybody whom the table lets do this, in words."""
    rule = ACTS[act]
    of_unit = [str(Role(role).label) for role in rule.roles]
    of_responsible = [
        _("%(role)s of the responsible unit") % {"role": Role(role).label}
        for role in rule.responsible_roles
        if role not in rule.roles
    ]
    return [*of_unit, *of_responsible, *(str(RELATION_NAMES[name]) for name in rule.relations)]


def cards(ground: Ground | None = None) -> list[StageCard]:
    """The seven stages in their order, with the time limits of a unit."""
    found = []
    for place, stage in enumerate(LOOP, start=1):
        step = FORWARD[stage]
        first, later = conditions_of(step)
        barred = [str(RELATION_NAMES[name]) for name in ACTS[step].barred]
        found.append(
            StageCard(
                stage,
                place,
                step,
                people_of(step),
                barred,
                list(first),
                list(later),
                limits_of(stage, ground),
            )
        )
    return found


@functools.cache
def conditions_of(step: str) -> tuple[tuple, tuple]:
    """The words of a step's gate, as it asks in the first round, and what it asks besides in later ones.

    Asked of an incident that isn't there, so that nothing is met and every condition is named.
    """
    first, later = (_labels(step, cycle) for cycle in (1, 2))
    return first, tuple(label for label in later if label not in first)


def _labels(step: str, cycle: int) -> tuple:
    nowhere = Unit(pk=0, path="/0/")
    nothing = Incident(pk=0, number="", title="", unit=nowhere, cycle=cycle)
    return tuple(condition.label for condition in gate(nothing, step))


# The picture ---------------------------------------------------------------------------------------------------------
COLUMN, MARGIN = 152, 12
BOX, BOX_HEIGHT = 124, 60
TOP = 172  # of the boxes of the stages
BOTTOM = TOP + BOX_HEIGHT
ENDS = BOTTOM + 62  # top of the boxes in which a case ends early
END_WIDTH, END_HEIGHT = 86, 36
LOWER_LANE = ENDS + END_HEIGHT + 24
CARDS = LOWER_LANE + 26
CARD_WIDTH, CARD_PADDING, LINE, TEXT = 142, 10, 15, 11.5
WIDTH = 2 * MARGIN + 8 * COLUMN
#: The height at which each kind of way back runs above the boxes.
LANES = {"bring_over": 30, "reopen": 64, "judge_not_effective": 104, "uphold_objection": 140}


def draw(ground: Ground | None = None, *, key: str = "loop") -> SafeString:
    """The flowchart as SVG, with classes only: the page's stylesheet or `standalone` gives it its looks."""
    all_cards, all_steps = cards(ground), steps()
    blocks = [_blocks(card) for card in all_cards]
    height = CARDS + max(map(_height, all_cards, blocks)) + MARGIN
    parts: list[SafeString] = [_arrowheads(key)]
    parts += [_edge(step, key) for step in all_steps]
    for card in all_cards:
        parts += _stage_box(card)
    parts += _ends()
    for card, block in zip(all_cards, blocks, strict=True):
        parts += _card(card, block, height - MARGIN)
    parts += _legend(_centre(Stage.PLAN) - BOX / 2 + 8, BOTTOM + 40, key)
    return svg(
        parts, classes="flow", width=WIDTH, height=height, key=key,
        title=_("The closed loop of seven stages"), desc=_description(all_steps),
    )  # fmt: skip


def _description(all_steps: list[Step]) -> str:
    """Every way from stage to stage, for those who can't see the picture."""
    return " ".join(
        _("%(source)s → %(target)s: %(step)s.")
        % {"source": step.source.label, "target": step.target.label, "step": step.label}
        for step in all_steps
    )


def _centre(stage: Stage) -> float:
    """Where a stage's box has its middle; what ends early stands below the stages that it ends."""
    below = {Stage.DISMISSED: Stage.IDENTIFY, Stage.MERGED: Stage.CONFIRM}
    places = [*LOOP, Stage.CLOSED]
    return MARGIN + COLUMN * (places.index(below.get(stage, stage)) + 0.5)


def _stage_box(card: StageCard) -> Iterable[SafeString]:
    middle = _centre(card.stage)
    lines = wrap(card.label, 15, BOX - 22)
    yield box("stage", middle - BOX / 2, TOP, BOX, BOX_HEIGHT, 10)
    yield from stack("stage-t", middle, TOP + 30 + len(lines) * 8.5, lines, 17, "middle")
    yield format_html('<circle class="no" cx="{}" cy="{}" r="11"/>', number(middle - BOX / 2 + 4), TOP)
    yield words("no-t", middle - BOX / 2 + 4, TOP + 4.5, card.number, "middle")


def _ends() -> Iterable[SafeString]:
    for stage in (Stage.DISMISSED, Stage.MERGED):
        middle = _centre(stage)
        yield box("end", middle - END_WIDTH / 2, ENDS, END_WIDTH, END_HEIGHT, 18)
        yield words("end-t", middle, ENDS + 23, stage.label, "middle")
    middle = _centre(Stage.CLOSED)
    yield box("end end-closed", middle - BOX / 2, TOP + 4, BOX, BOX_HEIGHT - 8, 26)
    yield words("end-t end-closed-t", middle, TOP + 36, Stage.CLOSED.label, "middle")


# The ways ------------------------------------------------------------------------------------------------------------
def _edge(step: Step, key: str) -> SafeString:
    """One way as a line with an arrowhead and, where it is no plain step forwards, its words."""
    route, label = _route(step)
    line = format_html(
        '<path class="way way-{}" d="{}" marker-end="url(#{}-{})"/>', step.kind, route, key, step.kind
    )
    return format_html(
        '<g class="edge" data-step="{}" data-from="{}" data-to="{}"><title>{}</title>{}{}</g>',
        step.name, step.source.value, step.target.value,
        f"{step.source.label} → {step.target.label}: {step.label}", line, mark_safe("".join(label)),
    )  # fmt: skip


def _route(step: Step) -> tuple[str, list[SafeString]]:
    start, end = _centre(step.source), _centre(step.target)
    if step.kind == "forward":
        return f"M{number(start + BOX / 2)},{TOP + 30} H{number(end - BOX / 2 - 3)}", []
    if step.source in (Stage.DISMISSED, Stage.MERGED):
        return _from_below(step, start, end)
    if step.target in (Stage.DISMISSED, Stage.MERGED):
        return _to_below(step, start, end)
    return _above(step, start, end)


def _above(step: Step, start: float, end: float) -> tuple[str, list[SafeString]]:
    """Over the boxes, in the lane of its kind."""
    lane = LANES.get(step.name, LANES["reopen"])
    leaves = start + {"judge_not_effective": 0, "uphold_objection": -34, "bring_over": -20}.get(step.name, 0)
    arrives = end + {"judge_not_effective": 14, "uphold_objection": 26, "bring_over": 34}.get(step.name, -14)
    top = TOP + 4 if step.source == Stage.CLOSED else TOP
    arrival = (TOP + 4 if step.target == Stage.CLOSED else TOP) - 3
    route = f"M{number(leaves)},{top} V{lane} H{number(arrives)} V{arrival}"
    if step.name == "reopen" and step.target != Stage.ANALYSE:
        return route, []  # named once, on the way that it shares
    middle = _centre(Stage.TRACK) if step.name == "reopen" else (leaves + arrives) / 2
    text = step.label
    if step.name == "judge_not_effective":
        text = _("%(step)s: next round") % {"step": step.label}
    return route, [words(f"way-t way-t-{step.kind}", middle, lane - 6, text, "middle")]


def _to_below(step: Step, start: float, end: float) -> tuple[str, list[SafeString]]:
    if start == end:
        offset = -16 if step.target == Stage.DISMISSED else 8
        text = stack("way-t", start + offset - 7, BOTTOM + 36, wrap(step.label, TEXT, 56), 13, "end")
        return (
            f"M{number(start + offset)},{BOTTOM} V{ENDS - 3}",
            text if step.source == Stage.IDENTIFY else [],
        )
    lane = BOTTOM + 34
    lines = wrap(step.label, TEXT, COLUMN - END_WIDTH - 6)
    text = stack("way-t", (start + end) / 2, lane + 1 + len(lines) * 13, lines, 13, "middle")
    return f"M{number(start + 40)},{BOTTOM} V{lane} H{number(end - 18)} V{ENDS - 3}", text


def _from_below(step: Step, start: float, end: float) -> tuple[str, list[SafeString]]:
    arrives = end + (53 if step.target == Stage.CONFIRM else -30)
    route = f"M{number(start)},{ENDS + END_HEIGHT} V{LOWER_LANE} H{number(arrives)} V{BOTTOM + 3}"
    if step.target != Stage.ANALYSE:
        return route, []
    return route, [words("way-t", (start + end) / 2, LOWER_LANE - 6, step.label, "middle")]


def _arrowheads(key: str) -> SafeString:
    heads = [
        format_html(
            '<marker id="{}-{}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path class="head head-{}" d="M0,0 L10,5 L0,10 z"/></marker>',
            key, kind, kind,
        )
        for kind in ("forward", "back", "end", "reopen")
    ]  # fmt: skip
    return format_html("<defs>{}</defs>", mark_safe("".join(heads)))


# The cards -----------------------------------------------------------------------------------------------------------
def _blocks(card: StageCard) -> list[tuple[str, list[list[str]]]]:
    """Heading and wrapped items of each part of a card."""
    room = CARD_WIDTH - 2 * CARD_PADDING
    return [
        (_("Who"), [wrap(text, TEXT, room, most=6) for text in card.people]),
        (_("Must be there"), [wrap(text, TEXT, room - 10, most=8) for text in card.needs]),
        (_("Until when"), [wrap(card.limit, TEXT, room)]),
    ]


def _heading(card: StageCard) -> list[str]:
    return wrap(card.act, 13.5, CARD_WIDTH - 2 * CARD_PADDING, most=4)


def _height(card: StageCard, blocks: list[tuple[str, list[list[str]]]]) -> float:
    return (
        14
        + 16 * len(_heading(card))
        + sum(24 + sum(len(lines) * LINE + 3 for lines in items) for _heading, items in blocks)
    )


def _card(card: StageCard, blocks, bottom: float) -> Iterable[SafeString]:
    left = _centre(card.stage) - CARD_WIDTH / 2
    yield box("card-b", left, CARDS, CARD_WIDTH, bottom - CARDS, 8)
    y = CARDS + 20.0
    for line in _heading(card):
        yield words("card-h", left + CARD_PADDING, y, line)
        y += 16
    for place, (heading, items) in enumerate(blocks):
        y += 8
        yield words("card-s", left + CARD_PADDING, y, heading)
        y += 16
        for lines in items:
            indent = 10 if place == 1 else 0
            if indent:
                yield box("tick", left + CARD_PADDING, y - 8, 6, 6, 1.5)
            for line in lines:
                yield words("card-t", left + CARD_PADDING + indent, y, line)
                y += LINE
            y += 3


def _legend(x: float, y: float, key: str) -> Iterable[SafeString]:
    """What the lines mean: it stands in the free room under the later stages."""
    meanings = [
        ("forward", _("the step that the stage waits for")),
        ("back", _("back to an earlier stage")),
        ("end", _("out of the loop")),
        ("reopen", _("opened again, with a reason")),
    ]
    for place, (kind, text) in enumerate(meanings):
        left, top = x + (place % 2) * 290, y + (place // 2) * 26
        yield format_html(
            '<path class="way way-{}" d="M{},{} h38" marker-end="url(#{}-{})"/>',
            kind, number(left), number(top), key, kind,
        )  # fmt: skip
        yield words("way-t", left + 50, top + 4, text)


#: The looks of a file that stands alone; in the page static/css/handbook.css gives the same classes the page's colours.
STYLE = """
svg{font-family:system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;background:#fff}
text{font-size:11.5px;fill:#43504c}
.stage{fill:#e2f0ed;stroke:#0a6660;stroke-width:1.6}.stage-t{font-size:14px;font-weight:650;fill:#18211f}
.no{fill:#0a6660}.no-t{fill:#fff;font-weight:700;font-size:12px}
.end{fill:#fff;stroke:#5f6b67;stroke-width:1.4}.end-t{font-weight:600;fill:#18211f}
.end-closed{fill:#0a6660;stroke:#0a6660}.end-closed-t{fill:#fff;font-size:14px}
.way{fill:none;stroke:#43504c;stroke-width:1.5}.way-forward{stroke-width:2.4}
.way-back{stroke:#b34700;stroke-width:2.4}.way-reopen{stroke-dasharray:5 4}.way-end{stroke:#5f6b67}
.head{fill:#43504c}.head-back{fill:#b34700}.way-t-back{fill:#b34700;font-weight:650}
.card-b{fill:#f8f9f7;stroke:#e2e6e1}.card-h{font-size:12.5px;font-weight:650;fill:#18211f}
.card-s{font-weight:650;fill:#0a6660}.tick{fill:none;stroke:#5f6b67}
.grid{stroke:#c6cdc6;stroke-width:.8}.band{fill:#f4f5f2}.group{fill:#e2f0ed}.th{font-weight:650;fill:#18211f}
.c-R,.c-A{font-weight:700;fill:#0a6660}.c-A{fill:#18211f}.c-x{font-weight:700;fill:#b34700}.c-I,.c-C{fill:#5f6b67}
.disc{fill:#e2f0ed;stroke:#0a6660}.disc-A{fill:#0a6660;stroke:#0a6660}.on-A{fill:#fff;font-weight:700}
"""


def standalone(drawing: SafeString) -> str:
    """The drawing as a file of its own: with its name space and its looks, and nothing to fetch."""
    opened, rest = drawing.split(">", 1)
    opened = opened.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{opened}><style>{STYLE}</style>{rest}\n'
