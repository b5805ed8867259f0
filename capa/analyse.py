"""Stage 3, analyse: the tree of causes, what each finding rests on, and the cause report."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid
from incidents.evidence import attach
from incidents.lifecycle import change, hold_in, move
from incidents.models import Evidence, Incident
from incidents.stages import Stage
from people.models import Person

from .models import Analysis, Cause, CauseProof

#: Where a cause can be shifted to in the outline.
DIRECTIONS = ("up", "down", "in", "out")


@transaction.atomic
def describe(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    problem: str | None = None,
    escape: str | None = None,
    why_differs: str | None = None,
    report: str | None = None,
) -> Incident:
    """Write the words of this round's analysis; what is None stays as it is."""
    row = _hold(incident, by=by, version=version)
    analysis = _analysis(row)
    given = {"problem": problem, "escape": escape, "why_differs": why_differs, "report": report}
    changed = {
        name: text for name, text in given.items() if text is not None and text != getattr(analysis, name)
    }
    before = {name: getattr(analysis, name) for name in changed}
    for name, text in changed.items():
        setattr(analysis, name, text)
    analysis.save()
    return change(row, "describe_analysis", by=by, before=before, after=changed)


def _hold(incident: Incident, *, by: Person, version: int | None) -> Incident:
    return hold_in(Stage.ANALYSE, incident, "analyse", by=by, version=version)


def _analysis(row: Incident) -> Analysis:
    """This round's analysis: a row of its own in every round, so nothing of an earlier one is overwritten."""
    return Analysis.objects.get_or_create(incident=row, cycle=row.cycle)[0]


# The tree of causes --------------------------------------------------------------------------------------------------
@transaction.atomic
def add_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    text: str,
    category: str = "",
    parent: Cause | None = None,
) -> Incident:
    """Put a supposed cause on the fishbone, or below another one as the answer to the next why."""
    row = _hold(incident, by=by, version=version)
    parent = _of_this_round(row, parent)
    cause = Cause(
        incident=row,
        cycle=row.cycle,
        parent=parent,
        text=_said(text, "text", _("Write down the supposed cause.")),
        category=_category(category or (parent.category if parent else "")),
        position=row.causes.filter(cycle=row.cycle, parent=parent).count(),
        added_by=by,
    )
    _analysis(row)
    cause.save()
    return change(row, "add_cause", by=by, after=_described(cause))


@transaction.atomic
def amend_cause(
    incident: Incident, *, by: Person, version: int | None, cause: Cause, text: str, category: str = ""
) -> Incident:
    """Reword a cause that isn't decided yet, or hang it on another bone with all that is below it."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    text = _said(text, "text", _("Write down the supposed cause."))
    if text != cause.text and cause.status != Cause.Status.HYPOTHESIS:
        raise Invalid({"text": _("This cause is decided: its words stand. Add another one instead.")})
    before = _described(cause)
    cause.text, cause.category = text, _category(category or cause.category)
    cause.save()
    _spread_category(row, cause)
    return change(row, "amend_cause", by=by, before=before, after=_described(cause))


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
) -> Incident:
    """Hang a cause below another one (None: on the bone itself), at `position` among its new siblings."""
    row = _hold(incident, by=by, version=version)
    return _place(row, _of_this_round(row, cause), _of_this_round(row, parent), position, category, by=by)


@transaction.atomic
def shift_cause(
    incident: Incident, *, by: Person, version: int | None, cause: Cause, direction: str
) -> Incident:
    """Move a cause one place up or down in the outline, in (below the one above) or out. No room: nothing changes."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    siblings = list(row.causes.filter(cycle=row.cycle, parent=cause.parent_id))
    place = siblings.index(cause)
    if direction in ("up", "down"):
        target = place + (1 if direction == "down" else -1)
        if 0 <= target < len(siblings):
            return _place(row, cause, cause.parent, target, "", by=by)
    elif direction == "in" and place > 0:
        return _place(row, cause, siblings[place - 1], None, "", by=by)
    elif direction == "out" and cause.parent is not None:
        uncles = list(row.causes.filter(cycle=row.cycle, parent=cause.parent.parent_id))
        return _place(row, cause, cause.parent.parent, uncles.index(cause.parent) + 1, "", by=by)
    return row


def _place(row: Incident, cause: Cause, parent: Cause | None, position: int | None, category: str, *, by):
    if parent is not None and cause.pk in _line_up_from(parent):
        raise Invalid({"parent": _("A cause can't lie below itself.")})
    before = _described(cause)
    cause.parent = parent
    cause.category = _category(category or (parent.category if parent else cause.category))
    siblings = list(row.causes.filter(cycle=row.cycle, parent=parent).exclude(pk=cause.pk))
    siblings.insert(len(siblings) if position is None else max(0, position), cause)
    for number, sibling in enumerate(siblings):
        sibling.position = number
    Cause.objects.bulk_update(siblings, ["position"])
    cause.position = siblings.index(cause)
    cause.save()
    _spread_category(row, cause)
    return change(row, "move_cause", by=by, before=before, after=_described(cause))


def _line_up_from(cause: Cause | None) -> set[int]:
    """The cause and everything it explains, up to the bone."""
    line = set()
    while cause is not None:
        line.add(cause.pk)
        cause = cause.parent
    return line


def _spread_category(row: Incident, cause: Cause) -> None:
    """Everything below a cause hangs on the same bone."""
    below, level = [], [cause.pk]
    while level:
        level = list(row.causes.filter(parent__in=level).exclude(pk__in=below).values_list("pk", flat=True))
        below += level
    Cause.objects.filter(pk__in=below).exclude(category=cause.category).update(category=cause.category)


@transaction.atomic
def remove_cause(incident: Incident, *, by: Person, version: int | None, cause: Cause) -> Incident:
    """Take back a cause on which nobody has built anything; else it can only be refuted, and stays visible."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    if cause.status != Cause.Status.HYPOTHESIS or cause.children.exists() or cause.proofs.exists():
        raise Invalid(
            {"cause": _("Somebody has built on this cause. Refute it with a finding: it stays visible.")}
        )
    before = _described(cause)
    cause.delete()
    return change(row, "remove_cause", by=by, before=before)


# Findings ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def confirm_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    finding: str,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
    is_root: bool = False,
) -> Incident:
    """The cause is real. It takes proof: evidence of the case, or a note on where to find it (a log, an interview)."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    _prove(row, cause, evidence, notes, by=by)
    if not cause.proofs.exists():
        raise Invalid({"evidence": _("Name what proves it: a piece of evidence, or a note on where it is.")})
    return _decide(row, cause, Cause.Status.CONFIRMED, finding, is_root=is_root, by=by)


@transaction.atomic
def refute_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    finding: str,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
) -> Incident:
    """The cause was looked into and ruled out. It stays in view, struck through."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    _prove(row, cause, evidence, notes, by=by)
    return _decide(row, cause, Cause.Status.REFUTED, finding, is_root=False, by=by)


@transaction.atomic
def prove_cause(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    cause: Cause,
    evidence: Iterable[uuid.UUID] = (),
    notes: Iterable[str] = (),
) -> Incident:
    """Add proof to a cause without deciding anything."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    if not _prove(row, cause, evidence, notes, by=by):
        raise Invalid({"evidence": _("Name what proves it: a piece of evidence, or a note on where it is.")})
    return change(row, "prove_cause", by=by, after=_described(cause))


@transaction.atomic
def mark_root(
    incident: Incident, *, by: Person, version: int | None, cause: Cause, is_root: bool = True
) -> Incident:
    """Say that a confirmed cause is a root cause (measures will be taken against it), or that it isn't."""
    row = _hold(incident, by=by, version=version)
    cause = _of_this_round(row, cause)
    if cause.status != Cause.Status.CONFIRMED:
        raise Invalid({"cause": _("Only a confirmed cause can be a root cause.")})
    before = _described(cause)
    cause.is_root = is_root
    cause.save()
    return change(row, "mark_root", by=by, before=before, after=_described(cause))


@transaction.atomic
def conclude(incident: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """The root cause is found and proven: on to the plan."""
    row = move(incident, "conclude", by=by, version=version, note=note)
    row.analyses.filter(cycle=row.cycle).update(concluded_by=by, concluded_at=timezone.now())
    return row


def _decide(row: Incident, cause: Cause, status: str, finding: str, *, is_root: bool, by: Person) -> Incident:
    before = _described(cause)
    cause.finding = _said(finding, "finding", _("Say what was found, and how."))
    cause.status, cause.is_root = status, is_root
    cause.decided_by, cause.decided_at = by, timezone.now()
    cause.save()
    act = "confirm_cause" if status == Cause.Status.CONFIRMED else "refute_cause"
    return change(row, act, by=by, reason=finding, before=before, after=_described(cause))


def _prove(row: Incident, cause: Cause, evidence, notes, *, by: Person) -> list[CauseProof]:
    return CauseProof.objects.bulk_create(
        [
            *(
                CauseProof(cause=cause, evidence=item, added_by=by)
                for item in evidence_of(row, evidence, by=by)
            ),
            *(CauseProof(cause=cause, note=note.strip(), added_by=by) for note in notes if note.strip()),
        ]
    )


def evidence_of(row: Incident, ids: Iterable[uuid.UUID], *, by: Person) -> list[Evidence]:
    """The chosen pieces of evidence, if all of them belong to this case and none was withdrawn.

    What the person has just uploaded for it becomes evidence of the case now.
    """
    ids = {str(pk) for pk in ids}
    new = Evidence.objects.filter(pk__in=ids, incident=None, uploaded_by=by).values_list("pk", flat=True)
    for detail in attach(row, new, by=by) if ids else []:
        record(
            row.case, "incident.add_evidence", label=row.number, by=by, unit=row.unit,
            after={**detail, "stage": row.stage, "cycle": row.cycle},
        )  # fmt: skip
    found = list(Evidence.objects.shown().filter(incident=row, pk__in=ids)) if ids else []
    if len(found) != len(ids):
        raise Invalid({"evidence": _("Some of the evidence doesn't belong to this case. Choose again.")})
    return found


def _of_this_round(row: Incident, cause: Cause | None) -> Cause | None:
    """The cause as it is now, if it belongs to this case and round."""
    if cause is None:
        return None
    found = row.causes.filter(cycle=row.cycle, pk=cause.pk).first()
    if found is None:
        raise Invalid({"cause": _("This cause doesn't belong to the round you are in.")})
    return found


def _said(text: str, field: str, message) -> str:
    if not text.strip():
        raise Invalid({field: message})
    return text.strip()


def _category(value: str) -> str:
    if value not in Cause.Category.values:
        raise Invalid({"category": _("Choose on which bone of the fishbone it belongs.")})
    return value


def _described(cause: Cause) -> dict:
    return {
        "cause": cause.pk,
        "text": cause.text,
        "category": cause.category,
        "below": cause.parent_id,
        "position": cause.position,
        "status": cause.status,
        "is_root": cause.is_root,
        "finding": cause.finding,
    }
