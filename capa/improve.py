"""Stage 7, improve: the lessons, the changes that make them last, the archive; and opening a case again."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.access import admit
from incidents.errors import Invalid
from incidents.lifecycle import change, hold_in, move, tell
from incidents.models import Incident
from incidents.stages import Severity, Stage
from people.models import Person, Role, Unit
from reminders.deadlines import close_deadline, open_deadline

from .analyse import evidence_of
from .models import Improvement
from .plan import business_end


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
    """Pass the lesson on to other units: the manager nearest to each sees to it and shows that it was taken up."""
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
    improvement.save()
    if improvement.owner:
        admit(row, owner)
        open_deadline(
            row.case, improvement.deadline_kind, cycle=row.cycle, label=row.number, owner=owner,
            unit=unit or row.unit, due_at=business_end(due_on),
        )  # fmt: skip
    change(row, "add_improvement", by=by, after=_described(improvement))
    if improvement.owner and improvement.owner != by:
        tell(
            row, [owner], "improvement-assigned",
            about=str(improvement.pk), what=improvement.text, due=str(due_on),
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
        "proof": improvement.proof,
        "done": improvement.done_at is not None,
    }
