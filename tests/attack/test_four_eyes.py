"""Nobody signs for their own work: the holes that were found by looking for them."""

import pytest

from capa import plan
from incidents.errors import NotAllowed
from tests.walks import drafted

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(cast, units):
    """The plan that Chen submits gives one of its measures to Wang, the quality manager who would approve it."""
    incident = drafted(cast, units)
    measure = incident.measures.get(owner=cast.depot_manager)
    measure.owner = cast.quality
    measure.save()
    return plan.submit(incident, by=cast.owner, version=incident.version)


def test_who_would_carry_out_a_measure_does_not_approve_the_plan(submitted, cast):
    with pytest.raises(NotAllowed, match="owner of a measure"):
        plan.approve(submitted, by=cast.quality, version=submitted.version)
    submitted = plan.approve(submitted, by=cast.quality_two, version=submitted.version)
    assert submitted.stage == "track"


def test_and_is_not_the_one_who_is_waited_for(submitted, cast):
    assert submitted.owner == cast.quality_two
