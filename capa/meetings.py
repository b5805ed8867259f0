"""Review meetings (总结会): called by whoever keeps quality, with an agenda of the period's cases, minutes, and decisions
that somebody carries out. The chair's signature ends the writing.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Signature
from history.recording import plain, record
from history.signing import sign as put_name_to
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.models import Incident
from incidents.numbering import next_number
from people.models import Person, Role, Unit
from reminders.notices import notify

from .agenda import facts_of
from .models import AgendaItem, Decision, Meeting

MOST_ITEMS = 60


@dataclass(frozen=True)
class Topic:
    """A line of an agenda that is being set: a case, or a topic in words. `item` is the line that it was before."""

    incident: Incident | None = None
    text: str = ""
    reasons: tuple[str, ...] = ()
    item: AgendaItem | None = None


# Who may --------------------------------------------------------------------------------------------------------------
def may_call(person: Person, unit: Unit | None) -> bool:
    return person.is_active and person.has_role(Role.QUALITY, unit)


def may_keep(person: Person, meeting: Meeting) -> bool:
    """Write on it: the chair, who called it while they keep quality there, and other quality managers of the unit."""
    return person.is_active and (meeting.chair_id == person.pk or may_call(person, meeting.unit))


# Calling it -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def call(
    *,
    by: Person,
    unit: Unit,
    title: str,
    period_from: dt.date,
    period_until: dt.date,
    held_at: dt.datetime,
    place: str = "",
    chair: Person,
    attendees: Iterable[Person] = (),
) -> Meeting:
    """Call a meeting about what happened in a unit in a period. Chair and attendees are told."""
    if not may_call(by, unit):
        raise NotAllowed(_("Only a quality manager of the unit calls a review meeting there."))
    attendees = _without_twins(attendees, chair)
    _refuse_bad_details(unit, title, period_from, period_until, [chair, *attendees])
    row = Meeting.objects.create(
        number=next_number("RM", timezone.localdate().year), unit=unit, title=title.strip(), called_by=by,
        period_from=period_from, period_until=period_until, held_at=held_at, place=place.strip(), chair=chair,
    )  # fmt: skip
    row.attendees.set(attendees)
    record_about(row, "meeting.call", by=by, after={**_details(row), "attendees": attendees})
    tell(row, [chair, *attendees], "meeting-called", by, when=held_at.astimezone(dt.UTC).isoformat())
    return row


@transaction.atomic
def change_details(
    meeting: Meeting,
    *,
    by: Person,
    version: int,
    title: str,
    held_at: dt.datetime,
    place: str,
    chair: Person,
    attendees: Iterable[Person],
) -> Meeting:
    """Another time, place or circle. Whoever is new is invited; when it is moved everybody is told."""
    row = hold(meeting, by=by, version=version)
    was = {person.pk: person for person in row.attendees.all()}
    attendees = _without_twins(attendees, chair)
    _refuse_bad_details(row.unit, title, row.period_from, row.period_until, [chair, *attendees])
    before, is_moved = {**_details(row), "attendees": list(was.values())}, row.held_at != held_at
    known = {*was, row.chair_id}
    row.title, row.held_at, row.place, row.chair = title.strip(), held_at, place.strip(), chair
    row.attendees.set(attendees)
    after = {**_details(row), "attendees": attendees}
    save(row)
    record_about(row, "meeting.change", by=by, before=before, after=after)
    people = [person for person in (chair, *attendees) if is_moved or person.pk not in known]
    tell(row, people, "meeting-called", by, when=held_at.astimezone(dt.UTC).isoformat())
    return row


# Agenda and minutes ---------------------------------------------------------------------------------------------------
@transaction.atomic
def set_agenda(meeting: Meeting, *, by: Person, version: int, topics: list[Topic]) -> Meeting:
    """What is talked about, in this order. A line with a decision stays; the facts of a case are those of today."""
    row = hold(meeting, by=by, version=version)
    if len(topics) > MOST_ITEMS:
        raise Invalid({"topics": _("At most %(n)s lines fit on an agenda.") % {"n": MOST_ITEMS}})
    present = {item.pk: item for item in row.agenda.select_related("incident")}
    taken = {topic.incident.pk for topic in topics if topic.incident and topic.item is None}
    seen = set(Incident.objects.visible_to(by).filter(pk__in=taken).values_list("pk", flat=True))
    if taken - seen:
        raise NotAllowed(_("You can put only cases on the agenda that you see yourself."))
    kept = {topic.item.pk for topic in topics if topic.item}
    if kept - present.keys():
        raise Stale()
    dropped = present.keys() - kept
    if row.decisions.filter(item__in=dropped).exists():
        raise Invalid({"topics": _("Something was decided on a line that you take away: it has to stay.")})
    row.agenda.filter(pk__in=dropped).delete()
    for place, topic in enumerate(topics, start=1):
        item = present[topic.item.pk] if topic.item else AgendaItem(meeting=row, incident=topic.incident)
        item.position = place
        if item.incident is None:
            item.text = topic.text.strip()[:300]
        elif topic.item is None:
            item.facts = facts_of(topic.incident, list(topic.reasons))
        item.save()
    save(row)
    record_about(row, "meeting.set_agenda", by=by, after=_agenda(row))
    return row


@transaction.atomic
def write_minutes(
    meeting: Meeting, *, by: Person, version: int, minutes: str, notes: dict[int, str] | None = None
) -> Meeting:
    """What was said, as a whole and on each line of the agenda. `notes` by the lines' keys; others stay."""
    row = hold(meeting, by=by, version=version)
    changed = []
    for item in row.agenda.filter(pk__in=notes or {}):
        if item.notes != (text := notes[item.pk].strip()):
            item.notes = text
            item.save(update_fields=["notes"])
            changed.append(item.position)
    row.minutes, row.status = minutes.strip(), Meeting.Status.HELD
    save(row)
    record_about(row, "meeting.write_minutes", by=by, after={"minutes": row.minutes, "lines": changed})
    return row


@transaction.atomic
def sign(meeting: Meeting, *, by: Person, version: int, method: str = Signature.Method.SESSION) -> Meeting:
    """The chair confirms the minutes. From now on only what becomes of the decisions changes."""
    row = hold(meeting, by=by, version=version)
    if row.chair_id != by.pk:
        raise NotAllowed(_("The minutes are signed by the chair."))
    if missing := what_is_missing(row):
        raise NotYet(missing)
    signature = put_name_to(
        row.case,
        Signature.Meaning.MINUTES,
        of=f"meeting:{row.pk}",
        content=signed_content(row),
        by=by,
        method=method,
    )
    row.status = Meeting.Status.SIGNED
    save(row)
    record_about(row, "meeting.sign", by=by, after={"signature": signature.pk, "digest": signature.digest})
    tell(row, [row.called_by, *row.attendees.all()], "minutes-signed", by)
    return row


def what_is_missing(meeting: Meeting) -> list:
    """Before the chair can sign."""
    missing = []
    if not meeting.minutes.strip():
        missing.append(_("The minutes say what was discussed."))
    if meeting.held_at > timezone.now():
        missing.append(_("The meeting has taken place."))
    return missing


def signed_content(meeting: Meeting) -> dict:
    """Everything that the signature is under."""
    decisions = meeting.decisions.select_related("owner", "unit", "item")
    return {
        **_details(meeting),
        "chair": meeting.chair.display_name,
        "number": meeting.number,
        "attendees": [person.display_name for person in meeting.attendees.order_by("pk")],
        "minutes": meeting.minutes,
        "agenda": [
            {
                "case": item.incident and item.incident.number,
                "topic": item.text,
                "facts": item.facts,
                "notes": item.notes,
            }
            for item in meeting.agenda.select_related("incident")
        ],
        "decisions": [
            {**decided(one), "owner": one.owner.display_name, "unit": one.unit.name} for one in decisions
        ],
    }


# The ground under them ------------------------------------------------------------------------------------------------
def record_about(
    row: Meeting,
    act: str,
    *,
    by: Person,
    before: dict | None = None,
    after: dict | None = None,
    reason: str = "",
) -> None:
    """One Event about the meeting. Cases stand in it by their number only."""
    was, now = plain(before or {}), plain(after or {})
    differing = {name for name in now if was.get(name) != now[name]} | {
        name for name in ("number", "text") if name in now
    }
    record(
        row.case, act, label=row.number, by=by, unit=row.unit, reason=reason,
        before={name: was[name] for name in was if name in differing},
        after={name: now[name] for name in now if name in differing},
    )  # fmt: skip


def locked(meeting: Meeting) -> Meeting:
    rows = Meeting.objects.select_for_update(of=("self",)).select_related("unit", "chair", "called_by")
    return rows.get(pk=meeting.pk)


def hold(meeting: Meeting, *, by: Person, version: int) -> Meeting:
    """Lock the meeting for writing on it: by who may, from the page as it is now, before it is signed."""
    row = locked(meeting)
    if not may_keep(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if row.status == Meeting.Status.SIGNED:
        raise Stale(_("The minutes are signed: nothing on them changes any more."))
    if row.version != version:
        raise Stale(_("Somebody changed this meeting since you opened it. Look at it again, then decide."))
    return row


def save(row: Meeting) -> None:
    row.version += 1
    row.save()


def _without_twins(attendees: Iterable[Person], chair: Person | None) -> list[Person]:
    people = {person.pk: person for person in attendees if person is not None and person != chair}
    return list(people.values())


def refuse_strangers(unit: Unit, people: dict[str, Person | None]) -> None:
    for name, person in people.items():
        if person is None or not person.is_active or unit.company_id not in person.company_ids:
            raise Invalid({name: _("Name somebody who works for this company.")})


def _refuse_bad_details(
    unit: Unit, title: str, first: dt.date, last: dt.date, people: list[Person | None]
) -> None:
    wrong: dict[str, Any] = {}
    if not title.strip():
        wrong["title"] = _("Give the meeting a title.")
    if last < first:
        wrong["period_until"] = _("The period ends before it begins.")
    if wrong:
        raise Invalid(wrong)
    chair, *attendees = people
    refuse_strangers(unit, {"chair": chair})
    for person in attendees:
        refuse_strangers(unit, {"attendees": person})


def _details(row: Meeting) -> dict:
    return {
        "title": row.title, "period_from": row.period_from, "period_until": row.period_until, "held_at": row.held_at,
        "meeting_place": row.place, "chair": row.chair,
    }  # fmt: skip


def _agenda(row: Meeting) -> dict:
    items = list(row.agenda.select_related("incident"))
    return {
        "cases": [item.incident.number for item in items if item.incident],
        "topics": [item.text for item in items if not item.incident],
    }


def decided(decision: Decision) -> dict:
    return {
        "number": decision.number, "text": decision.text, "owner": decision.owner, "unit": decision.unit,
        "due_on": decision.due_on, "target": decision.target, "proof": decision.proof,
        "line": decision.item.position if decision.item else None,
    }  # fmt: skip


def tell(row: Meeting, people: Iterable[Person | None], text: str, by: Person, **params) -> None:
    """A notice about the meeting, to everybody but who did it."""
    notify(
        [person for person in people if person is not None and person != by], text,
        occasion=f"{row.case}:{text}:{row.version}:{params.get('about', '')}".rstrip(":"), subject=row.case,
        url=row.get_absolute_url(), params={"label": row.number, "title": row.title, **params},
    )  # fmt: skip
