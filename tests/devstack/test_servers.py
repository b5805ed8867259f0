"""The embedded servers: found again after a kill -9, never left behind, never run as root."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from devstack import servers
from devstack.places import LONGEST_SOCKET_FOLDER, ROOT, TEST_FOLDER_PREFIX, socket_folder
from devstack.servers import Postgres, Valkey

KEEPER = """
import sys, time
from pathlib import Path
from devstack.servers import Postgres, Valkey
database, broker = Postgres(Path(sys.argv[1], "postgres")), Valkey(Path(sys.argv[1], "valkey"))
database.start(); broker.start()
database.create_database("kept")
print(database.child.process.pid, broker.child.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a Unix socket, which pytest's own temporary folders are not."""
    with tempfile.TemporaryDirectory(prefix=TEST_FOLDER_PREFIX) as path:
        yield Path(path)


def is_running(pid: int) -> bool:
    try:
        return b"\nState:\tZ" not in Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return False


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "still running"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_after_kill_9_of_their_keeper_both_servers_go_and_start_again_with_their_data(folder):
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    children = [int(pid) for pid in keeper.stdout.readline().split()]
    assert len(children) == 2 and all(is_running(pid) for pid in children)

    keeper.send_signal(signal.SIGKILL)
    keeper.wait()
    wait_until_gone(*children)

    database, broker = Postgres(folder / "postgres"), Valkey(folder / "valkey")
    database.start()
    broker.start()
    try:
        psycopg2.connect(database.url("kept")).close()
        assert broker.is_answering()
    finally:
        broker.stop()
        database.stop()
    assert not database.is_answering() and not broker.is_answering()


def test_a_server_left_by_a_predecessor_is_stopped_before_a_new_one_starts(folder):
    predecessor, successor = Postgres(folder / "postgres"), Postgres(folder / "postgres")
    predecessor.start()
    try:
        successor.start()
        assert predecessor.child.has_ended
        assert successor.is_answering()
    finally:
        successor.stop()
        predecessor.stop()


def test_a_process_number_that_now_belongs_to_someone_else_does_not_stop_the_start(folder):
    database = Postgres(folder / "postgres")
    database.start()
    pid_file = database.data / "postmaster.pid"
    as_it_was = pid_file.read_text().split("\n")
    database.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *as_it_was[1:]]))

    database.start()
    database.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_as_root_without_user_namespaces_postgresql_runs_as_nobody(folder, monkeypatch):
    monkeypatch.setattr(servers, "IN_USER_NAMESPACE", ["false"])
    database = Postgres(folder / "postgres")
    try:
        database.start()
    except servers.ServerFailed as error:
        pytest.skip(str(error))  # said clearly: nobody can't read this checkout
    try:
        assert Path(f"/proc/{database.child.process.pid}").stat().st_uid == servers.NOBODY
        assert database.is_answering()
    finally:
        database.stop()


def test_a_server_that_cannot_start_says_why(folder):
    database = Postgres(folder / "postgres")
    database.start()
    database.stop()
    (database.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(servers.ServerFailed, match="no_such_setting"):
        database.start()


def test_a_deep_folder_gets_its_sockets_in_a_short_private_one(folder):
    deep = folder / ("x" * LONGEST_SOCKET_FOLDER)
    short = socket_folder(deep)
    try:
        assert len(str(short)) < LONGEST_SOCKET_FOLDER
        assert short == socket_folder(deep) != socket_folder(folder / ("y" * LONGEST_SOCKET_FOLDER))
        assert short.stat().st_mode & 0o777 == 0o700
    finally:
        for made in (short, socket_folder(folder / ("y" * LONGEST_SOCKET_FOLDER))):
            with contextlib.suppress(OSError):
                made.rmdir()
