"""`dev.py manage ARGS`: Django's manage.py on the demo's database, whether or not `dev.py run` is up."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence

from devstack.environment import application_environment, are_servers_answering, servers_running
from devstack.places import state_folder
from devstack.servers import ServerFailed


def manage(arguments: Sequence[str]) -> int:
    """With --empty as the first argument: on the database of `run --empty`."""
    empty = bool(arguments) and arguments[0] == "--empty"
    state = state_folder("empty" if empty else "demo")
    command = [sys.executable, "manage.py", *arguments[int(empty) :]]
    shared = contextlib.nullcontext() if are_servers_answering(state) else servers_running(state)
    try:
        with shared:
            return subprocess.run(command, env=application_environment(state)).returncode
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
