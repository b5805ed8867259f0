"""Receiving a complaint: the one door for public form, mail, phone, counter, paper, API, imports and demo data."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from history.submissions import AlreadyDone, settle
from incidents.errors import Invalid, NotAllowed
from incidents.identify import title_from
from incidents.numbering import next_number
from people.models import Contact, Person, Role, Unit

from . import limits
from .access import admit
from .attaching import attach
from .handling import acknowledge_at_once
from .lifecycle import hand_on, tell_whose_turn
from .links import give_link, new_token, token_of
from .models import Category, Complaint, Message
from .permissions import ACTS
from .searching import vector_of
from .states import Channel, State

#: Who answers for what they received first until somebody has taken it over (首诉负责).
FIRST = (Role.HANDLER, Role.QUALITY, Role.SUPERVISOR, Role.SITE_MANAGER)


def receive(
    *,
    by: Person | None,
    unit: Unit,
    text: str,
    channel: str,
    key: uuid.UUID | None = None,
    title: str = "",
    wish: str = "",
    place: str = "",
    occurred_at: dt.datetime | None = None,
    contact: dict[str, str] | Contact | None = None,
    anonymous: bool = False,
    language: str = "zh-hans",
    consented: bool = False,
    category: Category | None = None,
    uploads: Iterable[uuid.UUID | str] = (),
    message_id: str = "",
    received_at: dt.datetime | None = None,
    external_source: str = "",
    external_id: str = "",
    imported: bool = False,
    acknowledged: bool = True,
    close_as: Complaint | None = None,
) -> tuple[Complaint, str]:
    """Put a complaint on record and name who is waited for. Gives it with the secret of the customer's link.

    `by` is the member of staff who takes it down; None when the customer writes by themselves. `key` makes it
    idempotent: the same key gives the complaint (and the link) that the first post made. `contact` holds name, phone and
    e-mail, or is the customer's row from an earlier case. What was told to somebody face to face or on the phone is
    acknowledged by that; `acknowledged=False`: nobody tells this customer (an address that nobody reads).
    `close_as`: what is told here follows from a sensitive complaint, and is for the same people. Raises Invalid,
    NotAllowed, KeyReused.
    """
    now = timezone.now()
    if by is not None and not any(by.has_role(role, unit) for role in ACTS["receive"].roles):
        raise NotAllowed(_("You can take down complaints about units of your own company only."))
    if not text.strip():
        raise Invalid({"text": _("Say what happened.")})
    if occurred_at is not None and occurred_at > now + dt.timedelta(minutes=5):
        raise Invalid({"occurred_at": _("This lies in the future. When did it happen?")})
    uploads = sorted({str(upload) for upload in uploads})
    token = token_of(key) if key else new_token()
    person = None if anonymous else contact
    complaint = Complaint(
        title=(title or title_from(text))[:160], text=text, wish=wish, unit=unit, place=place,
        occurred_at=occurred_at, channel=channel, language=language, anonymous=anonymous,
        consented_at=now if consented else None, received_at=received_at or now, state_since=now,
        external_source=external_source, external_id=external_id, category=category,
    )  # fmt: skip
    if close_as is not None and close_as.sensitive:
        complaint.sensitive, complaint.readers = True, list(close_as.readers)
        complaint.first_handler = close_as.handler or close_as.first_handler
    body = {
        "text": text, "wish": wish, "unit": unit.pk, "place": place, "channel": channel, "anonymous": anonymous,
        "occurred_at": occurred_at.isoformat() if occurred_at else None, "uploads": uploads,
        "contact": person.pk if isinstance(person, Contact) else person or {},
    }  # fmt: skip
    try:
        with transaction.atomic():
            _put_on_record(
                complaint, token, key, body, by=by, contact=person, uploads=uploads, message_id=message_id,
                imported=imported, acknowledged=acknowledged,
            )  # fmt: skip
    except AlreadyDone as done:
        return Complaint.objects.get(number=done.result), token
    return complaint, token


def _put_on_record(
    complaint: Complaint,
    token: str,
    key: uuid.UUID | None,
    body: dict,
    *,
    by: Person | None,
    contact: dict[str, str] | Contact | None,
    uploads: list[str],
    message_id: str,
    imported: bool,
    acknowledged: bool,
) -> None:
    now = complaint.state_since
    if isinstance(contact, Contact):
        complaint.contact = contact
    elif contact and any(contact.values()):
        complaint.contact = Contact.objects.create(**contact, language=complaint.language)
    if by is not None and not imported and any(by.has_role(role, complaint.unit) for role in FIRST):
        complaint.first_handler = by
    complaint.first_handler = (
        complaint.first_handler
        or limits.nearest(Role.HANDLER, complaint)
        or limits.nearest(Role.QUALITY, complaint)
    )
    if not imported:
        give_link(complaint, token, now=now)
    admit(complaint, by, complaint.first_handler)
    complaint.number = next_number("CP", timezone.localtime(complaint.received_at).year)
    if key is not None:
        settle(key, "complaint", by=by, body=body, result=complaint.number)
    complaint.search = vector_of(complaint)
    complaint.save(force_insert=True)
    message = Message.objects.create(
        complaint=complaint, direction=Message.Direction.IN, kind=Message.Kind.COMPLAINT, text=complaint.text,
        way=WAYS[complaint.channel], at=complaint.received_at, message_id=message_id,
    )  # fmt: skip
    files = attach(complaint, message, uploads, by=by, key=key)
    record(
        complaint.case, "complaint.receive", label=complaint.number, by=by, unit=complaint.unit,
        at=complaint.received_at if imported else None,
        after={
            "state": State.RECEIVED, "channel": complaint.channel, "unit": complaint.unit.code,
            "anonymous": complaint.anonymous, "attachments": files,
        } | ({"external": [complaint.external_source, complaint.external_id]} if imported else {}),
    )  # fmt: skip
    if imported:
        return
    hand_on(complaint, left=(None, 1), at=now)
    complaint.save(update_fields=["owner", "due_at"])
    if acknowledged:
        acknowledge_at_once(complaint, by=by)
    tell_whose_turn(complaint, but=by)


#: How the customer's own words came, by channel.
WAYS: dict[str, str] = {
    Channel.EMAIL: Message.Way.MAIL,
    Channel.PHONE: Message.Way.SPOKEN,
    Channel.ONSITE: Message.Way.SPOKEN,
    Channel.PAPER: Message.Way.LETTER,
    Channel.WEB: Message.Way.PAGE,
    Channel.SURVEY: Message.Way.PAGE,
    Channel.API: Message.Way.PAGE,
}
