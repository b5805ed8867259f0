"""How long it takes to find the incidents like one, with 1,000 and with 100,000 incidents on record.

    .venv/bin/python -m bench.similar [--runs 100] [--sizes 1000 100000]

Starts a PostgreSQL of its own (or takes DATABASE_URL's server) and fills one throw-away database per size, as
`bench.incident_pages` does. Asks for the cases like one that is on record, and for the likely duplicates of a text that
is being typed, as a quality manager of the whole company, a site manager and a reporter. Prints the median, the 95th
percentile and the longest time in ms, the SQL statements, and the last size's median over the first's. The pass mark is
a 95th percentile below 150 ms with the most incidents.
"""

import argparse
import datetime as dt
import os
import random
import statistics
import sys
import time

from bench.incident_pages import Bench, server

PASS_MARK = 150
WHO = {"quality manager": "quality-0-0", "site manager": "manager-0-0-0", "reporter": "staff-0-0-0-0"}
TYPED = (
    "3号车厢空调坏了，车里很热，有旅客投诉", "電梯卡住，輪椅旅客無法使用", "候车厅地面漏水，一位老人滑倒",
    "air conditioning failed in the waiting hall", "空调", "售票窗口排队超过二十分钟没有人员引导，旅客情绪激动",
)  # fmt: skip


def questions(chance: random.Random, person) -> list:
    """What is asked in one turn: some incidents of whatever age, and every typed text."""
    from django.utils import timezone

    from incidents.models import Incident
    from incidents.similar import SAME, similar_to

    pks = list(Incident.objects.visible_to(person).values_list("pk", flat=True))
    rows = Incident.objects.select_related("type", "unit").in_bulk(chance.sample(pks, min(14, len(pks))))
    since = timezone.now() - dt.timedelta(days=30)
    return [lambda row=row: similar_to(row, person) for row in rows.values()] + [
        lambda text=text: similar_to(text, person, limit=3, least=SAME, since=since) for text in TYPED
    ]


def measure(bench: Bench, runs: int) -> dict[tuple[str, int], tuple[list[float], int, int]]:
    """Per person and size: milliseconds of each question, the most statements, and how much was found in all."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    from people.models import Person

    found = {}
    for name, username in WHO.items():
        for size in bench.sizes:
            bench.enter(bench.name(size))
            person = Person.objects.get(username=username)
            asked, chance = [], random.Random(1)
            while len(asked) < runs:
                asked += questions(chance, person)
            asked[0]()  # warms up
            times, rows, statements = [], 0, 0
            for question in asked[:runs]:
                began = time.perf_counter()
                rows += len(question())
                times.append((time.perf_counter() - began) * 1000)
            for question in asked[:20]:
                with CaptureQueriesContext(connection) as context:
                    question()
                statements = max(statements, len(context))
            reset_queries()
            found[name, size] = times, statements, rows
    return found


def report(found: dict, sizes: list[int]) -> bool:
    print(
        f"{'':18}"
        + "".join(f"{size:>12,}: median    p95    max  statements  found" for size in sizes)
        + "   ratio"
    )
    kept = True
    for name in WHO:
        line, medians = f"{name:18}", []
        for size in sizes:
            times, statements, rows = found[name, size]
            p95 = statistics.quantiles(times, n=20)[-1]
            medians.append(statistics.median(times))
            line += f"{medians[-1]:>20.1f} {p95:>6.1f} {max(times):>6.1f} {statements:>11} {rows:>6}"
        kept &= p95 < PASS_MARK
        print(f"{line}   {medians[-1] / medians[0]:.2f}{'' if p95 < PASS_MARK else '  above the pass mark'}")
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100, help="questions per person and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    options = parser.parse_args()
    with server() as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        bench = Bench(options.sizes)
        try:
            bench.fill()
            kept = report(measure(bench, options.runs), options.sizes)
        finally:
            bench.drop()
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
