"""Gives a test run its own PostgreSQL, Valkey and folder of uploads, thrown away at the end.

Loaded with `-p` in pyproject.toml, so that DATABASE_URL and its like are set before pytest-django reads the
settings. The workers of pytest-xdist inherit them and start nothing. A DATABASE_URL or REDIS_URL that is
already set is used instead.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import TransactionTestCase

from devstack.catalogues import compile_catalogues
from devstack.places import TEST_FOLDER_PREFIX, make_private
from devstack.servers import Postgres, ServerFailed, Valkey

stop_servers = contextlib.ExitStack()


def pytest_addoption() -> None:
    """The earliest moment the plugin is called: before the settings are read."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    compile_catalogues()
    atexit.register(stop_servers.close)  # a run that ends before it began is never unconfigured
    folder = Path(tempfile.mkdtemp(prefix=TEST_FOLDER_PREFIX))
    stop_servers.callback(shutil.rmtree, folder, ignore_errors=True)
    for variable in ("MEDIA_ROOT", "STATIC_ROOT"):
        os.environ[variable] = str(make_private(folder / variable.lower()))
    try:
        start_missing_servers(folder)
    except ServerFailed as error:
        stop_servers.close()
        raise pytest.UsageError(str(error)) from error


def start_missing_servers(folder: Path) -> None:
    for variable, server in (
        ("DATABASE_URL", Postgres(folder / "postgres", throw_away=True)),
        ("REDIS_URL", Valkey(folder / "valkey", throw_away=True)),
    ):
        if variable not in os.environ:
            server.start()
            stop_servers.callback(server.stop)
            os.environ[variable] = server.url("postgres") if variable == "DATABASE_URL" else server.url


def pytest_unconfigure() -> None:
    stop_servers.close()


@contextlib.contextmanager
def guards_lifted() -> Iterator[None]:
    """Lets this connection past the triggers that keep history append-only; needs a superuser."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("RESET session_replication_role")


#: Keeps aside what the migrations have put into the tables.
KEEP = """
DO $$
DECLARE
    name text;
    has_rows boolean;
BEGIN
    CREATE SCHEMA kept;
    FOR name IN
        SELECT format('%I', tablename) FROM pg_tables
         WHERE schemaname = current_schema()
           AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || name || ')' INTO has_rows;
        IF has_rows THEN
            EXECUTE 'CREATE TABLE kept.' || name || ' AS TABLE ' || name;
        END IF;
    END LOOP;
END $$
"""
#: Empties every table of ours and puts that back. Deleting the few rows of a test is many times faster than truncating
#: a hundred tables with their indexes, and what Django itself keeps there (content types) needn't be made again.
EMPTY_ALL = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT format('%I', tablename) FROM pg_tables
         WHERE schemaname = current_schema()
           AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE 'DELETE FROM ' || name;
    END LOOP;
    FOR name IN SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'kept'
    LOOP
        EXECUTE 'INSERT INTO ' || name || ' SELECT * FROM kept.' || name;
    END LOOP;
END $$
"""


def keep_what_migrations_made() -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP)


@pytest.fixture(scope="session", autouse=True)
def emptied_past_guards() -> Iterator[None]:
    """A transactional test ends by emptying all tables; only there may DELETE pass the guards of history.

    Ordinary tests roll back instead and meet every guard.
    """

    def empty(case: TransactionTestCase) -> None:
        with guards_lifted(), connection.cursor() as cursor:
            cursor.execute(EMPTY_ALL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield
