"""High-speed Crew 3 goes from the East Division to the West: who sees its cases goes with it."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from history.administration import posts
from history.models import Event
from incidents.models import Incident
from incidents.reorganise import move_unit
from people.models import Person, Role, Unit
from people.units import found
from tests.walks import confirmed, report

pytestmark = pytest.mark.django_db


def sees(person, incident) -> bool:
    return Incident.objects.visible_to(Person.objects.get(pk=person.pk)).filter(pk=incident.pk).exists()


def test_paths_and_readers_follow_the_unit(cast, units):
    cabin = found(name="Cabin team", code="ER-E-C3-A", parent=units.crew)
    own, below, elsewhere = (report(cast, units, unit=unit) for unit in (units.crew, cabin, units.station))
    assert sees(cast.supervisor, own) and not sees(cast.west_manager, own)
    assert move_unit(units.crew, units.west, by=cast.admin) == 2
    crew, cabin = Unit.objects.get(pk=units.crew.pk), Unit.objects.get(pk=cabin.pk)
    assert crew.path == f"{units.west.path}{crew.pk}/" and cabin.path == f"{crew.path}{cabin.pk}/"
    for incident in (own, below):
        assert sees(cast.west_manager, incident) and not sees(cast.supervisor, incident)
        assert sees(cast.site_manager, incident)  # his post is in the crew itself
        assert sees(cast.reporter, incident) and sees(cast.quality, incident)  # own report; whole company
    assert sees(cast.supervisor, elsewhere)
    event = Event.objects.of(units.crew.case).get()
    assert (event.act, event.before, event.after) == ("unit.move", {"parent": "ER-E"}, {"parent": "ER-W"})


def test_cases_that_a_unit_answers_for_follow_too(cast, units):
    incident = confirmed(cast, units)  # in the crew; the workshop of the depot answers for it
    posts.appoint(cast.colleague, units.west, Role.SITE_MANAGER, by=cast.admin)
    assert not sees(cast.colleague, incident)
    move_unit(units.workshop, units.west, by=cast.admin)
    assert sees(cast.colleague, incident) and sees(cast.owner, incident)
    assert not sees(cast.depot_manager, incident) or f"p{cast.depot_manager.pk}" in incident.readers


def test_only_who_manages_both_places_moves_a_unit(cast, units):
    before = list(Unit.objects.values_list("pk", "path"))
    posts.appoint(cast.colleague, units.east, Role.ADMINISTRATOR, by=cast.admin)
    deputy = Person.objects.get(pk=cast.colleague.pk)
    for by in (cast.quality, cast.hotel_quality, cast.reporter, deputy):
        with pytest.raises(PermissionDenied):
            move_unit(units.crew, units.west, by=by)
    assert move_unit(units.crew, units.station, by=deputy) == 0
    assert Unit.objects.exclude(pk=units.crew.pk).filter(pk__in=dict(before)).count() == len(before) - 1


def test_what_can_not_be_is_refused(cast, units):
    for parent in (units.crew, found(name="Cabin", code="C", parent=units.crew)):
        with pytest.raises(ValidationError, match="itself"):
            move_unit(units.crew, parent, by=cast.admin)
    posts_abroad = Person.objects.get(pk=cast.admin.pk)
    posts_abroad.posts.create(unit=units.hotels, role=Role.ADMINISTRATOR)
    with pytest.raises(ValidationError, match="another company"):
        move_unit(units.crew, units.hotels, by=posts_abroad)
    assert (
        Unit.objects.get(pk=units.crew.pk).parent == units.east
        and not Event.objects.filter(act="unit.move").exists()
    )


def test_in_the_browser(client, cast, units):
    incident = report(cast, units)
    client.force_login(cast.admin)
    url = reverse("unit-move", args=[units.crew.pk])
    assert client.get(url).status_code == 200
    answer = client.post(url, {"parent": units.west.pk, "reason": "New timetable"}, follow=True)
    assert "High-speed Crew 3 is moved; 1 case is seen by others now." in answer.content.decode()
    assert sees(cast.west_manager, incident)
    assert client.post(url, {"parent": units.hotels.pk}).status_code == 200  # not among the choices
    assert Unit.objects.get(pk=units.crew.pk).parent == units.west
    assert client.get(reverse("unit-move", args=[units.rail.pk])).status_code == 404  # a company doesn't move


def test_many_cases_are_renewed_in_few_statements(cast, units, django_assert_max_num_queries):
    for _number in range(30):
        report(cast, units)
    with django_assert_max_num_queries(20):
        assert move_unit(units.crew, units.west, by=cast.admin) == 30
