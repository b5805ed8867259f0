"""Taking down what a customer tells face to face, on the phone or on paper: a new complaint, or words to an earlier one.

Of a call it is kept when it began and ended and what came of it, with or without a complaint.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from history.submissions import AlreadyDone, settle
from incidents.errors import Invalid, NotAllowed
from people.models import Contact, Person, Unit

from . import corresponding, intake
from .attaching import store
from .models import Call, Category, Complaint
from .permissions import ACTS
from .states import Channel

#: A call that began longer ago was left open in a window, or its clock is wrong.
LONGEST = dt.timedelta(hours=12)
Outcome = Call.Outcome
#: With these nothing but the call itself is put on record.
CALL_ONLY = (Outcome.ANSWERED, Outcome.PASSED_ON, Outcome.BROKEN_OFF)


def take_down(
    *,
    by: Person,
    key: uuid.UUID,
    began_at: dt.datetime,
    unit: Unit,
    outcome: str,
    channel: str = Channel.PHONE,
    text: str = "",
    wish: str = "",
    place: str = "",
    occurred_at: dt.datetime | None = None,
    category: Category | None = None,
    contact: dict[str, str] | Contact | None = None,
    anonymous: bool = False,
    language: str = "zh-hans",
    add_to: Complaint | None = None,
    repeated_back: bool = False,
    note: str = "",
    files: Iterable[File] = (),
) -> tuple[Call | None, Complaint | None]:
    """Put it on record: gives the call (None when nobody called) and the complaint, if one came of it or was added to.

    The same key gives what the first post made. Raises Invalid, NotAllowed, KeyReused.
    """
    if not any(by.has_role(role, unit) for role in ACTS["receive"].roles):
        raise NotAllowed(_("You can take down complaints about units of your own company only."))
    is_call = channel == Channel.PHONE
    if outcome in CALL_ONLY and not is_call:
        raise Invalid({"outcome": _("Nobody called. Take a complaint down, or add to an earlier one.")})
    if outcome == Outcome.ADDED and add_to is None:
        raise Invalid({"outcome": _("Choose the earlier complaint, above.")})
    if outcome not in CALL_ONLY and not text.strip():
        raise Invalid({"text": _("Say what happened.")})
    now = timezone.now()
    began_at = min(max(began_at, now - LONGEST), now)
    contact = None if anonymous else contact
    uploads = [str(store(file, by=by, key=key).pk) for file in files] if outcome not in CALL_ONLY else []
    try:
        with transaction.atomic():
            complaint = add_to if outcome == Outcome.ADDED else None
            if outcome == Outcome.COMPLAINT:
                complaint, _token = intake.receive(
                    by=by, key=key, unit=unit, text=text, wish=wish, place=place, occurred_at=occurred_at,
                    channel=channel, contact=contact, anonymous=anonymous, language=language, category=category,
                    uploads=uploads,
                )  # fmt: skip
            elif outcome == Outcome.ADDED:
                message = corresponding.customer_writes(
                    add_to, text=text, uploads=uploads, key=key, way=intake.WAYS[channel], by=by
                )
                complaint = message.complaint
            if not is_call:
                return None, complaint
            known = contact if isinstance(contact, Contact) else complaint.contact if complaint else None
            call = Call.objects.create(
                unit=unit, contact=known, complaint=complaint, by=by, began_at=began_at, ended_at=now,
                outcome=outcome, repeated_back=repeated_back, note=note.strip(),
            )  # fmt: skip
            body = {
                "outcome": outcome,
                "unit": unit.pk,
                "complaint": complaint.pk if complaint else None,
                "text": text,
            }
            settle(key, "call", by=by, body=body, result=str(call.pk))
            _put_on_record(call, complaint)
    except AlreadyDone as done:
        call = Call.objects.select_related("complaint").get(pk=int(done.result))
        return call, call.complaint
    return call, complaint


def _put_on_record(call: Call, complaint: Complaint | None) -> None:
    """Of the call its time and outcome; never what was said."""
    record(
        complaint.case if complaint else call.by.case, "complaint.call",
        label=complaint.number if complaint else call.by.username, by=call.by, unit=call.unit,
        after={
            "call": call.pk, "outcome": call.outcome, "began": call.began_at, "ended": call.ended_at,
            "repeated_back": call.repeated_back,
        },
    )  # fmt: skip
