"""The customer's contact is masked for everybody; looking at it takes a reason, and leaves a trace without the data."""

import pytest
from django.urls import reverse

from complaints import handling, revealing
from complaints.models import Complaint
from history.models import Event
from incidents.errors import Invalid, NotAllowed, Refused
from tests.complaints import canaries
from tests.complaints.canaries import EMAIL, NAME, PERSONAL, PHONE

pytestmark = pytest.mark.django_db


@pytest.fixture
def complaint(units) -> Complaint:
    return canaries.told(units.station)[0]


def test_shown_once_for_a_reason_on_a_page_that_is_kept_nowhere(complaint, cast, client):
    client.force_login(cast.handler)
    url = reverse("complaint-contact", args=[complaint.number])
    page = client.get(complaint.get_absolute_url()).content.decode()
    assert url in page and "黄**" in page and "139****1402" in page
    asks = client.get(url).content.decode()
    assert not any(secret in asks for secret in PERSONAL)
    assert client.post(url, {"why": ""}).status_code == 422
    assert client.post(url, {"why": "other", "reason": " "}).status_code == 422
    assert not Event.objects.filter(act="complaint.reveal").exists()
    shown = client.post(url, {"why": "call", "reason": f"Call {NAME} back on {PHONE}"})
    assert all(secret in shown.content.decode() for secret in (NAME, PHONE, EMAIL))
    assert "no-store" in shown.headers["Cache-Control"]
    event = Event.objects.get(act="complaint.reveal")
    assert event.after == {"contact": complaint.contact_id, "why": "call"} and PHONE not in event.payload
    assert not any(secret in client.get(url).content.decode() for secret in PERSONAL)
    story = client.get(complaint.get_absolute_url()).content.decode()
    assert "To call the customer" in story


def test_who_may_look(complaint, cast, units, client):
    for person in (cast.executive, cast.supervisor, cast.reporter, cast.hotel_quality, cast.admin):
        with pytest.raises(NotAllowed):
            revealing.reveal(complaint, by=person, why="call")
        client.force_login(person)
        url = reverse("complaint-contact", args=[complaint.number])
        page = client.post(url, {"why": "call"})
        leaked = [secret for secret in PERSONAL if secret in page.content.decode()]
        assert page.status_code in (403, 404) and not leaked
    assert revealing.reveal(complaint, by=cast.quality, why="check").name == NAME
    Complaint.objects.update(about=cast.quality)
    with pytest.raises(NotAllowed):
        revealing.reveal(complaint, by=cast.quality, why="call")


def test_nobody_goes_through_everybodys_data(complaint, cast, monkeypatch):
    monkeypatch.setattr(revealing, "PER_HOUR", 2)
    for _each in range(2):
        revealing.reveal(complaint, by=cast.handler, why="call")
    with pytest.raises(Refused):
        revealing.reveal(complaint, by=cast.handler, why="call")
    assert revealing.reveal(complaint, by=cast.quality, why="call")


def test_a_contact_is_corrected_and_history_names_the_fields_only(complaint, cast, units, client):
    client.force_login(cast.handler)
    url = reverse("complaint-act", args=[complaint.number, "amend-contact"])
    form = client.get(url).content.decode()
    assert not any(f'value="{secret}' in form for secret in PERSONAL)
    version = Complaint.objects.get().version
    assert client.post(url, {"version": version, "phone": "none"}).status_code == 422
    assert client.post(url, {"version": version}).status_code == 422
    client.post(url, {"version": version, "phone": "0571-88881402", "language": "zh-hant"})
    contact = Complaint.objects.get().contact
    assert (contact.phone_digits, contact.name, contact.language) == ("057188881402", NAME, "zh-hant")
    event = Event.objects.get(act="complaint.amend_contact")
    assert event.after["fields"] == ["language", "phone"] and "8888" not in event.payload
    with pytest.raises(NotAllowed):
        revealing.amend_contact(complaint, by=cast.executive, version=None, phone="1")


def test_an_anonymous_customer_who_gives_a_name_is_so_no_longer(cast, units):
    complaint = canaries.told(units.station, anonymous=True)[0]
    assert complaint.contact is None
    with pytest.raises(Invalid):
        revealing.reveal(complaint, by=cast.handler, why="call")
    with pytest.raises(Invalid):
        revealing.amend_contact(complaint, by=cast.handler, version=None)
    changed = revealing.amend_contact(complaint, by=cast.handler, version=None, name=NAME)
    assert not changed.anonymous and changed.contact.name == NAME
    handling.escalate(changed, by=cast.handler, version=None, reason="The customer is known now.")
