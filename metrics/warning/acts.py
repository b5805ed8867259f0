"""What is done about an early warning: somebody looks into it, says what was found, may raise an incident, and closes it."""

import datetime as dt
import uuid
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents import evidence as files
from incidents import identify
from incidents.errors import Invalid, NotAllowed, Refused, Stale
from incidents.models import Evidence, Incident, IncidentType
from incidents.stages import Channel
from metrics import notes
from metrics.access import keeps
from metrics.definitions import kpi_of
from metrics.models import Signal
from metrics.periods import Period
from people.models import Person, Unit
from reminders.deadlines import close_all, hand_to
from reminders.notices import notify

from .evidence import told_days
from .permissions import may_act, may_answer
from .picture import picture_of
from .watching import KIND, what_of

Status, Found = Signal.Status, Signal.Finding
#: Findings after which new limits make sense: the level is another one, for a reason that is known.
NEW_LEVEL = (Found.CAUSE, Found.KNOWN)
#: Findings after which the period says nothing about the usual level.
ODD_PERIOD = (Found.CAUSE, Found.DATA)


@transaction.atomic
def take(signal: Signal, *, by: Person, version: int | None) -> Signal:
    """Look into it oneself: from now on it waits for this person."""
    row = _hold(signal, by=by, version=version)
    if row.status == Status.TAKEN and row.owner_id == by.pk:
        raise Stale(_("You are looking into it already."))
    before = {"owner": row.owner, "status": row.status}
    row.owner, row.status = by, Status.TAKEN
    hand_to(row.case, KIND, cycle=1, owner=by)
    return _change(row, "take", by=by, before=before, after={"owner": by, "status": row.status})


@transaction.atomic
def hand_over(signal: Signal, *, by: Person, version: int | None, to: Person | None, reason: str) -> Signal:
    """Somebody else looks into it. The day stays."""
    row = _hold(signal, by=by, version=version)
    wrong: dict[str, Any] = {}
    if to is None or not may_answer(to, row):
        wrong["to"] = _("Name somebody who reads the figures of this unit.")
    elif to.pk == row.owner_id:
        wrong["to"] = _("%(person)s looks after it already.") % {"person": to}
    if not reason.strip():
        wrong["reason"] = _("Say why.")
    if wrong:
        raise Invalid(wrong)
    before = {"owner": row.owner, "status": row.status}
    row.owner, row.status = to, Status.OPEN
    hand_to(row.case, KIND, cycle=1, owner=to)
    after = {"owner": to, "status": row.status}
    row = _change(row, "hand_over", by=by, before=before, after=after, reason=reason.strip())
    if to != by:
        kpi = kpi_of(row.kpi, row.unit)
        notify(
            [to], "handed-over", occasion=f"{row.case}:handed:{row.version}", subject=row.case,
            url=row.get_absolute_url(),
            params={"by": by.display_name, "label": row.number, "what": what_of(kpi) if kpi else row.kpi},
        )  # fmt: skip
    return row


@transaction.atomic
def annotate(signal: Signal, *, by: Person, version: int | None, text: str) -> Signal:
    """Write down what was found so far. What stood there before stays in the history."""
    row = _hold(signal, by=by, version=version)
    if not text.strip():
        raise Invalid({"text": _("Say what was found so far.")})
    before = {"annotation": row.annotation}
    row.annotation = text.strip()[:2000]
    return _change(row, "annotate", by=by, before=before, after={"annotation": row.annotation})


def raise_incident(
    signal: Signal,
    *,
    by: Person,
    version: int | None,
    type: IncidentType,
    description: str,
    unit: Unit | None = None,
    occurred_at: dt.datetime | None = None,
    place: str = "",
    title: str = "",
    key: uuid.UUID | None = None,
) -> Incident:
    """Put the incident behind it on record, with the chart as its evidence; the warning stays until it has a finding.

    The same `key` gives the incident that the first post made. Raises as `incidents.identify.report` does.
    """
    found = _readable(signal, by=by)
    if (
        key is not None
        and found.incident_id
        and found.version != version
        and found.incident.reporter_id == by.pk
    ):
        return found.incident  # the form was sent twice
    picture = picture_of(found)
    copies: list[Evidence] = []
    try:
        if picture is not None:
            copies.append(files.store_upload(File(picture, name=picture.name), by=by))
        return _raise(
            found, by=by, version=version, type=type, description=description, unit=unit, occurred_at=occurred_at,
            place=place, title=title, key=key, uploads=[copy.pk for copy in copies],
        )  # fmt: skip
    except Refused:
        for copy in copies:
            files.discard(copy, by=by)
        raise


@transaction.atomic
def _raise(
    signal: Signal, *, by: Person, version: int | None, description: str, unit: Unit | None,
    occurred_at: dt.datetime | None, place: str, title: str, **report: Any,
) -> Incident:  # fmt: skip
    row = _hold(signal, by=by, version=version)
    if not row.is_concern:
        raise Invalid({"type": _("It got better: there is nothing to put right.")})
    if row.incident_id:
        raise Invalid({"type": _("%(number)s was raised from it already.") % {"number": row.incident.number}})
    if not description.strip():
        raise Invalid({"description": _("Say what happened.")})
    unit = unit or row.unit
    if not unit.path.startswith(row.unit.path):
        raise Invalid({"unit": _("Choose the unit of the warning, or one below it.")})
    incident = identify.report(
        by=by, description=description.strip(), unit=unit, occurred_at=occurred_at or happened_at(row),
        place=place.strip(), title=title.strip(), channel=Channel.SYSTEM, **report,
    )  # fmt: skip
    record(
        incident.case, "incident.from_warning", label=incident.number, by=by, unit=incident.unit,
        after={"warning": row.number},
    )  # fmt: skip
    before = {"owner": row.owner, "status": row.status, "incident": None}
    row.incident, row.status, row.owner = incident, Status.TAKEN, row.owner or by
    after = {"owner": row.owner, "status": row.status, "incident": incident}
    _change(row, "raise_incident", by=by, before=before, after=after)
    return incident


@transaction.atomic
def close(
    signal: Signal, *, by: Person, version: int | None, finding: str, text: str, rebase: bool = False,
    leave_out: bool = False,
) -> Signal:  # fmt: skip
    """Say what it was, and with that end it.

    `rebase`: the new level is how things are now, and limits begin anew where it began. `leave_out`: what happened in the
    periods that were noticed says nothing about the usual level, so they leave the limits. Both are marks on the chart,
    which only a quality manager makes.
    """
    row = _hold(signal, by=by, version=version)
    _refuse_bad_end(row, by, finding, text, rebase=rebase, leave_out=leave_out)
    before = {"status": row.status, "finding": row.finding}
    row.status, row.finding, row.finding_text = Status.CLOSED, finding, text.strip()[:2000]
    row.closed_by, row.closed_at = by, timezone.now()
    close_all(row.case, at=row.closed_at)
    _mark(row, by, rebase=rebase, leave_out=leave_out)
    after = {"status": row.status, "finding": row.finding, "text": row.finding_text}
    after |= {"limits": "anew" if rebase else "without" if leave_out else "kept"}
    return _change(row, "close", by=by, before=before, after=after)


def _refuse_bad_end(
    row: Signal, by: Person, finding: str, text: str, *, rebase: bool, leave_out: bool
) -> None:
    wrong: dict[str, Any] = {}
    if finding not in Found.values:
        wrong["finding"] = _("Choose what was found.")
    if not text.strip():
        wrong["text"] = _("Say it in a sentence: the next reader wants to know.")
    if rebase and leave_out:
        wrong["limits"] = _("Limits begin anew, or the period leaves them: not both.")
    elif rebase and finding in Found.values and finding not in NEW_LEVEL:
        wrong["limits"] = _("New limits need a known reason.")
    elif leave_out and finding in Found.values and finding not in ODD_PERIOD:
        wrong["limits"] = _("A period leaves the limits only for a cause, or for an error in its data.")
    if wrong:
        raise Invalid(wrong)
    if (rebase or leave_out) and not keeps(by, row.unit):
        raise NotAllowed(_("Only a quality manager of the unit changes the limits of a chart."))


def _mark(row: Signal, by: Person, *, rebase: bool, leave_out: bool) -> None:
    """What the finding does to the limits, as notes on the chart."""
    days = [row.begins_on] if rebase else sorted(told_days(row)) if leave_out else []
    kpi = kpi_of(row.kpi, row.unit)
    for day in days:
        note = notes.add(
            kpi, row.unit, by=by, day=day, text=Truncator(" ".join(row.finding_text.split())).chars(notes.TEXT_LIMIT),
            rebases=rebase, leaves_out=leave_out,
        )  # fmt: skip
        if row.incident_id:
            note.incident = row.incident
            note.save(update_fields=["incident"])


def happened_at(row: Signal) -> dt.datetime:
    """The last noon of the period in which it was noticed: when an incident behind it happened, unless one knows better."""
    day = Period(row.ends_on, row.grain).last
    noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    return min(noon, timezone.now())


# The ground under them ------------------------------------------------------------------------------------------------
def _readable(signal: Signal, *, by: Person) -> Signal:
    row = Signal.objects.select_related("unit", "owner", "incident").get(pk=signal.pk)
    if not may_act(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    return row


def _hold(signal: Signal, *, by: Person, version: int | None) -> Signal:
    """Lock it for an act: by who may, from the page as it is now, before it is closed."""
    rows = Signal.objects.select_for_update(of=("self",)).select_related("unit", "owner", "incident")
    row = rows.get(pk=signal.pk)
    if not may_act(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if row.status == Status.CLOSED:
        raise Stale(_("This warning is closed: nothing on it changes any more."))
    if version is not None and row.version != version:
        raise Stale(_("Somebody changed this warning since you opened it. Look at it again, then decide."))
    return row


def _change(row: Signal, act: str, *, by: Person, before: dict, after: dict, reason: str = "") -> Signal:
    row.version += 1
    row.save()
    record(
        row.case, f"signal.{act}", label=row.number, by=by, unit=row.unit, reason=reason, before=before, after=after
    )  # fmt: skip
    return row
