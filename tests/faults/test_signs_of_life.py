"""QUALITY D7: a beat that stopped, a dead worker and a dead sweeper are seen within three minutes; two beats at once
repeat nothing.
"""

import datetime as dt
import time
from collections import Counter

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reminders.models import Delivery, Heartbeat, Notice
from tests.faults.stack import wait_until

pytestmark = pytest.mark.slow

REMINDERS, PEOPLE = 100, 50
FALL_DUE_OVER = dt.timedelta(seconds=20)
SEEN_WITHIN = dt.timedelta(minutes=3)
SILENT_FOR = 10  # seconds without a sweep (one comes every three) after which it has really stopped


def problems_in(span: dt.timedelta, since: dt.datetime) -> list[str]:
    """What the health page says so long after that moment: its clock is moved, nobody waits for three minutes."""
    with time_machine.travel(since + span, tick=False):
        return Client().get(reverse("health-work")).json()["problems"]


def last_sweep() -> dt.datetime:
    return Heartbeat.objects.get(name="sweep").at


def last_sign() -> dt.datetime:
    return Heartbeat.objects.exclude(name="audit").latest("at").at


def wait_for_silence() -> None:
    """Until what was on its way has run."""
    seen, since = last_sweep(), time.monotonic()
    while time.monotonic() - since < SILENT_FOR:
        time.sleep(0.5)
        if (now := last_sweep()) != seen:
            seen, since = now, time.monotonic()


def all_is_well() -> bool:
    return Client().get(reverse("health-work")).status_code == 200


def test_a_stopped_beat_and_a_dead_worker_are_seen(stack, finding):
    finding |= {
        "scenario": "D7 signs of life",
        "faults": "beat stopped; worker killed (clock of the page moved three minutes)",
        "expected": "seen within 3 minutes, well again after a start",
    }
    stack.start("worker", "beat")
    wait_until(all_is_well, within=90)
    for name in ("beat", "worker"):
        stopped = timezone.now()
        stack.stop(name) if name == "beat" else stack.kill(name)
        wait_for_silence()
        assert "sweep: silent" not in problems_in(dt.timedelta(minutes=2), last_sweep()), "no false alarm"
        at_latest = max(stopped, last_sign())  # a message may still have been on its way
        seen = problems_in(SEEN_WITHIN + dt.timedelta(seconds=1), at_latest)
        finding["found"] += f"{name} gone: {', '.join(seen)}; "
        assert {"sweep: silent", "deliver-mail: silent", "deliver-messages: silent"} <= set(seen)
        stack.start(name)
        gone_since = last_sweep()
        again = wait_until(
            lambda gone_since=gone_since: last_sweep() > gone_since and all_is_well(), within=60
        )
        finding["found"] += f"well {again:.0f} s after its start; "


def test_two_beats_at_once_repeat_nothing(stack, many_owners, falling_due, finding):
    finding |= {
        "scenario": "D7 two beats",
        "faults": "two beats at once",
        "expected": f"{REMINDERS} of {REMINDERS} once, in the app and by mail",
    }
    stack.start("worker", "beat", "beat-2")
    falling_due(many_owners(PEOPLE), REMINDERS, FALL_DUE_OVER)
    overdue = Notice.objects.filter(text="overdue")
    wait_until(
        lambda: overdue.count() >= REMINDERS and not Delivery.objects.filter(state="waiting").exists(),
        within=120, every=0.5,
    )  # fmt: skip
    time.sleep(7)  # two more sweeps of each beat
    told = Counter(overdue.values_list("subject", flat=True))
    times = Counter(stack.mailbox.message_ids)
    finding["found"] = (
        f"{sum(told.values())} notices of {len(told)}; {sum(times.values())} mails of {len(times)}"
    )
    assert len(told) == REMINDERS == sum(told.values())
    assert len(times) == REMINDERS == sum(times.values())
