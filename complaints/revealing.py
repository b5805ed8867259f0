"""The customer's contact: masked on every page, shown once for a reason that is kept, corrected without a trace of it."""

import datetime as dt

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.models import Event
from history.recording import record
from incidents.errors import Invalid, Refused
from people.models import Contact, Person

from .lifecycle import change, hold, refuse_if_erased
from .masking import impersonal
from .models import Complaint

#: More looks in an hour than a desk takes calls.
PER_HOUR = 60


class Why(models.TextChoices):
    """What the data is needed for."""

    CALL = "call", pgettext_lazy("reveal", "To call the customer")
    WRITE = "write", pgettext_lazy("reveal", "To write to the customer")
    CHECK = "check", pgettext_lazy("reveal", "To check who is calling")
    CORRECT = "correct", pgettext_lazy("reveal", "To correct the data")
    OTHER = "other", pgettext_lazy("reveal", "Something else")


@transaction.atomic
def reveal(complaint: Complaint, *, by: Person, why: str = Why.OTHER, reason: str = "") -> Contact:
    """Hand out the contact's data, and put on record who asked for it and why; never the data itself.

    `reason` explains `why` further and is asked for where that is "something else". Raises NotAllowed, Invalid, Refused
    (too many in an hour).
    """
    row = hold(complaint, "reveal", by=by, version=None)
    if why not in Why.values:
        raise Invalid({"why": _("Choose what you need it for.")})
    if why == Why.OTHER and not reason.strip():
        raise Invalid({"reason": _("Say why you need it.")})
    if row.contact is None or row.contact.erased_at is not None:
        raise Invalid({"why": _("There is no contact with this complaint.")})
    lately = Event.objects.filter(
        actor=by, act="complaint.reveal", at__gt=timezone.now() - dt.timedelta(hours=1)
    )
    if lately[:PER_HOUR].count() >= PER_HOUR:
        raise Refused(_("You have looked at many customers' data within the hour. Go on later."))
    record(
        row.case, "complaint.reveal", label=row.number, by=by, unit=row.unit, reason=impersonal(row, reason.strip())[:300],
        after={"contact": row.contact_id, "why": why},
    )  # fmt: skip
    return row.contact


@transaction.atomic
def amend_contact(
    complaint: Complaint,
    *,
    by: Person,
    version: int | None,
    name: str = "",
    phone: str = "",
    email: str = "",
    language: str = "",
) -> Complaint:
    """Correct or complete the customer's contact; what is left empty stays as it was. History names the fields only.

    A customer who was anonymous and gives a contact now is so no longer. Raises NotAllowed, Stale, Invalid.
    """
    row = hold(complaint, "amend", by=by, version=version)
    given = {
        field: value.strip()
        for field, value in (("name", name), ("phone", phone), ("email", email), ("language", language))
        if value.strip()
    }
    refuse_if_erased(row, field="name")
    contact = row.contact or Contact(language=row.language)
    changed = sorted(field for field, value in given.items() if getattr(contact, field) != value)
    if not changed:
        raise Invalid({"name": _("Nothing was changed.")})
    for field in changed:
        setattr(contact, field, given[field])
    contact.save()
    return change(
        row,
        "amend_contact",
        by=by,
        changes={"contact": contact, "anonymous": False},
        after={"fields": changed},
    )
