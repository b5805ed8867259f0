"""Personal data is kept as long as a company's rule says, and not a night longer."""

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from complaints import retention
from complaints.models import Complaint, RetentionRule
from complaints.states import State
from history.models import Event
from history.verification import verify
from incidents.errors import Invalid, NotAllowed
from people.models import Contact
from tests.complaints import canaries
from tests.complaints.canaries import NAME, PHONE, found_in_the_database

pytestmark = pytest.mark.django_db


def ended(unit, *, months_ago: float, **more) -> Complaint:
    complaint = canaries.told(unit, **more)[0]
    Complaint.objects.filter(pk=complaint.pk).update(
        state=State.WITHDRAWN, closed_at=timezone.now() - dt.timedelta(days=30.5 * months_ago)
    )
    return complaint


def gone() -> set[int]:
    return set(Complaint.objects.exclude(anonymised_at=None).values_list("pk", flat=True))


def test_what_has_ended_long_enough_is_erased_at_night(cast, units, monkeypatch):
    old, young = ended(units.station, months_ago=37), ended(units.crew, months_ago=35)
    still_open = canaries.told(units.station)[0]
    elsewhere = ended(units.hotels, months_ago=10)
    retention.set_rule(units.hotels, by=cast.hotel_quality, months=6)
    assert retention.carry_out() == 2 and gone() == {old.pk, elsewhere.pk}
    assert retention.carry_out() == 0
    assert Contact.objects.filter(erased_at=None).count() == 2
    assert {row.case for row in Event.objects.filter(act="complaint.anonymise")} == {old.case, elsewhere.case}
    assert Event.objects.filter(act="unit.apply_retention").count() == 2
    assert not list(verify())
    assert {Complaint.objects.get(pk=row.pk).text for row in (young, still_open)} == {canaries.WORDS}
    Complaint.objects.exclude(pk__in=gone()).update(
        state=State.CLOSED, closed_at=timezone.now() - dt.timedelta(days=4000)
    )
    monkeypatch.setattr(retention, "BATCH", 1)
    assert retention.carry_out() == 2
    assert not found_in_the_database(NAME, PHONE)


def test_one_that_fails_holds_up_no_other(cast, units, monkeypatch):
    bad, good = ended(units.station, months_ago=40), ended(units.crew, months_ago=38)
    honest = retention.anonymise

    def fails_once(row, **given):
        if row.pk == bad.pk:
            raise OSError("the disk is full")
        return honest(row, **given)

    monkeypatch.setattr(retention, "anonymise", fails_once)
    assert retention.carry_out() == 1 and gone() == {good.pk}
    monkeypatch.setattr(retention, "anonymise", honest)
    assert retention.carry_out() == 1 and gone() == {good.pk, bad.pk}


def test_a_night_that_is_cut_short_goes_on_where_it_stopped(cast, units, monkeypatch):
    first, second = ended(units.station, months_ago=40), ended(units.crew, months_ago=38)
    monkeypatch.setattr(retention, "BATCH", 1)
    honest, calls = retention._anonymise_batch, []

    def interrupted(*given):
        calls.append(given)
        if len(calls) == 2:
            raise InterruptedError
        return honest(*given)

    monkeypatch.setattr(retention, "_anonymise_batch", interrupted)
    with pytest.raises(InterruptedError):
        retention.carry_out()
    assert gone() == {first.pk}
    assert retention.carry_out() == 1 and gone() == {first.pk, second.pk}


def test_a_number_that_an_open_case_needs_stays(cast, units):
    old = ended(units.station, months_ago=40)
    contact = old.contact
    fresh = canaries.told(units.station)[0]
    Complaint.objects.filter(pk=fresh.pk).update(contact=contact)
    retention.carry_out()
    contact.refresh_from_db()
    assert contact.phone == PHONE and Complaint.objects.get(pk=old.pk).contact is None


def test_months_are_of_the_calendar():
    noon = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
    assert retention.months_before(noon, 1).date() == dt.date(2026, 2, 28)
    assert retention.months_before(noon, 36).date() == dt.date(2023, 3, 31)
    assert retention.months_before(noon, 3).date() == dt.date(2025, 12, 31)


def test_the_page_shows_what_a_rule_would_reach_before_it_is_set(cast, units, client):
    ended(units.station, months_ago=7)
    ended(units.station, months_ago=13)
    client.force_login(cast.quality)
    url = reverse("retention")
    assert "36" in client.get(url).content.decode()
    assert "With 6 months 2 complaints would be erased" in client.get(url, {"months": 6}).content.decode()
    assert "With 12 months 1 complaint would" in client.get(url, {"months": 12}).content.decode()
    assert (
        "With 12 months 1 complaint would" in client.post(url, {"months": 12, "look": "1"}).content.decode()
    )
    assert not RetentionRule.objects.exists() and not gone()
    assert client.post(url, {"months": 1}).status_code == 422
    assert client.post(url, {"months": 12}).status_code == 302
    assert RetentionRule.objects.get().months == 12
    event = Event.objects.get(act="unit.set_retention")
    assert (event.before, event.after) == ({"months": 36}, {"months": 12})
    assert client.get(url, {"company": units.hotels.pk}).status_code == 404
    assert client.post(url, {"months": 6, "company": units.hotels.pk}).status_code == 404
    client.force_login(cast.handler)
    assert client.get(url).status_code == 403
    for person in (cast.handler, cast.west_manager, cast.hotel_quality):
        with pytest.raises(NotAllowed):
            retention.set_rule(units.rail, by=person, months=12)
    with pytest.raises(Invalid):
        retention.set_rule(units.rail, by=cast.quality, months=2)


def test_the_index_finds_them(units):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "complaint_to_anonymise" in retention.due(units.rail, 36).explain()
