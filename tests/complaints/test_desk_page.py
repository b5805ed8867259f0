"""The page of a complaint: what it shows to whom, what it offers, and at which cost."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import corresponding, handling, intake, replying
from complaints.attaching import store
from complaints.models import Category, Complaint, Message
from complaints.states import Channel
from tests.incidents import samples

pytestmark = pytest.mark.django_db
RUDE = "The conductor shouted at my mother; call me on 13912341402."
HUANG = {"name": "黄小明", "phone": "13912341402", "email": "huang@example.org"}


def received(units, *, files=1, **details) -> Complaint:
    key = details.setdefault("key", None)
    uploads = []
    if files:
        key = details["key"] = uuid.uuid4()
        for number in range(files):
            picture = samples.picture(size=(64 + number, 48))
            file = SimpleUploadedFile(f"lift-{number}.jpg", picture)
            uploads.append(store(file, by=None, key=key).pk)
    complaint, _token = intake.receive(
        by=None, unit=units.crew, text=RUDE, wish="An apology.", channel=Channel.WEB, contact=dict(HUANG),
        uploads=uploads, **details,
    )  # fmt: skip
    return Complaint.objects.get(pk=complaint.pk)


def answered(cast, complaint) -> Complaint:
    """Classified, investigated and with a draft of the reply."""
    complaint = handling.classify(
        complaint, by=cast.handler, version=complaint.version, category=Category.objects.get(code="attitude"),
        urgency=2, importance=2,
    )  # fmt: skip
    complaint = handling.investigate(complaint, by=cast.handler, version=complaint.version)
    complaint = handling.record_finding(
        complaint, by=cast.handler, version=complaint.version, finding="He did shout at her."
    )
    complaint.refresh_from_db()
    replying.draft(complaint, by=cast.handler, version=complaint.version, text="We are sorry.")
    complaint.refresh_from_db()
    return complaint


def test_the_page_tells_what_was_said_and_offers_the_next_step(cast, units, client):
    complaint = received(units)
    client.force_login(cast.handler)
    page = client.get(complaint.get_absolute_url())
    html = page.content.decode()
    assert page.status_code == 200
    assert "call me on 13912341402" in html and "An apology." in html and "lift-0.jpg" in html
    assert HUANG["email"] not in html and HUANG["name"] not in html
    assert reverse("complaint-act", args=[complaint.number, "classify"]) in html
    assert html.count("node") >= 7 and "Your turn" in html
    complaint = answered(cast, complaint)
    html = client.get(complaint.get_absolute_url()).content.decode()
    assert "He did shout at her." in html and "We are sorry." in html
    assert client.get(reverse("complaint-act", args=[complaint.number, "withdraw"])).status_code == 200


def test_who_has_no_part_in_it_reads_the_story_without_the_person(cast, units, client):
    complaint = received(units)
    client.force_login(cast.executive)
    html = client.get(complaint.get_absolute_url()).content.decode()
    assert "The conductor shouted at my mother" in html and "13912341402" not in html
    assert "lift-0.jpg" not in html and "1 file, for those who work on it" in html
    attachment = complaint.attachments.get()
    for name in (
        "complaint-file",
        "complaint-file-inline",
        "complaint-file-thumbnail",
        "complaint-file-view",
    ):
        assert client.get(reverse(name, args=[attachment.pk])).status_code == 404
    client.force_login(cast.west_manager)
    assert client.get(complaint.get_absolute_url()).status_code == 404


def test_files_are_downloads_that_no_browser_runs(cast, units, client):
    attachment = received(units).attachments.get()
    client.force_login(cast.handler)
    sent = client.get(reverse("complaint-file", args=[attachment.pk]))
    assert sent.status_code == 200 and sent["Content-Disposition"].startswith("attachment")
    assert sent["X-Content-Type-Options"] == "nosniff" and "sandbox" in sent["Content-Security-Policy"]
    assert client.get(reverse("complaint-file-view", args=[attachment.pk])).status_code == 200


def test_opening_it_shows_the_customers_messages_as_read(cast, units, client):
    complaint = received(units, files=0)
    message = corresponding.customer_writes(complaint, text="Any news?", key=None, way=Message.Way.PAGE)
    client.force_login(cast.executive)
    client.get(complaint.get_absolute_url())
    message.refresh_from_db()
    assert message.read_at is None
    client.force_login(cast.handler)
    assert "Any news?" in client.get(complaint.get_absolute_url()).content.decode()
    message.refresh_from_db()
    assert message.read_at is not None


@pytest.mark.parametrize("much", [1, 6])
def test_the_number_of_questions_does_not_grow_with_the_complaint(
    cast, units, client, much, django_assert_max_num_queries
):
    complaint = answered(cast, received(units, files=much))
    for number in range(much):
        corresponding.customer_writes(complaint, text=f"News {number}?", key=None, way=Message.Way.PAGE)
    client.force_login(cast.handler)
    client.get(complaint.get_absolute_url())  # the messages are read by that
    with django_assert_max_num_queries(22):
        assert client.get(complaint.get_absolute_url()).status_code == 200
