"""The servers and the environment variables that the application needs, embedded or given."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from devstack.places import secret_key
from devstack.servers import Postgres, Valkey

DATABASE = "serviceloop"
DEMO_PASSWORD = "serviceloop-demo"


def application_environment(state: Path) -> dict[str, str]:
    """What manage.py, web, worker and beat see. Whatever the caller's environment sets, wins."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": Postgres(state / "postgres").url(DATABASE),
        "REDIS_URL": Valkey(state / "valkey").url,
        "SECRET_KEY": secret_key(state),
        "MEDIA_ROOT": str(state / "media"),
        "STATIC_ROOT": str(state / "static"),  # stays empty: development serves the sources
        "SERVICELOOP_DEMO_PASSWORD": DEMO_PASSWORD if state.name == "demo" else "",
        "PYTHONUTF8": "1",  # also under LANG=C
        "PYTHONUNBUFFERED": "1",
    }
    return {**ours, **os.environ}


@contextlib.contextmanager
def servers_running(state: Path) -> Iterator[list[Postgres | Valkey]]:
    """Starts those that DATABASE_URL and REDIS_URL don't replace; stops them, last started first."""
    started: list[Postgres | Valkey] = []
    with contextlib.ExitStack() as stack:
        if "DATABASE_URL" not in os.environ:
            database = Postgres(state / "postgres")
            stack.callback(database.stop)
            database.start()
            started.append(database)
            database.create_database(DATABASE)
        if "REDIS_URL" not in os.environ:
            broker = Valkey(state / "valkey")
            stack.callback(broker.stop)
            broker.start()
            started.append(broker)
        yield started


def are_servers_answering(state: Path) -> bool:
    """Whether another `dev.py` keeps the embedded servers of `state` up."""
    return Postgres(state / "postgres").is_answering() and Valkey(state / "valkey").is_answering()
