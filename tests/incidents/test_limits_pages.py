"""The quality manager rules limits, hours and escalation in the browser; nobody else finds the pages."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from history.models import Event
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Post, Role
from reminders import ruling
from reminders.models import CalendarDay, Deadline, DeadlinePolicy, EscalationStep, WorkCalendar
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(client, cast):
    client.force_login(cast.quality)
    return client


def limit(units, **values) -> dict:
    return {
        "unit": units.rail.pk, "kind": "confirm", "type_code": "", "severity": "", "amount": 3,
        "measured_in": "working_days",
    } | values  # fmt: skip


def test_a_limit_is_tried_set_and_ended(wang, cast, units):
    case = substantiate(report(cast, units), cast)
    Deadline.objects.filter(subject=case.case, kind="confirm").update(
        opened_at=timezone.now() - dt.timedelta(days=9), due_at=timezone.now() - dt.timedelta(days=1)
    )
    tried = wang.post(reverse("limit-set"), limit(units, amount=90, measured_in="days") | {"try": "1"})
    page = tried.content.decode()
    assert tried.status_code == 200 and not DeadlinePolicy.objects.exists()
    assert "Of the last 1 case" in page and "late under the limit they had: 1; late under this one: 0" in page
    assert case.number in page

    assert wang.post(reverse("limit-set"), limit(units, severity=3)).status_code == 302
    policy = DeadlinePolicy.objects.get()
    assert (policy.amount, policy.severity, policy.set_by) == (3, 3, cast.quality)
    page = wang.get(reverse("limits")).content.decode()
    assert "3 working days" in page and "Serious" in page
    assert substantiate(report(cast, units), cast).due_at > case.due_at

    wang.post(reverse("limit-set"), limit(units, severity=3, amount=4))
    assert list(DeadlinePolicy.objects.filter(ended_at=None).values_list("amount", flat=True)) == [4]
    wang.post(reverse("limit-end", args=[DeadlinePolicy.objects.get(ended_at=None).pk]))
    assert not DeadlinePolicy.objects.filter(ended_at=None).exists() and DeadlinePolicy.objects.count() == 2
    acts = list(Event.objects.filter(case=units.rail.case).order_by("pk").values_list("act", flat=True))
    assert acts == ["unit.set_limit", "unit.set_limit", "unit.end_limit"]


def test_what_is_open_keeps_its_limit(wang, cast, units):
    case = substantiate(report(cast, units), cast)
    wang.post(reverse("limit-set"), limit(units, amount=20))
    row = Deadline.objects.get(subject=case.case, kind="confirm")
    assert row.due_at == case.due_at and row.reckoning["policy"] is None


@pytest.mark.parametrize(
    ("values", "field"), [({"amount": 0}, "amount"), ({"amount": 900}, "amount"), ({"kind": "x"}, "kind")]
)
def test_a_limit_that_cant_be_is_refused_at_its_field(wang, units, values, field):
    answer = wang.post(reverse("limit-set"), limit(units, **values))
    assert answer.status_code == 422 and f'href="#id_{field}"' in answer.content.decode()
    assert not DeadlinePolicy.objects.exists()


def test_the_trial_shows_no_case_that_one_may_not_see(client, cast, units):
    """Hong rules the hotels; the railway's cases, which are there, aren't counted for her."""
    substantiate(report(cast, units), cast)
    client.force_login(cast.hotel_quality)
    answer = client.post(reverse("limit-set"), limit(units, unit=units.hotels.pk) | {"try": "1"})
    assert "There is no case yet" in answer.content.decode() and Incident.objects.exists()
    foreign = client.post(reverse("limit-set"), limit(units) | {"try": "1"})
    assert foreign.status_code == 422


def week(**days) -> dict:
    usual = {f"day_{n}": "9:00-12:00，13:00-18:00" for n in range(5)} | {"day_5": "", "day_6": ""}
    return {"version": 0, "time_zone": "Asia/Shanghai", "keeps_public_holidays": "on"} | usual | days


def test_hours_and_days_of_its_own(wang, units):
    address = f"{reverse('limits-hours')}?unit={units.crew.pk}"
    assert wang.post(address, week(day_6="10:00-16:00")).status_code == 302
    calendar = WorkCalendar.objects.get()
    assert calendar.unit == units.crew and calendar.hours[0] == [["09:00", "12:00"], ["13:00", "18:00"]]
    assert calendar.hours[6] == [["10:00", "16:00"]]
    stale = wang.post(address, week())
    assert stale.status_code == 422 and "Somebody changed these hours" in stale.content.decode()
    wang.post(
        reverse("limits-day", args=[calendar.pk]), {"day": "2026-12-24", "works": "0", "name": "Depot day"}
    )
    day = CalendarDay.objects.get()
    assert (day.works, day.name) == (False, "Depot day")
    assert "Depot day" in wang.get(address).content.decode()
    wang.post(reverse("limits-day-drop", args=[day.pk]))
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize("spans", ["nine to five", "18:00-09:00", "09:00-13:00, 12:00-18:00", "9-25"])
def test_hours_that_cant_be_are_refused(wang, units, spans):
    answer = wang.post(f"{reverse('limits-hours')}?unit={units.crew.pk}", week(day_0=spans))
    assert answer.status_code == 422 and not WorkCalendar.objects.exists()


def test_a_week_without_work_is_refused(wang, units):
    answer = wang.post(reverse("limits-hours"), week(**{f"day_{n}": "" for n in range(7)}))
    assert answer.status_code == 422 and "at least one working day" in answer.content.decode()


def test_steps_are_added_and_dropped(wang, units):
    address = f"{reverse('limits-steps')}?unit={units.east.pk}"
    assert (
        wang.post(address, {"when": "after", "hours": 5, "audience": "executive", "repeat": 24}).status_code
        == 302
    )
    step = EscalationStep.objects.get()
    assert (step.offset, step.repeat_every) == (dt.timedelta(hours=5), dt.timedelta(days=1))
    page = wang.get(address).content.decode()
    assert "5 h after" in page and "when it is due" in page, "the owner's own step is always there"
    twice = wang.post(address, {"when": "after", "hours": 5, "audience": "executive"})
    assert twice.status_code == 422 and EscalationStep.objects.count() == 1
    wang.post(reverse("limits-step-drop", args=[step.pk]))
    assert not EscalationStep.objects.exists()


def test_who_rules_nothing_finds_nothing(client, cast, units):
    for who in ("reporter", "site_manager", "supervisor", "executive", "admin", "handler"):
        client.force_login(getattr(cast, who))
        for name in ("limits", "limit-set", "limits-hours", "limits-steps"):
            assert client.get(reverse(name)).status_code == 404, (who, name)


def test_a_quality_manager_rules_own_units_only(client, cast, units):
    policy = ruling.set_policy(
        units.rail, by=cast.quality, kind="confirm", amount=3, measured_in="working_days"
    )
    calendar = ruling.set_hours(
        units.rail, by=cast.quality, version=0, hours=[[(dt.time(9), dt.time(18))]] * 5 + [[], []],
        keeps_public_holidays=True, time_zone="Asia/Shanghai",
    )  # fmt: skip
    step = ruling.add_step(units.rail, by=cast.quality, offset=dt.timedelta(hours=1), audience="quality")
    Post.objects.create(
        person=cast.colleague, unit=units.crew, role=Role.QUALITY, starts_on=dt.date(2026, 1, 1)
    )
    client.force_login(cast.colleague)
    assert client.get(reverse("limits")).status_code == 200
    for name, pk in [("limit-end", policy.pk), ("limits-day", calendar.pk), ("limits-step-drop", step.pk)]:
        assert client.post(reverse(name, args=[pk]), {"day": "2026-12-24"}).status_code == 404
    assert client.get(f"{reverse('limits')}?unit={units.rail.pk}").status_code == 404
    for act in (
        lambda: ruling.set_policy(
            units.rail, by=cast.colleague, kind="confirm", amount=1, measured_in="days"
        ),
        lambda: ruling.end_policy(policy, by=cast.colleague),
        lambda: ruling.drop_step(step, by=cast.colleague),
    ):
        with pytest.raises(ruling.NotYours):
            act()
    policy.refresh_from_db()
    assert policy.ended_at is None and EscalationStep.objects.count() == 1


def test_the_pages_ask_as_often_for_many_as_for_few(wang, cast, units, django_assert_max_num_queries):
    ruling.set_policy(units.rail, by=cast.quality, kind=Stage.PLAN, amount=3, measured_in="working_days")
    for page in ("limits", "limits-hours", "limits-steps", "limit-set"):
        with django_assert_max_num_queries(16):
            assert wang.get(reverse(page)).status_code == 200
    for level in (1, 2, 3, 4):
        for unit in (units.rail, units.east):
            ruling.set_policy(
                unit, by=cast.quality, kind=Stage.PLAN, amount=3, measured_in="working_days", severity=level
            )
    with django_assert_max_num_queries(16):
        wang.get(f"{reverse('limits')}?unit={units.crew.pk}")
