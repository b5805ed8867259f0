"""QUALITY D6: the database is killed ten times while four people report without a pause. What was acknowledged is
there, whole and once; and the worker is back within a minute.
"""

import signal
import threading
import time

import pytest
from django.db import DatabaseError
from django.utils import timezone

from history.models import Event
from history.verification import verify
from incidents.models import Incident
from reminders.models import Deadline, Heartbeat, Notice
from tests.faults.reporting import file_report, lost
from tests.faults.stack import look_again, wait_until

pytestmark = pytest.mark.slow

KILLS = 10
#: In turns: kill -9 of the server with all its backends, and its own "immediate" (which skips the orderly end, too).
SIGNALS = (signal.SIGKILL, signal.SIGQUIT)
THREADS = 4
LOAD = 3  # seconds of reports before each kill
BACK_WITHIN = 60


def test_ten_deaths_of_the_database_lose_nothing_that_was_acknowledged(stack, cast, units, finding):
    finding |= {
        "scenario": "D6 database",
        "faults": f"{KILLS} deaths ({KILLS // 2} kill -9, {KILLS // 2} immediate), reports from {THREADS} threads",
        "expected": f"0 acknowledged reports lost, worker back in < {BACK_WITHIN} s",
    }
    stack.start("web", "worker", "beat")
    session = stack.session_of(cast.reporter)
    assert file_report(stack, session, units.crew)[0]
    acknowledged, refused, over = [], [], threading.Event()

    def report() -> None:
        while not over.is_set():
            words, _seconds = file_report(stack, session, units.crew)
            (acknowledged if words else refused).append(words)
            if not words:
                time.sleep(0.2)

    threads = [threading.Thread(target=report, daemon=True) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    back = []
    try:
        for number in range(KILLS):
            time.sleep(LOAD)
            before = len(acknowledged)
            stack.kill_postgres(SIGNALS[number % len(SIGNALS)])
            look_again()
            stack.postgres.start()
            up_at = timezone.now()
            back.append(wait_until(lambda up_at=up_at: _swept_since(up_at), within=BACK_WITHIN))
            wait_until(lambda before=before: len(acknowledged) > before, within=BACK_WITHIN)
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
        finding["found"] = (
            f"{len(acknowledged)} acknowledged, {len(refused)} refused; worker back after"
            f" {max(back, default=-1):.0f} s at most"
        )
    look_again()
    missing = lost(acknowledged)
    finding["found"] += f"; {len(missing)} lost"
    assert not missing
    count = Incident.objects.count()
    rows = [
        Event.objects.filter(act="incident.report").count(),
        Deadline.objects.filter(kind="identify").count(),
        Notice.objects.filter(text="turn").values("subject").distinct().count(),
    ]
    assert rows == [count] * 3, "a report is there with all that belongs to it, or not at all"
    assert not list(verify()), "no chain of the history is broken"


def _swept_since(moment) -> bool:
    try:
        return Heartbeat.objects.filter(name="sweep", at__gt=moment).exists()
    except DatabaseError:
        look_again()
        return False
