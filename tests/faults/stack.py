"""The whole application as `dev.py run` starts it, on servers of its own that may be killed: the ground of the faults.

PostgreSQL is a durable one (no `throw_away`): what it has acknowledged has to be there after a kill.
"""

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from devstack.environment import application_environment
from devstack.places import ROOT, make_private
from devstack.processes import Child
from devstack.run import application_processes
from devstack.servers import Postgres, Valkey
from people.models import Person
from tests.reminders.mailbox import Mailbox, mail_server

TEMPLATE = "template_of_faults"
#: Processes of the worker, which `dev.py run` starts with one.
CONCURRENCY = 2
#: Seconds that a process may take to start, on a machine that others use.
SECONDS_TO_START = 120


def children_of(pid: int) -> list[int]:
    """The direct children of a process that are alive."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(stat.parent.name))
    return sorted(found)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def kill_9(pid: int) -> bool:
    """Was it there to be killed?"""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_so: Callable[[], bool], *, within: float, every: float = 0.2) -> float:
    """Seconds until it is so; fails the test when it isn't `within` that many."""
    began = time.monotonic()
    while not is_so():
        waited = time.monotonic() - began
        assert waited < within, f"not so within {within:.0f} s"
        time.sleep(every)
    return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_template(postgres: Postgres, state: Path) -> None:
    """A migrated database, of which every scenario gets a copy."""
    postgres.create_database(TEMPLATE)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": postgres.url(TEMPLATE),
    }
    subprocess.run([sys.executable, "-m", "devstack.prepare"], env=environment, cwd=ROOT, check=True)


class Stack:
    """PostgreSQL (started already), Valkey, a mail server, and what `start` is asked for."""

    def __init__(self, postgres: Postgres, database: str, folder: Path) -> None:
        self.postgres, self.folder = postgres, make_private(folder)
        self.valkey = Valkey(folder / "valkey")
        self.port = free_port()
        self.running = contextlib.ExitStack()
        self.mailbox: Mailbox
        self.processes: dict[str, Child] = {}
        self.url = postgres.url(database)
        for name in ("media", "static"):
            make_private(folder / name)

    def open(self) -> None:
        """The servers. The processes come when they are asked for."""
        self.running.callback(self._stop_all)
        self.valkey.start()
        self.running.callback(lambda: self.valkey.stop())
        self.mailbox, mail_port = self.running.enter_context(mail_server())
        self.environment = application_environment(self.folder) | {
            "DATABASE_URL": self.url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": settings.SECRET_KEY,  # whom the test signs in is known to the web server
            "MEDIA_ROOT": str(self.folder / "media"),
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "BIND": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def close(self) -> None:
        self.running.close()

    def _stop_all(self) -> None:
        for child in reversed(self.processes.values()):
            child.stop()

    # Processes -------------------------------------------------------------------------------------------------------
    def start(self, *names: str) -> None:
        """Some of web, worker, beat, beat-2: with the commands of `dev.py run`, and the quick clock."""
        for name in names:
            command = [str(part) for part in application_processes(self.folder)[name.partition("-")[0]]]
            if "celery" in command:
                command[command.index("-A") + 1] = "tests.faults.quick"
            if "--concurrency" in command:
                command[command.index("--concurrency") + 1] = str(CONCURRENCY)
            if "-s" in command:
                command[command.index("-s") + 1] = str(self.folder / f"schedule-of-{name}")
            self.processes[name] = Child(
                name, command, environment=self.environment, log=self.folder / f"{name}.log", folder=ROOT
            )
        for name in names:
            wait_until(lambda name=name: self._is_up(name), within=SECONDS_TO_START)

    def _is_up(self, name: str) -> bool:
        child = self.processes[name]
        assert not child.has_ended, self.said(name)
        if name == "worker":
            return len(children_of(child.process.pid)) >= CONCURRENCY
        if name == "web":
            with contextlib.suppress(OSError):
                return self.get("/health/live/")[0] == 200
            return False
        return True

    def stop(self, name: str) -> None:
        self.processes.pop(name).stop()

    def kill(self, name: str) -> None:
        """kill -9 of the whole; its children must not live on."""
        child = self.processes.pop(name)
        children = children_of(child.process.pid)
        child.process.kill()
        child.process.wait()
        wait_until(lambda: not any(is_running(pid) for pid in children), within=20, every=0.02)

    def children(self, name: str) -> list[int]:
        child = self.processes.get(name)
        return children_of(child.process.pid) if child else []

    def said(self, name: str) -> str:
        """The end of its log."""
        return "\n".join((self.folder / f"{name}.log").read_text(errors="replace").splitlines()[-30:])

    # Servers ---------------------------------------------------------------------------------------------------------
    def kill_valkey(self) -> None:
        self.valkey.child.process.kill()
        self.valkey.child.process.wait()

    def flush_valkey(self) -> None:
        with redis.Redis(unix_socket_path=str(self.valkey.socket)) as client:
            client.flushall()

    def kill_postgres(self, number: int) -> None:
        """The postmaster gets this signal; after a kill -9 its backends go with it, as when the machine stops."""
        server = self.postgres.child.process
        backends = children_of(server.pid)
        server.send_signal(number)
        if number == signal.SIGKILL:
            for pid in backends:
                kill_9(pid)
        server.wait()
        wait_until(lambda: not any(is_running(pid) for pid in backends), within=30, every=0.02)

    # The web ---------------------------------------------------------------------------------------------------------
    def session_of(self, person: Person) -> str:
        client = Client()
        client.force_login(person)
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def get(self, path: str, timeout: float = 10) -> tuple[int, str]:
        return self._ask("GET", path, timeout, None, {})

    def post(self, path: str, form: dict, *, session: str, timeout: float = 30) -> tuple[int, str]:
        """The status, and where it leads or what it says."""
        token = secrets.token_hex(16)
        body = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token})
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}"
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, timeout, body, headers)

    def _ask(
        self, method: str, path: str, timeout: float, body: str | None, headers: dict
    ) -> tuple[int, str]:
        http_connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            http_connection.request(method, path, body, headers)
            answer = http_connection.getresponse()
            text = answer.read().decode(errors="replace")
            return answer.status, answer.headers.get("Location", text)
        finally:
            http_connection.close()


def look_again() -> None:
    """What the test asks next goes over a new connection: the old one may have died with its server."""
    connections.close_all()


@contextlib.contextmanager
def this_process_on(stack: Stack):
    """The test itself reads and writes the database of the stack, and knows its broker."""
    options = {"host": str(stack.postgres.sockets), "connect_timeout": 5}
    name = urllib.parse.urlsplit(stack.url).path.lstrip("/")
    ours = {
        "NAME": name,
        "HOST": "",
        "USER": "postgres",
        "PORT": "",
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
    }
    connection.close()
    before = {key: connection.settings_dict[key] for key in ours}
    connection.settings_dict.update(ours)
    redis_before, settings.REDIS_URL = settings.REDIS_URL, stack.valkey.url
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
        settings.REDIS_URL = redis_before
