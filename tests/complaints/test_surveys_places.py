"""At a place anybody answers by QR code, once for each device and day; from paper staff type in, fast and once."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.models import Response
from complaints.surveys import collecting
from complaints.surveys.answering import stamp
from complaints.views.surveys import answering as pages
from history.models import Event
from tests.complaints.asking_customers import survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(cast, units):
    version = survey(units, cast.quality, purpose="at_unit", kinds=("likert5", "likert10", "text"))
    return collecting.set_up(version.survey, by=cast.quality, unit=units.station, place="Gate 4")


def link(place) -> str:
    return reverse("survey-place", args=[place.code])


def test_one_answer_for_each_device_and_day(place, units):
    phone, other = Client(), Client()
    assert "Gate 4" in phone.get(link(place)).content.decode()
    first = phone.post(link(place), {"q-a": "4", "language": "en"})
    assert first.status_code == 302 and "Thank you" in phone.get(first["Location"]).content.decode()
    phone.post(link(place), {"q-a": "1", "language": "en"})
    other.get(link(place))
    other.post(link(place), {"q-a": "2", "language": "en"})
    assert sorted(Response.objects.values_list("scores__0", flat=True)) == [2, 4]
    given = Response.objects.order_by("pk")[0]
    assert (given.unit, given.collector, given.channel) == (units.station, place, "place")
    assert phone.cookies["device"].value.split(":")[0] not in given.device
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        assert "Gate 4" in phone.get(link(place)).content.decode()
        phone.post(link(place), {"q-a": "3", "language": "en"})
    assert Response.objects.count() == 3


def test_without_a_cookie_nothing_is_kept_and_nothing_is_lost(place):
    bare = Client()
    asked_again = bare.post(link(place), {"q-a": "4", "q-c": "Cold hall", "language": "en"})
    text = asked_again.content.decode()
    assert asked_again.status_code >= 400 and "Cold hall" in text and " checked" in text
    assert not Response.objects.exists()
    bare.post(link(place), {"q-a": "4", "q-c": "Cold hall", "language": "en"})
    assert Response.objects.get().comment == "Cold hall"


def test_a_forged_device_is_no_device(place):
    forger = Client()
    forger.cookies["device"] = "mine:1a2b3c:forged"
    assert forger.post(link(place), {"q-a": "4"}).status_code >= 400
    assert not Response.objects.exists()


def test_a_network_that_answers_too_often_waits_and_loses_nothing(place, monkeypatch):
    monkeypatch.setattr(pages, "FROM_NETWORK", pages.throttling.Limit("survey", 1, pages.throttling.HOUR))
    phones = [Client(), Client()]
    for phone in phones:
        phone.get(link(place))
    statuses = [phone.post(link(place), {"q-a": "4", "language": "en"}).status_code for phone in phones]
    assert statuses == [302, 429] and Response.objects.count() == 1


def test_what_ended_says_so_kindly_and_what_never_was_is_nowhere(place, cast):
    collecting.take_down(place, by=cast.quality)
    visitor = Client()
    for answer in (visitor.get(link(place)), visitor.post(link(place), {"q-a": "1"})):
        assert answer.status_code == 410
    assert visitor.get("/q/nowhere/").status_code == visitor.get("/s/nowhere/").status_code == 404
    assert visitor.get("/q/%00/").status_code == visitor.get("/s/%00:a:b/").status_code == 404
    assert not Response.objects.exists()


def test_staff_at_the_place_look_and_do_not_rate(place, cast, client):
    client.force_login(cast.colleague)
    assert "preview" in client.get(link(place)).content.decode()
    assert client.post(link(place), {"q-a": "5"}).status_code == 403
    assert not Response.objects.exists()


def test_a_pile_of_paper_is_typed_in_and_one_sheet_put_right(place, cast, units, client):
    client.force_login(cast.handler)
    page = reverse("survey-type", args=[place.survey_id])
    pile = {"unit": units.station.pk, "day": "2026-11-02", "channel": "paper"}
    sheet = {**pile, "q-a": "3", "q-b": "10", "q-c": "", "key": str(uuid.uuid4())}
    with time_machine.travel("2026-11-10T09:00:00+08:00", tick=False):
        sent = [client.post(page, sheet), client.post(page, sheet)]
        assert {answer.status_code for answer in sent} == {302} and Response.objects.count() == 1
        assert client.post(page, sheet | {"q-a": "1"}).status_code == 302, (
            "same form, other answers: told, not kept"
        )
        wrong = client.post(page, {**pile, "q-a": "7", "q-b": "2", "key": str(uuid.uuid4())})
        assert wrong.status_code == 422 and 'value="2"' in wrong.content.decode()
        future = client.post(page, {**sheet, "day": "2026-11-11", "key": str(uuid.uuid4())})
        foreign = client.post(page, {**sheet, "unit": units.hotels.pk, "key": str(uuid.uuid4())})
        assert future.status_code == foreign.status_code == 422
    typed = Response.objects.get()
    assert (typed.entered_by, typed.channel, typed.scores) == (cast.handler, "paper", [3, 10, None])
    assert timezone.localdate(typed.answered_at) == dt.date(2026, 11, 2)
    next_one = client.get(sent[0]["Location"]).content.decode()
    assert 'value="2026-11-02"' in next_one and f'value="{units.station.pk}" selected' in next_one
    change = reverse("survey-correct", args=[typed.pk])
    assert 'value="10"' in client.get(change).content.decode()
    body = {"q-a": "4", "q-b": "10", "seen": stamp(typed), "reason": ""}
    assert client.post(change, body).status_code == 422
    assert client.post(change, body | {"reason": "Misread"}).status_code == 302
    assert client.post(change, body | {"reason": "Misread", "q-a": "5"}).status_code == 409
    assert Response.objects.get().scores == [4, 10, None]
    assert Event.objects.get(act="survey.correct").reason == "Misread"


def test_the_public_page_costs_the_same_after_many_answers(place, django_assert_max_num_queries):
    def cost() -> int:
        with django_assert_max_num_queries(14) as counted:
            assert Client().get(link(place)).status_code == 200
        return len(counted)

    first = cost()
    for _number in range(3):
        phone = Client()
        phone.get(link(place))
        phone.post(link(place), {"q-a": "4"})
    assert cost() == first
