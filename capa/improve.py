"""Stage 7, improve: the lessons, the changes that make them last, the archive; and opening a case again."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.access import admit
from incidents.errors import Invalid, NotAllowed
from incidents.lifecycle import change, hold_in, move, tell
from incidents.models import Incident
from incidents.stages import Severity, Stage
from people.models import Person, Role, Unit
from reminders.deadlines import close_deadline, open_deadline
from reminders.policies import Limit, ground_of

from . import library, watches
from .analyse import evidence_of
from .models import Improvement
from .plan import business_end

#: Within which a unit says whether a lesson that was passed on to it applies there, where it hasn't said otherwise.
ACKNOWLEDGE_WITHIN = Limit(5)


@transaction.atomic
def write_lessons(incident: Incident, *, by: Person, version: int | None, lessons: str) -> Incident:
    """Write down what was learned."""
    row = _hold(incident, "improve", by=by, version=version)
    if not lessons.strip():
        raise Invalid({"lessons": _("Write down what was learned.")})
    return change(row, "write_lessons", by=by, changes={"lessons": lessons.strip()})


@transaction.atomic
def add_improvement(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    kind: str,
    text: str,
    owner: Person | None = None,
    unit: Unit | None = None,
    due_on: dt.date | None = None,
) -> Incident:
    """A manual or a training that changes, with owner and date; or that none is needed, and why (`text`)."""
    row = _hold(incident, "improve", by=by, version=version)
    wrong = {}
    if kind not in Improvement.Kind.values:
        wrong["kind"] = _("Choose what kind of change it is.")
    if not text.strip():
        wrong["text"] = _("Say what changes; if nothing has to, say why.")
    if kind != Improvement.Kind.NONE:
        if owner is None or not owner.is_active or row.unit.company_id not in owner.company_ids:
            wrong["owner"] = _("Name somebody of the company who sees to it.")
        if due_on is None or due_on < timezone.localdate():
            wrong["due_on"] = _("Choose a day to come.")
    if kind == Improvement.Kind.SPREAD and unit is None:
        wrong["unit"] = _("Choose the unit that it is passed on to.")
    if wrong:
        raise Invalid(wrong)
    return _add(row, kind, text, owner, unit, due_on, by=by)


@transaction.atomic
def pass_on(
    incident: Incident, *, by: Person, version: int | None, units: Iterable[Unit], text: str, due_on: dt.date
) -> Incident:
    """Pass the lesson on to other units: the manager nearest to each says whether it applies there, and sees to it."""
    row = _hold(incident, "improve", by=by, version=version)
    units = list(units)
    if not units:
        raise Invalid({"units": _("Choose at least one unit.")})
    for unit in units:
        owner = (
            Person.objects.holding(Role.SITE_MANAGER, unit).first()
            or Person.objects.holding(Role.QUALITY, unit).first()
        )
        if owner is None or unit.company_id != row.unit.company_id:
            raise Invalid({"units": _("%(unit)s has no manager who could take it up.") % {"unit": unit}})
        row = add_improvement(
            row, by=by, version=row.version, kind=Improvement.Kind.SPREAD, text=text, owner=owner, unit=unit,
            due_on=due_on,
        )  # fmt: skip
    return row


def _add(row, kind, text, owner, unit, due_on, *, by: Person) -> Incident:
    improvement = Improvement(
        incident=row,
        cycle=row.cycle,
        kind=kind,
        text=text.strip(),
        unit=unit,
        owner=owner,
        due_on=due_on,
        added_by=by,
    )
    if kind == Improvement.Kind.NONE:
        improvement.owner = improvement.due_on = improvement.unit = None
        improvement.done_at, improvement.done_by = timezone.now(), by
    elif kind == Improvement.Kind.SPREAD:
        improvement.acknowledge_by = _answer_due(improvement)
    improvement.save()
    if improvement.owner:
        admit(row, owner)
        _open_what_is_due(row, improvement)
    change(row, "add_improvement", by=by, after=_described(improvement))
    if improvement.owner and improvement.owner != by:
        asked = improvement.awaits_acknowledgement
        tell(
            row, [owner], "lesson-passed-on" if asked else "improvement-assigned",
            about=str(improvement.pk), what=improvement.text, unit=str(improvement.unit or ""),
            due=str(improvement.acknowledge_by if asked else due_on),
        )  # fmt: skip
    return row


def _answer_due(improvement: Improvement) -> dt.date:
    """The day until which the unit says whether the lesson applies there, not later than the change itself is due."""
    ground = ground_of(improvement.unit)
    until = ground.due("acknowledge", improvement.added_at, ACKNOWLEDGE_WITHIN).at
    return min(ground.work.local_day(until), improvement.due_on)


def _open_what_is_due(row: Incident, improvement: Improvement) -> None:
    """First the unit's word whether it applies, then the change itself: one thing at a time waits for its owner."""
    asked, unit = improvement.awaits_acknowledgement, improvement.unit or row.unit
    open_deadline(
        row.case, improvement.acknowledgement_kind if asked else improvement.deadline_kind, cycle=row.cycle,
        label=row.number, owner=improvement.owner, unit=unit,
        due_at=business_end(improvement.acknowledge_by if asked else improvement.due_on, unit),
    )  # fmt: skip


def may_acknowledge(improvement: Improvement, person: Person) -> bool:
    """The manager it was passed on to answers for the unit, or whoever manages that unit."""
    return improvement.owner_id == person.pk or person.has_role(Role.SITE_MANAGER, improvement.unit)


@transaction.atomic
def acknowledge(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    improvement: Improvement,
    applies: bool,
    acknowledgement: str,
) -> Incident:
    """A unit's manager has read the lesson: it applies here, and this is what we do; or it doesn't, and this is why.

    What doesn't apply is settled; what does is done when `finish_improvement` shows it.
    """
    row = _hold(incident, "acknowledge", by=by, version=version)
    rows = row.improvements.filter(kind=Improvement.Kind.SPREAD, cycle=row.cycle).select_related("unit")
    found = rows.filter(pk=improvement.pk, acknowledged_at=None, done_at=None).first()
    if found is None:
        raise Invalid(
            {"improvement": _("This is answered already, or doesn't belong to the round you are in.")}
        )
    if not may_acknowledge(found, by):
        raise NotAllowed(_("Only the manager of %(unit)s says so.") % {"unit": found.unit})
    if not acknowledgement.strip():
        wrong = _("Say what your unit will do.") if applies else _("Say why it doesn't apply to your unit.")
        raise Invalid({"acknowledgement": wrong})
    found.acknowledged_at, found.acknowledged_by = timezone.now(), by
    found.applies, found.acknowledgement = applies, acknowledgement.strip()
    found.save()
    close_deadline(row.case, found.acknowledgement_kind, cycle=row.cycle)
    if applies:
        _open_what_is_due(row, found)
    row = change(row, "acknowledge", by=by, after=_described(found) | {"unit": found.unit})
    tell(
        row, {found.added_by, row.owner} - {by}, "lesson-taken-up" if applies else "lesson-not-applying",
        about=str(found.pk), unit=str(found.unit), what=found.acknowledgement,
    )  # fmt: skip
    return row


@transaction.atomic
def finish_improvement(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    improvement: Improvement,
    proof: str = "",
    evidence: Iterable[uuid.UUID] = (),
) -> Incident:
    """The change is made, and here is what shows it."""
    row = _hold(incident, "finish_improvement", by=by, version=version)
    found = row.improvements.filter(cycle=row.cycle, pk=improvement.pk, done_at=None).first()
    if found is None:
        raise Invalid({"improvement": _("This is done already, or doesn't belong to the round you are in.")})
    if found.awaits_acknowledgement:
        raise Invalid({"improvement": _("The unit has to say first whether it applies there.")})
    if found.is_settled:
        raise Invalid({"improvement": _("The unit has said that it doesn't apply there.")})
    shown = evidence_of(row, evidence, by=by)
    if not proof.strip() and not shown:
        raise Invalid({"proof": _("Show that it is done: where the record is kept, or a piece of evidence.")})
    found.proof = proof.strip()
    found.proof_evidence = shown[0] if shown else None
    found.done_at, found.done_by = timezone.now(), by
    found.save()
    close_deadline(row.case, found.deadline_kind, cycle=row.cycle)
    return change(row, "finish_improvement", by=by, after=_described(found))


@transaction.atomic
def archive(incident: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """Close the case: it is proven, learned from and kept. Everybody who had a part in it is told."""
    row = move(incident, "archive", by=by, version=version, note=note)
    library.enter(row)
    watches.open_watch(row, row.closed_at)
    tell(row, [person for person in everybody_in(row) if person != by], "closed")
    return row


@transaction.atomic
def reopen(
    incident: Incident, *, by: Person, version: int | None, reason: str, severity: int | None = None
) -> Incident:
    """The case was ended too early: back to responsibility when none was found, else to a new round of analysis.

    A case dismissed before anybody judged how severe it is needs a `severity`. The short path isn't taken twice.
    """
    if not reason.strip():
        raise Invalid({"reason": _("Say why the case has to be looked at again.")})
    if severity is not None and severity not in Severity.values:
        raise Invalid({"severity": _("Choose how severe it is.")})
    changes = {"short_path": False} | ({"severity": severity} if severity is not None else {})
    row = move(incident, "reopen", by=by, version=version, note=reason, changes=changes)
    watches.end_watches(row, row.stage_since)
    tell(row, [person for person in everybody_in(row) if person != by], "reopened", reason=reason)
    return row


def everybody_in(row: Incident) -> list[Person]:
    """Who reported it, who answers for it, and who carried something out."""
    people = {row.reporter, row.responsible_person}
    people |= {measure.owner for measure in row.measures.exclude(number=None).select_related("owner")}
    people |= {improvement.owner for improvement in row.improvements.select_related("owner")}
    return sorted((person for person in people if person is not None), key=lambda person: person.pk)


def _hold(incident: Incident, act: str, *, by: Person, version: int | None) -> Incident:
    return hold_in(Stage.IMPROVE, incident, act, by=by, version=version)


def _described(improvement: Improvement) -> dict:
    return {
        "improvement": improvement.pk,
        "kind": improvement.kind,
        "text": improvement.text,
        "unit": improvement.unit.code if improvement.unit else None,
        "owner": improvement.owner.display_name if improvement.owner else None,
        "due_on": improvement.due_on,
        "applies": improvement.applies,
        "acknowledgement": improvement.acknowledgement,
        "proof": improvement.proof,
        "done": improvement.done_at is not None,
    }
