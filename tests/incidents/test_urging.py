"""A nudge by hand: told, kept, limited; whoever may not see the case nudges nobody."""

import pytest
from django.urls import reverse

from history.models import Event
from incidents import urging
from incidents.errors import Invalid, NotAllowed, Stale
from reminders.models import Notice
from tests.walks import improved, report, substantiate

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast, units):
    return substantiate(report(cast, units), cast)


def test_the_reporter_urges_and_it_is_kept(case, cast, client):
    version = case.version
    client.force_login(cast.reporter)
    answer = client.post(
        reverse("act", args=[case.number, "nudge"]),
        {"words": "Two more passengers asked.", "version": version},
    )
    assert answer.status_code == 302
    told = Notice.objects.get(text="nudged")
    assert told.recipient == case.owner == cast.supervisor
    event = Event.objects.get(act="incident.nudge")
    assert (event.actor, event.reason) == (cast.reporter, "Two more passengers asked.")
    case.refresh_from_db()
    assert case.version == version, "nobody's open page gets old by it"
    with pytest.raises(Invalid) as refused:
        urging.nudge(case, by=cast.quality, words="Again")
    assert "words" in refused.value.fields and Event.objects.filter(act="incident.nudge").count() == 1


@pytest.mark.parametrize("who", ["colleague", "admin", "west_manager", "hotel_quality"])
def test_a_stranger_urges_nobody(case, cast, who):
    with pytest.raises(NotAllowed):
        urging.nudge(case, by=getattr(cast, who))
    assert not Notice.objects.filter(text="nudged").exists()


def test_nobody_urges_themselves_or_a_closed_case(case, cast, units):
    with pytest.raises(Stale):
        urging.nudge(case, by=cast.supervisor)
    closed = improved(cast, units)
    with pytest.raises(Stale):
        urging.nudge(closed, by=cast.reporter)
