"""Stage 1, identify: reporting an incident, and the verdict on whether it is real."""

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from history.recording import record
from history.submissions import AlreadyDone, settle
from people.models import Contact, Person, Unit
from reminders.deadlines import open_deadline

from . import limits
from .access import admit
from .errors import Invalid, NotAllowed
from .evidence import attach
from .lifecycle import move, tell, tell_whose_turn
from .models import Incident, IncidentType
from .numbering import next_number
from .search import vector_of
from .stages import Channel, ReporterKind, Severity, Stage

TITLE_LENGTH = 60
#: At least six characters up to the end of a sentence; a full stop within a figure ("33.8") ends nothing.
_SENTENCE = re.compile(r".{0,5}.*?(?:[。！？!?]|\.(?=\s)|$)")


def title_from(description: str) -> str:
    """The first sentence of what was told, short enough for a list."""
    lines = description.strip().splitlines()
    first = _SENTENCE.match(lines[0])[0].rstrip("。.") if lines else ""
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def report(
    *,
    by: Person | None,
    type: IncidentType,
    description: str,
    unit: Unit,
    occurred_at: dt.datetime,
    key: uuid.UUID | None = None,
    title: str = "",
    place: str = "",
    people_affected: int | None = None,
    impact: str = "",
    containment: str = "",
    channel: str = Channel.SYSTEM,
    reporter_kind: str = ReporterKind.SELF,
    contact: dict[str, str] | None = None,
    uploads: Iterable[uuid.UUID | str] = (),
    reported_at: dt.datetime | None = None,
    external_source: str = "",
    external_id: str = "",
    severity: int | None = None,
    imported: bool = False,
    waits: bool = True,
) -> Incident:
    """Put an incident on record and tell the site manager. The one door for form, API, imports and demo data.

    `key` makes it idempotent: the same key returns the incident that the first post made. `contact` holds name, phone
    and e-mail of the somebody else who told it. `uploads` are ids of the reporter's own uploads. With
    `reporter_kind` anonymous nothing that leads back to `by` is stored; who has the key has the secret link to follow
    it (`follow_token`). Raises Invalid, NotAllowed, KeyReused.
    """
    now = timezone.now()
    uploads = sorted({str(upload) for upload in uploads})
    _refuse_impossible(by, unit, occurred_at, now)
    anonymous = reporter_kind == ReporterKind.ANONYMOUS
    reporter = None if anonymous or imported else by
    contact = contact if contact and any(contact.values()) and not anonymous else None
    incident = Incident(
        type=type, title=(title or title_from(description))[:160], description=description, unit=unit, place=place,
        occurred_at=occurred_at, people_affected=people_affected, impact=impact, containment=containment,
        channel=channel, reporter_kind=reporter_kind, reporter=reporter, reported_at=reported_at or now,
        stage_since=now, external_source=external_source, external_id=external_id, severity=severity,
        follow_digest=follow_digest(follow_token(key)) if anonymous and key else "",
    )  # fmt: skip
    body = {
        "type": type.pk, "description": description, "unit": unit.pk, "occurred_at": occurred_at.isoformat(),
        "place": place, "people_affected": people_affected, "impact": impact, "containment": containment,
        "channel": channel, "reporter_kind": reporter_kind, "contact": contact or {}, "uploads": uploads,
    }  # fmt: skip
    try:
        with transaction.atomic():
            _put_on_record(
                incident, key, body, by=by, contact=contact, uploads=uploads, at=reported_at, imported=imported,
                waits=waits,
            )  # fmt: skip
    except AlreadyDone as done:
        return Incident.objects.get(number=done.result)
    return incident


def _refuse_impossible(by: Person | None, unit: Unit, occurred_at: dt.datetime, now: dt.datetime) -> None:
    if by is not None and not (by.is_active and _works_in(by, unit.company_id)):
        raise NotAllowed(_("You can report for units of your own company only."))
    if occurred_at > now + dt.timedelta(minutes=5):
        raise Invalid({"occurred_at": _("This lies in the future. When did it happen?")})


def _works_in(person: Person, company_id: int) -> bool:
    """The home unit is asked first: for nearly everybody it answers, and the posts needn't be fetched."""
    if person.home_unit_id and person.home_unit.company_id == company_id:
        return True
    return company_id in person.company_ids


def _put_on_record(
    incident: Incident,
    key: uuid.UUID | None,
    body: dict,
    *,
    by: Person | None,
    contact: dict[str, str] | None,
    uploads: list[str],
    at: dt.datetime | None,
    imported: bool,
    waits: bool,
) -> None:
    """All that a report writes. Everyone's reports wait for the number's row: it is taken as late as can be."""
    reporter, now = incident.reporter, incident.stage_since
    if waits:
        incident.owner = limits.who_is_waited_for(incident)
        incident.due_at, reckoning = limits.due(incident, Stage.IDENTIFY, now)
    admit(incident, reporter, incident.owner)
    if contact:
        incident.contact = Contact.objects.create(**contact)
    incident.number = next_number("SQ", timezone.localtime(incident.reported_at).year)
    if key is not None:
        settle(key, "report", by=reporter, body=body, result=incident.number)
    incident.search = vector_of(incident)
    incident.save(force_insert=True)
    evidence = attach(incident, uploads, by=by, forget=reporter is None)
    record(
        incident.case, "incident.report", label=incident.number, by=by if imported else reporter, unit=incident.unit,
        at=at,
        after={
            "stage": Stage.IDENTIFY, "type": incident.type.code, "title": incident.title,
            "unit": incident.unit.code, "occurred_at": incident.occurred_at, "channel": incident.channel,
            "evidence": evidence,
        } | ({"external": [incident.external_source, incident.external_id]} if imported else {}),
    )  # fmt: skip
    if waits:
        open_deadline(
            incident.case, Stage.IDENTIFY, cycle=1, label=incident.number, owner=incident.owner,
            unit=incident.unit, due_at=incident.due_at, opened_at=now, reckoning=reckoning,
        )  # fmt: skip
    if not imported:
        tell_whose_turn(incident, but=reporter)


def follow_token(key: uuid.UUID) -> str:
    """The secret of an anonymous report's link, made from the form's key: a form sent twice gives the same link.

    Only its digest is stored.
    """
    return salted_hmac("incidents.follow", str(key), algorithm="sha256").hexdigest()


def follow_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def substantiate(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    severity: int,
    title: str = "",
    note: str = "",
    short_path: bool = False,
    correction: str = "",
) -> Incident:
    """The report is true: give it a severity and send it to the responsibility group.

    Minor incidents may take the short path: `correction` says what was put right on the spot.
    """
    if severity not in Severity.values:
        raise Invalid({"severity": _("Choose how severe it is.")})
    changes = {"severity": severity, "short_path": short_path, "correction": correction}
    if title:
        changes["title"] = title[:160]
    row = move(incident, "substantiate", by=by, version=version, note=note, changes=changes)
    tell(row, [row.reporter], "substantiated")
    return row


@transaction.atomic
def dismiss(incident: Incident, *, by: Person, version: int | None, reason: str) -> Incident:
    """The report is not true, or not an incident: end it with a reason that the reporter reads."""
    if not reason.strip():
        raise Invalid({"reason": _("Say why: the reporter will read it.")})
    row = move(incident, "dismiss", by=by, version=version, note=reason)
    tell(row, [row.reporter], "dismissed", reason=reason)
    return row


@transaction.atomic
def merge(incident: Incident, into: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """Another incident covers the same event: this one ends, its reporter follows the other from now on."""
    if into.pk == incident.pk:
        raise Invalid({"into": _("An incident can't be joined with itself.")})
    # Both rows in one order, so that two merges the opposite way round wait instead of deadlocking.
    pair = Incident.objects.select_for_update().order_by("pk").in_bulk([incident.pk, into.pk])
    into = pair[into.pk]
    if into.stage == Stage.MERGED:
        raise Invalid(
            {"into": _("That incident was itself joined with another. Choose the one that is being handled.")}
        )
    if not Incident.objects.visible_to(by).filter(pk=into.pk).exists():
        raise Invalid({"into": _("There is no incident with this number.")})
    row = move(incident, "merge", by=by, version=version, note=note, changes={"merged_into": into})
    admit(into, row.reporter)
    into.save(update_fields=["readers"])
    record(
        into.case, "incident.merge_from", label=into.number, by=by, unit=into.unit, after={"from": row.number}
    )
    tell(row, [row.reporter], "merged", other=into.number)
    return row
