"""Stage 1: a report comes in, and the site manager judges whether it is real."""

import uuid

import pytest

from history.models import Event
from history.submissions import KeyReused
from incidents import identify
from incidents.errors import NotAllowed, Stale
from incidents.models import Incident
from incidents.stages import Stage
from reminders.models import Deadline, Notice
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db


def test_a_report_waits_for_the_nearest_site_manager(cast, units):
    incident = report(cast, units)
    assert incident.number.startswith("SQ-") and incident.number.endswith("-000001")
    assert incident.stage == Stage.IDENTIFY and incident.owner == cast.site_manager
    assert Deadline.objects.get(subject=incident.case).owner == cast.site_manager
    assert Notice.objects.get(recipient=cast.site_manager).text == "turn"
    assert [event.act for event in Event.objects.of(incident.case)] == ["incident.report"]


def test_the_same_key_reports_once_and_another_body_is_refused(cast, units):
    key = uuid.uuid4()
    first = report(cast, units, key=key)
    again = report(cast, units, key=key, occurred_at=first.occurred_at)
    assert again == first and Incident.objects.count() == 1
    with pytest.raises(KeyReused):
        report(cast, units, key=key, occurred_at=first.occurred_at, description="Something else altogether.")
    assert Incident.objects.count() == 1


def test_substantiating_passes_the_turn_to_the_supervisor(cast, units):
    incident = substantiate(report(cast, units), cast)
    assert (incident.stage, incident.owner) == (Stage.CONFIRM, cast.supervisor)
    assert Notice.objects.filter(recipient=cast.reporter, text="substantiated").exists()


def test_a_stale_page_judges_nothing(cast, units):
    incident = report(cast, units)
    substantiate(incident, cast)
    with pytest.raises(Stale):
        identify.dismiss(incident, by=cast.site_manager, version=incident.version, reason="Not an incident")
    assert Incident.objects.get().stage == Stage.CONFIRM


@pytest.mark.parametrize(
    "who", ["reporter", "colleague", "supervisor", "executive", "admin", "west_manager", "handler"]
)
def test_nobody_else_judges(cast, units, who):
    incident = report(cast, units)
    with pytest.raises(NotAllowed):
        identify.dismiss(incident, by=getattr(cast, who), version=incident.version, reason="No")
    assert Incident.objects.get().stage == Stage.IDENTIFY and Event.objects.count() == 1


def test_a_merged_report_points_to_the_other(cast, units):
    first, second = report(cast, units), report(cast, units, by=cast.colleague)
    merged = identify.merge(second, first, by=cast.site_manager, version=second.version)
    assert (merged.stage, merged.merged_into) == (Stage.MERGED, first)
    assert Incident.objects.visible_to(cast.colleague).filter(pk=first.pk).exists()
