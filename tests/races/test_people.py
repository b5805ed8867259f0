"""Two administrators, two first starts, two hand-overs at the same moment."""

import functools

import pytest

from history.administration import founding, staff
from incidents import handover
from incidents.models import Incident
from people.models import Person, Post, Role, Unit
from tests.races.crowd import all_at_once, outcomes
from tests.walks import confirmed

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_administrators_cannot_remove_each_other(cast, units):
    Post.objects.create(person=cast.quality, unit=units.rail, role=Role.ADMINISTRATOR)
    one, other = (Person.objects.get(pk=person.pk) for person in (cast.admin, cast.quality))
    found = outcomes(
        all_at_once(
            [functools.partial(staff.leave, other, by=one), functools.partial(staff.leave, one, by=other)]
        )
    )
    assert found == {"done": 1, "ValidationError": 1} or found == {"done": 1, "PermissionDenied": 1}
    left = Post.objects.filter(unit=units.rail, role=Role.ADMINISTRATOR, ends_on=None, person__is_active=True)
    assert left.count() == 1


def test_of_twenty_first_starts_one_makes_the_company():
    def start(number: int):
        return founding.found_company(
            company="Northern Rail", code="NR", display_name=f"Admin {number}", username=f"admin{number}",
            password="blue-kettle-42-river", language="en", time_zone="UTC",
        )  # fmt: skip

    found = outcomes(all_at_once([functools.partial(start, number) for number in range(20)]))
    assert found == {"done": 1, "AlreadyFounded": 19}
    assert (Unit.objects.count(), Person.objects.count()) == (1, 1)


def test_of_many_hand_overs_of_one_case_one_counts(cast, units):
    incident = confirmed(cast, units)
    act = functools.partial(
        handover.hand_over,
        incident,
        by=cast.quality,
        giver=cast.owner,
        taker=cast.depot_manager,
        reason="Away",
    )
    assert outcomes(all_at_once([act] * 20)) == {"done": 1, "Stale": 19}
    assert Incident.objects.get().responsible_person == cast.depot_manager
