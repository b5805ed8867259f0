"""The whole demo, as `dev.py run` makes it: by two processes, in a database of its own."""

import contextlib
import os
import re
import subprocess
import sys

import psycopg2
import pytest

from devstack.places import ROOT

PASSWORD = "shared-demo-password"


@pytest.mark.slow
def test_two_processes_make_the_whole_year():
    url = os.environ["DATABASE_URL"]
    name = f"demo_{os.getpid()}"
    with contextlib.closing(psycopg2.connect(url)) as admin:
        admin.autocommit = True
        admin.cursor().execute(f"CREATE DATABASE {name}")
    ours = re.sub(r"/[^/?]+(\?|$)", rf"/{name}\1", url, count=1) if "@/" in url else url
    environment = {**os.environ, "DATABASE_URL": ours, "SERVICELOOP_DEMO_PASSWORD": PASSWORD}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        ).stdout

    manage("migrate", "-v0")
    assert "43 people and 300 cases" in manage("demo", "--processes", "2")
    assert "No finding" in manage("verify_history")
