"""Other places with the same risk (横向排查): who looks, what they see and find, what comes of it."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from capa import elsewhere
from history.models import Event
from incidents import handover
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Incident
from reminders.models import Deadline, Notice
from reminders.notices import sentence, what_is_due
from tests.walks import confirmed, improved, planned, report

pytestmark = pytest.mark.django_db


def ask(incident, cast, units, **more) -> Incident:
    values = {
        "by": cast.owner, "version": None, "unit": units.west_station, "owner": cast.west_manager, "place": "Track 2",
        "due_on": timezone.localdate() + dt.timedelta(days=7), "text": "Fans without an item on the weekly card",
    }  # fmt: skip
    return elsewhere.add_elsewhere_check(incident, **(values | more))


def test_somebody_elsewhere_is_asked_sees_the_case_and_is_reminded(cast, units, client):
    incident = confirmed(cast, units)
    assert not Incident.objects.visible_to(cast.west_manager).exists()
    incident = ask(incident, cast, units)
    check = incident.elsewhere_checks.get()
    assert Incident.objects.visible_to(cast.west_manager).get() == incident
    deadline = Deadline.objects.get(kind=check.deadline_kind)
    assert (deadline.owner, deadline.closed_at, deadline.cycle) == (cast.west_manager, None, 1)
    assert what_is_due(deadline.kind) == "elsewhere"
    notice = Notice.objects.get(recipient=cast.west_manager)
    assert "Track 2" in sentence(notice) and notice.url.endswith("/analysis/#elsewhere")
    client.force_login(cast.west_manager)
    page = client.get(reverse("workbench", args=[incident.number])).content.decode()
    assert "Say what was found" in page and 'data-editable="no"' in page


def test_what_is_found_is_told_and_an_incident_is_raised_there(cast, units, client):
    incident = ask(confirmed(cast, units), cast, units)
    check = incident.elsewhere_checks.get()
    incident = elsewhere.record_elsewhere_result(
        incident,
        by=cast.west_manager,
        version=None,
        check=check,
        result="found",
        finding="Set 12 lacks it too.",
    )
    check.refresh_from_db()
    assert (check.result, check.checked_by) == ("found", cast.west_manager)
    assert Deadline.objects.get(kind=check.deadline_kind).closed_at
    assert "Set 12 lacks it too." in sentence(Notice.objects.filter(recipient=cast.owner).latest("pk"))
    client.force_login(cast.west_manager)
    page = client.get(reverse("workbench", args=[incident.number])).content.decode()
    link = f"{reverse('report')}?unit={units.west_station.code}&amp;place=Track+2"
    assert link in page
    raised = report(cast, units, by=cast.west_manager, unit=units.west_station)
    answer = client.post(
        reverse("act", args=[incident.number, "name-raised"]),
        {"check": check.pk, "known": raised.number, "version": incident.version},
    )
    assert answer.status_code == 302
    check.refresh_from_db()
    assert check.raised == raised
    assert raised.number in client.get(reverse("workbench", args=[incident.number])).content.decode()


def test_it_goes_on_after_the_analysis_until_the_case_is_closed(cast, units, client):
    incident = ask(planned(cast, units), cast, units)
    client.force_login(cast.owner)
    assert "Fans without an item" in client.get(incident.get_absolute_url()).content.decode()
    closed = improved(cast, units)
    with pytest.raises((NotAllowed, Stale)):
        ask(closed, cast, units, by=cast.quality)
    assert not closed.elsewhere_checks.exists()


def test_it_names_what_is_missing_or_wrong(cast, units):
    incident = confirmed(cast, units)
    for wrong, field in (
        ({"text": " "}, "text"),
        ({"unit": units.hotels}, "unit"),
        ({"owner": cast.hotel_quality}, "owner"),
        ({"due_on": timezone.localdate() - dt.timedelta(days=1)}, "due_on"),
    ):
        with pytest.raises(Invalid) as refused:
            ask(incident, cast, units, **wrong)
        assert set(refused.value.fields) == {field}
    incident = ask(incident, cast, units)
    check = incident.elsewhere_checks.get()
    for wrong in ({"result": "pending"}, {"finding": " "}):
        with pytest.raises(Invalid):
            elsewhere.record_elsewhere_result(
                incident, by=cast.owner, version=None, check=check,
                **({"result": "clear", "finding": "Looked at all sets."} | wrong),
            )  # fmt: skip
    with pytest.raises(Invalid):
        elsewhere.name_raised(incident, by=cast.owner, version=None, check=check, number=incident.number)


def test_one_answers_for_ones_own_place_only(cast, units):
    incident = ask(confirmed(cast, units), cast, units)
    incident = ask(incident, cast, units, unit=units.station, owner=cast.colleague)
    theirs = incident.elsewhere_checks.get(owner=cast.colleague)
    with pytest.raises(NotAllowed):
        elsewhere.record_elsewhere_result(
            incident, by=cast.west_manager, version=None, check=theirs, result="clear", finding="Not mine."
        )
    theirs.refresh_from_db()
    assert theirs.result == "pending"
    elsewhere.record_elsewhere_result(
        incident, by=cast.quality, version=None, check=theirs, result="clear", finding="Asked by phone."
    )
    assert Event.objects.get(act="incident.record_elsewhere").after["result"] == "clear"


def test_a_place_is_handed_over_with_the_rest(cast, units):
    incident = ask(confirmed(cast, units), cast, units, unit=units.station, owner=cast.colleague)
    handover.hand_over(
        incident, by=cast.quality, giver=cast.colleague, taker=cast.reporter, reason="On leave"
    )
    check = incident.elsewhere_checks.get()
    assert check.owner == cast.reporter
    assert Deadline.objects.get(kind=check.deadline_kind).owner == cast.reporter
