"""The tree of causes as a fishbone, drawn on the server, and as 5-Why chains. Both come from the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.drawing import box, dot, line, path, stack, svg, width_of, words, wrap

from .models import Cause


# The tree ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Node:
    """A cause with what lies below it."""

    cause: Cause
    below: list["Node"]
    depth: int = 0

    @property
    def state(self) -> str:
        """root, out (refuted), sure (confirmed on the way to a root) or open: the classes of drawing and outline."""
        if self.cause.is_root:
            return "root"
        return {Cause.Status.REFUTED: "out", Cause.Status.CONFIRMED: "sure"}.get(self.cause.status, "open")


def tree(causes: Iterable[Cause]) -> list[Node]:
    """The causes of one round as a tree, in the order of the outline."""
    below: dict[int | None, list[Cause]] = {}
    for cause in sorted(causes, key=lambda cause: (cause.position, cause.pk)):
        below.setdefault(cause.parent_id, []).append(cause)

    def nodes(parent: int | None, depth: int) -> list[Node]:
        return [Node(cause, nodes(cause.pk, depth + 1), depth) for cause in below.get(parent, [])]

    return nodes(None, 0)


def walk(nodes: Iterable[Node]) -> Iterable[Node]:
    """Every node, a cause before what lies below it."""
    for node in nodes:
        yield node
        yield from walk(node.below)


def chains(causes: Iterable[Cause]) -> list[list[Cause]]:
    """The 5-Why chains: from the effect down to each root cause; while there is none, down to each open end."""
    causes = list(causes)
    by_id = {cause.pk: cause for cause in causes}
    nodes = list(walk(tree(causes)))
    ends = [node.cause for node in nodes if node.cause.is_root]
    if not ends:
        ends = [node.cause for node in nodes if not node.below and node.depth and node.state != "out"]
    return [_line_up(end, by_id) for end in ends]


def _line_up(cause: Cause, by_id: dict[int, Cause]) -> list[Cause]:
    chain = [cause]
    while chain[0].parent_id is not None:
        chain.insert(0, by_id[chain[0].parent_id])
    return chain


# The bones -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Bone:
    """A category with the causes that are drawn on it: those at its first level, and every root cause below."""

    category: str
    label: str
    ribs: list[Node]


def bones(causes: Iterable[Cause]) -> list[Bone]:
    """The six bones, also those on which nothing hangs yet, then those that people have named themselves."""
    ribs: dict[str, list[Node]] = {}
    for node in walk(tree(causes)):
        if node.depth == 0 or node.cause.is_root:
            ribs.setdefault(node.cause.category, []).append(node)
    own = [(name, name) for name in ribs if name not in Cause.Category.values]
    return [Bone(key, str(label), ribs.get(key, [])) for key, label in [*Cause.Category.choices, *own]]


# The picture ---------------------------------------------------------------------------------------------------------
HEAD = 150  # the box with the effect
FOOT, STEP = 258, 238  # where the first bone meets the spine, and how far on the next one does
NECK = 28  # from the last bone to the head
LEAN = 74  # how far a bone leans to the left
ROOM = 176  # for the words on a rib
LINE = 18
TEXT, HEADTEXT = 14, 15
LABEL = 34  # the box with the category, at the end of a bone
SHORTEST = 206  # a bone without ribs


@dataclass(frozen=True)
class Picture:
    """The parts of a drawing, and how large it is in pixels."""

    parts: list[SafeString]
    width: float
    height: float
    desc: str


def picture(causes: Iterable[Cause], effect: str) -> Picture:
    """The fishbone, a bone in turn above and below the spine once the six usual ones are set."""
    all_bones = bones(causes)
    own = all_bones[6:]
    upper, lower = [*all_bones[:3], *own[0::2]], [*all_bones[3:6], *own[1::2]]
    middle = LABEL + 10 + _length(upper)
    bottom = middle + _length(lower)
    tip = FOOT + (len(upper) - 1) * STEP + NECK
    parts = [
        line("spine", 8, middle, tip, middle),
        _arrow(tip, middle),
        *(part for place, bone in enumerate(upper) for part in _bone(bone, _foot(place), LABEL + 10, middle)),
        *(part for place, bone in enumerate(lower) for part in _bone(bone, _foot(place), bottom, middle)),
        *_head(effect, tip, middle),
    ]
    return Picture(parts, tip + HEAD, bottom + LABEL + 10, _description(all_bones))


def _foot(place: int) -> float:
    return FOOT + place * STEP


def draw(causes: Iterable[Cause], effect: str, *, key: str) -> SafeString:
    """The fishbone as SVG. `effect` stands in the head; `key` makes its ids unique on the page."""
    drawn = picture(causes, effect)
    return svg(
        drawn.parts, classes="fish", width=drawn.width, height=drawn.height, key=key,
        title=_("Fishbone diagram: %(effect)s") % {"effect": effect}, desc=drawn.desc,
    )  # fmt: skip


def _lines(node: Node) -> list[str]:
    return wrap(node.cause.text, TEXT, ROOM)


def _room(node: Node) -> float:
    """How much of the bone a rib takes up: its words stand above it."""
    return len(_lines(node)) * LINE + 24


def _length(side: list[Bone]) -> float:
    return max(SHORTEST, *(sum(_room(node) for node in bone.ribs) + 30 for bone in side))


def _bone(bone: Bone, foot: float, end: float, middle: float) -> Iterable[SafeString]:
    """A bone from its category to the spine, with its ribs spread over its length."""
    tip, is_upper = foot - LEAN, end < middle
    yield line("bone", tip, end, foot, middle)
    width = width_of(bone.label, 14.5) + 30
    top = end - LABEL if is_upper else end + 2
    yield box("catbox", tip - width / 2, top, width, 32, 9)
    yield words("cat", tip, top + 21, bone.label, "middle")
    y = min(end, middle) + (8 if is_upper else 12)
    spare = abs(middle - end) - 30 - sum(_room(node) for node in bone.ribs)
    for node in bone.ribs:
        y += _room(node) + spare / (len(bone.ribs) + 1)
        yield from _rib(node, tip + LEAN * (y - end) / (middle - end), y)


def _rib(node: Node, x: float, y: float) -> Iterable[SafeString]:
    lines = _lines(node)
    longest = max(width_of(text, TEXT) for text in lines)
    yield line("rib rib-root" if node.state == "root" else "rib", x - longest - 20, y, x, y)
    yield from stack(f"t-{node.state}", x - 13, y - 8, lines, LINE, "end")
    yield dot(f"d-{node.state}", x, y, 6 if node.state == "root" else 4.6)


def _arrow(tip: float, middle: float) -> SafeString:
    return path("spine", [(tip - 11, middle - 8), (tip, middle), (tip - 11, middle + 8)])


def _head(effect: str, tip: float, middle: float) -> Iterable[SafeString]:
    lines = wrap(effect, HEADTEXT, HEAD - 32, most=6)
    height = len(lines) * 22 + 28
    yield box("headbox", tip + 3, middle - height / 2, HEAD - 8, height, 10)
    yield from stack("headtext", tip + HEAD / 2 - 1, middle + height / 2 - 20, lines, 22, "middle")


def _description(all_bones: list[Bone]) -> str:
    """What somebody has to know who can't see the picture."""
    ribs = [node for bone in all_bones for node in bone.ribs]
    roots = [node.cause.text for node in ribs if node.state == "root"]
    return _("Confirmed root causes: %(roots)s. Causes shown: %(count)s, ruled out: %(out)s.") % {
        "roots": "; ".join(roots) or _("none yet"),
        "count": len(ribs),
        "out": sum(node.state == "out" for node in ribs),
    }
