"""Saved views: filters under a name, for oneself or shared with a unit."""

import pytest
from django.http import QueryDict

from incidents.models import SavedView
from incidents.saved import plain_query
from tests import walks

pytestmark = pytest.mark.django_db


@pytest.fixture
def save(client):
    def post(person, name="Urgent", unit=None, query="severity=4&state=open"):
        client.force_login(person)
        data = {"name": name, "shared_with": unit.pk if unit else "", "page": "incident-list", "query": query}
        return client.post("/incidents/views/new/", data)

    return post


def menu(client, person) -> list[str]:
    client.force_login(person)
    return [view.name for view in client.get("/incidents/").context["saved_views"]]


def test_one_finds_ones_own_view_again(cast, client, save):
    response = save(cast.quality, query="state=open&after=abc&severity=4&severity=3&q=")
    assert response.url == "/incidents/?severity=3&severity=4&state=open"  # not where one stood in the list
    assert menu(client, cast.quality) == ["Urgent"]
    assert 'aria-current="true">' in client.get(response.url).content.decode()
    assert menu(client, cast.quality_two) == []


def test_a_shared_view_reaches_the_unit_and_those_below(cast, units, client, save):
    save(cast.quality, unit=units.east)
    for name in ("site_manager", "reporter", "supervisor"):
        assert menu(client, getattr(cast, name)) == ["Urgent"], name
    for name in ("executive", "west_manager", "depot_manager", "hotel_quality"):
        assert menu(client, getattr(cast, name)) == [], name


def test_a_shared_view_shows_each_reader_only_their_own_rows(cast, units, client, save):
    walks.report(cast, units, title="East")
    walks.report(cast, units, unit=units.west_station, by=cast.colleague, title="West")
    save(cast.quality, unit=units.rail, query="type=facility")
    address = f"/incidents/?{SavedView.objects.get().query}"
    for person, titles in (
        (cast.quality, {"East", "West"}),
        (cast.site_manager, {"East"}),
        (cast.west_manager, {"West"}),
    ):
        client.force_login(person)
        assert {row.title for row in client.get(address).context["page"].rows} == titles


@pytest.mark.parametrize(
    ("who", "unit"),
    [("reporter", "rail"), ("reporter", "station"), ("quality", "hotels"), ("site_manager", "east")],
)
def test_one_shares_only_with_ones_own_units(cast, units, save, who, unit):
    assert save(getattr(cast, who), unit=getattr(units, unit)).status_code == 422
    assert SavedView.objects.count() == 0


def test_a_name_is_used_once(cast, save):
    save(cast.quality)
    response = save(cast.quality, query="state=closed")
    assert response.status_code == 422 and "already have a view" in response.content.decode()
    assert save(cast.quality_two).status_code == 302
    assert SavedView.objects.count() == 2


def test_too_many_and_too_long(cast, save, monkeypatch):
    assert save(cast.quality, query="q=" + "x" * 2000).status_code == 422
    assert save(cast.quality, name="y" * 61).status_code == 422
    assert save(cast.quality, name="  ").status_code == 422
    monkeypatch.setattr("incidents.saved.MOST", 1)
    assert save(cast.quality).status_code == 302 and save(cast.quality, name="Other").status_code == 422


def test_renaming_sharing_and_deleting(cast, units, client, save):
    save(cast.quality)
    view = SavedView.objects.get()
    assert client.get(f"/incidents/views/{view.pk}/").status_code == 200
    client.post(f"/incidents/views/{view.pk}/", {"name": "Serious", "shared_with": units.rail.pk})
    assert menu(client, cast.site_manager) == ["Serious"]
    client.force_login(cast.quality)
    assert client.post(f"/incidents/views/{view.pk}/delete/").url == "/incidents/views/"
    assert SavedView.objects.count() == 0


def test_anothers_view_is_neither_changed_nor_deleted(cast, units, client, save):
    save(cast.quality, unit=units.rail)
    view = SavedView.objects.get()
    for person in (cast.site_manager, cast.quality_two, cast.hotel_quality):  # the first two see it
        client.force_login(person)
        assert client.get(f"/incidents/views/{view.pk}/").status_code == 404
        assert client.post(f"/incidents/views/{view.pk}/", {"name": "Mine"}).status_code == 404
        assert client.post(f"/incidents/views/{view.pk}/delete/").status_code == 404
    assert SavedView.objects.get().name == "Urgent"
    body = client.get("/incidents/views/").content.decode()
    assert "Urgent" not in body


def test_views_are_managed_on_a_page(cast, units, client, save):
    save(cast.quality, unit=units.rail)
    assert "Eastern Rail" in client.get("/incidents/views/").content.decode()
    client.force_login(cast.site_manager)
    assert "Shared with me" in client.get("/incidents/views/").content.decode()


def test_equal_filters_have_equal_addresses():
    assert plain_query(QueryDict("b=2&a=1&b=1&after=x&c=")) == plain_query(QueryDict("a=1&b=1&b=2&before=y"))
