"""Customers who find their case again: by its reference and something only they and we know."""

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from history.recording import record
from incidents.errors import Stale
from people.models import Person

from . import letters, links
from .lifecycle import hold
from .models import Complaint, Message


def find(reference: str, ending: str) -> Complaint | None:
    """The complaint with this reference whose customer gave a phone number with this ending (four digits).

    Four digits open a page no longer than its link does; after that a new link is sent to who the customer is.
    """
    complaint = _by_reference(reference)
    if complaint is not None and (
        complaint.link_expires_at is None or complaint.link_expires_at <= timezone.now()
    ):
        complaint = None
    kept = complaint.contact.phone_ending if complaint and complaint.contact else ""
    right = constant_time_compare(kept, ending) and len(kept) == 4
    return complaint if right else None


def find_addressee(reference: str, said: str) -> Complaint | None:
    """The complaint with this reference whose customer can be written to, and gave this e-mail or phone ending."""
    complaint = _by_reference(reference)
    if complaint is None or complaint.contact is None or not complaint.contact.email:
        return None
    contact, said = complaint.contact, said.strip().lower()
    same = constant_time_compare(contact.email.lower(), said)
    ending = len(contact.phone_ending) == 4 and constant_time_compare(contact.phone_ending, said)
    return complaint if same or ending else None


def _by_reference(reference: str) -> Complaint | None:
    return Complaint.objects.select_related("contact").filter(number=reference).first()


@transaction.atomic
def send_link(complaint: Complaint) -> None:
    """Send the customer a link by mail, at their own wish. The one they have goes on working until it expires."""
    row = hold(complaint, "renew_link", by=None, version=None)
    if not row.link_digest or row.link_expires_at is None or row.link_expires_at <= timezone.now():
        _renew(row)
    _write(row, by=None)


@transaction.atomic
def renew_link(complaint: Complaint, *, by: Person, version: int) -> Complaint:
    """Make a new link, because the old one is lost or in wrong hands: that one opens nothing any more.

    It goes to the customer by mail where they have an address. Raises NotAllowed, Stale.
    """
    row = hold(complaint, "renew_link", by=by, version=version)
    if row.contact_id is None or row.anonymised_at is not None:
        raise Stale(_("Nobody could be given a new link: who this customer is isn't known."))
    _renew(row)
    _write(row, by=by)
    return row


def _renew(row: Complaint) -> None:
    links.give_link(row, links.new_token())
    row.version += 1
    row.save(update_fields=["link_digest", "link_expires_at", "version"])


def _write(row: Complaint, *, by: Person | None) -> None:
    """The letter with the link, and on record that it was sent: never the link itself."""
    sent = letters.has_address(row)
    if sent:
        with letters.reading_as_customer(row):
            words = _("Here is the link to your complaint, as you asked. Please keep it to yourself.")
        letters.say(row, Message.Kind.LINK, words, by=by)
    record(
        row.case, "complaint.renew_link", label=row.number, by=by, unit=row.unit,
        after={"sent": sent, "expires": row.link_expires_at},
    )  # fmt: skip
