"""The personal data of somebody who told of an incident: masked on every page, shown for a reason that is kept."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from history.recording import record
from people.models import Contact, Person

from .errors import Invalid
from .lifecycle import hold
from .models import Incident


@transaction.atomic
def reveal_contact(incident: Incident, *, by: Person, reason: str) -> Contact:
    """Hand out the contact's data, and put on record who asked for it and why; never the data itself.

    Raises NotAllowed, Invalid.
    """
    row = hold(incident, "reveal_contact", by=by, version=None)
    if not reason.strip():
        raise Invalid({"reason": _("Say why you need it.")})
    if row.contact_id is None:
        raise Invalid({"reason": _("No contact was given with this incident.")})
    record(
        row.case, "incident.reveal_contact", label=row.number, by=by, unit=row.unit, reason=reason.strip()[:300],
        after={"contact": row.contact_id},
    )  # fmt: skip
    return row.contact
