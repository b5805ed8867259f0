"""A complaint and the incident behind it: raised, joined, left; and what its handler hears as it moves on."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from capa.measuring import source_of
from complaints import attaching, handling, incidents_link, pausing, restricting, watching
from complaints.models import Complaint
from history.models import Event
from incidents import identify
from incidents.errors import Invalid, NotAllowed, Stale
from incidents.models import Evidence, Incident, IncidentType
from incidents.stages import Severity, Stage
from reminders.models import Deadline, Notice
from tests.complaints.test_handling import at, clock, rows  # noqa: F401 - a fixture
from tests.complaints.ways import category, classified, fresh, main_deadlines, received
from tests.incidents.samples import picture
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db


def raised(complaint, cast, **values) -> Incident:
    values = {
        "by": cast.handler,
        "version": complaint.version,
        "description": "A conductor shouted.",
    } | values
    values.setdefault("type", IncidentType.objects.get(code="complaint-attitude"))
    return incidents_link.raise_incident(complaint, **values)


def told(complaint) -> list[tuple[str, str]]:
    """What its people were told of the incident: (text, what), the oldest first."""
    notices = Notice.objects.filter(subject=complaint.case, text__startswith="complaint-incident").order_by(
        "pk"
    )
    return [
        (notice.text.removeprefix("complaint-incident-"), notice.params.get("what", "")) for notice in notices
    ]


# Raised, joined, left ------------------------------------------------------------------------------------------------
def test_raised_with_nothing_of_the_customer(cast, units):
    complaint = classified(cast, units)
    told_already = incidents_link.prefilled(complaint)
    assert "shouted" in told_already["description"] and "13912341402" not in told_already["description"]
    assert told_already["type"].code == "complaint-attitude"
    incident = raised(complaint, cast, description="He shouted. 黄小明 says: call 13912341402.")
    complaint = fresh(complaint)
    assert (complaint.incident, complaint.incident_stage) == (incident, Stage.IDENTIFY)
    assert (incident.unit, incident.channel, incident.reporter, incident.contact) == (
        units.crew, "qr", cast.handler, None,
    )  # fmt: skip
    everything = str(Incident.objects.values().get()) + "".join(
        Event.objects.of(incident.case).values_list("payload", flat=True)
    )
    assert "13912341402" not in everything and "黄小明" not in everything
    assert complaint.number in everything, "its reference is all that the incident's story says"
    with pytest.raises(Invalid, match="already"):
        raised(complaint, cast)


def test_raised_from_a_sensitive_one_its_words_and_files_stay(cast, units):
    complaint = classified(cast, units)
    complaint = restricting.restrict(
        complaint, by=cast.handler, version=complaint.version, people=[cast.handler], reason="Abuse"
    )
    assert "description" not in incidents_link.prefilled(complaint)
    with pytest.raises(Invalid, match="own"):
        raised(complaint, cast, description=f"A customer says: {complaint.text}")
    incident = raised(complaint, cast, description="Somebody was shouted at.")
    assert complaint.number not in "".join(Event.objects.of(incident.case).values_list("payload", flat=True))
    behind = incident.complaints.all()
    assert not behind.visible_to(cast.quality).exists() and behind.visible_to(cast.handler).get() == complaint


def test_files_go_with_it_by_choice(cast, units, settings, tmp_path):
    complaint = classified(cast, units)
    photo = attaching.store(SimpleUploadedFile("seat.jpg", picture()), by=cast.handler, key=None)
    attaching.attach(complaint, None, [photo.pk], by=cast.handler, key=None)
    before = Incident.objects.count()
    with pytest.raises(Invalid):
        raised(complaint, cast, attachments=[photo.pk], occurred_at=timezone.now() + dt.timedelta(days=2))
    assert Incident.objects.count() == before and not Evidence.objects.exists()
    incident = raised(complaint, cast, attachments=[photo.pk])
    assert incident.evidence.get().name == "seat.jpg"
    with pytest.raises(Invalid):
        raised(classified(cast, units), cast, attachments=[photo.pk])


def test_many_complaints_have_one_incident(cast, units):
    incident = substantiate(report(cast, units), cast)
    one, two = (classified(cast, units) for _number in range(2))
    for complaint in (one, two):
        complaint = incidents_link.join_incident(
            complaint, by=cast.handler, version=complaint.version, incident=incident
        )
        assert (complaint.incident, complaint.incident_stage) == (incident, Stage.CONFIRM)
    assert set(incident.complaints.all()) == {one, two}
    one = fresh(one)
    with pytest.raises(Invalid):
        incidents_link.leave_incident(one, by=cast.handler, version=one.version, reason="")
    one = incidents_link.leave_incident(one, by=cast.handler, version=one.version, reason="Another train")
    assert (one.incident, one.incident_stage) == (None, "")
    with pytest.raises(Stale):
        incidents_link.leave_incident(one, by=cast.handler, version=one.version, reason="Again")
    acts = list(Event.objects.of(incident.case).order_by("seq").values_list("act", flat=True))
    assert acts[-3:] == ["incident.join_complaint", "incident.join_complaint", "incident.leave_complaint"]


def test_nobody_joins_what_they_do_not_see(cast, units):
    mine = received(units, unit=units.west_station)
    incident = report(cast, units)
    dismissed = identify.dismiss(
        report(cast, units), by=cast.site_manager, version=1, reason="A drill, announced before."
    )
    here = classified(cast, units)
    before = rows(here)
    with pytest.raises(Invalid, match="no incident"):
        incidents_link.join_incident(mine, by=cast.west_manager, version=mine.version, incident=incident)
    with pytest.raises(Invalid, match="without measures"):
        incidents_link.join_incident(here, by=cast.handler, version=here.version, incident=dismissed)
    for who in (cast.reporter, cast.executive, cast.hotel_quality):
        with pytest.raises(NotAllowed):
            incidents_link.join_incident(here, by=who, version=here.version, incident=incident)
        with pytest.raises(NotAllowed):
            raised(here, cast, by=who)
    assert rows(here)[0] == before[0]


# As it moves on ------------------------------------------------------------------------------------------------------
def test_each_stage_is_told_once(cast, units, django_assert_num_queries):
    complaint = classified(cast, units)
    incident = raised(complaint, cast)
    assert watching.look_at_incidents() == 0 and told(complaint) == []
    version = fresh(complaint).version
    substantiate(incident, cast)
    assert watching.look_at_incidents() == 1
    assert watching.look_at_incidents() == 0
    assert told(complaint) == [("moved", "turn.confirm")]
    assert fresh(complaint).version == version, "where the incident stands makes no page stale"
    assert Event.objects.of(complaint.case).latest("seq").act == "complaint.incident_moved"
    with django_assert_num_queries(3):  # a savepoint, and one look at all of them
        watching.look_at_incidents()


def closed_by(incident) -> None:
    """As if it had walked the whole loop."""
    Incident.objects.filter(pk=incident.pk).update(
        stage=Stage.CLOSED, severity=Severity.MINOR, closed_at=timezone.now()
    )


def test_when_it_closes_the_answer_is_due(cast, units, clock):  # noqa: F811
    complaint = classified(cast, units, urgency=1, importance=1)
    incident = raised(complaint, cast)
    assert complaint.due_at == at("2026-11-30 18:00")
    clock.move_to(at("2026-11-18 10:00"), tick=False)
    closed_by(incident)
    watching.look_at_incidents()
    complaint = fresh(complaint)
    (deadline,) = main_deadlines(complaint)
    assert complaint.due_at == deadline.due_at == at("2026-11-23 18:00"), "three working days, not eight"
    assert deadline.original_due_at == at("2026-11-30 18:00")
    notice = Notice.objects.get(subject=complaint.case, text="complaint-incident-closed")
    assert notice.recipient == cast.handler and notice.params["about"] == incident.number


def test_what_is_due_sooner_stays_due_sooner(cast, units, clock):  # noqa: F811
    complaint = classified(cast, units, urgency=3, importance=3)
    incident = raised(complaint, cast)
    closed_by(incident)
    watching.look_at_incidents()
    assert fresh(complaint).due_at == at("2026-11-17 18:00")
    waits = classified(cast, units)
    waits = incidents_link.join_incident(
        waits, by=cast.handler, version=waits.version, incident=report(cast, units)
    )
    waits = pausing.pause(waits, by=cast.handler, version=waits.version, reason="customer", note="Ticket")
    closed_by(waits.incident)
    watching.look_at_incidents()
    assert fresh(waits).due_at is None and told(waits)[0][0] == "closed"


def test_it_follows_an_incident_that_is_joined_with_another(cast, units):
    complaint = classified(cast, units)
    incident, other = raised(complaint, cast), report(cast, units)
    identify.merge(incident, by=cast.site_manager, version=incident.version, into=other)
    watching.look_at_incidents()
    complaint = fresh(complaint)
    assert (complaint.incident, complaint.incident_stage) == (other, Stage.IDENTIFY)
    identify.dismiss(other, by=cast.site_manager, version=other.version, reason="Nothing was found at all.")
    watching.look_at_incidents()
    assert [text for text, _what in told(complaint)] == ["moved", "ended"]


def test_an_ended_complaint_is_told_nothing(cast, units):
    complaint = classified(cast, units)
    incident = raised(complaint, cast)
    complaint = fresh(complaint)
    handling.withdraw(complaint, by=cast.handler, version=complaint.version, reason="He called.")
    substantiate(incident, cast)
    assert watching.look_at_incidents() == 0


# As numbers ----------------------------------------------------------------------------------------------------------
def test_complaints_count_by_unit_and_category(cast, units):
    behind = classified(cast, units)
    incident = raised(behind, cast)
    source, today = source_of("complaints"), timezone.localdate()
    scope = source.scope_of(incident, {})
    assert scope == {"complaint_category": category().pk, "unit": units.crew.pk, "exposure": "days"}
    classified(cast, units, category=category("price"))
    classified(cast, units, received(units, unit=units.station))
    twice = classified(cast, units, received(units))
    secret = classified(cast, units, received(units))
    restricting.restrict(
        secret, by=cast.handler, version=secret.version, people=[cast.handler], reason="Abuse"
    )
    gone = received(units)
    handling.pass_on(gone, by=cast.handler, version=gone.version, to_whom="City", text="Ask the city.")
    assert set(source.rows(scope, today, today)) == {behind, twice}
    series = source.read(scope, today - dt.timedelta(days=9), today)
    assert dict(series.events) == {today: 2}
    assert (
        series.events_between(today, today),
        series.exposure_between(today - dt.timedelta(days=9), today),
    ) == (2, 10)
    everything = source.scope_of(report(cast, units), {"exposure": "volume"})
    assert source.read(everything, today, today).events_between(today, today) == 3
    assert source.read(everything, today, today).exposure_between(today, today) is None
    assert "Attitude" in source.metric_of(incident, scope) and "Attitude" in source.describe(scope, incident)
    assert {source.name_of(row) for row in source.rows(scope, today, today)} == {"Attitude"}
    assert Complaint.objects.filter(incident=incident).count() == 1 and Deadline.objects.exists()
