"""The public form: anybody tells what went wrong; programs are asked a question, floods come a little later."""

import logging
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints import attaching, doubting, throttling
from complaints.models import Attachment, Complaint
from complaints.states import Channel
from history.models import Event
from people.models import Contact
from people.units import found
from reminders.models import Notice
from tests.complaints.asking import HUANG, WORDS, filled, send_file
from tests.incidents import samples

pytestmark = pytest.mark.django_db
FORM = "/complain/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def answer_to(page: str) -> dict:
    """What a person answers to the small question on this page."""
    one, other = map(int, re.search(r"How much is (\d) plus (\d)\?", page).groups())
    seal = re.search(r'name="question" value="([^"]+)"', page)[1]
    return {"question": seal, "sum": str(one + other)}


# Telling -------------------------------------------------------------------------------------------------------------
def test_a_customer_tells_and_gets_a_reference_and_a_secret_link(client, cast, units):
    answer = client.post(FORM, filled(units), headers={"Accept-Language": "zh-Hant"})
    complaint = Complaint.objects.get()
    assert answer.status_code == 302 and answer.url.endswith("?sent=1")
    assert (complaint.text, complaint.unit, complaint.place) == (WORDS, units.station, "Exit C")
    assert (complaint.channel, complaint.language) == (Channel.WEB, "zh-hant")
    assert complaint.owner == cast.handler and complaint.consented_at is not None
    assert (complaint.contact.name, complaint.contact.phone_ending) == ("黄小明", "1402")
    page = client.get(answer.url, headers={"Accept-Language": "en"})
    said = page.content.decode()
    token = answer.url.split("/")[2]
    assert complaint.number in said and token in said and 'data-draft-clear="complaint"' in said
    assert "answer you by" in said and 'role="img"' in said  # what comes next, and the link as a QR code
    assert page["Cache-Control"] == "private, no-store" and "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "strict-origin"


def test_nothing_of_the_customer_is_in_history_notices_or_logs(client, cast, units, caplog):
    with caplog.at_level(logging.DEBUG):
        token = client.post(FORM, filled(units)).url.split("/")[2]
        client.get(f"/case/{token}/")
        client.post(f"/case/{token}/write/", {})
        client.get(f"/case/{token}x/")
    kept = str(list(Event.objects.values())) + str(list(Notice.objects.values()))
    said = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("django.db")
    )
    for secret in (token, WORDS, "黄小明", "1391234", "139 1234", "huang@example.org"):
        assert secret not in kept and secret not in said


def test_who_stays_anonymous_leaves_nothing_even_when_typed(client, cast, units):
    client.post(FORM, filled(units, answer="anonymous", consent=None))
    complaint = Complaint.objects.get()
    assert complaint.anonymous and complaint.contact is None and complaint.consented_at is None
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": " "}, "Tell us what happened."),
        ({"phone": "", "email": ""}, "or choose to stay anonymous"),
        ({"phone": "12"}, "look like a phone number"),
        ({"email": "huang@"}, "valid email"),
        ({"consent": None}, "only if you agree"),
        ({"unit": "", "where": "Atlantis"}, "Say where it was"),
        ({"unit": "", "where": "division"}, "Several places fit"),
        ({"occurred_at": "2099-01-01T10:00"}, "in the future"),
    ],
)
def test_what_is_missing_is_said_on_top_and_nothing_is_lost(client, cast, units, changes, said):
    answer = client.post(FORM, filled(units, **changes), headers={"Accept-Language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 422 and not Complaint.objects.exists()
    assert 'class="errbox" role="alert" tabindex="-1"' in page and said in page
    assert "Exit C" in page and "Mend it." in page


def test_the_place_is_found_by_a_part_of_its_name_or_by_words_around_it(client, cast, units):
    def places(where):
        found = client.get(reverse("tell-places"), {"where": where}).content.decode()
        return re.findall(r"<span>([A-Z][^<]+)<", found)

    assert places("hangzhou") == ["Hangzhou East Station"]
    assert places("in Hangzhou East Station, platform 3") == ["Hangzhou East Station"]
    assert places("x") == [] and places("' OR 1=1") == []
    client.post(FORM, filled(units, unit="", where="hangzhou"))
    assert Complaint.objects.get().unit == units.station
    units.station.closed_on = timezone.localdate()
    units.station.save()
    assert places("hangzhou") == []


def test_a_qr_code_presets_the_place_and_an_old_one_still_opens_the_form(client, cast, units):
    page = client.get("/complain/er-e-hz/?place=Gate+12", headers={"Accept-Language": "en"}).content.decode()
    assert re.search(rf'name="unit" value="{units.station.pk}" checked', page)
    assert "from the QR code" in page and 'value="Gate 12"' in page
    assert "<span>Eastern Rail</span>" in page  # whose page it is
    old = client.get("/complain/GONE/", headers={"Accept-Language": "en"})
    assert old.status_code == 200 and "no longer in our list" in old.content.decode()


def test_another_language_keeps_what_was_typed_and_is_remembered(client, cast, units):
    answer = client.post(FORM, filled(units, speak="en"), headers={"Accept-Language": "zh-CN"})
    page = answer.content.decode()
    assert answer.status_code == 200 and WORDS in page and "139 1234 1402" in page
    assert '<html lang="en"' in page and not Complaint.objects.exists()
    assert '<html lang="en"' in client.get(FORM, headers={"Accept-Language": "zh-CN"}).content.decode()


def test_without_javascript_files_go_with_the_form_and_can_be_taken_back(client, cast, units):
    key = uuid.uuid4()
    sent = filled(
        units,
        key=str(key),
        text="",
        files=[_file("one.jpg"), _file("page.html", b"<html><script>x</script>")],
    )
    page = client.post(FORM, sent, headers={"Accept-Language": "en"}).content.decode()
    kept = Attachment.objects.get()
    assert "page.html: " in page and f'name="uploads" value="{kept.pk}"' in page
    client.post(FORM, filled(units, key=str(key), uploads=[str(kept.pk)], remove=str(kept.pk)))
    assert not Attachment.objects.exists() and not Complaint.objects.exists()
    page = client.post(FORM, filled(units, key=str(key), unit="", where="east", find="1")).content.decode()
    assert (
        page.count('name="unit"') == 5 and WORDS in page
    )  # company, division, station, crew? each once: see below


def _file(name, content=None):
    return SimpleUploadedFile(name, samples.picture() if content is None else content)


# Sending once, and what is sent ------------------------------------------------------------------------------------------
def test_the_same_form_sent_twice_is_one_complaint_and_other_words_are_led_to_it(client, cast, units):
    form = filled(units)
    first, second = client.post(FORM, form), client.post(FORM, form)
    assert first.url == second.url and Complaint.objects.count() == 1
    other = client.post(
        FORM, form | {"text": "Something else happened as well."}, headers={"Accept-Language": "en"}
    )
    assert other.status_code == 422 and first.url.removesuffix("?sent=1") in other.content.decode()
    assert Complaint.objects.count() == 1


def test_what_is_typed_is_never_markup(client, cast, units):
    bad = "<script>alert(1)</script>"
    form = filled(units, text=bad * 2, name=bad, place='"><img src=x>', phone="")
    refused = client.post(FORM, form | {"consent": ""}).content.decode()
    shown = client.get(client.post(FORM, form).url).content.decode()
    for page in (refused, shown):
        assert bad not in page and "<img src=x>" not in page and "&lt;script&gt;" in page


def test_a_forged_post_is_refused(cast, units):
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(FORM, filled(units)).status_code == 403
    assert send_file(stranger, uuid.uuid4()).status_code == 403
    assert not Complaint.objects.exists() and not Attachment.objects.exists()


def test_the_form_asks_the_same_few_questions_whatever_the_size(client, cast, units):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get("/complain/ER-E-HZ/")
        return len(asked)

    few = queries()
    for number in range(30):
        found(name=f"Crew {number}", code=f"X{number}", parent=units.east)
    assert queries() == few <= 5


def test_telling_costs_few_statements(client, cast, units):
    client.post(FORM, filled(units, text="First words of the day."))
    with CaptureQueriesContext(connection) as asked:
        assert client.post(FORM, filled(units)).status_code == 302
    assert len(asked) <= 60


# Files -------------------------------------------------------------------------------------------------------------------
def test_files_belong_to_the_form_whose_key_they_carry(client, cast, units):
    mine, other = uuid.uuid4(), uuid.uuid4()
    sent = send_file(client, mine)
    ident = sent.json()["id"]
    assert sent.status_code == 201 and send_file(client, mine).json()["id"] == ident  # the same file, once
    address = reverse("tell-take-back", args=[ident])
    assert client.delete(address, headers={"X-Upload-Key": str(other)}).status_code == 404
    assert client.delete(address).status_code == 404 and Attachment.objects.count() == 1
    stolen = client.post(
        FORM, filled(units, key=str(other), uploads=[ident]), headers={"Accept-Language": "en"}
    )
    assert stolen.status_code == 422 and "no longer there" in stolen.content.decode()
    client.post(FORM, filled(units, key=str(mine), uploads=[ident]))
    assert Complaint.objects.get().attachments.get().message.text == WORDS
    assert client.delete(address, headers={"X-Upload-Key": str(mine)}).status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.png", samples.pixel_bomb()),
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("virus.txt", samples.TEST_VIRUS),
        ("cut.jpg", samples.picture(size=(400, 300))[:900]),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    ],
)
def test_hostile_files_are_refused_with_a_clear_message(client, cast, name, content):
    answer = send_file(client, uuid.uuid4(), content, name)
    assert answer.status_code == 422 and len(answer.json()["error"]) > 20
    assert not Attachment.objects.exists()


def test_a_photo_loses_its_place(client, cast):
    assert send_file(client, uuid.uuid4(), samples.photo_with_place()).status_code == 201
    stored = Attachment.objects.get()
    with stored.file.open() as file:
        assert b"Phonemaker" not in file.read()


def test_files_have_a_quota_by_form_and_by_network_and_are_not_kept_for_ever(
    client, cast, settings, monkeypatch
):
    settings.UPLOAD_MAX_FILES = 2
    key = uuid.uuid4()
    colours = ["#111111", "#222222", "#333333"]
    answers = [send_file(client, key, samples.picture(colour=colour)).status_code for colour in colours]
    assert answers == [201, 201, 422]
    monkeypatch.setattr(throttling, "FILES", throttling.Limit("files", 2, throttling.DAY))
    refused = send_file(client, uuid.uuid4())
    assert refused.status_code == 422 and Attachment.objects.count() == 2
    assert attaching.discard_abandoned() == 0
    assert attaching.discard_abandoned(timezone.now() + attaching.ABANDONED_AFTER) == 2


# Programs and floods -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "changes",
    [
        {"website": "https://spam.example"},
        {"opened": ""},
        {"opened": "just now"},
        {"text": "Buy at https://a.example https://b.example and www.c.example"},
    ],
)
def test_what_looks_like_a_program_is_asked_one_question_and_then_believed(client, cast, units, changes):
    if changes.get("opened") == "just now":
        changes = {"opened": doubting.opened_now()}
    form = filled(units, **changes)
    asked = client.post(FORM, form, headers={"Accept-Language": "en"})
    page = asked.content.decode()
    assert asked.status_code == 422 and not Complaint.objects.exists() and "Mend it." in page
    right = answer_to(page)
    wrong = client.post(FORM, form | right | {"sum": "1"}, headers={"Accept-Language": "en"})
    assert wrong.status_code == 422 and "not the right sum" in wrong.content.decode()
    elsewhere = client.post(FORM, form | right | {"key": str(uuid.uuid4())})
    assert elsewhere.status_code == 422 and not Complaint.objects.exists()
    assert client.post(FORM, form | right).status_code == 302 and Complaint.objects.count() == 1


def test_the_same_words_again_or_many_from_one_network_are_asked(client, cast, units, monkeypatch):
    assert client.post(FORM, filled(units)).status_code == 302
    assert client.post(FORM, filled(units, text=f" {WORDS.upper()} !")).status_code == 422  # said before
    for number in range(2):
        assert client.post(FORM, filled(units, text=f"Trouble number {number}")).status_code == 302
    fourth = filled(units, text="A fourth trouble within the hour")
    assert client.post(FORM, fourth).status_code == 422
    assert client.post(FORM, fourth, REMOTE_ADDR="203.0.113.9").status_code == 302  # another network
    monkeypatch.setattr(doubting, "ABOUT_UNIT", throttling.Limit("unit", 4, throttling.HOUR))
    about = filled(units, text="One more about this station")
    assert client.post(FORM, about, REMOTE_ADDR="198.51.100.4").status_code == 422


def test_a_flood_is_told_to_come_later_and_loses_nothing(client, cast, units, monkeypatch):
    monkeypatch.setattr(throttling, "MANY_FROM_NETWORK", throttling.Limit("many", 1, throttling.HOUR))
    assert client.post(FORM, filled(units)).status_code == 302
    later = client.post(FORM, filled(units, text="Something else"), headers={"Accept-Language": "en"})
    assert later.status_code == 429 and "Something else" in later.content.decode()
    assert "in an hour" in later.content.decode() and Complaint.objects.count() == 1


def test_an_address_is_counted_but_never_kept(client, cast, units):
    client.post(FORM, filled(units), REMOTE_ADDR="203.0.113.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM cache")
        kept = str(cursor.fetchall())
    assert "customers:few:" in kept and "203.0.113.77" not in kept
    assert HUANG["email"] not in kept and WORDS not in kept
