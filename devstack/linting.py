"""ruff's two checks; both run, so that one sees everything at once."""

import subprocess
import sys


def lint() -> int:
    ruff = [sys.executable, "-m", "ruff"]
    checks = (["format", "--check", "."], ["check", "."])
    return max(subprocess.run([*ruff, *check]).returncode for check in checks)
