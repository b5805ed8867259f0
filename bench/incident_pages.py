"""How long the server takes for the list, a Chinese search, My work, the board and an incident's page, with 1,000 and
with 100,000 incidents.

    .venv/bin/python -m bench.incident_pages [--runs 60] [--sizes 1000 100000] [--who quality]

Starts a PostgreSQL of its own (or takes DATABASE_URL's server), fills one throw-away database per size, and asks for
the pages by Django's test client, in short turns between the databases so that a busy machine burdens all alike.
Prints the median and the 90th percentile of the time per page in ms, its SQL statements, and the last size's median
over the first's: the pass mark is 1.5. My work and the board show what is open, of which there is more in a larger
house (full groups and columns instead of half-empty ones): their ratio is printed, but not held against the mark.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

SHOW_MORE = {"My work", "Board"}  # the more is open
TURN = 10  # requests before the other database has its turn
PASS_MARK = 1.5

PAGES = {
    "My work": "/",
    "List": "/incidents/",
    "List, open, most urgent first": "/incidents/?state=open&sort=due",
    "List, one severity of one unit": "/incidents/?severity=3&unit=C0-D0-S0",
    "Search, frequent word (空调)": "/incidents/?q=空调",
    "Search, seldom word (盲道)": "/incidents/?q=盲道",
    "Search, rare word (麒麟)": "/incidents/?q=麒麟",
    "Search, six characters (排队超过二十)": "/incidents/?q=排队超过二十",
    "Search, absent word (鲲鹏)": "/incidents/?q=鲲鹏",
    "Board": "/incidents/board/",
    "Incident": "(an open one)",
}


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server: DATABASE_URL's, or one that is thrown away."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    from devstack.places import TEST_FOLDER_PREFIX
    from devstack.servers import Postgres

    with tempfile.TemporaryDirectory(prefix=TEST_FOLDER_PREFIX) as folder:
        database = Postgres(Path(folder) / "postgres", throw_away=True)
        database.start()
        try:
            yield database.url("postgres")
        finally:
            database.stop()


def named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class Bench:
    """One database per size, and the connection that moves between them."""

    def __init__(self, sizes: list[int]):
        from django.db import connection

        self.sizes = sizes
        self.connection = connection
        self.own_name = connection.settings_dict["NAME"]

    def enter(self, name: str) -> None:
        self.connection.close()
        self.connection.settings_dict["NAME"] = name

    def name(self, size: int) -> str:
        return f"bench_{os.getpid()}_{size}"

    def fill(self) -> None:
        from django.core.management import call_command

        from bench import seed

        for size in self.sizes:
            self.run_in_own(f'CREATE DATABASE "{self.name(size)}"')
            self.enter(self.name(size))
            began = time.perf_counter()
            call_command("migrate", verbosity=0)
            seed.organisation()
            seed.incidents(size)
            print(f"{size:>9,} incidents made in {time.perf_counter() - began:.0f} s", file=sys.stderr)

    def drop(self) -> None:
        for size in self.sizes:
            self.run_in_own(f'DROP DATABASE IF EXISTS "{self.name(size)}" WITH (FORCE)')

    def run_in_own(self, statement: str) -> None:
        self.enter(self.own_name)
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def measure(self, runs: int, username: str) -> dict[tuple[str, int], tuple[list[float], int]]:
        """Per page and size: milliseconds of each request, and its number of SQL statements."""
        found: dict[tuple[str, int], tuple[list[float], int]] = {}
        visitors = {size: self._visitor(size, username) for size in self.sizes}
        for page in PAGES:
            for turn in range(runs // TURN + 1):  # the first turn only warms up
                for size in self.sizes:
                    client, incident = visitors[size]
                    self.enter(self.name(size))
                    path = incident if page == "Incident" else PAGES[page]
                    times, statements = self._turn(client, path)
                    if turn:
                        found.setdefault((page, size), ([], statements))[0].extend(times)
        return found

    def _visitor(self, size: int, username: str):
        from django.test import Client

        from incidents.models import Incident
        from people.models import Person

        self.enter(self.name(size))
        person = Person.objects.get(username=username)
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(person)
        visible = Incident.objects.visible_to(person).filter(stage="plan")
        return client, visible.order_by("-pk")[0].get_absolute_url()

    def _turn(self, client, path: str) -> tuple[list[float], int]:
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(self.connection) as statements:
            response = client.get(path)
        if response.status_code != 200:
            sys.exit(f"{path} answered {response.status_code}")
        number = len(statements)  # before the next request clears them
        times = []
        for _request in range(TURN):
            began = time.perf_counter()
            client.get(path)
            times.append((time.perf_counter() - began) * 1000)
        return times, number


def report(found: dict, sizes: list[int]) -> bool:
    """Print the table; says whether every page keeps the pass mark."""
    width = max(map(len, PAGES)) + 8
    print(f"{'':{width}}" + "".join(f"{size:>12,}: median    p90  statements" for size in sizes) + "   ratio")
    kept = True
    for page in PAGES:
        line, medians = f"{page:{width}}", []
        for size in sizes:
            times, statements = found[page, size]
            medians.append(statistics.median(times))
            line += f"{medians[-1]:>20.1f} {statistics.quantiles(times, n=10)[-1]:>6.1f} {statements:>11}"
        ratio = medians[-1] / medians[0]
        held = page not in SHOW_MORE
        kept &= ratio <= PASS_MARK or not held
        remark = "" if ratio <= PASS_MARK else "  above the pass mark" if held else "  (more is shown)"
        print(f"{line}   {ratio:.2f}{remark}")
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=60, help="requests per page and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument(
        "--who",
        default="quality-0-0",
        help="user name: quality-0-0, supervisor-0-0, manager-0-0-0, staff-0-0-0-0",
    )
    options = parser.parse_args()
    with server() as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        bench = Bench(options.sizes)
        try:
            bench.fill()
            kept = report(bench.measure(options.runs, options.who), options.sizes)
        finally:
            bench.drop()
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
