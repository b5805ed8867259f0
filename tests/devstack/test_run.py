"""The real `python3 dev.py run`, in a copy of the tree: up, killed, up again, stopped; nothing is left behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.places import ROOT, TEST_FOLDER_PREFIX

SECONDS_TO_START = 120  # the test machine may be busy with other tests
SECONDS_TO_STOP = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """What a fresh clone holds, with the requirements already installed."""
    with tempfile.TemporaryDirectory(prefix=TEST_FOLDER_PREFIX) as folder:
        checkout = Path(folder) / "checkout"
        everything = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(everything, cwd=ROOT, capture_output=True, check=True).stdout
        for name in listed.decode().rstrip("\0").split("\0"):
            if (ROOT / name).is_file():
                (checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, checkout / name)
        (checkout / ".venv").symlink_to(ROOT / ".venv")
        yield checkout


class Stack:
    """One `dev.py run --empty`. All its processes carry a mark in their environment, by which they are found."""

    def __init__(self, checkout: Path, port: int, **environment: str) -> None:
        self.mark = uuid.uuid4().hex
        self.port = port
        self.output = checkout.parent / f"output-{self.mark}"
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL") and not name.startswith("PYTEST")
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "dev.py", "run", str(port), "--empty"],
                cwd=checkout,
                env=clean | environment | {"SERVICELOOP_TEST_MARK": self.mark},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while "ServiceLoop is ready" not in self.said():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def health(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/", timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def commands_alive(self) -> list[str]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:300])
        return found

    def wait_until_all_gone(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_STOP
        while alive := self.commands_alive():
            assert time.monotonic() < deadline, f"left behind: {alive}"
            time.sleep(0.1)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS_TO_STOP)


@pytest.fixture
def start(checkout) -> Iterator[Callable[..., Stack]]:
    """Starts stacks in the checkout; ends what a failed test leaves."""
    started: list[Stack] = []

    def start_one(port: int, **environment: str) -> Stack:
        started.append(Stack(checkout, port, **environment))
        return started[-1]

    yield start_one
    for stack in started:
        if stack.process.poll() is None:
            stack.process.kill()
            stack.process.wait()
            stack.wait_until_all_gone()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_run_survives_kill_9_and_leaves_nothing_behind(start):
    port = free_port()
    killed = start(port, LANG="C", LC_ALL="C")
    killed.wait_until_ready()
    assert killed.health() == 200
    for name in ("gunicorn", "worker", "beat", "postgres", "valkey-server"):
        assert any(name in command for command in killed.commands_alive()), name

    second = start(free_port())
    assert second.process.wait(SECONDS_TO_STOP) == 1
    assert "already runs" in second.said()

    killed.process.kill()
    killed.process.wait()
    killed.wait_until_all_gone()

    again = start(port)
    again.wait_until_ready()
    assert again.health() == 200
    assert again.stop() == 0
    assert again.said().rstrip().endswith("Stopped.")
    assert again.commands_alive() == []


def test_a_taken_port_is_said_and_nothing_is_started(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        stack = start(port)
        assert stack.process.wait(SECONDS_TO_STOP) == 1
    assert f"Port {port} is taken" in stack.said()
    assert "Traceback" not in stack.said()
    assert stack.commands_alive() == []
