"""Handing a customer what is held about them: one ZIP, for reading and for programs (PIPL art. 45, GDPR art. 15, 20).

The worker makes it; the file is its owner's alone, is deleted after a few days, and that it was made is on record.
"""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from history.recording import plain, record
from incidents.errors import Invalid
from incidents.jobs import JobFailed, Work, enqueue
from incidents.models import Job
from people.models import Person

from . import identity
from .erasing import tell_the_others, without_the_customer
from .models import Attachment, Complaint, Message

NAME = "customer-data.zip"
#: What is packed inside: read by people, read by programs, and the files they sent.
READABLE, MACHINE, FILES = "index.html", "data.json", "files"


@transaction.atomic
def ask(complaint: Complaint, *, by: Person, reason: str) -> Job:
    """Have everything packed that is held about this complaint's customer, as far as `by` deals with them.

    Whoever has another case of theirs is told to hand out what they have. Raises NotAllowed, Invalid.
    """
    customer = identity.customer_of(complaint, by)
    if not reason.strip():
        raise Invalid({"reason": _("Say how they asked for it, and how you know who they are.")})
    contacts = sorted(customer.contacts)
    job = enqueue(
        Job.Kind.EXPORT_CUSTOMER, owner=by, name=NAME,
        options={"contacts": contacts, "company": customer.company},
    )  # fmt: skip
    record(
        complaint.case, "complaint.hand_out", label=complaint.number, by=by, unit=complaint.unit,
        reason=without_the_customer(reason, customer)[:300],
        after={"job": str(job.pk), "contacts": contacts, "counts": customer.counts()},
    )  # fmt: skip
    tell_the_others(customer, "customer-hand-out")
    return job


def pack(work: Work) -> None:
    """The job: what its owner may see now, not what they might have seen when they asked."""
    options = work.options
    customer = identity.of_contacts(options["contacts"], options["company"], work.by)
    complaints = list(customer.complaints.select_related("unit", "category").order_by("received_at", "pk"))
    if not complaints:
        raise JobFailed(gettext_lazy("There is nothing that you may hand out."))
    language = next((row.language for row in customer.rows if row.language), work.by.language)
    with translation.override(language), tempfile.TemporaryFile() as packed:
        data = held(customer, complaints)
        files = theirs(Attachment.objects.filter(complaint__in=complaints)).order_by("uploaded_at", "pk")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MACHINE, json.dumps(plain(data), ensure_ascii=False, indent=2))
            archive.writestr(READABLE, render_to_string("complaints/handed_out.html", {"data": data}))
            for done, attachment in enumerate(files):
                work.progress(done, len(files))
                with attachment.file.open("rb") as content:
                    archive.writestr(f"{FILES}/{file_name(attachment)}", content.read())
        packed.seek(0)
        work.job.result_file.save(NAME, File(packed), save=False)
    work.summary.update(rows=len(complaints), files=len(files))


def theirs(files: QuerySet[Attachment]) -> QuerySet[Attachment]:
    """Files of the correspondence; what colleagues keep beside a case isn't the customer's to have."""
    return files.filter(message__isnull=False, erased_at=None)


def file_name(attachment: Attachment) -> str:
    """A name of ours that no other file has; what the customer called it stands in the list."""
    suffix = attachment.content_type.rpartition("/")[2].split("+")[0].split(".")[-1][:5]
    return f"{attachment.pk}.{suffix}"


def held(customer: identity.Customer, complaints: list[Complaint]) -> dict[str, Any]:
    """Everything that is held about the customer, in the active language. What is said of staff isn't theirs."""
    return {
        "made_at": timezone.now(),
        "contacts": [
            {"name": row.name, "phone": row.phone, "email": row.email, "language": row.language}
            for row in customer.rows
            if row.erased_at is None
        ],
        "complaints": [_complaint(row) for row in complaints],
        "calls": [
            {"began_at": call.began_at, "ended_at": call.ended_at, "outcome": call.get_outcome_display(), "note": call.note}
            for call in customer.calls.order_by("began_at")
        ],
        "surveys": list(_answers(customer)),
        "reports": [
            {"number": row.number, "reported_at": row.reported_at, "stage": row.get_stage_display(), "text": row.description}
            for row in customer.incidents.order_by("pk")
        ],
    }  # fmt: skip


def _complaint(row: Complaint) -> dict[str, Any]:
    return {
        "number": row.number,
        "received_at": row.received_at,
        "unit": row.unit.name,
        "channel": row.get_channel_display(),
        "state": row.get_state_display(),
        "category": str(row.category) if row.category else "",
        "title": row.title,
        "text": row.text,
        "wish": row.wish,
        "place": row.place,
        "consented_at": row.consented_at,
        "messages": [
            {
                "at": said.at, "from_you": said.direction == Message.Direction.IN,
                "kind": said.get_kind_display(), "text": said.text,
            }
            for said in row.messages.all()
        ],
        "follow_ups": [
            {"at": call.at, "outcome": call.get_outcome_display(), "note": call.note} for call in row.follow_ups.all()
        ],
        "compensations": [
            {"at": given.at, "kind": given.get_kind_display(), "amount": given.amount, "currency": given.currency}
            for given in row.compensations.all()
        ],
        "files": [
            {"name": kept.name, "file": f"{FILES}/{file_name(kept)}", "uploaded_at": kept.uploaded_at}
            for kept in theirs(row.attachments)
        ],
    }  # fmt: skip


def _answers(customer: identity.Customer) -> Iterator[dict[str, Any]]:
    answered = customer.responses.select_related("version__survey").prefetch_related("version__items")
    for response in answered.order_by("answered_at"):
        items = [str(item) for item in response.version.items.all()]
        yield {
            "survey": response.version.survey.name,
            "answered_at": response.answered_at,
            "scores": [
                {"question": question, "answer": score}
                for question, score in zip(items, response.scores, strict=False)
                if score is not None
            ],
            "comment": response.comment,
        }
