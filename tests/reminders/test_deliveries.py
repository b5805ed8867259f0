"""What goes out of a notice: written with it, sent once, again when it failed, given up in the end; never a flood."""

import datetime as dt
import uuid
import zoneinfo
from collections import Counter

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from people.models import Person
from reminders import tasks
from reminders.channels import DEFAULTS, FOR_GROUPS
from reminders.deliveries import leasing, writing
from reminders.deliveries.leasing import MAILS, TRIES, lease, mark_sent, renew, resend, wait_before
from reminders.deliveries.quiet import ends_at
from reminders.deliveries.sending import deliver_mail
from reminders.deliveries.writing import only_in_the_app
from reminders.models import Deadline, Delivery, Notice, Preferences, Switch
from reminders.notices import TEXTS, notices_to, write
from reminders.sweeping import sweep

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)  # a Monday, 12:00 in Shanghai
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
State = Delivery.State


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def the_delivery() -> Delivery:
    return Delivery.objects.get()


# Writing -------------------------------------------------------------------------------------------------------------
def test_every_kind_of_notice_has_a_place_among_the_switches():
    assert DEFAULTS.keys() == TEXTS.keys(), "say in reminders/channels.py what happens with it by default"
    assert FOR_GROUPS.keys() <= TEXTS.keys()


def test_what_is_someones_turn_goes_out_with_its_notice(cast, tell):
    tell(cast.owner)
    delivery, notice = the_delivery(), Notice.objects.get()
    assert (delivery.recipient, delivery.channel, delivery.state) == (cast.owner, "mail", "waiting")
    assert delivery.subject == "incident:1" and list(delivery.notices.all()) == [notice]
    assert delivery.not_before == delivery.created_at == notice.created_at


def test_notice_and_delivery_stand_or_fall_together(cast, tell):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(cast.owner)
        raise ZeroDivisionError
    assert not Notice.objects.exists() and not Delivery.objects.exists()


def test_the_same_occasion_goes_out_once(cast, tell):
    tell(cast.owner)
    Delivery.objects.update(state=State.SENT)
    tell(cast.owner)
    assert Notice.objects.count() == Delivery.objects.count() == 1


def test_what_can_wait_writes_nothing(cast, tell):
    tell(cast.reporter, text="substantiated")
    tell(cast.reporter, text="job-done", name="cases.csv")
    assert Notice.objects.count() == 2 and not Delivery.objects.exists()


def test_who_has_no_address_is_told_in_the_app_only(cast, tell):
    Person.objects.filter(pk=cast.owner.pk).update(email="")
    tell(cast.owner)
    assert Notice.objects.exists() and not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("text", "mode", "mails"), [("turn", "off", 0), ("turn", "digest", 0), ("substantiated", "now", 1)]
)
def test_everybodys_switches_decide(cast, tell, text, mode, mails):
    Switch.objects.create(person=cast.owner, text=text, mode=mode)
    tell(cast.owner, text=text)
    tell(cast.quality, text="turn")
    assert Delivery.objects.filter(recipient=cast.owner).count() == mails
    assert Delivery.objects.filter(recipient=cast.quality).count() == 1


@pytest.mark.parametrize("count", [1, 150])
def test_notices_and_deliveries_are_one_statement(cast, count, django_assert_num_queries):
    notices = [
        notice
        for number in range(count)
        for notice in notices_to(
            [cast.owner],
            "turn",
            occasion=f"x:{number}",
            subject="incident:1",
            url="/",
            params={"label": "SQ-1"},
        )
    ]
    with django_assert_num_queries(1):
        write(notices)
    assert Delivery.objects.count() == Notice.objects.count() == count


def test_nothing_goes_out_of_a_made_up_year(cast, tell):
    with only_in_the_app():
        tell(cast.owner)
    assert Notice.objects.exists() and not Delivery.objects.exists()


def test_a_worker_is_told_to_look_once_behind_the_commit(
    cast, tell, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr(writing.current_app, "send_task", lambda name, **options: asked.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(5):
            tell(cast.owner, number)
        assert asked == []
    assert asked == ["reminders.tasks.deliver_mail"]
    assert asked[0] == tasks.deliver_mail.name


def test_a_broker_that_is_away_fails_nobody(cast, tell, monkeypatch, django_capture_on_commit_callbacks):
    def away(*_arguments, **_options):
        raise OperationalError("no route to host")

    monkeypatch.setattr(writing.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        tell(cast.owner)
    assert the_delivery().state == State.WAITING


# Leasing -------------------------------------------------------------------------------------------------------------
def test_a_sent_mail_is_marked_and_not_sent_again(cast, tell, send, mailbox):
    tell(cast.owner)
    [delivery] = send()
    send()
    assert len(mailbox.mails) == 1 and mailbox.recipients == ["chen@example.org"]
    assert (delivery.state, delivery.attempts, delivery.lease) == (State.SENT, 1, None)
    assert delivery.sent_at is not None


def test_what_somebody_holds_is_theirs_until_the_lease_runs_out(cast, tell, mailbox, clock):
    tell(cast.owner)
    [held], _more = lease(MAILS, timezone.now())
    assert deliver_mail() == 0 and mailbox.mails == []
    clock.shift(leasing.LEASE + MINUTE)
    assert deliver_mail() == 1
    assert mailbox.message_ids == [f"<{held.message_id}>"]
    assert not renew(held), "who comes back late finds out before sending"
    mark_sent(held, "late")
    assert the_delivery().answer == "250"


def test_a_renewed_lease_holds_on(cast, tell, clock):
    tell(cast.owner)
    [held], _more = lease(MAILS, timezone.now())
    clock.shift(leasing.LEASE - MINUTE)
    assert renew(held)
    clock.shift(2 * MINUTE)
    assert lease(MAILS, timezone.now())[0] == []


def test_nothing_goes_to_who_has_left_or_has_read_it(cast, tell, send, mailbox):
    tell(cast.owner, 1)
    tell(cast.quality, 2)
    tell(cast.handler, 3)
    Person.objects.filter(pk=cast.owner.pk).update(is_active=False)
    Person.objects.filter(pk=cast.handler.pk).update(email="")
    Notice.objects.filter(recipient=cast.quality).update(read_at=timezone.now())
    found = send()
    assert [(row.state, row.last_error) for row in found] == [
        (State.DROPPED, "left"), (State.DROPPED, "read"), (State.DROPPED, "no-address")
    ]  # fmt: skip
    assert mailbox.mails == []


# Quiet hours ---------------------------------------------------------------------------------------------------------
def test_quiet_hours_wait_for_the_persons_own_morning(cast, tell, mailbox, clock):
    Preferences.objects.create(person=cast.owner, quiet_from=dt.time(22), quiet_until=dt.time(7))
    Person.objects.filter(pk=cast.owner.pk).update(time_zone="America/New_York")
    tell(cast.owner)  # 23:00 there
    assert deliver_mail() == 0
    assert the_delivery().not_before == dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)  # 07:00 there
    clock.move_to(dt.datetime(2026, 11, 16, 11, 59, tzinfo=dt.UTC))
    assert deliver_mail() == 0
    clock.shift(2 * MINUTE)
    assert deliver_mail() == 1


@pytest.mark.parametrize(
    ("begins", "ends", "at", "until"),
    [
        ("22:00", "07:00", "2026-11-16 21:59", None),
        ("22:00", "07:00", "2026-11-16 22:00", "2026-11-17 07:00"),
        ("22:00", "07:00", "2026-11-17 00:30", "2026-11-17 07:00"),
        ("22:00", "07:00", "2026-11-17 07:00", None),
        ("12:00", "13:30", "2026-11-17 13:00", "2026-11-17 13:30"),
        ("12:00", "13:30", "2026-11-17 13:30", None),
        (
            "01:00",
            "02:30",
            "2026-03-29 01:30",
            "2026-03-29 03:30",
        ),  # Berlin has no 02:30 on that day: 03:30 summer time
        (
            "01:00",
            "02:30",
            "2026-10-25 01:30",
            "2026-10-25 02:30",
        ),  # it has two of them on this one: the first
    ],
)
def test_quiet_hours_on_the_wall_clock(begins, ends, at, until):
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    wish = Preferences(quiet_from=dt.time.fromisoformat(begins), quiet_until=dt.time.fromisoformat(ends))
    found = ends_at(wish, "Europe/Berlin", dt.datetime.fromisoformat(at).replace(tzinfo=zone))
    assert (found and f"{found.astimezone(zone):%Y-%m-%d %H:%M}") == until


# Failing -------------------------------------------------------------------------------------------------------------
def test_one_broken_recipient_holds_up_nobody(cast, tell, send, mailbox):
    mailbox.refused, mailbox.busy = {cast.owner.email}, {cast.handler.email}
    mailbox.dropped, mailbox.unwanted = {cast.quality.email}, {cast.supervisor.email}
    people = [cast.owner, cast.handler, cast.quality, cast.supervisor, cast.site_manager, cast.reporter]
    for number, person in enumerate(people):
        tell(person, number)
    found = send()
    assert [row.state for row in found] == ["poisoned", "waiting", "waiting", "poisoned", "sent", "sent"]
    assert found[0].last_error.startswith("550 ") and found[3].last_error.startswith("554 ")
    assert found[1].last_error.startswith("451 ") and "Disconnected" in found[2].last_error
    assert sorted(mailbox.recipients) == sorted([cast.site_manager.email, cast.reporter.email])


def test_a_server_that_hangs_in_the_middle_is_tried_again_later(cast, tell, mailbox, clock):
    mailbox.hanging = {cast.owner.email}
    tell(cast.owner, 1)
    tell(cast.quality, 2)
    assert deliver_mail() == 1 and mailbox.recipients == [cast.quality.email]
    failed = Delivery.objects.get(recipient=cast.owner)
    assert (failed.state, failed.attempts) == (State.WAITING, 1) and "timed out" in failed.last_error
    mailbox.hanging = set()
    assert deliver_mail() == 0
    clock.shift(2 * MINUTE)
    assert deliver_mail() == 1
    assert mailbox.message_ids[1] == f"<{failed.message_id}>"


def test_a_mail_server_that_is_away_costs_no_tries(cast, tell, settings, mailbox, clock):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9  # nobody listens there
    for number in range(30):
        tell(cast.owner if number % 2 else cast.quality, number)
    for _round in range(TRIES + 5):
        assert deliver_mail() == 0
        cache.clear()
        clock.shift(5 * MINUTE)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("waiting", 0)}
    settings.EMAIL_PORT = port
    settings.MESSAGES_PER_HOUR = 100
    assert deliver_mail() == 30 == len(set(mailbox.message_ids))


def test_while_the_mail_server_is_away_nobody_is_kept_busy_with_it(
    cast, tell, settings, monkeypatch, mailbox
):
    settings.EMAIL_PORT = 9
    tell(cast.owner)
    deliver_mail()
    settings.EMAIL_PORT = None  # would fail loudly
    tell(cast.quality)
    assert deliver_mail() == 0


def test_a_server_that_wants_none_of_our_mails_makes_no_one_give_up(cast, tell, send, mailbox):
    mailbox.refuses_sender = True
    tell(cast.owner, 1)
    tell(cast.quality, 2)
    assert {(row.state, row.attempts) for row in send()} == {("waiting", 0)}


def test_after_ten_tries_it_is_given_up_and_kept(cast, tell, mailbox, clock):
    mailbox.busy = {cast.owner.email}
    tell(cast.owner)
    waits = []
    while the_delivery().state == State.WAITING:
        deliver_mail()
        waits.append(the_delivery().not_before - timezone.now())
        clock.shift(leasing.LONGEST_WAIT * 1.25)
    assert the_delivery().attempts == len(waits) == TRIES
    assert all(MINUTE * 0.75 * 2**n <= wait <= MINUTE * 1.25 * 2**n for n, wait in enumerate(waits[:6]))
    assert max(waits) <= leasing.LONGEST_WAIT * 1.25
    mailbox.busy = set()
    assert deliver_mail() == 0
    assert resend(the_delivery()) and not resend(the_delivery())
    assert deliver_mail() == 1 and the_delivery().attempts == 1


def test_waits_differ_so_that_not_all_come_at_once():
    assert len({wait_before(5) for _time in range(20)}) > 10


def test_a_mail_that_cannot_be_written_is_an_error_of_its_own(cast, tell, send, mailbox):
    tell(cast.owner, 1)
    tell(cast.quality, 2)
    Person.objects.filter(pk=cast.owner.pk).update(email="chen@example.org\nBcc: all@example.org")
    broken, sent = send()
    assert (broken.state, broken.attempts) == (State.WAITING, 1)
    assert sent.state == State.SENT and mailbox.recipients == [cast.quality.email]


def test_the_mail_servers_password_is_in_no_error(cast, tell, send, mailbox, settings):
    settings.EMAIL_HOST_PASSWORD = "5.1.1"
    mailbox.refused = {cast.owner.email}
    tell(cast.owner)
    assert "5.1.1" not in send()[0].last_error and "550 ***" in the_delivery().last_error


# Floods --------------------------------------------------------------------------------------------------------------
def test_five_hundred_at_once_become_twenty_one_mails(cast, units, mailbox, clock):
    Deadline.objects.bulk_create(
        Deadline(
            subject=f"incident:{number}", kind="analyse", label=f"SQ-2026-{number:06}", owner=cast.owner,
            unit=units.crew, opened_at=NOON - DAY, due_at=NOON - HOUR, original_due_at=NOON - HOUR,
            next_notice_at=NOON - HOUR,
        )
        for number in range(500)
    )  # fmt: skip
    sweep()
    assert Delivery.objects.filter(recipient=cast.owner).count() == 500
    deliver_mail()
    assert len(mailbox.mails) == 21
    assert mailbox.mails[-1]["Subject"] == "480 more notices"
    assert Notice.objects.filter(recipient=cast.owner).count() == 500
    told = Counter(Delivery.objects.filter(recipient=cast.owner).values_list("state", "last_error"))
    assert told == {("sent", ""): 21, ("dropped", "gathered"): 480}
    gathered = Delivery.objects.get(key__startswith="more:")
    assert gathered.notices.count() == 480


def test_what_comes_within_the_hour_is_gathered_once_an_hour(cast, tell, mailbox, clock, settings):
    settings.MESSAGES_PER_HOUR = 3
    for number in range(60):  # two a minute
        tell(cast.owner, number)
        deliver_mail()
        clock.shift(MINUTE / 2)
    assert len(mailbox.mails) == 4 + 0, "three, and the first gathered one"
    clock.shift(2 * HOUR)
    deliver_mail()
    assert len(mailbox.mails) == 5
    assert mailbox.mails[-1]["Subject"] == "56 more notices"
    tell(cast.owner, 100)
    deliver_mail()
    assert len(mailbox.mails) == 6, "the hour is over: single mails again"


def test_a_flood_for_one_is_no_flood_for_others(cast, tell, mailbox, clock):
    for number in range(60):
        tell(cast.owner, number)
    tell(cast.quality, 1)
    deliver_mail()
    assert Counter(mailbox.recipients) == {cast.owner.email: 21, cast.quality.email: 1}


def test_what_was_read_meanwhile_is_not_in_the_gathered_mail(cast, tell, mailbox, clock, settings):
    settings.MESSAGES_PER_HOUR = 1
    tell(cast.owner, 1)
    deliver_mail()
    for number in range(2, 6):
        tell(cast.owner, number)
    ready, _more = lease(MAILS, timezone.now())
    assert ready == []
    Notice.objects.filter(subject__in=["incident:2", "incident:3"]).update(read_at=timezone.now())
    deliver_mail()
    assert mailbox.mails[-1]["Subject"] == "2 more notices"


# Keeping house -------------------------------------------------------------------------------------------------------
def test_what_was_sent_long_ago_is_forgotten_and_what_was_given_up_is_kept(cast, clock):
    for number, state in enumerate(State.values):
        Delivery.objects.create(
            channel="mail", key=str(number), recipient=cast.owner, message_id=str(uuid.uuid4()), state=state
        )
    clock.shift(dt.timedelta(days=181))
    tasks.discard_old_deliveries()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting", "poisoned"}


def test_the_queue_is_found_by_its_index(cast, tell):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        due = leasing.due(MAILS, timezone.now()).order_by("not_before", "pk")[:20]
        assert "delivery_to_send" in due.explain()
