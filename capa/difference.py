"""What changed from one version of a plan to the next: field by field, and within a text word by word.

Works on what `content` reads out, so that it serves two versions as well as a version and the signature under it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .content import OF_A_MEASURE, OF_A_PLAN
from .measuring import source_of
from .models import Measure, Plan, VerificationDesign

#: Words and figures of European scripts; every other sign, a Chinese character too, stands for itself.
TOKEN = re.compile(r"[A-Za-z0-9À-ɏ_'’%°+-]+|\s+|.", re.DOTALL)
#: Comparing every word with every same word may take this many steps; beyond it a text counts as rewritten.
MOST_STEPS = 300_000
#: Texts with less in common than this are shown whole, one after the other.
ALIKE = 0.3
#: How alike two measures have to be, of 1, to be taken for the same one (see `_likeness`).
SAME_MEASURE = 0.5
#: Where the model's own name of a field says too little by itself.
LABELS = {
    "target": gettext_lazy("Target"),
    "baseline_value": gettext_lazy("Value today"),
    "expected_value": gettext_lazy("Value expected"),
    "value_unit": gettext_lazy("Unit of the values"),
    "scope": gettext_lazy("What is counted there"),
}
LONG = {"text", "target", "feasibility", "expected_effect", "metric", "baseline_source"}


@dataclass(frozen=True)
class Piece:
    """A stretch of text: kept, ins or del."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One field that says something else now."""

    name: str
    label: str
    before: str
    after: str
    pieces: list[Piece]

    @property
    def is_text(self) -> bool:
        return self.name in LONG


@dataclass(frozen=True)
class MeasureChange:
    """A measure that was added, dropped, changed or kept; `text` as it reads now, or read last."""

    state: str
    text: str
    said: list[tuple[str, str]]  # label and value of what an added or a dropped one says
    changes: list[Change]


@dataclass(frozen=True)
class Difference:
    words: list[Change] = field(default_factory=list)
    measures: list[MeasureChange] = field(default_factory=list)
    design: list[Change] = field(default_factory=list)

    @property
    def touched(self) -> list[MeasureChange]:
        return [row for row in self.measures if row.state != "kept"]

    @property
    def kept(self) -> int:
        return len(self.measures) - len(self.touched)

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.touched or self.design)

    def __len__(self):
        return len(self.words) + len(self.touched) + len(self.design)

    @property
    def summary(self) -> list[str]:
        """Each change in a few words."""
        lines = [change.label for change in [*self.words, *self.design]]
        for row in self.touched:
            if row.state == "changed":
                labels = ", ".join(change.label for change in row.changes)
                lines.append(_("%(fields)s of “%(measure)s”") % {"fields": labels, "measure": row.text})
            else:
                says = _("added: “%(measure)s”") if row.state == "added" else _("dropped: “%(measure)s”")
                lines.append(says % {"measure": row.text})
        return lines


def between(before: dict, after: dict, names: Mapping[str, str] | None = None) -> Difference:
    """From what one version said to what another says. `names`: how user names and unit codes are called."""
    names = names or {}
    pairs = _matched(before["measures"], after["measures"])
    return Difference(
        words=_changes(Plan, OF_A_PLAN, before, after, names),
        measures=[_measure(old, new, names) for old, new in pairs],
        design=_changes(
            VerificationDesign,
            VerificationDesign.DECIDED,
            before["design"] or {},
            after["design"] or {},
            names,
        ),
    )


# Which measure is which ----------------------------------------------------------------------------------------------
def _likeness(old: dict, new: dict, *, same_place: bool) -> float:
    """From 0 to 1: mostly the words, a little the cause and the place in the list."""
    alike = SequenceMatcher(None, old["text"], new["text"], autojunk=False)
    if alike.quick_ratio() < ALIKE:
        return 0.0
    return 0.75 * alike.ratio() + 0.15 * (old["cause"] == new["cause"]) + 0.1 * same_place


def _matched(before: list[dict], after: list[dict]) -> list[tuple[dict | None, dict | None]]:
    """Each measure with what became of it, in the order of the later version; dropped ones stand where they stood."""
    ranked = sorted(
        (
            (_likeness(old, new, same_place=i == j), i, j)
            for i, old in enumerate(before)
            for j, new in enumerate(after)
        ),
        key=lambda item: (-item[0], item[1], item[2]),
    )
    partner: dict[int, int] = {}
    for likeness, i, j in ranked:
        if likeness >= SAME_MEASURE and j not in partner and i not in partner.values():
            partner[j] = i
    pairs: list[tuple[dict | None, dict | None]] = []
    waiting = [i for i in range(len(before)) if i not in partner.values()]
    for j, new in enumerate(after):
        i = partner.get(j)
        while i is not None and waiting and waiting[0] < i:
            pairs.append((before[waiting.pop(0)], None))
        pairs.append((before[i] if i is not None else None, new))
    return pairs + [(before[i], None) for i in waiting]


def _measure(old: dict | None, new: dict | None, names: Mapping[str, str]) -> MeasureChange:
    if old is None or new is None:
        only = new or old
        said = [
            (label_of(Measure, name), shown(Measure, name, only[name], names)) for name in OF_A_MEASURE[1:]
        ]
        state = "added" if old is None else "dropped"
        return MeasureChange(state, only["text"], [(label, value) for label, value in said if value], [])
    changes = _changes(Measure, OF_A_MEASURE, old, new, names)
    return MeasureChange("changed" if changes else "kept", new["text"], [], changes)


# Which field says something else -------------------------------------------------------------------------------------
def _changes(
    model, fields: Iterable[str], before: dict, after: dict, names: Mapping[str, str]
) -> list[Change]:
    changes = []
    for name in fields:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        was, now = shown(model, name, old, names), shown(model, name, new, names)
        pieces = compared(was, now) if name in LONG else _replaced(was, now)
        changes.append(Change(name, label_of(model, name), was, now, pieces))
    return changes


def label_of(model, name: str) -> str:
    label = str(LABELS.get(name) or model._meta.get_field(name).verbose_name)
    return label[:1].upper() + label[1:]


def shown(model, name: str, value: Any, names: Mapping[str, str]) -> str:
    """A plain value in words."""
    if value is None or value == "":
        return ""
    if name in ("owner", "unit"):
        return names.get(value, value)
    if name == "source":
        return str(source_of(value).label)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    choices = dict(model._meta.get_field(name).flatchoices)
    if value in choices:
        return str(choices[value])
    if model._meta.get_field(name).get_internal_type() == "DecimalField":
        return _number(value)
    return str(value)


def _number(value: Any) -> str:
    """Without noughts that say nothing, in the reader's grouping: 1200.50 is 1,200.5."""
    return formats.number_format(format(Decimal(str(value)).normalize(), "f"), force_grouping=True)


# Within a text -------------------------------------------------------------------------------------------------------
def _replaced(before: str, after: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("del", before), ("ins", after)) if text]


def compared(before: str, after: str) -> list[Piece]:
    """The two texts as one, in stretches that were kept, taken out and put in; a word is never cut in two."""
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    in_old, in_new = Counter(old), Counter(new)
    if sum(count * in_new[token] for token, count in in_old.items()) > MOST_STEPS:
        return _replaced(before, after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return _replaced(before, after)
    runs: list[tuple[str, str]] = []  # (taken out, put in); kept text is the same in both
    kept: list[bool] = []
    for kind, i, until_i, j, until_j in matcher.get_opcodes():
        out, put = "".join(old[i:until_i]), "".join(new[j:until_j])
        if kind == "equal" and (out.strip() or not runs):
            runs.append((out, put))
            kept.append(True)
        elif runs and not kept[-1]:  # a change goes on, over a mere space too
            runs[-1] = (runs[-1][0] + out, runs[-1][1] + put)
        else:
            runs.append((out, put))
            kept.append(kind == "equal")
    pieces: list[Piece] = []
    for (out, put), stays in zip(runs, kept, strict=True):
        pieces += [Piece("kept", out)] if stays else _replaced(out, put)
    return pieces
