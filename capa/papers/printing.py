"""PDF by headless Chromium: one self-contained HTML file in, one PDF file out; no network, no script, nothing left over.

Chromium is a package of the system (`chromium` in Debian). Where there is none, `available` says so and the pages offer
the browser's own printing instead.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from incidents.jobs import JobFailed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: How long one paper may take, in seconds; the longest case file takes a few.
PATIENCE = 120.0
#: Not larger than this, in bytes: a page that never ends must not fill the disk.
LARGEST = 200 * 1024 * 1024

_FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-extensions", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)  # fmt: skip


class NoChromium(JobFailed):
    def __init__(self):
        super().__init__(
            _(
                "The server can't make PDF files: Chromium is not installed there. Print the paper from the browser "
                "(“Save as PDF”), or ask an administrator to install the package “chromium”."
            )
        )


def executable() -> str | None:
    """Where Chromium is; None where there is none."""
    names = (settings.CHROMIUM,) if settings.CHROMIUM else NAMES
    return next(filter(None, map(shutil.which, names)), None)


def available() -> bool:
    return executable() is not None


def print_to_pdf(
    html: str, *, look_up: Callable[[], None] = lambda: None, patience: float = PATIENCE
) -> bytes:
    """The pages of this HTML as PDF. `look_up` is called a few times a second; what it raises ends the printing.

    Raises JobFailed when there is no Chromium, or when it fails or takes too long.
    """
    program = executable()
    if program is None:
        raise NoChromium()
    with tempfile.TemporaryDirectory(prefix="paper-") as folder:
        page, paper = Path(folder, "paper.html"), Path(folder, "paper.pdf")
        page.write_text(html, encoding="utf-8")
        command = [
            program, *_FLAGS, *_sandbox(), f"--user-data-dir={folder}/profile", f"--print-to-pdf={paper}", page.as_uri(),
        ]  # fmt: skip
        _run(command, folder, look_up, patience)
        if not paper.exists() or not 0 < paper.stat().st_size <= LARGEST:
            raise _failed()
        return paper.read_bytes()


def _sandbox() -> list[str]:
    """Chromium's own sandbox needs rights that root may not use and that a hardened container doesn't have.

    What it prints are our own pages: no script, no network, every value escaped.
    """
    return [] if settings.CHROMIUM_SANDBOX and os.geteuid() != 0 else ["--no-sandbox"]


def _run(command: list[str], folder: str, look_up: Callable[[], None], patience: float) -> None:
    """Run it in a process group of its own, which doesn't outlive this function."""
    surroundings = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
    }
    process = subprocess.Popen(
        command, cwd=folder, env=surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + patience
    try:
        while process.poll() is None:
            look_up()
            if time.monotonic() > until:
                raise JobFailed(_("The PDF was not ready in time. Try again later."))
            time.sleep(0.1)
        if process.returncode != 0:
            raise _failed()
    finally:
        _end(process)


def _end(process: subprocess.Popen) -> None:
    """Nothing of the group stays: Chromium is several processes."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _failed() -> JobFailed:
    return JobFailed(_("Chromium could not make the PDF. Print the paper from the browser instead."))
