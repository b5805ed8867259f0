"""QUALITY D4: fifty times kill -9 while five hundred reminders fall due. In the app each is told exactly once; no mail
is lost, and a mail that comes twice comes under one Message-ID, at most once for each kill.
"""

import datetime as dt
import itertools
import random
import time
from collections import Counter

import pytest

from reminders.models import Delivery, Notice
from tests.faults.stack import CONCURRENCY, kill_9, look_again, wait_until

pytestmark = pytest.mark.slow

REMINDERS, PEOPLE = 500, 100  # five each: the flood guard gathers from 21 an hour
KILLS = 50
#: Every so manieth kill is one of the whole worker, which is then started again; the others hit a child.
WHOLE_WORKER = 5
FALL_DUE_OVER = dt.timedelta(seconds=90)
#: Seconds that the mail server takes for a mail: so there is a sending to be killed in.
MAIL_TAKES = 0.03
PAUSE = 0.7  # seconds between two kills
CAUGHT_UP_WITHIN = 180


def test_fifty_kills_during_five_hundred_reminders(stack, many_owners, falling_due, finding):
    finding |= {
        "scenario": "D4 kill -9",
        "expected": f"in-app {REMINDERS} of {REMINDERS} once; mail: 0 lost, repeats <= {KILLS}, same Message-ID",
    }
    chance = random.Random(4)
    armed = []  # the next mail that the server has taken kills a child before it is answered

    def on_mail(_count: int) -> None:
        time.sleep(MAIL_TAKES)
        if armed and (children := stack.children("worker")):
            armed.clear()
            kill_9(chance.choice(children))

    stack.mailbox.on_mail = on_mail
    stack.start("worker", "beat")
    falling_due(many_owners(PEOPLE), REMINDERS, FALL_DUE_OVER)
    killed = Counter()
    for number in range(1, KILLS + 1):
        time.sleep(PAUSE)
        if number % WHOLE_WORKER == 0:
            stack.kill("worker")
            killed["whole"] += 1
            stack.start("worker")
        elif number % 2:
            wait_until(lambda: len(stack.children("worker")) >= CONCURRENCY, within=60)
            armed.append(True)
            with_mail = _waits(lambda: not armed, seconds=6)
            if not with_mail and armed:
                armed.clear()
                assert kill_9(chance.choice(stack.children("worker")))
            killed["in the middle of a mail" if with_mail else "child"] += 1
        else:
            wait_until(lambda: len(stack.children("worker")) >= CONCURRENCY, within=60)
            assert kill_9(chance.choice(stack.children("worker")))
            killed["child"] += 1
    finding["faults"] = ", ".join(f"{count} x {what}" for what, count in sorted(killed.items()))
    overdue = Notice.objects.filter(text="overdue")
    caught_up = wait_until(
        lambda: overdue.count() >= REMINDERS and not Delivery.objects.filter(state="waiting").exists(),
        within=CAUGHT_UP_WITHIN, every=0.5,
    )  # fmt: skip
    look_again()
    told = Counter(overdue.values_list("subject", flat=True))
    times = Counter(stack.mailbox.message_ids)
    repeats = sum(times.values()) - len(times)
    lost = set(Delivery.objects.values_list("message_id", flat=True)) - {mid.strip("<>") for mid in times}
    finding["found"] = (
        f"in-app {len(told)} of {REMINDERS}, {sum(told.values()) - len(told)} twice; mail: {len(lost)} lost,"
        f" {repeats} repeats, {len(times)} Message-IDs; caught up {caught_up:.0f} s after the last kill"
    )
    assert sum(killed.values()) == KILLS
    assert len(told) == REMINDERS == sum(told.values()), "in the app exactly once"
    assert not lost and len(times) == REMINDERS, "every mail came, under its own Message-ID"
    assert repeats <= KILLS
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def _waits(is_so, *, seconds: float) -> bool:
    for _try in itertools.takewhile(
        lambda end: time.monotonic() < end, itertools.repeat(time.monotonic() + seconds)
    ):
        if is_so():
            return True
        time.sleep(0.02)
    return False
