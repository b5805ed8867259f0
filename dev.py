#!/usr/bin/env python3
"""The one door for developers: `python3 dev.py COMMAND`. Needs Python 3.11 or newer, and nothing else.

    run [PORT] [--empty]   everything in one terminal: PostgreSQL, broker, demo data, web, worker, beat
    test [PYTEST ARGS]     all tests on real PostgreSQL
    setup                  only make .venv and install the locked requirements (the others do it too)
    messages [--check]     extract, merge and compile the translations, or only check them
    lint                   ruff's format and lint checks
    manage ARGS            Django's manage.py, with the embedded servers up

Standard library only: this file makes the environment, the package devstack does the work inside it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = VENV / "installed.sha256"
COMMANDS = ("run", "test", "setup", "messages", "lint", "manage")


def wanted_stamp() -> str:
    """What an up-to-date .venv was made from: these requirements, for this Python."""
    return hashlib.sha256(sys.version.encode() + REQUIREMENTS.read_bytes()).hexdigest()


def set_up() -> None:
    """Make .venv hold exactly the locked requirements; does nothing when it already does."""
    if is_set_up():
        return
    lock_path = ROOT / "var" / "setup.lock"
    lock_path.parent.mkdir(mode=0o700, exist_ok=True)
    with lock_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_set_up():  # another terminal may have done it while we waited
            install()
            STAMP.write_text(wanted_stamp())


def is_set_up() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted_stamp()


def install() -> None:
    print("Installing the requirements into .venv (first start, or they changed) ...", flush=True)
    STAMP.unlink(missing_ok=True)
    if uv := shutil.which("uv"):
        run(uv, "venv", "-q", "--allow-existing", "--no-python-downloads", "-p", sys.executable, VENV)
        run(uv, "pip", "sync", "-q", "--require-hashes", "-p", PYTHON, REQUIREMENTS)
    else:
        run(sys.executable, "-m", "venv", VENV)
        pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--no-input")
        run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS)


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True)


def main() -> None:
    command, *arguments = sys.argv[1:] or ["help"]
    if sys.version_info < (3, 11):
        sys.exit(f"ServiceLoop needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if command not in COMMANDS:
        print(__doc__)
        sys.exit(0 if command in ("help", "-h", "--help") else 2)
    os.chdir(ROOT)
    try:
        set_up()
    except subprocess.CalledProcessError as error:
        sys.exit(f"Setting up .venv failed: {' '.join(error.cmd[:4])} ... ended with {error.returncode}.")
    if command == "setup":
        return
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without its caches every later start is slow
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", "devstack", command, *arguments])


if __name__ == "__main__":
    main()
