"""Taking a call, a visit or a letter down: the customer is found, the facts repeated, the call's time kept."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from complaints import calls, duplicates, intake
from complaints.models import Call, Complaint, Message
from complaints.states import Channel, State
from history.models import Event
from tests.incidents import samples

pytestmark = pytest.mark.django_db
RUDE = "The conductor of G1402 shouted at my mother in car 3."
HUANG = {"name": "黄小明", "phone": "139-1234-1402"}


@pytest.fixture
def earlier(units) -> Complaint:
    complaint, _token = intake.receive(
        by=None, unit=units.crew, text=RUDE, channel=Channel.WEB, contact=dict(HUANG)
    )
    return Complaint.objects.get(pk=complaint.pk)


def typed(units, **changes) -> dict:
    values = {
        "key": str(uuid.uuid4()), "began_at": (timezone.now() - dt.timedelta(minutes=4)).isoformat(),
        "channel": "phone", "text": "The lift at exit C is out of order.", "unit": units.station.pk,
        "category": "facility", "wish": "Mend it.", "name": "Li Hua", "phone": "13800005678", "language": "zh-hans",
        "repeated_back": "on", "outcome": "complaint",
    }  # fmt: skip
    return {name: value for name, value in (values | changes).items() if value is not None}


def test_a_call_becomes_a_complaint_with_its_time(cast, units, client):
    client.force_login(cast.handler)
    assert client.get(reverse("complaint-call")).status_code == 200
    sent = typed(units)
    first, again = (client.post(reverse("complaint-call"), sent) for _twice in range(2))
    call = Call.objects.get()
    complaint = call.complaint
    assert first.url == again.url == complaint.get_absolute_url()
    assert complaint.state == State.ACKNOWLEDGED and complaint.first_handler == cast.handler
    assert complaint.category.code == "facility" and complaint.contact.phone == "13800005678"
    assert dt.timedelta(minutes=4) <= call.took < dt.timedelta(minutes=6) and call.repeated_back
    event = Event.objects.get(act="complaint.call")
    assert event.case == complaint.case and "13800005678" not in event.payload and "lift" not in event.payload
    assert "Complaint taken down" in client.get(complaint.get_absolute_url()).content.decode()
    html = client.post(reverse("complaint-call"), sent | {"text": "Something else."}).content.decode()
    assert "sent before with other words" in html and Complaint.objects.count() == 1


def test_who_wants_to_stay_unknown_is_not_known_by_their_call(cast, units, earlier):
    call, complaint = calls.take_down(
        by=cast.handler, key=uuid.uuid4(), began_at=timezone.now(), unit=units.station, outcome="complaint",
        text=RUDE, contact=earlier.contact, anonymous=True,
    )  # fmt: skip
    assert complaint.anonymous and complaint.contact is None and call.contact is None


def test_the_customers_cases_are_found_masked_with_and_without_a_script(cast, units, client, earlier):
    client.force_login(cast.handler)
    for page in (
        client.post(reverse("complaint-call-find"), {"query": "1402"}, headers={"HX-Request": "true"}),
        client.post(reverse("complaint-call"), typed(units, query="1402", find="1")),
    ):
        html = page.content.decode()
        assert page.status_code == 200 and earlier.number in html and "****1402" in html
        assert HUANG["name"] not in html and "1234-1402" not in html
    assert "The lift at exit C" in html and not Call.objects.exists()  # what was typed stays
    client.force_login(cast.reporter)  # takes down, and has nobody's customers to look for
    found = client.post(reverse("complaint-call-find"), {"query": "1402"}).content.decode()
    assert earlier.number not in found


def test_it_is_added_to_the_earlier_one_or_is_new_of_the_same_customer(cast, units, client, earlier):
    client.force_login(cast.handler)
    sent = client.post(
        reverse("complaint-call"), typed(units, earlier=f"to:{earlier.number}", text="Any news?")
    )
    assert sent.url == earlier.get_absolute_url() and Complaint.objects.count() == 1
    message = earlier.messages.order_by("-pk").first()
    assert (message.text, message.way, message.author) == ("Any news?", Message.Way.SPOKEN, cast.handler)
    assert Call.objects.get().outcome == Call.Outcome.ADDED
    client.post(
        reverse("complaint-call"),
        typed(units, earlier=f"as:{earlier.number}", name="", phone="", text="The tea was cold."),
    )
    assert Complaint.objects.order_by("-pk").first().contact == earlier.contact


def test_a_question_answered_at_once_is_a_call_and_nothing_else(cast, units, client):
    client.force_login(cast.handler)
    client.post(
        reverse("complaint-call"), typed(units, outcome="answered", text="", note="When does G7 leave?")
    )
    call = Call.objects.get()
    assert (call.outcome, call.complaint, call.note) == ("answered", None, "When does G7 leave?")
    assert (
        Event.objects.get(act="complaint.call").case == cast.handler.case and not Complaint.objects.exists()
    )


def test_what_is_missing_stands_at_its_field(cast, units, client):
    client.force_login(cast.handler)
    for changes, field in (
        ({"text": " "}, "text"),
        ({"unit": units.hotels.pk}, "unit"),
        ({"outcome": "added"}, "outcome"),
        ({"occurred_at": "2099-01-01T10:00"}, "occurred_at"),
    ):
        page = client.post(reverse("complaint-call"), typed(units, **changes))
        assert page.status_code == 422 and field in page.context["form"].errors, changes
    assert not Complaint.objects.exists() and not Call.objects.exists()


def test_a_letter_is_entered_with_its_scan_and_no_call(cast, units, client):
    client.force_login(cast.handler)
    scan = SimpleUploadedFile("letter.jpg", samples.picture())
    client.post(reverse("complaint-call"), typed(units, channel="paper", files=[scan]))
    complaint = Complaint.objects.get()
    assert complaint.channel == Channel.PAPER and complaint.attachments.get().name == "letter.jpg"
    assert complaint.messages.filter(kind="complaint").get().way == Message.Way.LETTER
    assert not Call.objects.exists()


def test_what_was_told_before_is_found_by_customer_and_by_words(cast, units, earlier):
    def found(**asked):
        return [(like.complaint, like.same_customer) for like in duplicates.likely(cast.handler, **asked)]

    assert found(text="Something else altogether", contact={"phone": "+86 139 1234 1402"}) == [
        (earlier, True)
    ]
    words = "In car 3 of G1402 the conductor shouted at my mother"
    assert found(text=words, unit=units.station) == [(earlier, False)]
    assert found(text="The tea in the dining car was cold", unit=units.station) == []
    assert duplicates.likely(cast.west_manager, text=words, contact=HUANG) == []
    assert duplicates.likely(cast.handler, text=words, contact=HUANG, but=earlier) == []


def test_the_page_of_a_complaint_offers_to_join_it(cast, units, client, earlier):
    again, _token = intake.receive(
        by=None, unit=units.crew, text=RUDE, channel=Channel.EMAIL, contact=dict(HUANG)
    )
    client.force_login(cast.handler)
    address = reverse("complaint-alike", args=[again.number])
    html = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert f"{reverse('complaint-act', args=[again.number, 'merge'])}?into={earlier.number}" in html
    assert "<html" not in html and "<html" in client.get(address).content.decode()


def test_the_desk_asks_no_more_of_a_larger_archive(
    cast, units, client, earlier, django_assert_max_num_queries
):
    client.force_login(cast.handler)
    asked = {"query": "1402", "text": RUDE, "unit": units.crew.pk, "phone": HUANG["phone"]}
    pages = (
        (12, lambda: client.get(reverse("complaint-call"))),
        (13, lambda: client.post(reverse("complaint-call-find"), asked)),
        (12, lambda: client.post(reverse("complaint-call-told"), asked)),
        (17, lambda: client.get(reverse("complaint-alike", args=[earlier.number]))),
    )
    for more in (1, 12):
        for _again in range(more):
            intake.receive(by=None, unit=units.crew, text=RUDE, channel=Channel.WEB, contact=dict(HUANG))
        for most, page in pages:
            with django_assert_max_num_queries(most):
                assert page().status_code == 200
