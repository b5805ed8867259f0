"""Real processes that deliver at the same moment, and one that is killed in the middle (QUALITY D4, a small one)."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from devstack.places import ROOT
from people.models import Person
from reminders.deliveries import leasing
from reminders.models import Delivery, Notice
from reminders.notices import notices_to, write
from tests.reminders.mailbox import subject_of

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 200
WORKER = """
import sys, django
django.setup()
from reminders.deliveries.sending import deliver_mail
sys.stdin.readline()  # the starting line
deliver_mail()
"""


@pytest.fixture
def worker(mailbox, settings):
    """Starts a process that delivers; it waits for a line before it begins."""
    name = connection.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": re.sub(r"/[^/?]+(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
        if "@/" in os.environ["DATABASE_URL"]
        else os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}",
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    }
    started = []

    def start() -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stdin=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()


def begin(*processes: subprocess.Popen) -> None:
    for process in processes:
        process.stdin.write("now\n")
        process.stdin.flush()


@pytest.fixture
def many(cast) -> list[str]:
    """Two hundred notices to forty people: the addresses."""
    people = [
        Person.objects.create(
            username=f"p{number}", display_name=f"P {number}", email=f"p{number}@example.org"
        )
        for number in range(40)
    ]
    notices = [
        notice
        for number in range(COUNT)
        for notice in notices_to(
            [people[number % 40]], "turn", occasion=f"case:{number}", subject=f"incident:{number}", url="/",
            params={"label": f"SQ-2026-{number:06}", "what": "turn.confirm"},
        )
    ]  # fmt: skip
    write(notices)
    return [person.email for person in people]


def test_three_processes_at_once_send_each_mail_once(many, mailbox, worker):
    processes = [worker() for _number in range(3)]
    begin(*processes)
    for process in processes:
        assert process.wait(timeout=120) == 0
    left = [worker()]
    begin(*left)
    left[0].wait(timeout=60)
    assert Counter(mailbox.recipients) == dict.fromkeys(many, COUNT // 40)
    assert len(set(mailbox.message_ids)) == COUNT == len(mailbox.mails)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert Notice.objects.count() == COUNT


def test_a_process_killed_in_the_middle_loses_nothing(many, mailbox, worker):
    first, second = worker(), worker()

    def kill(count: int) -> None:
        if count == 70:  # the server has this mail; who sent it doesn't live to hear so
            os.kill(first.pid, signal.SIGKILL)

    mailbox.on_mail = kill
    begin(first)
    assert first.wait(timeout=120) == -signal.SIGKILL
    held = Delivery.objects.filter(state="waiting").exclude(lease=None).count()
    assert 0 < held <= leasing.BATCH and Delivery.objects.filter(state="sent").count() == 69
    Delivery.objects.exclude(lease=None).update(leased_until=timezone.now())  # the lease runs out
    begin(second)
    assert second.wait(timeout=120) == 0
    times = Counter(mailbox.message_ids)
    assert len(times) == COUNT, "none lost"
    assert sorted(times.values())[-2:] == [1, 2], "one kill, one repeat, under the same Message-ID"
    assert not Delivery.objects.exclude(state="sent").exists()


def test_three_processes_at_once_make_no_flood(cast, mailbox, worker):
    notices = [
        notice
        for number in range(100)
        for notice in notices_to(
            [cast.owner], "turn", occasion=f"case:{number}", subject=f"incident:{number}", url="/",
            params={"label": f"SQ-2026-{number:06}", "what": "turn.confirm"},
        )
    ]  # fmt: skip
    write(notices)
    processes = [worker() for _number in range(3)]
    begin(*processes)
    for process in processes:
        assert process.wait(timeout=120) == 0
    last = worker()
    begin(last)
    assert last.wait(timeout=60) == 0
    subjects = [subject_of(mail) for mail in mailbox.mails]
    assert len(subjects) == 21 and subjects.count("80 more notices") == 1


def test_only_one_worker_at_a_time_counts_what_somebody_gets(cast):
    for person in (cast.owner, cast.quality):
        write(
            notices_to(
                [person], "turn", occasion="x", subject="incident:1", url="/", params={"label": "SQ-1"}
            )
        )

    def lease_elsewhere():
        try:
            return leasing.lease(leasing.MAILS, timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [leasing.LOCK_MAIL, cast.owner.pk])
        [leased], _more = pool.submit(lease_elsewhere).result(timeout=20)
        assert leased.recipient == cast.quality
        assert pool.submit(lease_elsewhere).result(timeout=20) == ([], False), "and doesn't wait for the rest"
