"""Everything personal taken out of a complaint and out of a customer's rows; what statistics need stays.

Two ways lead here: a rule of retention (`retention`) and the customer's own request, which takes two people. History
holds nothing personal, so it stays as it is and its chains stay whole. Files are deleted when the change is committed.
"""

import hashlib
import secrets
from collections import Counter

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Evidence, Incident, Job
from people.models import Contact, Person
from reminders.models import Delivery

from . import identity
from .lifecycle import change, tell
from .masking import redacted
from .models import Attachment, Complaint, Erasure, IncomingMail, Invitation, Response

#: What takes the place of text that must not be empty.
GONE = "…"


# One complaint -------------------------------------------------------------------------------------------------------
def anonymise(row: Complaint, *, by: Person | None, reason: str = "", after: dict | None = None) -> Counter:
    """Take out of a held complaint all that is personal, in the caller's transaction. Gives what was erased, by kind.

    Stays: unit, category, grades, state, dates, who handled it, amounts, scores. The contact stays a reference as long
    as another case needs it (see `blank`). Raises Invalid while the complaint is open.
    """
    if row.is_open:
        raise Invalid({"": _("%(number)s is open: end it first.") % {"number": row.number}})
    counts: Counter = Counter(complaints=1)
    counts["copies"] = _delete_copies(row, by)
    counts["attachments"] = _delete_files(row.attachments.filter(erased_at=None))
    counts["messages"] = row.messages.exclude(text=GONE).update(text=GONE, message_id="")
    counts["replies"] = row.replies.exclude(text=GONE).update(text=GONE, returned_reason="")
    counts["follow_ups"] = row.follow_ups.exclude(note="").update(note="")
    counts["calls"] = row.calls.update(note="", contact=None)
    counts["compensations"] = row.compensations.exclude(note="").update(note="")
    counts["letters"] = _drop_letters(Delivery.objects.filter(subject=row.case))
    counts["mails"] = _forget_mails(row)
    counts["invitations"], counts["comments"] = _forget_survey(row)
    change(
        row,
        "anonymise",
        by=by,
        reason=reason,
        changes={
            "title": GONE, "text": GONE, "wish": "", "place": "", "finding": "", "contact": None, "link_digest": "",
            "link_expires_at": None, "anonymised_at": timezone.now(),
        },
        after={"erased": dict(+counts), **(after or {})},
    )  # fmt: skip
    return +counts


def _delete_copies(row: Complaint, by: Person | None) -> int:
    """Their files that were taken over as evidence of the incident: withdrawn there, and the files deleted."""
    if row.incident_id is None:
        return 0
    given = row.attachments.exclude(stored_sha256="").values("stored_sha256")
    copies = list(Evidence.objects.select_for_update().filter(incident=row.incident_id, sha256__in=given))
    for copy in copies:
        _delete_when_committed(copy.file, copy.thumbnail)
        Evidence.objects.filter(pk=copy.pk).update(
            file="", thumbnail="", name=GONE, caption="", size=0, taken_at=None,
            withdrawn_at=copy.withdrawn_at or timezone.now(),
        )  # fmt: skip
        record(
            row.incident.case, "incident.withdraw_evidence", label=row.incident.number, by=by, unit=row.incident.unit,
            after={"evidence": str(copy.pk), "kind": copy.kind, "erased": True},
        )  # fmt: skip
    return len(copies)


def _delete_when_committed(*files) -> None:
    names = [(file.storage, file.name) for file in files if file]

    def delete() -> None:
        for storage, name in names:
            storage.delete(name)

    transaction.on_commit(delete)


def _delete_files(rows) -> int:
    """Drop the files, thumbnails and names; the row says that there was something, of which kind and when."""
    kept = 0
    for row in rows.select_for_update():
        _delete_when_committed(row.file, row.thumbnail)
        kept += 1
        Attachment.objects.filter(pk=row.pk).update(
            file="", thumbnail="", name=GONE, sha256="", stored_sha256="", size=0, taken_at=None,
            erased_at=timezone.now(),
        )  # fmt: skip
    return kept


def _drop_letters(letters) -> int:
    """Letters that wait are not sent; what a server answered about an address is forgotten."""
    customers = letters.filter(channel=Delivery.Channel.CUSTOMER)
    dropped = customers.filter(state=Delivery.State.WAITING).update(state=Delivery.State.DROPPED)
    customers.update(last_error="", answer="")
    return dropped


def _forget_mails(row: Complaint) -> int:
    """A mail stays known by a digest, so that it doesn't come in again as a new complaint."""
    mails = list(row.incoming_mails.all())
    for mail in mails:
        mail.note = mail.sender = ""
        if "@" in mail.message_id:
            mail.message_id = f"sha256:{hashlib.sha256(mail.message_id.encode()).hexdigest()}"
    IncomingMail.objects.bulk_update(mails, ["note", "sender", "message_id"])
    return len(mails)


def _forget_survey(row: Complaint) -> tuple[int, int]:
    """Who was asked, and what they wrote; the scores stay."""
    asked = list(row.invitations.all())
    for invitation in asked:
        invitation.contact, invitation.digest = None, f"erased{secrets.token_hex(29)}"
        invitation.expires_at = min(invitation.expires_at, timezone.now())
    Invitation.objects.bulk_update(asked, ["contact", "digest", "expires_at"])
    theirs = Response.objects.filter(invitation__in=asked) | Response.objects.filter(complaint=row)
    comments = theirs.exclude(comment="").update(comment="")
    theirs.update(device="")
    return len(asked), comments


def blank(contacts) -> int:
    """Empty these rows of the table of contacts, those left out that an open or unerased case still needs."""
    needed = Exists(Complaint.objects.filter(contact=OuterRef("pk"))) | Exists(
        Incident.objects.filter(contact=OuterRef("pk")).exclude(stage__in=identity.ENDED)
    )
    count = 0
    for contact in Contact.objects.filter(~needed, pk__in=contacts, erased_at=None).select_for_update():
        contact.name = contact.phone = contact.email = ""
        contact.erased_at = timezone.now()
        contact.save()
        _drop_letters(contact.deliveries)
        contact.invitations.update(expires_at=timezone.now())
        contact.calls.exclude(note="").update(note="")
        count += 1
    return count


# At the customer's request -------------------------------------------------------------------------------------------
@transaction.atomic
def ask(complaint: Complaint, *, by: Person, reason: str, note: str) -> Erasure:
    """Ask that everything of this complaint's customer be erased; somebody else confirms. Raises Invalid, NotAllowed.

    It covers what the asker may see. Whoever has another case of the same customer is told to look after theirs.
    """
    customer = identity.customer_of(complaint, by)
    if reason not in Erasure.Reason.values:
        raise Invalid({"reason": _("Choose a reason.")})
    if not note.strip():
        raise Invalid({"note": _("Say how they asked for it, and how you know who they are.")})
    refuse_while_open(customer)
    contacts = sorted(customer.contacts - set(customer.unseen().values_list("contact", flat=True)))
    waiting = Erasure.objects.select_for_update().filter(
        state=Erasure.State.ASKED, contacts__overlap=contacts
    )
    if waiting.exists():
        raise Invalid({"": _("This is asked for already and waits for a second person.")})
    erasure = Erasure.objects.create(
        unit=complaint.unit, contacts=contacts, reason=reason,
        note=without_the_customer(note, customer)[:300], asked_by=by,
    )  # fmt: skip
    _record(
        erasure,
        "ask",
        by=by,
        note=erasure.note,
        after={"contacts": erasure.contacts, "counts": customer.counts()},
    )
    tell_the_others(customer, "customer-erasure")
    return erasure


def without_the_customer(text: str, customer: "identity.Customer") -> str:
    """What somebody typed about the request, fit to be kept after it is done."""
    return redacted(customer.unnamed(text.strip()))


def refuse_while_open(customer: "identity.Customer") -> None:
    """Raise Invalid naming the complaints and incidents that are still handled."""
    if still := customer.open_cases():
        message = _(
            "Still being handled: %(cases)s. End them first, or tell the customer why the data is needed."
        )
        raise Invalid({"": message % {"cases": pgettext("list", ", ").join(still)}})


@transaction.atomic
def confirm(erasure: Erasure, *, by: Person) -> Erasure:
    """Do it: never by the one who asked. Raises NotAllowed, Stale, Invalid (a case was opened since)."""
    row = _hold(erasure, by)
    if row.asked_by_id == by.pk:
        raise NotAllowed(_("You asked for it yourself: somebody else has to confirm."))
    seen = [identity.of_contacts(row.contacts, row.unit.company_id, person) for person in (by, row.asked_by)]
    customer = seen[0].shared_with(seen[1])
    if customer.complaints.count() < seen[1].complaints.count():
        raise NotAllowed(_("You don't deal with all of these cases. Somebody who does has to confirm."))
    refuse_while_open(customer)
    counts: Counter = Counter()
    for complaint in (
        customer.complaints.filter(anonymised_at=None).select_for_update(of=("self",)).order_by("pk")
    ):
        counts += anonymise(complaint, by=by, after={"erasure": row.pk})
    contacts = sorted({*row.contacts, *customer.contacts})  # rows that came to be since it was asked for, too
    counts["contacts"] += blank(contacts)
    counts["exports"] += _drop_exports(contacts)
    row.state, row.decided_by, row.decided_at, row.counts = (
        Erasure.State.DONE,
        by,
        timezone.now(),
        dict(counts),
    )
    row.note = ""
    row.save()
    _record(row, "confirm", by=by, after={"erased": row.counts})
    return row


@transaction.atomic
def decline(erasure: Erasure, *, by: Person, note: str) -> Erasure:
    """Leave everything as it is, for a reason that the customer can be told. Raises Stale, Invalid, NotAllowed."""
    row = _hold(erasure, by)
    if not note.strip():
        raise Invalid({"note": _("Say why not.")})
    row.state, row.decided_by, row.decided_at = Erasure.State.DECLINED, by, timezone.now()
    row.save()
    customer = identity.of_contacts(row.contacts, row.unit.company_id, by)
    _record(row, "decline", by=by, note=without_the_customer(note, customer)[:300])
    return row


def _hold(erasure: Erasure, by: Person) -> Erasure:
    row = Erasure.objects.select_for_update().select_related("unit", "asked_by").get(pk=erasure.pk)
    if not by.is_active or not Erasure.objects.visible_to(by).filter(pk=row.pk).exists():
        raise NotAllowed(_("Your role doesn't allow this here."))
    if row.state != Erasure.State.ASKED:
        raise Stale()
    return row


def _drop_exports(contacts: list[int]) -> int:
    """Files in which the customer's data was handed out, and what they are called."""
    jobs = Job.objects.filter(kind=Job.Kind.EXPORT_CUSTOMER, options__contacts__contained_by=contacts)
    count = 0
    for job in jobs.exclude(result_file=""):
        job.result_file.storage.delete(job.result_file.name)
        Job.objects.filter(pk=job.pk).update(result_file="", discarded_at=timezone.now())
        count += 1
    return count


def tell_the_others(customer: "identity.Customer", text: str) -> None:
    """Whoever answers for a case of the same customer that the asker doesn't see: it is theirs to look after it."""
    for complaint in customer.unseen():
        tell(complaint, identity.answering_for(complaint), text, about=timezone.localdate().isoformat())


def _record(erasure: Erasure, act: str, *, by: Person, note: str = "", after: dict | None = None) -> None:
    record(
        erasure.case,
        f"erasure.{act}",
        label=f"#{erasure.pk}",
        by=by,
        unit=erasure.unit,
        reason=note,
        after=after,
    )
