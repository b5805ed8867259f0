"""Which limit counts: the nearest unit's, then the type's, then the severity's; else what the code says."""

import datetime as dt
import zoneinfo

import pytest
from django.utils import timezone

from incidents import limits
from incidents.models import IncidentType
from incidents.stages import Severity, Stage
from reminders.models import CalendarDay, Deadline, DeadlinePolicy, WorkCalendar
from reminders.policies import Limit, asking_once, ground_of
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 11, 16, 10, tzinfo=SHANGHAI)
DAYS, HOURS = DeadlinePolicy.Measure.WORKING_DAYS, DeadlinePolicy.Measure.WORKING_HOURS


def policy(unit, by, amount, kind="confirm", measured_in=DAYS, **values) -> DeadlinePolicy:
    return DeadlinePolicy.objects.create(
        unit=unit, kind=kind, amount=amount, measured_in=measured_in, set_by=by, **values
    )


def amount(unit, *, types=(), severity=None, kind="confirm") -> int:
    return ground_of(unit).limit(kind, Limit(99), types=lambda: types, severity=severity).amount


def test_the_most_specific_policy_counts(units, cast):
    policy(units.rail, cast.quality, 5)
    assert amount(units.crew) == 5 and amount(units.crew, kind="plan") == 99
    policy(units.rail, cast.quality, 4, severity=3)
    assert [amount(units.crew, severity=n) for n in (None, 2, 3)] == [5, 5, 4]
    policy(units.rail, cast.quality, 3, type_code="facility")
    policy(units.rail, cast.quality, 2, type_code="facility-climate")
    assert amount(units.crew, types=("facility-climate", "facility"), severity=3) == 2
    assert amount(units.crew, types=("facility-lift", "facility"), severity=3) == 3
    policy(units.crew, cast.quality, 7)
    assert amount(units.crew, types=("facility-climate", "facility"), severity=3) == 7, (
        "the nearest unit's own"
    )
    assert amount(units.station, types=("facility-climate", "facility")) == 2
    assert amount(units.hotels) == 99, "another company"


def test_what_has_ended_counts_no_more(units, cast):
    old = policy(units.rail, cast.quality, 5)
    old.ended_at, old.ended_by = timezone.now(), cast.quality
    old.save()
    assert amount(units.crew) == 99
    policy(units.rail, cast.quality, 6)
    assert amount(units.crew) == 6


@pytest.mark.parametrize(
    ("measured_in", "number", "until"),
    [
        ("working_days", 2, "2026-11-18 18:00"),
        ("working_hours", 9, "2026-11-17 10:00"),
        ("days", 2, "2026-11-18 10:00"),
        ("hours", 30, "2026-11-17 16:00"),
    ],
)
def test_limits_run_in_their_own_time(units, cast, measured_in, number, until):
    policy(units.rail, cast.quality, number, measured_in=measured_in)
    due = ground_of(units.crew).due("confirm", MONDAY, Limit(99))
    assert due.at == dt.datetime.fromisoformat(until).replace(tzinfo=SHANGHAI)
    assert due.reckoning["amount"] == number and due.reckoning["measured_in"] == measured_in


def test_the_nearest_calendar_counts(units, cast):
    WorkCalendar.objects.create(
        unit=units.rail, hours=[[["08:00", "17:00"]]] * 5 + [[], []], set_by=cast.quality
    )
    crew = WorkCalendar.objects.create(unit=units.crew, hours=[[["06:00", "22:00"]]] * 7, set_by=cast.quality)
    CalendarDay.objects.create(calendar=crew, day=dt.date(2026, 11, 17), works=False, name="Depot day")
    ends = {unit: ground_of(unit).due("confirm", MONDAY, Limit(1)).at for unit in (units.station, units.crew)}
    assert ends[units.station] == dt.datetime(2026, 11, 17, 17, tzinfo=SHANGHAI)
    assert ends[units.crew] == dt.datetime(2026, 11, 18, 22, tzinfo=SHANGHAI)


def test_one_statement_whatever_the_depth_and_none_within_a_batch(units, cast, django_assert_num_queries):
    for unit in (units.rail, units.east, units.crew):
        policy(unit, cast.quality, 5)
    with django_assert_num_queries(1):
        ground_of(units.crew)
    with asking_once(), django_assert_num_queries(1):
        assert ground_of(units.crew) is ground_of(units.crew)


def test_a_new_policy_holds_for_new_deadlines_and_says_so_in_the_row(units, cast):
    before = report(cast, units)
    ruled = policy(units.rail, cast.quality, 4, kind=Stage.IDENTIFY, measured_in=HOURS)
    after = report(cast, units)
    first, second = (Deadline.objects.get(subject=row.case, kind=Stage.IDENTIFY) for row in (before, after))
    assert first.reckoning == {"amount": 1, "measured_in": "working_days", "policy": None}
    assert second.reckoning == {"amount": 4, "measured_in": "working_hours", "policy": ruled.pk}
    assert after.due_at == second.due_at <= before.due_at


def test_types_and_severity_of_the_case_are_asked(units, cast):
    policy(units.rail, cast.quality, 9, kind=Stage.CONFIRM, type_code="facility", severity=Severity.MAJOR)
    major = substantiate(report(cast, units), cast, severity=Severity.MAJOR)
    serious = substantiate(report(cast, units), cast)
    kept = {
        row: Deadline.objects.get(subject=row.case, kind=Stage.CONFIRM).reckoning for row in (major, serious)
    }
    assert kept[major]["amount"] == 9
    assert kept[serious] == limits.default_limit(Stage.CONFIRM, Severity.SERIOUS).reckoning
    assert IncidentType.objects.get(code="facility-climate").parent.code == "facility"


def test_the_whole_loop_has_a_limit_that_a_quality_manager_sees_to(units, cast):
    case = substantiate(report(cast, units), cast)
    loop = Deadline.objects.get(subject=case.case, kind="loop")
    assert loop.owner == cast.quality and loop.reckoning["amount"] == 75
    assert (loop.due_at - loop.opened_at).days == 75
