"""The board: a column for each stage, the most urgent on top."""

import datetime as dt

import pytest
from django.utils import timezone

from incidents.models import Incident
from incidents.stages import LOOP
from incidents.views import board
from tests import walks

pytestmark = pytest.mark.django_db


def columns(client, person, query="") -> dict[str, list[str]]:
    client.force_login(person)
    page = client.get(f"/incidents/board/{query}")
    return {column.stage.value: [card.title for card in column.cards] for column in page.context["columns"]}


def test_a_card_stands_in_the_column_of_its_stage(cast, units, client):
    now = timezone.now()
    for title, hours in (("Later", 30), ("Overdue", -2), ("Soon", 3)):
        case = walks.report(cast, units, title=title)
        Incident.objects.filter(pk=case.pk).update(due_at=now + dt.timedelta(hours=hours))
    walks.confirmed(cast, units, title="To be analysed")
    closed = walks.report(cast, units, title="Gone")
    Incident.objects.filter(pk=closed.pk).update(stage="dismissed", due_at=None, owner=None)
    found = columns(client, cast.quality)
    assert list(found) == [stage.value for stage in LOOP]
    assert found["identify"] == ["Overdue", "Soon", "Later"] and found["analyse"] == ["To be analysed"]
    assert sum(map(len, found.values())) == 4
    assert [column.overdue for column in client.get("/incidents/board/").context["columns"]] == [
        1,
        0,
        0,
        0,
        0,
        0,
        0,
    ]


def test_a_long_column_is_cut_and_leads_to_the_list(cast, units, client, monkeypatch):
    monkeypatch.setattr(board, "CARDS", 2)
    monkeypatch.setattr(board, "MOST", 4)
    for number in range(5):
        walks.report(cast, units, title=f"{number}")
    client.force_login(cast.quality)
    page = client.get("/incidents/board/?type=facility")
    assert page.context["columns"][0].shown_count == "3+" and len(page.context["columns"][0].cards) == 2
    link = "/incidents/?type=facility&amp;stage=identify&amp;sort=due"
    assert link in page.content.decode()
    assert len(client.get(link.replace("&amp;", "&")).context["page"].rows) == 5


def test_it_takes_the_filters_of_the_list(cast, units, client):
    walks.report(cast, units, title="On the train")
    walks.report(cast, units, unit=units.station, title="At the station", description="The lift failed.")
    assert columns(client, cast.quality, "?unit=ER-E-HZ")["identify"] == ["At the station"]
    assert columns(client, cast.quality, "?q=lift")["identify"] == ["At the station"]
    assert columns(client, cast.quality, "?overdue=on")["identify"] == []
    assert not any(columns(client, cast.quality, "?unit=HH").values())


def test_it_shows_nobody_elses_cases(cast, units, client):
    walks.report(cast, units, title="East")
    walks.report(cast, units, unit=units.west_station, by=cast.colleague, title="West")
    walks.report(cast, units, unit=units.hotels, by=cast.hotel_quality, title="Hotel")
    assert Incident.objects.count() == 3
    sees = {
        "site_manager": {"East"}, "west_manager": {"West"}, "hotel_quality": {"Hotel"}, "quality": {"East", "West"},
        "admin": set(),
    }  # fmt: skip
    for name, titles in sees.items():
        assert set(columns(client, getattr(cast, name))["identify"]) == titles, name
