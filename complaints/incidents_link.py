"""A complaint and the incident behind it: raised from it, joined, left again. Many complaints can have one incident.

The incident is read by people who need not know the complaint. So nothing of the customer goes over to it: no name, no
number, and of a sensitive complaint neither its words nor that there is one.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents import evidence, identify
from incidents.errors import Invalid, Refused, Stale
from incidents.models import Evidence, Incident, IncidentType
from incidents.stages import Channel as Way
from incidents.stages import Stage
from people.models import Person, Unit

from .lifecycle import change, hold, refuse_unless_allowed
from .masking import impersonal
from .models import Attachment, Complaint
from .states import Channel

#: How the incident came to the company, by how the complaint did.
WAYS: dict[str, str] = {
    Channel.WEB: Way.QR,
    Channel.EMAIL: Way.EMAIL,
    Channel.PHONE: Way.PHONE,
    Channel.ONSITE: Way.ONSITE,
    Channel.PAPER: Way.ONSITE,
    Channel.SURVEY: Way.SURVEY,
    Channel.API: Way.API,
}

#: What kind of incident it most likely is, by what the complaint is about.
TYPES: dict[str, str] = {
    "service": "quality",
    "attitude": "complaint-attitude",
    "product": "quality",
    "facility": "facility",
    "price": "complaint-price",
    "safety": "safety",
}
SECRET_FILES = _("Files of a complaint for named people only stay with it.")


def prefilled(complaint: Complaint) -> dict:
    """What the report begins with: the customer's words without what identifies them; nothing of a sensitive one."""
    code = TYPES.get(complaint.category.code, "complaint") if complaint.category else "complaint"
    told = {
        "unit": complaint.unit,
        "occurred_at": complaint.occurred_at or complaint.received_at,
        "type": IncidentType.objects.offered().filter(code=code).first(),
    }
    if complaint.sensitive:
        return told
    return told | {
        "place": impersonal(complaint, complaint.place),
        "description": impersonal(complaint, complaint.text),
    }


def raise_incident(
    complaint: Complaint,
    *,
    by: Person,
    version: int | None,
    attachments: Iterable[uuid.UUID | str] = (),
    **report: Any,
) -> Incident:
    """Put the incident behind the complaint on record; from then on the complaint follows it.

    `report` is what `identify.report` takes: type and description, and unit, occurred_at, place, title, key where they
    differ. `attachments` are files of the complaint that are copied as evidence. Raises as that does.
    """
    refuse_unless_allowed(complaint, "link", by=by)
    copies = _copies(complaint, attachments, by=by)
    try:
        return _raise(complaint, by=by, version=version, uploads=[copy.pk for copy in copies], **report)
    except Refused:
        for copy in copies:
            evidence.discard(copy, by=by)
        raise


@transaction.atomic
def _raise(
    complaint: Complaint,
    *,
    by: Person,
    version: int | None,
    type: IncidentType,
    description: str,
    uploads: list[uuid.UUID],
    unit: Unit | None = None,
    occurred_at: dt.datetime | None = None,
    place: str = "",
    title: str = "",
    key: uuid.UUID | None = None,
) -> Incident:
    row = _hold_without_incident(complaint, by=by, version=version)
    if not description.strip():
        raise Invalid({"description": _("Say what happened.")})
    if row.sensitive and uploads:
        raise Invalid({"attachments": SECRET_FILES})
    if row.sensitive and row.text.strip() in description:
        raise Invalid(
            {
                "description": _(
                    "The customer's words stay with this complaint. Say in your own what happened."
                )
            }
        )
    incident = identify.report(
        by=by, type=type, description=impersonal(row, description.strip()), unit=unit or row.unit,
        occurred_at=occurred_at or row.occurred_at or row.received_at, place=impersonal(row, place.strip()),
        title=impersonal(row, title.strip()), channel=WAYS[row.channel], key=key, uploads=uploads,
    )  # fmt: skip
    _follow(row, incident, "raise_incident", by=by)
    return incident


def _copies(complaint: Complaint, chosen: Iterable[uuid.UUID | str], *, by: Person) -> list[Evidence]:
    """The chosen files once more, as uploads of this person; they are checked and cleaned as any other."""
    wanted = {str(pk) for pk in chosen}
    if not wanted:
        return []
    if complaint.sensitive:
        raise Invalid({"attachments": SECRET_FILES})
    files = list(Attachment.objects.filter(complaint=complaint, pk__in=wanted, erased_at=None))
    if len(files) != len(wanted):
        raise Invalid({"attachments": _("Some of the files are no longer there.")})
    copies = []
    for attachment in files:
        with attachment.file.open("rb") as content:
            copies.append(evidence.store_upload(File(content, name=attachment.name), by=by))
    return copies


@transaction.atomic
def join_incident(complaint: Complaint, *, by: Person, version: int | None, incident: Incident) -> Complaint:
    """It is about an incident that is on record already."""
    row = _hold_without_incident(complaint, by=by, version=version)
    incident = Incident.objects.visible_to(by).select_related("unit").filter(pk=incident.pk).first()
    if incident is None or incident.unit.company_id != row.unit.company_id:
        raise Invalid({"incident": _("There is no incident with this number.")})
    if incident.stage in (Stage.DISMISSED, Stage.MERGED):
        raise Invalid(
            {"incident": _("That incident has ended without measures. Choose the one that is being handled.")}
        )
    return _follow(row, incident, "join_incident", by=by)


@transaction.atomic
def leave_incident(complaint: Complaint, *, by: Person, version: int | None, reason: str) -> Complaint:
    """It is about something else after all."""
    row = hold(complaint, "link", by=by, version=version)
    if row.incident is None:
        raise Stale()
    if not reason.strip():
        raise Invalid({"reason": _("Say why it doesn't belong to the incident.")})
    incident = row.incident
    _tell_incident(row, incident, "leave_complaint", by=by)
    row.incident, row.incident_stage = None, ""
    return change(
        row,
        "leave_incident",
        by=by,
        reason=reason.strip(),
        before={"incident": incident},
        after={"incident": None},
    )


def _hold_without_incident(complaint: Complaint, *, by: Person, version: int | None) -> Complaint:
    row = hold(complaint, "link", by=by, version=version)
    if not row.is_open:
        raise Stale()
    if row.incident_id is not None:
        raise Invalid({"incident": _("It belongs to an incident already. Take it out of that one first.")})
    return row


def _follow(row: Complaint, incident: Incident, act: str, *, by: Person) -> Complaint:
    _tell_incident(row, incident, "join_complaint", by=by)
    row.incident, row.incident_stage = incident, incident.stage
    return change(row, act, by=by, after={"incident": incident})


def _tell_incident(row: Complaint, incident: Incident, act: str, *, by: Person) -> None:
    """In the incident's own history, by the complaint's reference only; nothing where its existence is a secret."""
    if row.sensitive:
        return
    record(
        incident.case, f"incident.{act}", label=incident.number, by=by, unit=incident.unit,
        after={"complaint": row.number},
    )  # fmt: skip
