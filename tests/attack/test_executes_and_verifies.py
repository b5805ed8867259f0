"""Who executes doesn't verify: neither the owner nor whoever finished a measure in the owner's place."""

import pytest
from django.utils import timezone

from capa import track, verify
from incidents.errors import NotAllowed
from people.models import Post, Role
from tests.walks import observed, open_measures, planned, verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(cast, units):
    """Qian is a quality manager and, since today, the site manager of the workshop, too."""
    Post.objects.create(
        person=cast.quality_two, unit=units.workshop, role=Role.SITE_MANAGER, starts_on=timezone.localdate()
    )
    cast.quality_two.__dict__.pop("current_posts", None)
    return cast.quality_two


def test_who_finished_it_for_the_owner_neither_checks_nor_judges(cast, units, both):
    incident = planned(cast, units)
    for measure in open_measures(incident):
        track.complete_measure(measure, by=both, text="Done.", notes=["Work order 4711"])
    measures = list(incident.measures.all())
    with pytest.raises(NotAllowed, match="carries out a measure"):
        track.check(measures[0], by=both, text="Looked at it.")
    for measure in measures:
        track.check(measure, by=cast.quality, text="Looked at it.")
    incident = observed(incident)
    assert incident.owner == cast.quality
    with pytest.raises(NotAllowed, match="carries out a measure"):
        verify.judge(incident, by=both, version=incident.version, **verdict("effective"))
    assert (
        verify.judge(incident, by=cast.quality, version=incident.version, **verdict("effective")).stage
        == "improve"
    )
