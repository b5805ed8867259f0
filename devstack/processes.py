"""Child processes that never outlive us, whether we end in good order or by kill -9."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
SECONDS_TO_STOP = 15


def dying_with_parent(death_signal: int) -> Callable[[], None]:
    """Runs in the child between fork and exec: Linux then sends it `death_signal` when we are gone."""
    parent = os.getpid()

    def ask_for_signal() -> None:
        if LIBC:
            LIBC.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # we died before the child could ask
            os._exit(1)

    return ask_for_signal


class Child:
    """One long-running process. Its output goes to `log`, or line by line under its name to our own output.

    It gets its own session, so that a terminal's Ctrl-C reaches us alone and we stop all in order.
    Start it from the main thread: Linux ties the parent-death signal to the thread that forked.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[object],
        *,
        environment: dict[str, str],
        log: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        folder: str | Path | None = None,
        **identity: object,
    ) -> None:
        self.name = name
        self.stop_signal = stop_signal
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else subprocess.PIPE
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=environment,
                start_new_session=True,
                preexec_fn=dying_with_parent(stop_signal),
                **identity,
            )
        if not log:
            threading.Thread(target=self._echo, daemon=True).start()

    def _echo(self) -> None:
        for line in self.process.stdout:
            print(f"{self.name:8}| {line.decode(errors='replace')}", end="", flush=True)

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        """Ask it to stop, wait, and end its whole session by force if it doesn't."""
        if self.has_ended:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
