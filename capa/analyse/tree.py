"""The tree of causes: adding, rewording, moving, taking back."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capa.models import Cause
from incidents.errors import Invalid
from incidents.lifecycle import change
from incidents.models import Incident
from people.models import Person

from .held import analysis_of, as_seen, bone, described, hold, of_this_round, said, save

#: Where a cause can be shifted to in the outline.
DIRECTIONS = ("up", "down", "in", "out")


@transaction.atomic
def add_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    text: str,
    category: str = "",
    parent: Cause | None = None,
    side: str = "",
    after: Cause | None = None,
) -> Incident:
    """Put a supposed cause on the fishbone, or below another one as the answer to the next why.

    `side` is the question that it answers (Cause.Side; below another cause that one's). `after` is the sibling behind
    which it stands, last if there is none; the bone is that of its parent or sibling where none is named.
    """
    row = hold(incident, by=by, version=version)
    after = of_this_round(row, after)
    parent = of_this_round(row, after.parent if after else parent)
    beside = parent or after
    cause = Cause(
        incident=row,
        cycle=row.cycle,
        parent=parent,
        side=_side(beside.side if beside else side),
        text=_worded(text),
        category=bone(category or (beside.category if beside else "")),
        added_by=by,
    )
    siblings = _siblings(row, parent, cause.side)
    place = siblings.index(after) + 1 if after in siblings else len(siblings)
    cause.position = place
    analysis_of(row)
    cause.save()
    _number([*siblings[:place], cause, *siblings[place:]])
    return change(row, "add_cause", by=by, after=described(cause))


@transaction.atomic
def amend_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    text: str,
    category: str = "",
    seen: int | None = None,
) -> Incident:
    """Reword a cause that isn't decided yet, or hang it on another bone with all that is below it."""
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "text", "category", "status")
    text = _worded(text)
    if text != cause.text and cause.status != Cause.Status.HYPOTHESIS:
        raise Invalid({"text": _("This cause is decided: its words stand. Add another one instead.")})
    before = described(cause)
    cause.text, cause.category = text, bone(category or cause.category)
    save(cause)
    _spread(row, cause)
    return change(row, "amend_cause", by=by, before=before, after=described(cause))


@transaction.atomic
def move_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    parent: Cause | None,
    position: int | None = None,
    category: str = "",
    side: str = "",
    seen: int | None = None,
) -> Incident:
    """Hang a cause below another one (None: on the bone itself), at `position` among its new siblings.

    On the bone itself it can change over to the other question (`side`).
    """
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "below", "side")
    return _place(row, cause, of_this_round(row, parent), position, category, side, by=by)


@transaction.atomic
def shift_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    direction: str,
    seen: int | None = None,
) -> Incident:
    """Move a cause one place up or down in the outline, in (below the one above) or out. No room: nothing changes."""
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "below", "side")
    siblings = _siblings(row, cause.parent_id, cause.side)
    place = siblings.index(cause)
    if direction in ("up", "down"):
        target = place + (1 if direction == "down" else -1)
        if 0 <= target < len(siblings):
            return _place(row, cause, cause.parent, target, "", by=by)
    elif direction == "in" and place > 0:
        return _place(row, cause, siblings[place - 1], None, "", by=by)
    elif direction == "out" and cause.parent is not None:
        uncles = _siblings(row, cause.parent.parent_id, cause.side)
        return _place(row, cause, cause.parent.parent, uncles.index(cause.parent) + 1, "", by=by)
    return row


@transaction.atomic
def remove_cause(
    incident: Incident, *, by: Person, version: int | None, cause: Cause, seen: int | None = None
) -> Incident:
    """Take back a cause on which nobody has built anything; else it can only be refuted, and stays visible."""
    row = hold(incident, by=by, version=version)
    cause = as_seen(row, cause, seen, "text", "status")
    if cause.status != Cause.Status.HYPOTHESIS or cause.children.exists() or cause.proofs.exists():
        raise Invalid(
            {"cause": _("Somebody has built on this cause. Refute it with a finding: it stays visible.")}
        )
    before = described(cause)
    cause.delete()
    return change(row, "remove_cause", by=by, before=before)


def _place(
    row: Incident,
    cause: Cause,
    parent: Cause | None,
    position: int | None,
    category: str,
    side: str = "",
    *,
    by,
) -> Incident:
    if parent is not None and cause.pk in _line_up_from(parent):
        raise Invalid({"parent": _("A cause can't lie below itself.")})
    before = described(cause)
    cause.parent = parent
    cause.side = parent.side if parent else _side(side or cause.side)
    cause.category = bone(category or (parent.category if parent else cause.category))
    siblings = [sibling for sibling in _siblings(row, parent, cause.side) if sibling.pk != cause.pk]
    siblings.insert(len(siblings) if position is None else max(0, position), cause)
    cause.position = siblings.index(cause)
    save(cause)
    _number(siblings)
    _spread(row, cause)
    return change(row, "move_cause", by=by, before=before, after=described(cause))


def _siblings(row: Incident, parent: Cause | int | None, side: str) -> list[Cause]:
    return list(row.causes.filter(cycle=row.cycle, parent=parent, side=side))


def _number(siblings: list[Cause]) -> None:
    """Write down the order. Nobody's page is stale for it: a sibling says what it said."""
    for position, sibling in enumerate(siblings):
        sibling.position = position
    Cause.objects.bulk_update(siblings, ["position"])


def _line_up_from(cause: Cause | None) -> set[int]:
    """The cause and everything it explains, up to the bone."""
    line = set()
    while cause is not None:
        line.add(cause.pk)
        cause = cause.parent
    return line


def _spread(row: Incident, cause: Cause) -> None:
    """Everything below a cause hangs on the same bone and answers the same question."""
    below, level = [], [cause.pk]
    while level:
        level = list(row.causes.filter(parent__in=level).exclude(pk__in=below).values_list("pk", flat=True))
        below += level
    Cause.objects.filter(pk__in=below).exclude(category=cause.category, side=cause.side).update(
        category=cause.category, side=cause.side
    )


def _worded(text: str) -> str:
    """A cause is one line, however it was typed."""
    return " ".join(said(text, "text", _("Write down the supposed cause.")).split())


def _side(value: str) -> str:
    if (value or Cause.Side.OCCURRENCE) not in Cause.Side.values:
        raise Invalid({"side": _("Choose which question it answers.")})
    return value or Cause.Side.OCCURRENCE
