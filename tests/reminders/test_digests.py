"""The digest: what waits and what is new, once per person and period, at their own hour; nothing to say, no mail."""

import datetime as dt
import re
import zoneinfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from people.models import Person
from reminders import tasks
from reminders.deadlines import close_deadline, open_deadline
from reminders.deliveries.digests import write_digests
from reminders.deliveries.unsubscribing import SALT, unsubscribe_url
from reminders.models import Delivery, Notice, Preferences
from reminders.notices import WHAT
from tests.reminders.mailbox import html_of, subject_of, text_of

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 11, 16, 7, 30, tzinfo=SHANGHAI)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def due(units):
    """Something of somebody's is due at a moment."""

    def due(person, number, at, kind="analyse"):
        return open_deadline(
            f"incident:{number}",
            kind,
            cycle=1,
            label=f"SQ-2026-{number:06}",
            owner=person,
            unit=units.crew,
            due_at=at,
        )

    return due


def only(person, **wishes) -> Preferences:
    """Nobody but this person gets digests."""
    Person.objects.exclude(pk=person.pk).update(email="")
    return Preferences.objects.create(person=person, **wishes)


# When ----------------------------------------------------------------------------------------------------------------
def test_it_comes_at_eight_unless_another_hour_was_chosen(cast, clock):
    Preferences.objects.create(person=cast.owner, digest_at=dt.time(9, 15))
    Preferences.objects.create(person=cast.quality, digest="none")
    Person.objects.filter(pk=cast.executive.pk).update(email="")
    assert write_digests() == 0
    clock.move_to(MONDAY.replace(hour=8, minute=0))
    everybody = Person.objects.count()
    assert write_digests() == everybody - 3 and write_digests() == 0
    assert not Delivery.objects.filter(recipient__in=[cast.owner, cast.quality, cast.executive]).exists()
    clock.move_to(MONDAY.replace(hour=9, minute=15))
    assert write_digests() == 1 and Delivery.objects.filter(recipient=cast.owner).count() == 1


def test_one_per_person_and_day_however_often_it_is_looked_at(cast, clock):
    only(cast.owner)
    for _look in range(12 * 24 * 14):  # two weeks, every five minutes
        clock.shift(5 * MINUTE)
        write_digests()
    days = [f"{row.created_at.astimezone(SHANGHAI):%m-%d %H:%M}" for row in Delivery.objects.order_by("pk")]
    assert days == [f"11-{day} 08:00" for day in (16, 17, 18, 19, 20, 23, 24, 25, 26, 27)]


def test_days_off_and_make_up_days(cast, clock):
    """National Day 2026 is 1 to 7 October; Saturday 10 October is worked (QUALITY A)."""
    only(cast.owner)
    clock.move_to(dt.datetime(2026, 9, 29, 12, tzinfo=SHANGHAI))
    for _look in range(13):
        write_digests()
        clock.shift(DAY)
    days = [row.created_at.astimezone(SHANGHAI).day for row in Delivery.objects.order_by("pk")]
    assert days == [29, 30, 8, 9, 10]


def test_weekly_comes_on_monday_and_late_if_monday_was_missed(cast, clock):
    only(cast.owner, digest="weekly")
    for _look in range(24 * 21):
        clock.shift(HOUR)
        write_digests()
    days = [
        f"{row.created_at.astimezone(SHANGHAI):%a %m-%d %H:%M}" for row in Delivery.objects.order_by("pk")
    ]
    assert days == ["Mon 11-16 08:30", "Mon 11-23 08:30", "Mon 11-30 08:30"]
    clock.move_to(dt.datetime(2026, 12, 9, 6, tzinfo=SHANGHAI))  # off since Sunday: a Wednesday now
    assert write_digests() == 1 and write_digests() == 0


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/New_York", dt.date(2026, 3, 9), dt.time(8), "08:00-0400"),
        ("Asia/Shanghai", dt.date(2026, 3, 9), dt.time(8), "08:00+0800"),
        # The clocks jump from 02:00 to 03:00 in Cairo on Friday, 24 April 2026: there is no 00:30, it comes at 01:00.
        ("Africa/Cairo", dt.date(2026, 4, 24), dt.time(0, 30), "01:00+0300"),
        # And back from midnight to 23:00 on Thursday, 29 October: 23:30 is there twice, one digest.
        ("Africa/Cairo", dt.date(2026, 10, 29), dt.time(23, 30), "23:30+0300"),
    ],
)
def test_the_hour_is_the_persons_own_also_when_clocks_change(cast, zone, day, at, expected):
    only(cast.owner, digest_at=at)
    Person.objects.filter(pk=cast.owner.pk).update(time_zone=zone)
    place = zoneinfo.ZoneInfo(zone)
    with time_machine.travel(dt.datetime.combine(day, dt.time.min, place), tick=False) as clock:
        before = Delivery.objects.count()
        for _look in range(4 * 25):
            if timezone.now().astimezone(place).date() == day:
                write_digests()
            clock.shift(15 * MINUTE)
    assert Delivery.objects.count() == before + 1
    assert f"{Delivery.objects.get().created_at.astimezone(place):%H:%M%z}" == expected


def test_one_query_per_zone_not_per_person(cast, clock, django_assert_max_num_queries):
    clock.shift(HOUR)
    Person.objects.bulk_create(
        Person(username=f"p{number}", display_name="P", email=f"p{number}@example.org", time_zone=zone)
        for number, zone in enumerate(["Asia/Shanghai", "Europe/Berlin"] * 100)
    )
    with django_assert_max_num_queries(9):
        write_digests()


# What ----------------------------------------------------------------------------------------------------------------
def test_overdue_today_this_week_and_what_is_new(cast, clock, due, tell, send, mailbox):
    only(cast.owner)
    due(cast.owner, 1, MONDAY - 2 * DAY)
    due(cast.owner, 2, MONDAY.replace(hour=18))
    due(cast.owner, 3, MONDAY + 3 * DAY)
    due(cast.owner, 4, MONDAY + 9 * DAY)
    due(cast.quality, 5, MONDAY - DAY)
    due(cast.owner, 6, MONDAY - DAY)
    close_deadline("incident:6", "analyse", cycle=1)
    tell(cast.owner, 7, "closed")
    tell(cast.owner, 8, "closed")
    Notice.objects.filter(subject="incident:8").update(read_at=timezone.now())
    tell(cast.owner, 9, "overdue")  # was mailed at once
    Delivery.objects.all().delete()
    clock.shift(HOUR)
    tasks.write_digests()
    [delivery] = send()
    [mail] = mailbox.mails
    assert delivery.state == "sent" and subject_of(mail) == "Your day, 2026-11-16 · 1 overdue"
    text = text_of(mail)
    order = ["Overdue (1)", "SQ-2026-000001", "Due today (1)", "SQ-2026-000002", "Due within a week (1)",
             "SQ-2026-000003", "New since the last digest", "SQ-2026-000007"]  # fmt: skip
    assert [text.index(word) for word in order] == sorted(text.index(word) for word in order)
    for number in (4, 5, 6, 8, 9):
        assert f"SQ-2026-00000{number}" not in text + html_of(mail)
    assert str(WHAT["turn.analyse"]) in text


def test_what_was_in_one_digest_is_not_new_in_the_next(cast, clock, tell, send, mailbox):
    only(cast.owner)
    tell(cast.owner, 1, "closed")
    clock.shift(HOUR)
    write_digests()
    send()
    clock.shift(MINUTE)
    tell(cast.owner, 2, "closed")
    clock.shift(DAY)
    write_digests()
    send()
    first, second = map(text_of, mailbox.mails)
    assert "SQ-2026-000001" in first and "SQ-2026-000001" not in second and "SQ-2026-000002" in second


def test_what_a_digest_that_was_given_up_had_to_say_comes_with_the_next(cast, clock, tell, send, mailbox):
    only(cast.owner)
    tell(cast.owner, 1, "closed")
    clock.shift(HOUR)
    write_digests()
    mailbox.refused = {cast.owner.email}
    assert send()[0].state == "poisoned"
    mailbox.refused = set()
    clock.shift(DAY)
    write_digests()
    send()
    [mail] = mailbox.mails
    assert "SQ-2026-000001" in text_of(mail)


def test_nothing_to_say_no_mail(cast, clock, send, mailbox):
    only(cast.owner)
    clock.shift(HOUR)
    write_digests()
    [delivery] = send()
    assert (delivery.state, delivery.last_error) == ("dropped", "nothing-to-say") and mailbox.mails == []


def test_long_parts_are_counted(cast, clock, due, send, mailbox):
    only(cast.owner)
    for number in range(70):
        due(cast.owner, number, MONDAY - DAY)
    clock.shift(HOUR)
    write_digests()
    send()
    [mail] = mailbox.mails
    assert subject_of(mail).endswith("70 overdue")
    assert text_of(mail).count("SQ-2026-") == 20 and "… and 50 more" in text_of(mail)


def test_it_speaks_the_readers_language(cast, clock, due, send, mailbox):
    only(cast.owner)
    Person.objects.filter(pk=cast.owner.pk).update(language="zh-hans")
    due(cast.owner, 1, MONDAY - DAY)
    clock.shift(HOUR)
    write_digests()
    send()
    assert '<html lang="zh-Hans">' in html_of(mailbox.mails[0]) and "已逾期" in text_of(mailbox.mails[0])


# Away with it --------------------------------------------------------------------------------------------------------
def test_one_click_switches_only_this_persons_digest_off(cast, clock, due, send, mailbox, client, settings):
    due(cast.owner, 1, MONDAY - DAY)
    only(cast.owner)
    clock.shift(HOUR)
    write_digests()
    send()
    [mail] = mailbox.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = re.fullmatch(r"<(https://[^>]+)>", mail["List-Unsubscribe"].replace("\n ", "").strip())[1]
    assert url in text_of(mail) and url in html_of(mail)
    path = url.removeprefix(settings.BASE_URL)
    assert client.get(path).status_code == 200
    assert Preferences.objects.get(person=cast.owner).digest == "daily", "looking changes nothing"
    strict = client.__class__(enforce_csrf_checks=True)
    answer = strict.post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "_auth_user_id" not in strict.session
    assert Preferences.objects.get(person=cast.owner).digest == "none"
    assert not Preferences.objects.filter(person=cast.quality).exists()
    clock.shift(DAY)
    assert write_digests() == 0


def test_a_made_up_token_is_nothing(cast, client, settings):
    real = unsubscribe_url(cast.owner).rpartition("/digest/off/")[2].strip("/")
    for token in ("x", real[:-2], real.replace(":", "", 1), f"{cast.owner.pk}:{real.partition(':')[2]}"):
        assert client.post(reverse("digest-off", args=[token])).status_code == 404
    assert SALT and not Preferences.objects.exists()
