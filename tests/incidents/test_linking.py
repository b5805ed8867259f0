"""Links between cases: made from one of them by who sees both, told in both histories, hidden from who doesn't."""

import functools

import pytest
from django.db import transaction
from django.urls import reverse

from history.models import Event
from incidents import linking
from incidents.errors import Invalid, NotAllowed, Refused, Stale
from incidents.models import Incident, Link
from tests import walks
from tests.races.crowd import all_at_once, outcomes

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(cast, units):
    return walks.report(cast, units), walks.report(cast, units, by=cast.colleague, place="Car 5")


@pytest.fixture
def hotel(cast, units):
    return walks.report(cast, units, by=cast.hotel_quality, unit=units.hotels)


def acts_of(incident) -> list[str]:
    return list(Event.objects.of(incident.case).order_by("seq").values_list("act", flat=True))


@pytest.mark.parametrize("who", ["site_manager", "supervisor", "quality"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_link_is_kept_once_and_told_on_both(pair, cast, who, turned):
    person = getattr(cast, who)
    here, there = reversed(pair) if turned else pair
    row = linking.link(here, there, by=person, version=here.version, note=" Same fan. ")
    assert row.version == here.version + 1
    link = Link.objects.get()
    assert (link.older, link.newer, link.note, link.linked_by) == (*pair, "Same fan.", person)
    for one, other in (pair, pair[::-1]):
        event = Event.objects.of(one.case).order_by("seq").last()
        assert (event.act, event.reason, event.after["linked_with"]) == (
            "incident.link",
            "Same fan.",
            other.number,
        )
        assert [found.other for found in linking.links_of(one, person)] == [other]


def test_the_responsible_person_may_link_the_own_case(cast, units):
    mine = walks.confirmed(cast, units)
    other = walks.confirmed(cast, units, description="The air conditioning of car 5 failed as well.")
    linking.link(mine, other, by=cast.owner, version=mine.version)
    assert Link.objects.count() == 1


@pytest.mark.parametrize("who", ["reporter", "handler", "executive"])
def test_who_only_reads_may_not(pair, cast, who):
    here, there = pair
    before = acts_of(here), acts_of(there)
    with pytest.raises(NotAllowed):
        linking.link(here, walks_seen(there, getattr(cast, who)), by=getattr(cast, who), version=here.version)
    assert not Link.objects.exists() and before == (acts_of(here), acts_of(there))


def walks_seen(incident: Incident, person) -> Incident:
    """The case with this person among its readers: so that only the role is in the way."""
    incident.readers.append(f"p{person.pk}")
    incident.save(update_fields=["readers"])
    return incident


def test_a_case_that_one_does_not_see_can_not_be_linked(pair, hotel, cast):
    here = pair[0]
    with pytest.raises(Invalid) as refused:
        linking.link(here, hotel, by=cast.quality, version=here.version)
    assert refused.value.fields["other"] == "There is no incident with this number."
    assert not Link.objects.exists() and acts_of(hotel) == ["incident.report"]


def test_the_page_answers_for_a_foreign_number_as_for_none(client, pair, hotel, cast):
    client.force_login(cast.quality)
    url = reverse("act", args=[pair[0].number, "link"])

    def answer(number):
        response = client.post(url, {"version": pair[0].version, "other": number})
        assert response.status_code == 422
        return response.content.decode().replace(number, "")

    assert Incident.objects.filter(number=hotel.number).exists()
    foreign, none = answer(hotel.number), answer("SQ-2026-999999")
    assert "There is no incident with this number." in foreign
    assert hotel.title not in foreign or hotel.title == pair[0].title
    assert ("There is no incident" in none) and len(foreign) == len(none)


def test_neither_itself_nor_twice_nor_from_an_old_page(pair, cast):
    here, there = pair
    with pytest.raises(Invalid):
        linking.link(here, here, by=cast.quality, version=here.version)
    row = linking.link(here, there, by=cast.quality, version=here.version)
    with pytest.raises(Invalid):
        linking.link(there, here, by=cast.quality, version=there.version)
    with pytest.raises(Stale):
        linking.unlink(here, there, by=cast.quality, version=row.version - 1)
    assert Link.objects.count() == 1


def test_a_link_is_taken_back_from_either_side_and_stays_in_the_histories(pair, cast):
    here, there = pair
    linking.link(here, there, by=cast.supervisor, version=here.version)
    linking.unlink(there, here, by=cast.quality, version=there.version, reason="Another train.")
    assert not Link.objects.exists()
    assert acts_of(here)[-2:] == acts_of(there)[-2:] == ["incident.link", "incident.unlink"]
    there.refresh_from_db()
    with pytest.raises(Invalid):
        linking.unlink(there, here, by=cast.quality, version=there.version)


# What is shown -------------------------------------------------------------------------------------------------------
def test_who_does_not_see_the_other_case_does_not_see_the_link(client, pair, cast):
    """Zhou reads her own case; the other one, by a colleague, isn't hers to see: no title, no stage, no count."""
    here, there = pair
    Incident.objects.filter(pk=there.pk).update(title="Heat in car 5")
    linking.link(here, there, by=cast.quality, version=here.version)
    client.force_login(cast.quality)
    page = client.get(here.get_absolute_url()).content.decode()
    assert "Heat in car 5" in page and "Linked cases" in page
    client.force_login(cast.reporter)
    page = client.get(here.get_absolute_url()).content.decode()
    assert "Heat in car 5" not in page and "Linked cases" not in page and there.get_absolute_url() not in page
    assert linking.links_of(here, cast.reporter) == []


def test_one_click_links_and_the_link_can_be_taken_back(client, pair, cast):
    here, there = pair
    client.force_login(cast.site_manager)
    url = reverse("act", args=[here.number, "link"])
    done = client.post(url, {"version": here.version, "other": there.number.lower()})
    assert done.status_code == 302 and done.headers["Location"].endswith("#links")
    page = client.get(here.get_absolute_url()).content.decode()
    assert f"unlink/?other={there.number}" in page
    here.refresh_from_db()
    assert (
        there.number
        in client.get(reverse("act", args=[here.number, "unlink"]), {"other": there.number}).content.decode()
    )
    client.post(
        reverse("act", args=[here.number, "unlink"]), {"version": here.version, "other": there.number}
    )
    assert not Link.objects.exists()


def test_links_cost_two_questions(pair, cast, units, django_assert_num_queries):
    here, there = pair
    with django_assert_num_queries(1):
        assert linking.links_of(here, cast.quality) == []
    row = here
    for other in (there, *(walks.report(cast, units, place=f"Car {n}") for n in range(6))):
        row = linking.link(row, other, by=cast.quality, version=row.version)
    cast.quality.current_posts  # noqa: B018 - asked once per request anyway
    with django_assert_num_queries(2):
        assert len(linking.links_of(here, cast.quality)) == 7


@pytest.mark.django_db(transaction=True)
def test_links_the_opposite_way_round_do_not_lock_each_other_out(cast, units):
    here, there = walks.report(cast, units), walks.report(cast, units, place="Car 5")
    one = functools.partial(linking.link, here, there, by=cast.quality, version=here.version)
    back = functools.partial(linking.link, there, here, by=cast.quality_two, version=there.version)
    found = outcomes(all_at_once([one, back] * 10))
    assert found["done"] == 1 == Link.objects.count()
    assert sum(found.values()) == 20 and set(found) <= {"done", "Invalid", "Stale"}
    with transaction.atomic():
        assert issubclass(Invalid, Refused)
