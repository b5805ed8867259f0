"""`python -m devstack.prepare [--demo MARK]`: brings the database up to the code before the first request.

Its own process, in the application's environment; one for all steps, because starting Django is what takes long.
"""

import sys
from pathlib import Path

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands


def prepare(demo_mark: Path | None = None) -> None:
    """With a mark: make the demo if nobody is there yet. The mark's file exists while that is unfinished."""
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    if demo_mark and "demo" in get_commands() and not get_user_model().objects.exists():
        print("Making the demo data: a company, its people and a year of incidents ...", flush=True)
        demo_mark.touch()
        call_command("demo")
        demo_mark.unlink()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--demo", mark]:
            prepare(Path(mark))
        case _:
            prepare()
