import os
import sys
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.making import SEED, make
from people.models import Person


def cores() -> int:
    """Two at most, as the database works beside them; one where processes don't fork well."""
    return 2 if sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 else 1


class Command(BaseCommand):
    help = "Fill an empty database with the demo: a company, its people and a year of incidents. Not in production."

    def add_arguments(self, parser):
        parser.add_argument("--cases", type=int, default=300, help="about how many incidents (300)")
        parser.add_argument("--processes", type=int, default=cores(), help="how many share the work")
        parser.add_argument("--seed", type=int, help="another number makes another year")

    def handle(self, *, cases, seed, processes, **options):
        if settings.PRODUCTION:
            raise CommandError("The demo is never made in production.")
        if not settings.DEMO_PASSWORD:
            raise CommandError("Set SERVICELOOP_DEMO_PASSWORD to the password that the demo accounts get.")
        if Person.objects.exists():
            raise CommandError("Somebody exists here already: the demo is made in an empty database only.")
        started = time.monotonic()
        made = make(cases, seed=SEED if seed is None else seed, processes=processes)
        self.stdout.write(
            f"{made.people} people and {made.cases} cases in {time.monotonic() - started:.1f} s."
        )
