"""Reporting by a program: once, however often it is sent."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from history.models import Event
from incidents.models import Evidence, Incident
from people.models import Contact
from tests.api.conftest import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(units) -> dict:
    return {
        "type": "facility",
        "subtype": "facility-climate",
        "unit": units.crew.pk,
        "description": "The air conditioning of car 3 failed on G1027.",
        "occurred_at": (timezone.now() - dt.timedelta(hours=2)).isoformat(),
    }


def test_a_report_is_on_record_as_another_systems(cast, body, program):
    sent = program(cast.reporter).send("incidents/", body)
    incident = Incident.objects.get()
    assert sent.status_code == 201
    assert sent.json() == {
        "number": incident.number,
        "url": f"http://localhost:8000/incidents/{incident.number}/",
    }
    assert (incident.reporter, incident.channel, incident.type.code) == (
        cast.reporter,
        "api",
        "facility-climate",
    )
    assert Event.objects.of(incident.case).get().source == "api"


def test_the_same_key_gives_the_same_result_and_writes_nothing(cast, body, program):
    zhou, key = program(cast.reporter), str(uuid.uuid4())
    first = zhou.send("incidents/", body, **{"Idempotency-Key": key})
    again = zhou.send("incidents/", body, **{"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and Incident.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(cast, body, program):
    zhou, key = program(cast.reporter), str(uuid.uuid4())
    first = zhou.send("incidents/", body, **{"Idempotency-Key": key}).json()
    other = zhou.send("incidents/", body | {"place": "Car 4"}, **{"Idempotency-Key": key})
    said(other, 422, "key_reused")
    stranger = program(cast.hotel_quality).send("incidents/", body, **{"Idempotency-Key": key})
    assert first["number"] not in said(stranger, 422, "invalid")["message"]
    colleague = program(cast.colleague).send("incidents/", body, **{"Idempotency-Key": key})
    assert first["number"] not in colleague.content.decode() and said(colleague, 422, "key_reused")
    assert Incident.objects.count() == 1


def test_without_a_key_every_post_is_a_report(cast, body, program):
    zhou = program(cast.reporter)
    assert zhou.send("incidents/", body).json() != zhou.send("incidents/", body).json()


def test_a_key_that_is_none(cast, body, program):
    refused = program(cast.reporter).send("incidents/", body, **{"Idempotency-Key": "twice"})
    assert set(said(refused, 422, "invalid")["fields"]) == {"Idempotency-Key"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "nothing"), ("unit", 0), ("unit", "10" * 30), ("unit", None), ("description", "short"),
        ("occurred_at", "2999-01-01T00:00:00Z"), ("occurred_at", "yesterday"), ("people_affected", -1),
        ("people_affected", True), ("uploads", ["x"]), ("uploads", [str(uuid.uuid4())]), ("uploads", "x"),
        ("channel", "pigeon"), ("contact_email", "@"), ("key", "0f0e0d0c-0b0a-4908-8706-050403020100"),
    ],
)  # fmt: skip
def test_every_value_that_cant_be_is_named(cast, body, program, field, value):
    refused = said(program(cast.reporter).send("incidents/", body | {field: value}), 422, "invalid")
    assert set(refused["fields"]) == {field} and not Incident.objects.exists()


def test_nobody_reports_for_another_company(cast, units, body, program):
    refused = program(cast.reporter).send("incidents/", body | {"unit": units.hotels.pk})
    assert set(said(refused, 422, "invalid")["fields"]) == {"unit"}


def test_somebody_elses_words_keep_their_contact_apart(cast, body, program):
    more = {"reporter_kind": "other", "contact_name": "张伟民", "contact_phone": "18612341402"}
    assert program(cast.reporter).send("incidents/", body | more).status_code == 201
    assert Contact.objects.get().name == "张伟民"
    assert "张伟民" not in "".join(Event.objects.values_list("payload", flat=True))


def test_an_anonymous_report_leads_back_to_nobody(cast, body, program, client):
    zhou = program(cast.reporter)
    sent = zhou.send("incidents/", body | {"reporter_kind": "anonymous"})
    incident = Incident.objects.get()
    assert incident.reporter is None and Event.objects.of(incident.case).get().actor is None
    assert zhou.read("incidents/")["results"] == []
    page = client.get(sent.json()["url"].removeprefix("http://localhost:8000"))
    assert page.status_code == 200 and incident.number in page.content.decode()


def test_an_upload_becomes_evidence_once(cast, body, program):
    zhou = program(cast.reporter)
    headers = {"Authorization": f"Bearer {zhou.secret}", "Idempotency-Key": str(uuid.uuid4())}

    def upload():
        file = SimpleUploadedFile("log.txt", b"13:24 fan stopped\n")
        return zhou.post("/api/v1/uploads/", {"file": file}, headers=headers).json()["id"]

    ident = upload()
    assert upload() == ident and Evidence.objects.count() == 1
    said(program(cast.colleague).send("incidents/", body | {"uploads": [ident]}), 422, "invalid")
    number = zhou.send("incidents/", body | {"uploads": [ident]}).json()["number"]
    assert [row["id"] for row in zhou.read(f"incidents/{number}/")["evidence"]] == [ident]
    said(zhou.send("incidents/", body | {"uploads": [ident]}), 422, "invalid")


def test_a_file_that_cant_be_taken_in(cast, program, settings):
    zhou = program(cast.reporter)
    headers = {"Authorization": f"Bearer {zhou.secret}"}

    def upload(content: bytes, name="photo.jpg"):
        return zhou.post("/api/v1/uploads/", {"file": SimpleUploadedFile(name, content)}, headers=headers)

    assert set(said(upload(b"<script>alert(1)</script>"), 422, "invalid")["fields"]) == {"file"}
    assert set(said(zhou.post("/api/v1/uploads/", {}, headers=headers), 422, "invalid")["fields"]) == {"file"}
    settings.UPLOAD_MAX_BYTES = 1024
    said(upload(b"x" * 200_000), 413, "too_large")
    assert not Evidence.objects.exists()


def test_a_report_costs_the_same_in_a_full_archive(cast, body, program):
    zhou = program(cast.reporter)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert zhou.send("incidents/", body).status_code == 201
        return len(captured)

    zhou.read("me/")  # the day of the token's use, and the row of the throttle, are written once
    statements()
    alone = statements()
    for _ in range(10):
        zhou.send("incidents/", body)
    assert statements() == alone <= 22
