"""`dev.py test`: pytest on a throw-away PostgreSQL (see pytest_plugin), on all cores unless told otherwise."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

#: Files in the order of tests/conftest.py, the long ones first: else the last of them keeps one core busy alone.
IN_PARALLEL = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
PARALLEL_OPTIONS = ("-n", "--numprocesses", "--dist", "--pdb", "-p")


def pytest_arguments(arguments: Sequence[str]) -> list[str]:
    """Adds all cores, unless the caller chose otherwise or names the files to run: few tests start faster alone."""
    chosen = any(argument.startswith(PARALLEL_OPTIONS) for argument in arguments)
    names_files = any(Path(argument.split("::")[0]).exists() for argument in arguments)
    return list(arguments) if chosen or names_files else [*IN_PARALLEL, *arguments]


def test(arguments: Sequence[str]) -> int:
    """Becomes pytest: its closing line is the last thing printed, its exit code ours."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *pytest_arguments(arguments)])
