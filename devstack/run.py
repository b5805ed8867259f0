"""`dev.py run [PORT] [--empty]`: everything in one terminal; one Ctrl-C stops all in order."""

import argparse
import contextlib
import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from devstack.catalogues import compile_catalogues
from devstack.environment import DATABASE, DEMO_PASSWORD, application_environment, servers_running
from devstack.places import make_private, state_folder
from devstack.processes import Child, dying_with_parent
from devstack.servers import Postgres, ServerFailed

HOST = "127.0.0.1"
# Celery's warning not to run as root is meant for production, where the container's user isn't root.
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
SECONDS_UNTIL_WEB_ANSWERS = 60
SECONDS_FOR_OLD_PORT = 5  # a predecessor ended by kill -9 may still be letting go of it

ACCOUNTS = (
    ("reporter", "every employee: reports, adds evidence, sees what became of it"),
    ("sitemanager", "site manager: judges the reports of the site, contains, assigns"),
    ("supervisor", "service supervisor: one of the group that settles responsibility"),
    ("quality", "quality manager: attributes, approves, verifies, archives"),
    ("owner", "responsible for cases and measures: analyses, plans, acts"),
    ("handler", "complaint handler"),
    ("executive", "executive: sees the whole, changes nothing"),
    ("admin", "administrator: units, people, types"),
)


class CannotRun(Exception):
    """Something to tell the user instead of a traceback."""


class Stopped(BaseException):
    """Somebody asked us to stop. Like KeyboardInterrupt, no `except Exception` may catch it."""


def run(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    state = state_folder("empty" if options.empty else "demo")
    try:
        with only_one(state):
            return start_everything(state, options)
    except Stopped:
        return 0
    except (CannotRun, ServerFailed) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py run", description="Starts ServiceLoop on this machine.")
    parser.add_argument("port", nargs="?", type=int, default=8000)
    parser.add_argument("--empty", action="store_true", help="without demo data, in a database of its own")
    return parser.parse_args(arguments)


def stop(number: int, frame: object) -> None:
    # From here on nothing may interrupt the orderly stop, however often Ctrl-C is pressed.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Stopped


@contextlib.contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Two runs on one database folder would spoil it. The kernel lets go of the lock even after a kill -9."""
    with (state / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"ServiceLoop already runs from this folder (it holds {lock.name}).") from None
        yield


def start_everything(state: Path, options: argparse.Namespace) -> int:
    started = time.monotonic()
    wait_for_port(options.port)
    compile_catalogues()
    for folder in ("media", "static"):
        make_private(state / folder)
    environment = application_environment(state) | {
        "BIND": f"{HOST}:{options.port}",
        "BASE_URL": os.environ.get("BASE_URL", f"http://localhost:{options.port}"),
        "WEB_CONCURRENCY": os.environ.get("WEB_CONCURRENCY", "1"),
    }
    with contextlib.ExitStack() as stack:
        stack.callback(print, "Stopped.", flush=True)
        servers = stack.enter_context(servers_running(state))
        prepare(state, environment, demo=not options.empty)
        children = [server.child for server in servers]
        for name, command in application_processes(state).items():
            child = Child(name, command, environment=environment | QUIET)
            stack.callback(child.stop)
            children.append(child)
            if name == "web":
                wait_for_web(child, options.port)
        announce(options, time.monotonic() - started)
        watch(children)
        return 1


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + SECONDS_FOR_OLD_PORT
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return
            except PermissionError:
                raise CannotRun(f"Port {port} needs more rights; try: python3 dev.py run 8000") from None
            except (OSError, OverflowError):
                if time.monotonic() > deadline:
                    raise CannotRun(
                        f"Port {port} is taken by another program; choose one: python3 dev.py run {port + 1}"
                    ) from None
        time.sleep(0.2)


def prepare(state: Path, environment: dict[str, str], *, demo: bool) -> None:
    """Migrate and make the demo, in a process that shares our terminal."""
    forget_unfinished_demo(state)
    done = subprocess.run(
        [sys.executable, "-m", "devstack.prepare", *(["--demo", unfinished_mark(state)] if demo else [])],
        env=environment,
        preexec_fn=dying_with_parent(signal.SIGTERM),
    )
    if done.returncode:
        raise CannotRun("Preparing the database failed; see above.")


def forget_unfinished_demo(state: Path) -> None:
    """Demo data that was cut off half-way is thrown away, to be made anew. Only ever in our own database."""
    mark = unfinished_mark(state)
    if mark.exists() and "DATABASE_URL" not in os.environ:
        Postgres(state / "postgres").recreate_database(DATABASE)
        shutil.rmtree(state / "media", ignore_errors=True)
        make_private(state / "media")
        mark.unlink()


def unfinished_mark(state: Path) -> Path:
    return state / ("demo-unfinished-elsewhere" if "DATABASE_URL" in os.environ else "demo-unfinished")


def application_processes(state: Path) -> dict[str, list[object]]:
    """In the order they start; they stop the other way round."""
    celery = [sys.executable, "-m", "celery", "-A", "config", "--quiet"]
    return {
        "web": [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"],
        "worker": [
            *(*celery, "worker", "--concurrency", "1", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", "", "-s", state / "beat-schedule"],
    }


def wait_for_web(web: Child, port: int) -> None:
    deadline = time.monotonic() + SECONDS_UNTIL_WEB_ANSWERS
    while time.monotonic() < deadline and not web.has_ended:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/health/")
            answer = connection.getresponse()
            if answer.status == 200:
                return
            raise CannotRun(
                f"The web server is up, but not well: {answer.read(500).decode(errors='replace')}"
            )
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise CannotRun("The web server didn't start; see above.")


def announce(options: argparse.Namespace, seconds: float) -> None:
    lines = [f"ServiceLoop is ready after {seconds:.1f} s:  http://localhost:{options.port}/", ""]
    if options.empty:
        lines.append(f"Make the first administrator at http://localhost:{options.port}/setup/")
    else:
        lines += [f"  {name:<12} {what}" for name, what in ACCOUNTS]
        lines += ["", f"  The password of all demo accounts: {DEMO_PASSWORD}"]
    print("\n" + "\n".join(lines) + "\n\nCtrl-C stops everything.", flush=True)


def watch(children: Sequence[Child]) -> None:
    """Returns when one of them ended by itself: then the whole is not what it should be."""
    while True:
        for child in children:
            if child.has_ended:
                print(
                    f"{child.name} ended with {child.process.returncode}; stopping the rest.", file=sys.stderr
                )
                return
        time.sleep(0.3)
