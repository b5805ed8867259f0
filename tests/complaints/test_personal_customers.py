"""A customer is found over several cases: by those whose post it is, in what they may see, and never without a trace."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints import customers, intake
from complaints.customers import TooMany, find, same_customer
from complaints.states import Channel
from history.models import Event

pytestmark = pytest.mark.django_db
HUANG = {"name": "黄小明", "phone": "139 1234 1402", "email": "Huang@Example.org"}


def told(unit, contact, **more):
    return intake.receive(
        by=None, unit=unit, text="Late again.", channel=Channel.WEB, contact=contact, **more
    )[0]


@pytest.fixture
def cases(units):
    first = told(units.station, HUANG)
    again = told(units.west_station, {"name": "Huang", "phone": "+86-13912341402"})
    mailed = told(units.crew, {"email": "huang@example.org"})
    told(units.station, {"name": "李红", "phone": "13812345678"})
    elsewhere = told(units.hotels, HUANG)
    return first, again, mailed, elsewhere


def test_the_same_customer_is_known_by_phone_and_mail_within_one_company(cases, cast):
    first, again, mailed, _elsewhere = cases
    assert set(same_customer(first)) == {again, mailed}
    assert set(same_customer(again)) == {first}
    assert set(same_customer(first).visible_to(cast.west_manager)) == {again}
    assert not same_customer(told(first.unit, None)).exists()


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ("1402", {0, 1}), ("341402", {0, 1}), ("13912341402", {0, 1}), ("+86 139-1234-1402", {0, 1}),
        ("008613912341402", {0, 1}), ("１３９１２３４１４０２", {0, 1}), ("huang@example.ORG", {0, 2}), ("黄", {0}),
        ("黄小", {0}), ("hua", {1}), ("402", set()), ("h", set()), ("139", set()), ("99991402", set()), ("", set()),
    ],
)  # fmt: skip
def test_found_however_it_is_spelt(cases, cast, query, which):
    assert {case.number for case in find(cast.handler, query)} == {cases[n].number for n in which}


def test_found_by_reference(cases, cast):
    number = cases[0].number
    for query in (number, number.lower(), number[3:], f"CP-{number[3:7]}-{int(number[8:])}"):
        assert find(cast.handler, query) == [cases[0]]
    assert find(cast.handler, cases[3].number) == []


def test_only_those_who_deal_with_customers_find_them(cases, cast):
    assert {name for name, person in vars(cast).items() if find(person, "1402")} == {
        "quality", "quality_two", "handler", "west_manager", "hotel_quality",
    }  # fmt: skip
    assert find(cast.west_manager, "1402") == [cases[1]]
    assert find(cast.hotel_quality, "1402") == [cases[3]]
    first = cases[0]
    first.sensitive, first.readers = True, [f"p{cast.handler.pk}"]
    first.save()
    assert first in find(cast.handler, "1402") and first not in find(cast.quality, "1402")


def test_each_search_is_on_record_without_what_was_typed(cases, cast):
    for query in ("13912341402", "huang@example.org", "黄小明"):
        find(cast.handler, query)
    events = Event.objects.filter(act="customer.find", actor=cast.handler)
    assert [event.after["asked_by"] for event in events.order_by("pk")] == ["phone", "email", "name"]
    written = json.dumps(list(events.values_list("payload", flat=True)), ensure_ascii=False)
    assert not any(secret in written for secret in ("1402", "huang@", "黄"))


def test_nobody_goes_through_a_range_of_numbers(cases, cast, monkeypatch):
    monkeypatch.setattr(customers, "PER_MINUTE", 3)
    for ending in range(3):
        find(cast.handler, f"140{ending}")
    with pytest.raises(TooMany):
        find(cast.handler, "1409")
    assert find(cast.quality, "1402")


def test_the_indexes_serve_it(cases, django_assert_max_num_queries, cast):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for which, index in (
        (customers.by_phone("13912341402"), "contact_by_phone"),
        (customers.by_email("huang@example.org"), "contact_by_email"),
    ):
        assert index in customers.findable().filter(which).explain()
    names = customers.findable().filter(name__istartswith="黄").exclude(name="")
    assert "contact_by_name" in names.explain()
    with django_assert_max_num_queries(12):
        find(cast.handler, "1402")


def test_the_pages_cost_the_same_for_many_as_for_few(cases, cast, units, client):
    client.force_login(cast.handler)
    page = reverse("complaint-customer", args=[cases[0].number])

    def cost() -> list[int]:
        found = []
        for ask in (lambda: client.post(reverse("customers"), {"q": "1402"}), lambda: client.get(page)):
            with CaptureQueriesContext(connection) as queries:
                assert ask().status_code == 200
            found.append(len(queries))
        return found

    told(units.station, HUANG)
    few = cost()
    for _more in range(4):
        told(units.station, HUANG)
    assert cost() == few and max(few) <= 50
