"""Single stories of the rollup, with figures counted by hand: what counts where and when, and what can't get lost."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import DatabaseError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from capa import short_path
from capa.models import Measure, RecurrenceWatch
from complaints import handling, restricting
from complaints.models import Complaint
from config.deploy import grant_to_application
from devstack.pytest_plugin import EMPTY_ALL, guards_lifted
from history.models import Event
from incidents import jobs
from incidents.errors import Invalid, NotAllowed
from incidents.models import Incident, Job
from metrics import counted, rolling
from metrics.models import Counting, Observation, Stale, Total
from metrics.periods import Period
from metrics.rolling import jobs as rebuilding
from reminders.models import Deadline, Heartbeat
from tests import walks
from tests.complaints import ways
from tests.metrics.counting import counted as count
from tests.metrics.counting import volume

pytestmark = pytest.mark.django_db
#: A Tuesday noon in China.
NOON = dt.datetime(2026, 11, 10, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def figures(unit, period="2026-11", facet="", value="") -> dict[str, int]:
    rows = Total.objects.filter(unit=unit, facet=facet, value=value, begins_on=Period.parse(period).first)
    return {row.series: int(row.count) for row in rows.filter(grain=Period.parse(period).grain)}


def test_a_whole_loop_and_what_of_it_counts(cast, units):
    with time_machine.travel(NOON, tick=False):
        incident = walks.confirmed(cast, units)
    with time_machine.travel(NOON + DAY - dt.timedelta(hours=5), tick=False) as clock:
        for way in (walks.analysed, walks.planned, walks.tracked, walks.verified, walks.improved):
            clock.shift(dt.timedelta(hours=1))
            incident = way(cast, units, incident)
        Measure.objects.filter(incident=incident).update(original_due_on=dt.date(2026, 11, 11))
        Measure.objects.filter(number=incident.measures.first().number).update(done_at=NOON + 2 * DAY)
        count()
        of_crew = figures(units.crew)
        # reported and closed, its time in each stage, seven steps; what falls due later isn't due yet
        assert of_crew.items() >= {
            "incidents.reported": 1, "incidents.substantiated": 1, "incidents.closed": 1, "incidents.response": 1,
            "incidents.loop": 1, "stage.identify": 1, "stage.analyse": 1, "stage.improve": 1, "moves": 7,
            "watches.begun": 1, "verdicts.first": 1, "verdicts.effective_first": 1,
        }.items()  # fmt: skip
        assert not {"watches.recurred", "loops.due", "measures.due"} & of_crew.keys()
        assert figures(units.rail) == figures(units.east) == of_crew and figures(units.west) == {}
        assert figures(units.rail, facet="kind", value="verify>improve") == {"moves": 1}
        assert figures(units.rail, facet="kind", value="facility-climate")["incidents.closed"] == 1
        # a day lies between report and closing: bin 730 ends at 1,440 minutes and a bit
        bins = Total.objects.get(unit=units.rail, series="incidents.loop", grain="month", facet="bin")
        assert bins.value == "730" and 1.01**730 <= 1440 < 1.01**731
    with time_machine.travel(NOON + 2 * DAY, tick=False):
        count()
        due = Measure.objects.get(
            unit=units.workshop, original_due_on=dt.date(2026, 11, 11), done_at__gt=NOON + DAY
        )
        assert figures(due.unit)["measures.due"] == incident.measures.filter(unit=due.unit).count()
        assert (
            figures(units.rail)["measures.due"] - figures(units.rail).get("measures.met", 0) == 1
        )  # done a day late
    walks.improve.reopen(incident, by=cast.quality, version=incident.version, reason="It hums again.")
    count()
    assert "incidents.closed" not in figures(units.rail) and "incidents.loop" not in figures(units.rail)
    assert figures(units.rail)["incidents.substantiated"] == 1


def test_what_falls_due_counts_from_then_on(cast, units):
    with time_machine.travel(NOON, tick=False):
        incident = walks.report(cast, units)
        walks.substantiate(walks.report(cast, units), cast)
        count()
        assert "stages.due" not in figures(units.rail)
    due_at = Deadline.objects.get(subject=incident.case, kind="identify").due_at
    with time_machine.travel(due_at, tick=False):
        count()
        assert figures(units.rail).items() >= {"stages.due": 3, "stages.met": 1}.items()
        assert figures(units.rail, facet="kind", value="identify") == {"stages.due": 2, "stages.met": 1}
        # its clock stands: it isn't due
        Deadline.objects.filter(subject=incident.case).update(
            paused_at=due_at, pause_reason="part", left_when_paused=DAY
        )
        count()
        assert figures(units.rail)["stages.due"] == 2


def test_complaints_that_are_in_no_figure(cast, units):
    with time_machine.travel(NOON, tick=False):
        kept = ways.followed_up(cast, units)
        hidden, passed_on, back = (ways.classified(cast, units) for _ in range(3))
        restricting.restrict(
            hidden, by=cast.quality, version=hidden.version, people=[cast.quality, cast.handler], reason="Harassment."
        )  # fmt: skip
        handling.pass_on(
            passed_on, by=cast.handler, version=passed_on.version, to_whom="The airport", text="It is theirs."
        )
        handling.withdraw(back, by=cast.handler, version=back.version, reason="She took it back.")
    with time_machine.travel(NOON + 20 * DAY, tick=False):
        count()
        # received: the one that is over and the one that was taken back; only the first had to be answered
        assert figures(units.crew).items() >= {
            "complaints.received": 2, "complaints.reply": 1, "complaints.asked": 1, "complaints.content": 1,
            "replies.due": 1, "replies.met": 1,
        }.items()  # fmt: skip
        assert figures(units.crew, facet="kind", value="attitude")["complaints.received"] == 2
        shown = counted.cases("replies.met", units.rail, dt.date(2026, 11, 1), dt.date(2026, 11, 30))
        assert list(shown) == [kept] and shown.model is Complaint


def test_a_day_ends_at_midnight_of_the_zone_and_a_corrected_date_moves_the_figure(cast, units, settings):
    settings.TIME_ZONE = "America/Havana"  # its 8th of March 2026 begins at one o'clock
    incident = walks.report(cast, units)
    for moment, day in (
        ("2026-03-08T04:59:59+00:00", "2026-03-07"),
        ("2026-03-08T05:00:00+00:00", "2026-03-08"),
        ("2026-03-09T03:59:59+00:00", "2026-03-08"),
        ("2026-03-09T04:00:00+00:00", "2026-03-09"),
    ):
        Incident.objects.filter(pk=incident.pk).update(reported_at=dt.datetime.fromisoformat(moment))
        count()
        days = Total.objects.filter(unit=units.rail, series="incidents.reported", grain="day")
        assert [str(row.begins_on) for row in days] == [day]
    Incident.objects.filter(pk=incident.pk).update(unit=units.workshop)
    count()
    assert figures(units.depot, "2026-03") == {"incidents.reported": 1} and not figures(units.east, "2026-03")


def test_only_what_matters_is_marked(cast, units):
    incident = walks.confirmed(cast, units)
    count()
    Incident.objects.filter(pk=incident.pk).update(title="Another", due_at=timezone.now(), version=9)
    Deadline.objects.filter(subject=incident.case).update(next_notice_at=None)
    RecurrenceWatch.objects.update(place="x")
    assert not Stale.objects.exists()
    with (
        guards_lifted(),
        connection.cursor() as cursor,
    ):  # as a test that commits empties the tables behind it
        cursor.execute(EMPTY_ALL)
    assert not Incident.objects.exists() and not Stale.objects.exists()


def test_a_crash_in_the_middle_loses_nothing_and_two_never_count_at_once(cast, units, monkeypatch):
    walks.report(cast, units)
    volume("customers.served", units.crew, "2026-10", 100)
    marked, sweep = Stale.objects.count(), rolling.statements.begun
    monkeypatch.setattr(rolling.statements, "begun", lambda scope: "SELECT 1 / 0")
    with pytest.raises(DatabaseError):
        rolling.roll_up()
    assert Stale.objects.count() == marked and not Total.objects.exists() and rolling.as_of() is None
    monkeypatch.setattr(rolling.statements, "begun", sweep)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [rolling._LOCK])
            assert rolling.roll_up() == 0 and Stale.objects.count() == marked
            cursor.execute("SELECT pg_advisory_unlock(%s)", [rolling._LOCK])
    finally:
        other.close()
    assert rolling.roll_up() == marked and figures(units.rail, "2026-10") == {"customers.served": 100}
    assert rolling.as_of() == Heartbeat.objects.get(name="figures").at


def test_a_batch_costs_the_same_number_of_statements_whatever_is_in_it(cast, units):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            rolling.roll_up()
        return len([query for query in asked if "SAVEPOINT" not in query["sql"]])

    incident = walks.report(cast, units)
    count()
    Incident.objects.update(reported_at=NOON)
    one = cost()
    for place in range(1, 30):
        Incident.objects.filter(pk=incident.pk).update(reported_at=NOON - place * DAY)
    assert Stale.objects.count() >= 58 and cost() <= one <= 14
    assert Observation.objects.filter(series="incidents.reported").get().day == dt.date(2026, 10, 12)


def test_an_installation_that_was_never_counted_is_counted_back_to_its_first_case(cast, units):
    old = walks.report(cast, units)
    Incident.objects.filter(pk=old.pk).update(reported_at=timezone.now() - 70 * DAY)
    volume("customers.served", units.crew, "2026-10", 100)
    Stale.objects.all().delete()  # as if the cases had been there before the triggers
    assert not rolling.is_complete()
    rolling.keep_up()
    assert rolling.is_complete() and Counting.objects.get().counted_from <= (timezone.now() - 70 * DAY).date()
    assert Total.objects.get(unit=units.rail, series="incidents.reported", grain="month", facet="").count == 1
    assert not rolling.fill_one_month()


def test_a_rebuild_mends_what_is_wrong_goes_on_after_a_restart_and_can_be_stopped(cast, units, client):
    with time_machine.travel(NOON, tick=False):
        walks.report(cast, units)
        volume("customers.served", units.crew, "2026-01", 100)
    count()
    right = list(
        Total.objects.order_by("pk").values_list("series", "unit", "grain", "facet", "value", "count")
    )
    Total.objects.filter(unit=units.rail, series="incidents.reported", grain="day").update(count=Decimal(7))
    Total.objects.filter(unit=units.crew, series="customers.served", facet="").delete()
    Observation.objects.filter(series="incidents.reported").delete()
    with pytest.raises(NotAllowed):
        rebuilding.start(by=cast.handler)
    job = rebuilding.start(by=cast.quality)
    with pytest.raises(Invalid):
        rebuilding.start(by=cast.admin)
    assert job.options["months"][0] == "2026-01" and len(job.options["months"]) >= 11
    Job.objects.filter(pk=job.pk).update(
        resume_at=1, summary={"wrong": 0}
    )  # a worker before had done January
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.summary) == ("done", {"wrong": 1})
    client.force_login(cast.quality)
    answer = client.post(reverse("figures-rebuild"), {"first": "2026-01", "last": "2026-01"})
    again = Job.objects.latest("created_at")
    assert answer.url == again.get_absolute_url() and jobs.run(again.pk)
    found = Total.objects.order_by("pk").values_list("series", "unit", "grain", "facet", "value", "count")
    assert sorted(found) == sorted(right)
    page = client.get(reverse("figures-rebuild")).content.decode()
    assert page.count("2026-01 – 2026-01") == 1 and "Wang Qiang" in page
    assert client.post(reverse("figures-rebuild"), {"first": "2026-13"}).status_code == 422
    stopped = rebuilding.start(by=cast.quality)
    jobs.cancel(stopped)
    assert not jobs.run(stopped.pk)


def test_the_role_of_the_application_may_mark_and_count(cast, units):
    incident = walks.report(cast, units)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE counts_figures")
        grant_to_application("counts_figures")
        cursor.execute("SET ROLE counts_figures")
        Incident.objects.filter(pk=incident.pk).update(reported_at=NOON)
        assert rolling.roll_up() and rolling.rebuild_month(Period.parse("2026-11")) == 0
        cursor.execute("RESET ROLE")
    assert figures(units.rail)["incidents.reported"] == 1
    assert Event.objects.exists()


def test_the_page_costs_the_same_with_more_to_show(cast, units, client):
    client.force_login(cast.quality)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("figures-rebuild")).status_code == 200
        return len(asked)

    walks.report(cast, units)
    first = cost()
    count()
    for owner in (cast.quality, cast.quality_two, cast.admin, cast.hotel_quality):
        Job.objects.create(
            kind=Job.Kind.REBUILD_FIGURES, owner=owner, name=f"by {owner}", summary={"wrong": 0}
        )
    assert cost() <= first <= 12
    page = client.get(reverse("figures-rebuild")).content.decode()
    assert "by Qian Yu" in page and "by Ma Lin" in page and "by Hong Mei" not in page
    client.force_login(cast.handler)
    assert client.get(reverse("figures-rebuild")).status_code == 403


def test_the_short_path_passes_through_stages_in_which_nobody_waited(cast, units):
    with time_machine.travel(NOON, tick=False) as clock:
        incident = walks.substantiate(
            walks.report(cast, units), cast, severity=1, short_path=True, correction="Fan switched on again."
        )
        clock.shift(DAY)
        short_path.accept(incident, by=cast.quality, version=incident.version)
    with time_machine.travel(NOON + 90 * DAY, tick=False):
        count()
    assert figures(units.rail)["moves"] == 7 and figures(units.rail)["incidents.closed"] == 1
    stays = {code for code in figures(units.rail) if code.startswith("stage.")}
    assert stays == {"stage.identify", "stage.confirm"}
    due = Total.objects.filter(unit=units.rail, series="stages.due", grain="month", facet="kind")
    assert {row.value for row in due} == {"identify", "confirm"}
