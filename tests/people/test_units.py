"""The tree of Eastern Rail is rebuilt: units are added, renamed, closed, reopened."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from history.administration import posts, staff
from history.administration import units as acts
from history.models import Event
from people.models import Unit
from people.units import as_tree

pytestmark = pytest.mark.django_db


def test_a_unit_is_added_below_another_and_remembered(cast, units):
    platform = acts.found(name="Platform 4", code="ER-E-HZ-P4", parent=units.station, by=cast.admin)
    assert platform.path == f"{units.station.path}{platform.pk}/"
    assert Event.objects.of(platform.case).get().after["parent"] == "ER-E-HZ"


@pytest.mark.parametrize("code", ["ER-E", "has space", "", "零"])
def test_a_code_is_unique_and_plain(cast, units, code):
    with pytest.raises(ValidationError) as refused:
        acts.found(name="Platform", code=code, parent=units.station, by=cast.admin)
    assert "code" in refused.value.message_dict and not Event.objects.exists()


@pytest.mark.parametrize("who", ["reporter", "site_manager", "quality", "hotel_quality"])
def test_nobody_else_changes_the_tree(cast, units, who):
    by, before = getattr(cast, who), list(Unit.objects.values_list("pk", "name", "closed_on"))
    for act in (
        lambda: acts.found(name="X", code="X", parent=units.station, by=by),
        lambda: acts.rename(units.station, name="X", by=by),
        lambda: acts.close(units.station, by=by),
        lambda: acts.reopen(units.station, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert list(Unit.objects.values_list("pk", "name", "closed_on")) == before


def test_renaming_keeps_the_code_and_both_names_in_history(cast, units):
    acts.rename(units.station, name="Hangzhou East", by=cast.admin)
    event = Event.objects.of(units.station.case).get()
    assert (event.before, event.after) == ({"name": "Hangzhou East Station"}, {"name": "Hangzhou East"})
    assert Unit.objects.get(pk=units.station.pk).code == "ER-E-HZ"


def test_a_unit_closes_only_when_it_is_empty(cast, units):
    with pytest.raises(ValidationError) as refused:
        acts.close(units.east, by=cast.admin)
    assert len(refused.value.messages) == 3  # units below, posts, people
    acts.close(units.station, by=cast.admin)
    assert units.station not in Unit.objects.active()
    with pytest.raises(ValidationError):
        acts.close(units.station, by=cast.admin)


def test_an_emptied_unit_can_close_the_same_day(cast, units):
    for person in (cast.west_manager,):
        for post in person.posts.all():
            posts.end(post, by=cast.admin)
        staff.amend(person, by=cast.admin, home_unit=units.rail)
    acts.close(units.west_station, by=cast.admin)
    acts.close(units.west, by=cast.admin)
    with pytest.raises(ValidationError, match="above"):
        acts.reopen(Unit.objects.get(pk=units.west_station.pk), by=cast.admin)
    acts.reopen(units.west, by=cast.admin)
    acts.reopen(Unit.objects.get(pk=units.west_station.pk), by=cast.admin)
    assert Unit.objects.active().filter(pk=units.west_station.pk).exists()


def test_nothing_is_added_below_a_closed_unit(cast, units):
    acts.close(units.station, by=cast.admin)
    with pytest.raises(ValidationError):
        acts.found(name="Platform", code="P", parent=units.station, by=cast.admin)


def test_the_tree_is_alphabetical_and_shows_orphans_at_the_top(units):
    tops = as_tree(Unit.objects.exclude(pk=units.rail.pk))
    assert [top.unit.name for top in tops] == [
        "East Division", "Harbour Hotels", "Rolling Stock Depot", "West Division",
    ]  # fmt: skip
    assert [below.unit.code for below in tops[0].branches] == ["ER-E-HZ", "ER-E-C3"]
