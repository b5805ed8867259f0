"""Many at once on real PostgreSQL: one case stays one unbroken chain, other cases never wait for it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from history.models import ChainHead, Event, Seal
from history.recording import record
from history.sealing import seal
from history.verification import verify
from people.models import Unit
from tests.history.forging import tomorrow

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, EVENTS = 8, 25


def at_once(work, count=THREADS) -> list:
    """Run `work(number)` in so many threads that all begin together, each with its own connection."""
    gate = threading.Barrier(count, timeout=30)

    def begin(number):
        try:
            gate.wait()
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def append(case: str, unit: Unit | None, text: str) -> None:
    record(case, "incident.comment", label="SQ-2026-000001", by=None, unit=unit, reason=text)


def test_eight_writers_on_one_case_make_one_chain_without_a_gap(units):
    def write(number):
        for count in range(EVENTS):
            append("incident:1", units.crew, f"{number}/{count}")

    at_once(write)
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(
        range(1, THREADS * EVENTS + 1)
    )
    assert ChainHead.objects.get().seq == THREADS * EVENTS
    assert list(verify()) == []


def test_other_cases_do_not_wait_for_a_case_that_is_being_written(units):
    append("incident:1", units.crew, "before")
    append("incident:2", units.crew, "before")

    def write_quickly():
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                append("incident:2", units.crew, "beside")
                append("incident:3", units.crew, "beside")
        finally:
            connections.close_all()

    with transaction.atomic():
        append("incident:1", units.crew, "not committed yet")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(write_quickly).result(timeout=20)
    assert Event.objects.count() == 5 and list(verify()) == []


def test_what_is_rolled_back_leaves_no_gap(units):
    append("incident:1", units.crew, "first")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append("incident:1", units.crew, "lost")
        raise ZeroDivisionError
    append("incident:1", units.crew, "second")
    assert list(Event.objects.order_by("seq").values_list("seq", "reason")) == [(1, "first"), (2, "second")]
    assert list(verify()) == []


def test_two_beats_that_seal_at_once_make_one_seal(units):
    for number in range(20):
        append(f"incident:{number}", units.crew, "something")
    now = tomorrow()
    made = at_once(lambda number: seal(until=now.date(), now=now), 4)
    assert sum(len(seals) for seals in made) == Seal.objects.count() == 1
    assert list(verify()) == []


def test_a_day_on_which_somebody_still_writes_is_sealed_later(units):
    append("incident:1", units.crew, "early")
    now = tomorrow()

    def seal_now():
        try:
            return seal(until=now.date(), now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            append("incident:1", units.crew, "in a long transaction")
            assert pool.submit(seal_now).result() == []
        assert len(pool.submit(seal_now).result()) == 1
    assert list(verify()) == []
