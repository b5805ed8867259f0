"""Faults are done to a stack of real servers; at the end one table says what was done and what was found."""

import datetime as dt
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.utils import timezone
from psycopg2 import sql

from devstack.places import TEST_FOLDER_PREFIX
from devstack.servers import Postgres
from people.models import Person
from reminders.models import Deadline
from tests.faults.stack import TEMPLATE, Stack, make_template, this_process_on

KEY = "fault"
COLUMNS = ("scenario", "faults", "expected", "found")


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[tuple[Postgres, Path]]:
    """A PostgreSQL that keeps what it promises, with a migrated database to copy."""
    folder = Path(tempfile.mkdtemp(prefix=TEST_FOLDER_PREFIX))
    server = Postgres(folder / "postgres")
    try:
        server.start()
        make_template(server, folder)
        yield server, folder
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stack(durable_postgres, django_db_blocker) -> Iterator[Stack]:
    """A fresh database, broker and mail server; this process is connected to that database."""
    postgres, folder = durable_postgres
    name = f"fault_{uuid.uuid4().hex[:8]}"
    with database_server(postgres) as cursor:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        )
    stack = Stack(postgres, name, folder / name)
    try:
        stack.open()
        with this_process_on(stack), django_db_blocker.unblock():
            yield stack
    finally:
        stack.close()


@contextmanager
def database_server(postgres: Postgres):
    connection = psycopg2.connect(postgres.url("postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@pytest.fixture
def db(stack) -> None:
    """Whoever asks for a database here (the cast, the units) gets the one of the stack."""


@pytest.fixture
def many_owners(cast, units):
    """many_owners(n): people with an address each."""

    def make(count: int, *, mailed: bool = True) -> list[Person]:
        return Person.objects.bulk_create(
            Person(
                username=f"owner-{number}", display_name=f"Owner {number}", home_unit=units.crew, language="en",
                email=f"owner-{number}@example.org" if mailed else "",
            )
            for number in range(count)
        )  # fmt: skip

    return make


@pytest.fixture
def falling_due(units):
    """falling_due(people, n, over): n deadlines that fall due one after the other from now on, within `over`."""

    def make(people: list[Person], count: int, over: dt.timedelta, *, first: int = 900_000) -> list[Deadline]:
        begins = timezone.now()
        moments = [begins + over * number / count for number in range(count)]
        return Deadline.objects.bulk_create(
            Deadline(
                subject=f"incident:{first + number}", kind="analyse", label=f"SQ-{number}", unit=units.crew,
                owner=people[number % len(people)], opened_at=begins - dt.timedelta(days=1), due_at=moment,
                original_due_at=moment, next_notice_at=moment,
            )
            for number, moment in enumerate(moments)
        )  # fmt: skip

    return make


# The table -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def finding(request) -> dict[str, str]:
    """One row of the table. What is written into it is shown, whether the test holds or not."""
    row = dict.fromkeys(COLUMNS, "")
    request.node.user_properties.append((KEY, row))
    return row


def pytest_terminal_summary(terminalreporter) -> None:
    reports = [
        (row, report)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
        for key, row in report.user_properties
        if key == KEY
    ]
    if not reports:
        return
    terminalreporter.section("what was done, and what was found")
    lines = [("scenario", "faults", "expected", "found", "seconds", "")]
    lines += [
        (*(row[name] for name in COLUMNS), f"{report.duration:.0f}", report.outcome)
        for row, report in sorted(reports, key=lambda one: one[0]["scenario"])
    ]
    for line in lines:
        terminalreporter.write_line("| " + " | ".join(line) + " |")
