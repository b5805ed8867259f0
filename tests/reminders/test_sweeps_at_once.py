"""Several sweeps at the same moment, and sweeps beside acts: on real PostgreSQL with threads."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.utils import timezone

from reminders.deadlines import close_deadline
from reminders.models import Deadline, Notice
from reminders.sweeping import sweep

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 600
DAY = dt.timedelta(days=1)


@pytest.fixture
def overdue(cast, units):
    due_at = timezone.now() - dt.timedelta(hours=1)
    Deadline.objects.bulk_create(
        Deadline(
            subject=f"incident:{number}", kind="analyse", label=f"SQ-{number}", owner=cast.owner, unit=units.crew,
            opened_at=due_at - DAY, due_at=due_at, original_due_at=due_at, next_notice_at=due_at,
        )
        for number in range(COUNT)
    )  # fmt: skip


def own_connection(work):
    try:
        return work()
    finally:
        connections.close_all()


def test_four_sweeps_at_once_tell_each_deadline_once(overdue, cast):
    gate = threading.Barrier(4, timeout=30)

    def begin(_number):
        gate.wait()
        return own_connection(sweep)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(begin, range(4)))
    assert sum(told) == COUNT == Notice.objects.filter(recipient=cast.owner, text="overdue").count()
    assert Notice.objects.values("recipient", "occasion").distinct().count() == Notice.objects.count()


def test_a_deadline_that_is_just_being_met_is_passed_over_not_waited_for(overdue):
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        close_deadline("incident:7", "analyse", cycle=1)
        assert pool.submit(own_connection, sweep).result(timeout=20) == COUNT - 1
    assert sweep() == 0
    assert not Notice.objects.filter(subject="incident:7").exists()


def test_a_sweep_that_dies_half_way_has_told_nothing_of_its_batch_and_the_next_tells_all(
    overdue, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("reminders.sweeping._next", lambda deadline, steps, now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sweep()
    assert Notice.objects.count() == 0
    assert sweep() == COUNT
