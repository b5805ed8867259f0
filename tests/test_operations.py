"""Is the work behind the pages being done? Seen by administrators, by monitoring and by Prometheus."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from complaints.models import Mailbox
from reminders import auditing
from reminders.deadlines import open_deadline
from reminders.models import Deadline, Delivery, Gap, Heartbeat
from reminders.sweeping import sweep

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def all_well(monkeypatch):
    """Everything has just run, and the broker answers."""
    monkeypatch.setattr("config.operations.queue_length", lambda: 0)
    for name in ("deliver-mail", "deliver-messages", "figures"):
        Heartbeat.objects.create(name=name, at=timezone.now(), took=dt.timedelta(seconds=1))
    sweep()
    auditing.audit()


def problems(client) -> list[str]:
    return client.get(reverse("health-work")).json()["problems"]


def test_all_is_well(client, all_well):
    answer = client.get(reverse("health-work"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": []})


@pytest.mark.parametrize("name", ["sweep", "audit", "deliver-mail", "deliver-messages", "figures"])
def test_what_has_gone_silent_is_seen(client, all_well, name):
    Heartbeat.objects.filter(name=name).update(at=timezone.now() - HOUR)
    assert client.get(reverse("health-work")).status_code == 503
    assert problems(client) == [f"{name}: silent"]


def test_a_dead_sweeper_is_seen_within_three_minutes_and_the_web_goes_on(client, all_well, monkeypatch):
    Heartbeat.objects.filter(name="sweep").update(at=timezone.now() - dt.timedelta(minutes=3, seconds=1))
    assert problems(client) == ["sweep: silent"]
    assert client.get(reverse("health-live")).status_code == 200


def test_what_never_ran_the_broker_and_late_mail_are_seen(client, cast, monkeypatch):
    monkeypatch.setattr("config.operations.queue_length", lambda: None)
    Delivery.objects.create(
        channel="mail",
        key="mail:1",
        recipient=cast.reporter,
        message_id="1@x",
        not_before=timezone.now() - HOUR,
    )
    found = problems(client)
    assert "sweep: silent" in found and "broker: away" in found and "deliveries: late" in found


def test_what_waits_for_quiet_hours_is_not_late(client, all_well, cast):
    Delivery.objects.create(
        channel="mail", key="mail:1", recipient=cast.reporter, message_id="1@x", not_before=timezone.now() + HOUR,
        created_at=timezone.now() - 5 * HOUR,
    )  # fmt: skip
    assert problems(client) == []


def test_the_administrator_sees_what_was_missed(client, cast, units, all_well, django_assert_max_num_queries):
    row = open_deadline(
        "incident:1", "plan", cycle=1, label="SQ-1", owner=cast.owner, unit=units.crew, due_at=timezone.now() - HOUR,
        opened_at=timezone.now() - 2 * HOUR,
    )  # fmt: skip
    Deadline.objects.filter(pk=row.pk).update(next_notice_at=None)
    assert auditing.audit() == 1
    client.force_login(cast.admin)
    with django_assert_max_num_queries(20):
        page = client.get(reverse("operations")).content.decode()
    assert "SQ-1" in page and "missing" in page and "Somebody was not told of what is due." in page
    sweep()
    auditing.audit()
    assert Gap.objects.get().mended_at
    assert "made good" in client.get(reverse("operations")).content.decode()


def test_nobody_else_sees_the_page(client, cast):
    for who in ("reporter", "quality", "executive", "site_manager"):
        client.force_login(getattr(cast, who))
        assert client.get(reverse("operations")).status_code == 403


def test_the_metrics_ask_for_their_token(client, settings, all_well):
    assert client.get(reverse("metrics")).status_code == 404
    settings.METRICS_TOKEN = "a-long-secret"  # noqa: S105
    assert client.get(reverse("metrics")).status_code == 404
    assert client.get(reverse("metrics"), headers={"authorization": "Bearer another"}).status_code == 404
    answer = client.get(reverse("metrics"), headers={"authorization": "Bearer a-long-secret"})
    text = answer.content.decode()
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    assert 'serviceloop_heartbeat_age_seconds{name="sweep"}' in text
    assert "serviceloop_deadlines_overdue 0.0" in text and "serviceloop_queue_messages 0.0" in text


def test_a_mailbox_that_is_not_read_is_seen(client, cast, units, settings, all_well):
    now = timezone.now()
    for number, (polled, since, ended) in enumerate(
        [(now, 60, None), (None, 5, None), (now - HOUR, 60, now), (now - HOUR, 60, None), (None, 60, None)]
    ):
        Mailbox.objects.create(
            unit=units.hotels if number == 4 else units.east, address=f"box{number}@rail.example", host="x", username="x",
            set_by=cast.admin, set_at=now - dt.timedelta(minutes=since), polled_at=polled, ended_at=ended,
            last_error="login|NO" if number == 3 else "",
        )  # fmt: skip
    assert problems(client) == ["mailboxes: not read"]
    client.force_login(cast.admin)
    page = client.get(reverse("operations")).content.decode()
    assert "box3@rail.example" in page and "refuses the user name" in page and "is not being read" in page
    assert not [n for n in (0, 1, 2, 4) if f"box{n}@" in page], "well, new, ended, another company's"
    settings.METRICS_TOKEN = "a-long-secret"  # noqa: S105
    text = client.get(reverse("metrics"), headers={"authorization": "Bearer a-long-secret"}).content.decode()
    assert "serviceloop_mailboxes 4.0" in text and "serviceloop_mailboxes_silent 2.0" in text
