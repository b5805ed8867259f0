"""manage.py rebuild_figures [--from 2025-01] [--until 2025-12]: count all figures of these months anew from the cases."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metrics import rolling
from metrics.periods import Period, today


class Command(BaseCommand):
    help = "Count the figures anew from the cases, month by month. It says how many were wrong, which should be none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", help="the first month, as 2025-01; else that of the first case"
        )
        parser.add_argument("--until", dest="last", help="the last month; else that of the last figure")

    def handle(self, *args: Any, first: str | None = None, last: str | None = None, **options: Any) -> None:
        reach = rolling.reach() or (today(), today())
        try:
            begins = Period.parse(first).first if first else reach[0]
            ends = Period.parse(last).last if last else reach[1]
        except ValueError as error:
            raise CommandError(f"{error} is no month: write 2025-01") from error
        began = time.monotonic()

        def tell(done: int, total: int) -> None:
            if options["verbosity"]:
                self.stdout.write(f"{done} / {total} months, {time.monotonic() - began:.1f} s")

        wrong = rolling.rebuild(begins, ends, tell)
        self.stdout.write(f"{wrong} totals were wrong and are mended")
