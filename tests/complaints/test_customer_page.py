"""The customer's page: whoever holds the link sees their own case, and nothing of anybody else's or of what is internal."""

import datetime as dt
import re
import uuid
from types import SimpleNamespace

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import attaching, corresponding, finding_again, handling, intake, links, throttling
from complaints.models import Attachment, Complaint, FollowUp, Message
from complaints.states import Channel, State
from history.models import Event
from incidents.errors import NotAllowed
from reminders.models import Deadline, Delivery
from tests.complaints import letterbox
from tests.complaints.asking import send_file
from tests.incidents import samples

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
OTHERS = {"name": "钱多多", "phone": "13700007777", "email": "other@example.org"}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def huang(cast, units) -> SimpleNamespace:
    """Huang wrote with a photo; `answer` gives them Zhao's answer."""
    key = uuid.uuid4()
    photo = attaching.store(_file(), by=None, key=key)
    complaint, token = intake.receive(
        by=None, unit=units.station, text=letterbox.LATE, channel=Channel.WEB, contact=letterbox.HUANG, key=key,
        language="en", uploads=[photo.pk],
    )  # fmt: skip
    return SimpleNamespace(complaint=complaint, token=token, page=f"/case/{token}/", photo=photo)


def _file(name="seat.jpg"):
    return SimpleUploadedFile(name, samples.picture())


def read(client, address, **more) -> str:
    return client.get(address, headers=ENGLISH, **more).content.decode()


def link_of(complaint) -> str:
    return f"/case/{links.token_for_letter(complaint)}/"


# What stands there ---------------------------------------------------------------------------------------------------
def test_the_page_tells_where_it_stands_and_what_comes_next(client, cast, units, huang):
    page = read(client, huang.page)
    assert huang.complaint.number in page and letterbox.LATE in page and "We have your complaint" in page
    assert "answer you by" in page and 'aria-current="step"' in page
    answered = letterbox.answered(cast, units.station)
    page = read(client, link_of(answered))
    assert "We have answered you" in page and "Did our answer help?" in page and "Our answer" in page
    assert "The crew waited for a signal." in page  # as the reply says it


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_words_of_its_own_for_customers(client, cast, huang, state):
    Complaint.objects.filter(pk=huang.complaint.pk).update(
        state=state, category=1, priority=2, urgency=2, importance=2, merged_into=huang.complaint.pk
    )
    page = client.get(huang.page, headers=ENGLISH)
    assert page.status_code == 200
    assert re.search(r"<h1[^>]*>[^<]{10,}</h1>", page.content.decode())


def test_late_is_said_honestly(client, huang):
    past = timezone.now() - dt.timedelta(days=2)
    Deadline.objects.filter(subject=huang.complaint.case, closed_at=None).update(due_at=past, kind="reply")
    assert "are late. We are sorry" in read(client, huang.page)


def test_nothing_internal_and_nobody_elses_is_on_the_page(client, cast, units, huang):
    """Canaries: another customer's case, what colleagues found and keep, and who works here."""
    other = letterbox.complain(units.station, contact=OTHERS)
    corresponding.customer_writes(other, text="CANARY-OTHER", key=None, way="page")
    complaint = letterbox.investigated(cast, units.station, finding="CANARY-FINDING 13800138000")
    kept = attaching.store(_file("internal.jpg"), by=cast.handler, key=None)
    Attachment.objects.filter(pk=kept.pk).update(complaint=complaint)
    page = read(client, link_of(complaint)) + read(client, huang.page)
    staff = [person.display_name for person in vars(cast).values()]
    for secret in ("CANARY", "internal.jpg", str(kept.pk), *OTHERS.values(), other.number, *staff):
        assert secret not in page
    assert client.get(f"{link_of(complaint)}files/{kept.pk}/").status_code == 404
    assert client.get(f"{link_of(complaint)}files/{huang.photo.pk}/").status_code == 404  # of another case
    assert client.get(f"{huang.page}files/{huang.photo.pk}/").status_code == 200
    assert client.get(f"{huang.page}files/{huang.photo.pk}/small/")["Content-Type"] == "image/webp"


def test_a_link_that_opens_nothing_is_one_friendly_page(client, cast, units, huang):
    for token in ("x" * 43, f"{huang.token[:-1]}_", "a:b:c", "x"):
        answer = client.get(f"/case/{token}/", headers=ENGLISH)
        assert answer.status_code == 404 and "This link opens nothing" in answer.content.decode()
        assert answer["Cache-Control"] == "private, no-store"
    Complaint.objects.filter(pk=huang.complaint.pk).update(link_expires_at=timezone.now())
    for address in ("", "write/", "not-solved/", "solved/"):
        answer = (
            client.post(huang.page + address, {}) if address == "write/" else client.get(huang.page + address)
        )
        assert answer.status_code == 410 and letterbox.LATE not in answer.content.decode()
    assert client.get(f"{huang.page}files/{huang.photo.pk}/").status_code == 404


def test_the_page_costs_the_same_few_statements_however_much_was_said(client, cast, huang):
    def queries():
        client.get(huang.page)
        with CaptureQueriesContext(connection) as asked:
            client.get(huang.page)
        return len(asked)

    few = queries()
    for number in range(30):
        corresponding.customer_writes(huang.complaint, text=f"Message {number}", key=None, way="page")
    assert queries() == few <= 12
    page = read(client, huang.page)
    assert "Message 29" in page and "Message 5<" not in page and "Earlier messages" in page
    older = re.search(r'href="\?before=(\d+)"', page)[1]
    assert "Message 5<" in read(client, huang.page, data={"before": older})


def test_opening_the_page_reads_what_stands_there(client, cast, huang):
    corresponding.write(huang.complaint, by=cast.handler, version=None, text="Which train was it?")
    assert huang.complaint.messages.filter(direction="out", read_at=None).exists()
    assert "Which train was it?" in read(client, huang.page)
    assert not huang.complaint.messages.filter(direction="out", read_at=None).exists()


# Writing ------------------------------------------------------------------------------------------------------------------
def test_a_message_with_a_photo_arrives_once(client, cast, huang):
    key = uuid.uuid4()
    photo = send_file(client, key).json()["id"]
    form = {"key": str(key), "text": "It was G1234 <b>car 3</b>", "uploads": [photo]}
    for _again in range(2):
        assert client.post(f"{huang.page}write/", form).status_code == 302
    message = huang.complaint.messages.get(kind=Message.Kind.MESSAGE)
    assert (message.way, str(message.attachments.get().pk)) == ("page", photo)
    page = read(client, huang.page)
    assert "&lt;b&gt;car 3" in page and "<b>car 3" not in page and photo in page
    changed = client.post(f"{huang.page}write/", form | {"text": "Other words"}, headers=ENGLISH)
    assert changed.status_code == 422 and "Other words" in changed.content.decode()
    only_photo = {"key": str(uuid.uuid4()), "text": ""}
    assert client.post(f"{huang.page}write/", only_photo).status_code == 422


def test_a_forged_message_is_refused(huang):
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(f"{huang.page}write/", {"key": str(uuid.uuid4()), "text": "x"}).status_code == 403
    assert huang.complaint.messages.count() <= 2


def test_who_writes_too_much_waits_and_loses_nothing(client, huang, monkeypatch):
    monkeypatch.setattr(throttling, "LETTERS", throttling.Limit("letters", 2, throttling.HOUR))
    answers = [
        client.post(f"{huang.page}write/", {"key": str(uuid.uuid4()), "text": f"Line {n}"}) for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 429] and b"Line 2" in answers[2].content


def test_not_solved_opens_the_next_round(client, cast, units):
    complaint = letterbox.answered(cast, units.station)
    page = link_of(complaint)
    form = {"key": str(uuid.uuid4()), "text": "Nobody paid the taxi.", "files": [_file()]}
    assert client.post(f"{page}not-solved/", form | {"text": ""}).status_code == 422
    for _again in range(2):
        client.post(f"{page}not-solved/", {"key": form["key"], "text": form["text"]})
    complaint.refresh_from_db()
    assert (complaint.state, complaint.round, complaint.satisfied) == (State.INVESTIGATING, 2, False)
    again = read(client, page)
    assert "We are looking into it once more" in again and "Nobody paid the taxi." in again
    assert client.get(f"{page}not-solved/").status_code == 302  # nothing to say it about any more


def test_words_typed_while_the_next_round_began_are_not_lost(client, cast, units):
    complaint = letterbox.answered(cast, units.station)
    page = link_of(complaint)
    assert client.get(f"{page}not-solved/").status_code == 200
    handling.reopen(complaint, by=cast.handler, version=None, reason="They phoned.")
    form = {"key": str(uuid.uuid4()), "text": "Nobody paid the taxi."}
    for _again in range(2):
        assert client.post(f"{page}not-solved/", form).status_code == 302
    assert Message.objects.get(direction="in", text="Nobody paid the taxi.").kind == Message.Kind.MESSAGE
    assert Complaint.objects.get(pk=complaint.pk).round == 2


def test_solved_is_said_without_a_call(client, cast, units):
    complaint = letterbox.answered(cast, units.station)
    page = link_of(complaint)
    assert client.post(f"{page}solved/", {"text": "Thanks!"}).status_code == 302
    complaint.refresh_from_db()
    follow_up = FollowUp.objects.get()
    assert (complaint.state, complaint.satisfied) == (State.FOLLOWED_UP, True)
    assert (follow_up.outcome, follow_up.by) == ("satisfied", None)
    assert "Thanks!" not in str(list(Event.objects.values()))
    assert "You told us that it helped" in read(client, page)
    assert client.post(f"{page}solved/", {}).status_code == 302 and FollowUp.objects.count() == 1


def test_before_an_answer_nothing_is_solved_or_not(client, huang):
    for address in ("solved/", "not-solved/"):
        assert client.post(huang.page + address, {"key": str(uuid.uuid4()), "text": "x"}).status_code == 302
    assert not FollowUp.objects.exists() and "Did our answer help" not in read(client, huang.page)


def test_joined_with_anothers_complaint_shows_nothing_of_it(client, cast, units, huang):
    same = letterbox.complain(
        units.station, contact=huang.complaint.contact
    )  # taken down as the same customer's
    handling.merge(same, by=cast.handler, version=None, into=huang.complaint)
    same.refresh_from_db()
    page = read(client, link_of(same))
    assert "joined with an earlier one" in page and huang.complaint.number in page  # their own
    for typed in (OTHERS, letterbox.HUANG):  # a number that somebody typed proves nothing
        foreign = letterbox.complain(units.station, contact=typed)
        Complaint.objects.filter(pk=foreign.pk).update(state=State.MERGED, merged_into=huang.complaint)
        page = read(client, link_of(foreign))
        assert "joined with an earlier one" in page and huang.complaint.number not in page


# Finding it again ----------------------------------------------------------------------------------------------------------
def test_four_digits_open_the_page_no_longer_than_the_link_does(client, huang):
    ends = Complaint.objects.get(pk=huang.complaint.pk).link_expires_at
    found = {"reference": huang.complaint.number, "ending": "1402"}
    with time_machine.travel(ends - dt.timedelta(days=1), tick=False):
        page = client.post("/case/", found).url
        assert client.get(page).status_code == 200
    with time_machine.travel(ends + dt.timedelta(days=1), tick=False):
        assert client.get(page).status_code == 410
        assert client.post("/case/", found).status_code == 422


def test_the_reference_and_the_phone_ending_lead_to_the_page(client, cast, huang):
    found = client.post("/case/", {"reference": f" {huang.complaint.number.lower()} ", "ending": "1402"})
    assert found.status_code == 302 and letterbox.LATE in read(client, found.url)


def test_wrong_references_and_wrong_endings_are_answered_alike_and_counted(client, cast, units, huang):
    number = huang.complaint.number
    silent = letterbox.complain(units.station, contact=None, anonymous=True)

    def ask(reference, ending, **more):
        answer = client.post("/case/", {"reference": reference, "ending": ending}, headers=ENGLISH, **more)
        said = answer.content.decode()
        for typed in (reference, ending, *re.findall(r'csrfmiddlewaretoken" value="[^"]+', said)):
            said = said.replace(typed, "")
        return answer.status_code, said

    wrong = [
        ask(number, "0000"),
        ask("CP-2020-000001", "1402"),
        ask(silent.number, "1402"),
        ask(silent.number, "    "),
    ]
    assert len({page for _status, page in wrong[:3]}) == 1 and {status for status, _page in wrong} == {422}
    for _try in range(throttling.TRIES_FOR_REFERENCE.times - 1):
        ask(number, "0000")
    assert ask(number, "1402")[0] == 429  # the right one, too: who guesses learns nothing
    assert ask(number, "1402", REMOTE_ADDR="203.0.113.5")[0] == 429
    another = letterbox.complain(units.station)
    assert client.post("/case/", {"reference": another.number, "ending": "1402"}).status_code == 302


def test_many_tries_from_one_network_are_stopped(client, cast, huang):
    for number in range(throttling.TRIES_FROM_NETWORK.times):
        client.post("/case/", {"reference": f"CP-2025-{number:06}", "ending": "1402"})
    right = {"reference": huang.complaint.number, "ending": "1402"}
    assert client.post("/case/", right).status_code == 429
    assert client.post("/case/", right, REMOTE_ADDR="203.0.113.5").status_code == 302


def test_a_new_link_goes_to_the_address_on_file_only(client, cast, units, huang):
    number = huang.complaint.number
    Complaint.objects.filter(pk=huang.complaint.pk).update(link_expires_at=timezone.now())
    before = Delivery.objects.filter(channel=Delivery.Channel.CUSTOMER).count()
    asked = [
        client.post("/case/new-link/", {"reference": reference, "ending": said}, headers=ENGLISH)
        for reference, said in (
            (number, "other@example.org"),
            ("CP-2020-000001", "1402"),
            (number, "HUANG@example.org"),
        )
    ]
    assert len({re.sub(r'value="[^"]+"', "", answer.content.decode()) for answer in asked}) == 1
    assert Delivery.objects.filter(channel=Delivery.Channel.CUSTOMER).count() == before + 1
    huang.complaint.refresh_from_db()
    assert client.get(huang.page).status_code == 404  # the expired one is replaced
    assert client.get(link_of(huang.complaint)).status_code == 200
    assert huang.complaint.messages.filter(kind=Message.Kind.LINK).count() == 1
    client.post("/case/new-link/", {"reference": number, "ending": "1402"})
    refused = client.post("/case/new-link/", {"reference": number, "ending": "1402"})
    assert refused.status_code == 429
    assert Delivery.objects.filter(channel=Delivery.Channel.CUSTOMER).count() == before + 2


def test_a_working_link_goes_on_working_when_another_is_asked_for(client, cast, huang):
    client.post("/case/new-link/", {"reference": huang.complaint.number, "ending": "1402"})
    assert client.get(huang.page).status_code == 200


def test_staff_renew_a_link_that_is_in_wrong_hands(client, cast, huang):
    huang.complaint.refresh_from_db()
    letter = link_of(huang.complaint)
    with pytest.raises(NotAllowed):
        finding_again.renew_link(huang.complaint, by=cast.reporter, version=None)
    row = finding_again.renew_link(huang.complaint, by=cast.handler, version=huang.complaint.version)
    assert client.get(huang.page).status_code == client.get(letter).status_code == 404
    assert client.get(link_of(row)).status_code == 200
    event = Event.objects.filter(case=row.case, act="complaint.renew_link").get()
    assert links.token_for_letter(row) not in event.payload and row.link_digest not in event.payload


# The poster ----------------------------------------------------------------------------------------------------------------
def test_a_poster_for_customers_opens_the_form_of_its_place(client, cast, units, settings):
    settings.BASE_URL = "https://loop.example"
    client.force_login(cast.admin)
    page = client.get(reverse("customer-poster", args=[units.station.code])).content.decode()
    assert "https://loop.example/complain/ER-E-HZ/" in page and page.count("<h2>") == 3
    assert (
        reverse("customer-poster", args=[units.station.code])
        in client.get(reverse("unit", args=[units.station.pk])).content.decode()
    )
    below = client.get(reverse("customer-poster", args=[units.east.code]), {"below": 1}).content.decode()
    assert below.count('class="poster poster-customers"') == 3
    client.force_login(cast.west_manager)
    assert client.get(reverse("customer-poster", args=[units.station.code])).status_code == 404
