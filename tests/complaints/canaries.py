"""A customer whose name, number, address and words are found wherever they get to."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from complaints import attaching, compensating, corresponding, following, handling, intake, replying
from complaints.models import Call, Category, Complaint, Response
from complaints.states import Channel
from complaints.surveys import inviting
from tests.complaints.asking_customers import survey
from tests.incidents import samples

NAME, PHONE, EMAIL, WORD = "黄卡娜", "13987651402", "canary@customer.example", "Zeisigwort"
CONTACT = {"name": NAME, "phone": PHONE, "email": EMAIL}
#: What nobody may read who doesn't deal with the customer.
PERSONAL = (NAME, PHONE, "139 8765 1402", EMAIL)
WORDS = f"My name is {NAME}, call me on 139 8765 1402 or {EMAIL}. {WORD}"


def told(unit, *, by=None, channel=Channel.WEB, **more) -> tuple[Complaint, str]:
    """The customer complains, with a photo that bears their name."""
    key = uuid.uuid4()
    photo = attaching.store(SimpleUploadedFile(f"{NAME} {PHONE}.jpg", samples.picture()), by=by, key=key)
    complaint, token = intake.receive(
        by=by, unit=unit, text=WORDS, wish=f"Call {PHONE}. {WORD}", title=f"{NAME} {PHONE} {WORD}", channel=channel,
        contact=CONTACT, place=f"Seat of {NAME}, {PHONE}", consented=True, uploads=[photo.pk], key=key, **more,
    )  # fmt: skip
    return Complaint.objects.get(pk=complaint.pk), token


def answered(complaint: Complaint, cast) -> Complaint:
    """Found out, answered, written to and fro, given something, called back: canaries in every text on the way."""
    said = f"{NAME} {PHONE} {EMAIL} {WORD}"
    by = cast.handler
    handling.classify(
        complaint,
        by=by,
        version=None,
        category=Category.objects.get(code="service"),
        urgency=2,
        importance=2,
        handler=by,
    )
    handling.investigate(complaint, by=by, version=None)
    handling.record_finding(complaint, by=by, version=None, finding=said)
    corresponding.write(complaint, by=by, version=None, text=said)
    corresponding.customer_writes(complaint, text=said, key=uuid.uuid4(), way="page")
    compensating.compensate(complaint, by=by, version=None, kind="voucher", amount=20, note=said)
    Call.objects.create(
        unit=complaint.unit, contact=complaint.contact, complaint=complaint, by=by, began_at=timezone.now(),
        ended_at=timezone.now(), outcome=Call.Outcome.ADDED, note=said,
    )  # fmt: skip
    replying.draft(complaint, by=by, version=None, text=said)
    replying.send(complaint, by=by, version=None, way="mail")
    return Complaint.objects.get(pk=complaint.pk)


def closed(complaint: Complaint, cast, units) -> Complaint:
    """Asked whether it helped, closed, and asked by a survey that they answered in their own words."""
    answered(complaint, cast)
    following.record_follow_up(
        complaint, by=cast.handler, version=None, outcome="satisfied", note=f"{NAME} {PHONE} {WORD}"
    )
    handling.close(complaint, by=cast.handler, version=None)
    version = survey(units, cast.quality, kinds=("likert5", "text"))
    invitation = inviting.invite(version, complaint=Complaint.objects.get(pk=complaint.pk))
    Response.objects.create(
        version=version, unit=complaint.unit, channel=Response.Channel.LINK, invitation=invitation, scores=[4, None],
        index=75, comment=f"{NAME} {PHONE} {WORD}",
    )  # fmt: skip
    return Complaint.objects.get(pk=complaint.pk)


def found_in_the_database(*words: str) -> list[str]:
    """Every row of every table in which one of these words stands: "complaints_message: ..."."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(
                f'SELECT row::text FROM "{table}" AS row WHERE row::text ILIKE ANY(%s)',
                [[f"%{word}%" for word in words]],
            )
            found += [f"{table}: {row[:300]}" for (row,) in cursor.fetchall()]
    return found
