"""A customer's rights: what is held is found, handed out and erased, by two, and nothing of it is left anywhere."""

import json
import uuid
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from complaints import erasing, handing_out, identity, intake, restricting
from complaints.models import Attachment, Complaint, Erasure, FollowUp, Message, Response
from complaints.states import Channel, State
from history.models import Event
from history.verification import verify
from incidents import identify, jobs
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Incident, IncidentType, Job
from people.models import Contact
from reminders.models import Delivery, Notice
from tests.complaints import canaries
from tests.complaints.canaries import EMAIL, NAME, PHONE, WORD, found_in_the_database

pytestmark = pytest.mark.django_db
#: What is left of the customer where something was forgotten.
TRACES = (NAME, PHONE, "139 8765 1402", EMAIL, WORD)


def asked(complaint, by, **more):
    return erasing.ask(
        complaint, by=by, **{"reason": "request", "note": f"{NAME} wrote from {EMAIL}", **more}
    )


@pytest.fixture
def ended(cast, units) -> Complaint:
    return canaries.closed(canaries.told(units.station)[0], cast, units)


def test_nothing_of_the_customer_is_left_and_history_stays_whole(
    ended, cast, units, django_capture_on_commit_callbacks
):
    again = intake.receive(
        by=None,
        unit=units.crew,
        text=f"Again. {WORD}",
        channel=Channel.WEB,
        contact={"name": NAME, "phone": f"+86 {PHONE}", "email": f"other.{EMAIL}"},
    )[0]
    canaries.answered(again, cast)
    names = [kept.file.name for kept in ended.attachments.all()] + [
        kept.thumbnail.name for kept in ended.attachments.all()
    ]
    assert all(default_storage.exists(name) for name in names)
    with pytest.raises(Invalid, match=again.number):
        asked(ended, cast.handler)
    intake_state = Complaint.objects.get(pk=again.pk)
    assert intake_state.text
    Complaint.objects.filter(pk=again.pk).update(state=State.CLOSED, closed_at=timezone.now())
    before = Complaint.objects.values(
        "unit", "category", "state", "received_at", "closed_at", "priority"
    ).get(pk=ended.pk)
    erasure = asked(ended, cast.handler)
    with pytest.raises(NotAllowed):
        erasing.confirm(erasure, by=cast.handler)
    with django_capture_on_commit_callbacks(execute=True):
        erasing.confirm(erasure, by=cast.quality)
    assert not found_in_the_database(*TRACES)
    assert not any(default_storage.exists(name) for name in names if name)
    assert Complaint.objects.values(*before).get(pk=ended.pk) == before
    assert Response.objects.get().scores == [4, None]
    assert (
        Erasure.objects.get().counts["complaints"] == 2 and Erasure.objects.get().decided_by == cast.quality
    )
    assert not list(verify())
    assert not Delivery.objects.filter(channel="customer", state="waiting").exists()
    assert (Message.objects.count(), FollowUp.objects.count(), Attachment.objects.count()) >= (5, 1, 1)
    with pytest.raises(Stale):
        erasing.confirm(Erasure.objects.get(), by=cast.quality_two)


def test_an_open_case_an_unknown_reason_and_a_second_request_are_refused(cast, units):
    complaint, _token = canaries.told(units.station)
    with pytest.raises(Invalid, match=complaint.number):
        asked(complaint, cast.handler)
    Complaint.objects.update(state=State.WITHDRAWN, closed_at=timezone.now())
    for wrong in ({"reason": "whim"}, {"note": " "}):
        with pytest.raises(Invalid):
            asked(complaint, cast.handler, **wrong)
    erasure = asked(complaint, cast.handler)
    assert NAME not in erasure.note and EMAIL not in erasure.note
    with pytest.raises(Invalid):
        asked(complaint, cast.quality)
    with pytest.raises(NotAllowed):
        asked(complaint, cast.executive)
    erasing.decline(erasure, by=cast.handler, note=f"{NAME} took it back, {PHONE}")
    assert not {NAME, PHONE} & set(Event.objects.latest("pk").reason.split())
    with pytest.raises(Stale):
        erasing.confirm(erasure, by=cast.quality)
    assert Complaint.objects.get().text


def test_an_open_incident_of_the_same_person_is_in_the_way(ended, cast, units):
    identify.report(
        by=cast.handler, type=IncidentType.objects.first(), description="Fell on the stairs.", unit=units.station,
        occurred_at=timezone.now(), contact={"name": NAME, "phone": PHONE},
    )  # fmt: skip
    number = Incident.objects.get().number
    with pytest.raises(Invalid, match=number):
        asked(ended, cast.handler)
    Incident.objects.update(stage="dismissed")
    erasing.confirm(asked(ended, cast.handler), by=cast.quality)
    assert not Contact.objects.filter(erased_at=None).exists()


def test_what_colleagues_keep_beside_a_case_is_not_handed_out(ended, cast):
    sent = set(handing_out.theirs(ended.attachments).values_list("pk", flat=True))
    aside = ended.attachments.get()
    aside.pk, aside.message, aside.name, aside._state.adding = uuid.uuid4(), None, "internal.jpg", True
    aside.save()
    customer = identity.customer_of(ended, cast.handler)
    told = handing_out.held(customer, [ended])["complaints"][0]["files"]
    assert "internal.jpg" not in str(told) and len(told) == 1 == len(sent)
    assert set(handing_out.theirs(Attachment.objects.all()).values_list("pk", flat=True)) == sent


def test_what_came_between_the_request_and_the_confirmation_goes_too(ended, cast, units):
    erasure = asked(ended, cast.handler)
    again, _token = canaries.told(units.station)
    Complaint.objects.filter(pk=again.pk).update(state=State.WITHDRAWN, closed_at=timezone.now())
    erasing.confirm(erasure, by=cast.quality)
    assert not Contact.objects.filter(erased_at=None).exists()
    assert not found_in_the_database(*TRACES)


def test_what_others_deal_with_is_theirs_to_erase(ended, cast, units):
    secret, _token = canaries.told(units.station)
    Complaint.objects.filter(pk=secret.pk).update(state=State.CLOSED, closed_at=timezone.now())
    secret.refresh_from_db()
    Complaint.objects.filter(pk=secret.pk).update(
        sensitive=True, readers=[f"p{cast.supervisor.pk}"], handler=cast.supervisor, owner=None
    )
    elsewhere, _token = canaries.told(units.hotels)
    customer = identity.customer_of(ended, cast.handler)
    assert customer.counts()["complaints"] == 1 and list(customer.unseen()) == [secret]
    erasing.confirm(asked(ended, cast.handler), by=cast.quality)
    told = Notice.objects.filter(text="customer-erasure")
    assert [(notice.recipient, notice.subject) for notice in told] == [(cast.supervisor, secret.case)]
    for kept in (secret, elsewhere):
        kept.refresh_from_db()
        assert kept.contact.name == NAME and WORD in kept.text
    with pytest.raises(NotAllowed):  # who doesn't see all of it confirms nothing
        erasing.confirm(asked(secret, cast.supervisor), by=cast.quality)


def test_everything_is_handed_out_in_one_file(ended, cast, units, client):
    with pytest.raises(Invalid):
        handing_out.ask(ended, by=cast.quality, reason=" ")
    job = handing_out.ask(ended, by=cast.quality, reason=f"{NAME} came to the counter with {PHONE}")
    assert jobs.run(job.pk) and Job.objects.get(pk=job.pk).status == Job.Status.DONE
    job.refresh_from_db()
    client.force_login(cast.quality)
    page = client.get(reverse("job-result", args=[job.pk]))
    assert page.headers["Content-Disposition"] == 'attachment; filename="customer-data.zip"'
    assert page.headers["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(job.result_file.open("rb")) as archive:
        data = json.loads(archive.read("data.json"))
        readable = archive.read("index.html").decode()
        files = [name for name in archive.namelist() if name.startswith("files/")]
        assert archive.read(files[0])[:3] == b"\xff\xd8\xff"
    assert data["contacts"][0] | {"language": ""} == {
        "name": NAME,
        "phone": PHONE,
        "email": EMAIL,
        "language": "",
    }
    case = data["complaints"][0]
    assert (
        WORD in case["text"] and len(case["messages"]) >= 4 and case["follow_ups"] and case["compensations"]
    )
    assert data["surveys"][0]["comment"].endswith(WORD) and data["calls"]
    assert (
        NAME in readable and ended.number in readable and "http" not in readable and "<script" not in readable
    )
    event = Event.objects.get(act="complaint.hand_out")
    assert not any(trace in event.payload for trace in TRACES)
    assert job.name == "customer-data.zip" and NAME not in str(
        Notice.objects.filter(text="job-done").values().get()
    )
    client.force_login(cast.handler)
    assert client.get(reverse("job-result", args=[job.pk])).status_code == 404
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timezone.timedelta(days=3, minutes=1))
    client.force_login(cast.quality)
    assert client.get(reverse("job-result", args=[job.pk])).status_code == 404
    name = job.result_file.name
    assert jobs.discard_old() == 1 and not default_storage.exists(name)


def test_who_loses_sight_gets_nothing(ended, cast):
    job = handing_out.ask(ended, by=cast.quality, reason="Asked by letter.")
    Complaint.objects.filter(pk=ended.pk).update(sensitive=True, readers=[f"p{cast.handler.pk}"])
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED and not job.result_file


def test_an_erasure_takes_the_packed_file_with_it(ended, cast):
    job = handing_out.ask(ended, by=cast.quality, reason="Asked by letter.")
    jobs.run(job.pk)
    name = Job.objects.get(pk=job.pk).result_file.name
    erasing.confirm(asked(ended, cast.handler), by=cast.quality)
    assert not default_storage.exists(name) and not Job.objects.get(pk=job.pk).result_file


def test_the_pages(ended, cast, units, client):
    client.force_login(cast.handler)
    page = client.post(reverse("customers"), {"q": PHONE}).content.decode()
    assert ended.number in page and NAME not in page and "139****1402" in page
    page = client.get(reverse("complaint-customer", args=[ended.number])).content.decode()
    assert NAME not in page and PHONE not in page and ended.number in page
    done = client.post(
        reverse("customer-erase", args=[ended.number]),
        {"reason": "request", "note": "By letter, passport shown."},
    )
    erasure = Erasure.objects.get()
    assert done.url == reverse("erasure", args=[erasure.pk])
    assert "You asked for it yourself" in client.get(done.url).content.decode()
    client.post(reverse("erasure-confirm", args=[erasure.pk]))
    assert Complaint.objects.get(pk=ended.pk).anonymised_at is None
    client.force_login(cast.quality)
    assert ended.number in client.get(done.url).content.decode()
    assert str(erasure.pk) in client.get(reverse("erasures")).content.decode()
    client.post(reverse("erasure-confirm", args=[erasure.pk]))
    assert Complaint.objects.get(pk=ended.pk).anonymised_at
    for url in (ended.get_absolute_url(), done.url, reverse("erasures")):
        assert client.get(url).status_code == 200
    client.force_login(cast.hotel_quality)
    assert client.get(done.url).status_code == 404


def test_a_sensitive_complaint_is_counted_for_the_named_only(ended, cast, units, client):
    secret, _token = canaries.told(units.station)
    restricting.restrict(secret, by=cast.handler, version=None, people=[cast.handler], reason="Harassment.")
    for person, count in ((cast.handler, 2), (cast.quality, 1)):
        client.force_login(person)
        page = client.get(reverse("complaint-customer", args=[ended.number])).content.decode()
        assert (secret.number in page) is (count == 2)
        assert identity.customer_of(ended, person).counts()["complaints"] == count
