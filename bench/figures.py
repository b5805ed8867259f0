"""How long the pages of figures take, and what keeping the figures costs, with 1,000 and with 1,000,000 incidents.

    .venv/bin/python -m bench.figures [--runs 20] [--sizes 1000 1000000]

Starts a PostgreSQL of its own (or takes DATABASE_URL's server) and fills one throw-away database per size: incidents of
three years with deadlines, a complaint for every five of them, and the passengers of every site and month. It counts
everything from nothing (what a first start or a rebuild of all costs), then prints per size the median of the time of
the dashboard for a quality manager and its SQL statements, and what it costs to count 1 and 100 changed incidents
again. The pass mark of the dashboard is 300 ms, with at most 20 statements.
"""

import argparse
import os
import statistics
import sys
import time

from bench.incident_pages import Bench, server

PAGES = {
    "Dashboard": "/dashboard/",
    "Dashboard of a division": "/dashboard/?unit=C0-D0",
    "Indicator": "/indicators/complaint-rate/",
    "Loop": "/loop/",
    "Cases behind a figure": "(the incidents of a month)",
}
PASS_MARK, MOST_STATEMENTS = 300, 20

COMPLAINTS = """
INSERT INTO complaints_complaint (
    number, title, text, wish, unit_id, place, channel, language, anonymous, category_id, priority, sensitive, finding,
    incident_stage, state, round, version, state_since, escalation, received_at, replied_at, closed_at, link_digest,
    external_source, external_id, readers)
SELECT 'CP-' || i.id, i.title, '', '', i.unit_id, '', (ARRAY['web', 'phone', 'onsite'])[1 + i.id % 3], 'zh-hans', true,
    (SELECT array_agg(id ORDER BY id) FROM complaints_category)[1 + i.id % 5], 2, false, '', '', 'closed', 1, 5,
    i.reported_at, 0, i.reported_at, i.reported_at + (i.id % 1000) * interval '10 minutes',
    i.reported_at + interval '10 days', '', '', '', i.readers
FROM incidents_incident i WHERE i.id % 5 = 0
"""
PASSENGERS = """
INSERT INTO metrics_volume (series, unit_id, grain, begins_on, part, value, version, source, entered_at)
SELECT 'customers.served', u.id, 'month', month::date, '', 100000 + u.id * 10, 1, 'bench', now()
FROM people_unit u CROSS JOIN generate_series(date_trunc('month', now() - interval '36 months'),
    date_trunc('month', now()), interval '1 month') AS month WHERE u.code LIKE '%-S%'
"""


class FigureBench(Bench):
    def fill(self) -> None:
        super().fill()
        from django.db import transaction

        from metrics import rolling

        for size in self.sizes:
            self.enter(self.name(size))
            with transaction.atomic(), self.connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(COMPLAINTS)
                cursor.execute(PASSENGERS)
            with self.connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            began = time.perf_counter()
            while not rolling.is_complete():
                rolling.keep_up(3600)
            print(f"{size:>9,} incidents counted in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            with self.connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
                cursor.execute(
                    "SELECT (SELECT count(*) FROM metrics_observation), (SELECT count(*) FROM metrics_total)"
                )
                print("{:>9,} incidents: {:,} observations, {:,} totals".format(size, *cursor.fetchone()))

    def pages(self, runs: int) -> bool:
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from metrics.addresses import cases_url
        from metrics.periods import Grain, last_over
        from people.models import Person, Unit

        kept = True
        for size in self.sizes:
            self.enter(self.name(size))
            client = Client(headers={"accept-language": "zh-hans"})
            client.force_login(Person.objects.get(username="quality-0-0"))
            month = last_over(Grain.MONTH)
            cases = cases_url("incidents.reported", Unit.objects.get(code="C0"), month.first, month.last)
            for page, path in PAGES.items():
                path = cases if path.startswith("(") else path
                client.get(path)
                with CaptureQueriesContext(self.connection) as statements:
                    answer = client.get(path)
                number, times = len(statements), []  # before the next request clears them
                slowest = max(statements, key=lambda one: float(one["time"]), default=None)
                for _run in range(runs):
                    began = time.perf_counter()
                    client.get(path)
                    times.append((time.perf_counter() - began) * 1000)
                median = statistics.median(times)
                told = f"{size:>9,} {page:26} {answer.status_code} {median:8.1f} ms {number:3} statements"
                print(told + (f", the longest {float(slowest['time']) * 1000:.0f} ms" if slowest else ""))
                kept &= page not in ("Dashboard",) or (median < PASS_MARK and number <= MOST_STATEMENTS)
        return kept

    def changes(self) -> None:
        from incidents.models import Incident
        from metrics import rolling
        from metrics.models import Stale

        for size in self.sizes:
            self.enter(self.name(size))
            for turn, changed in enumerate((1, 1, 100)):
                keys = list(
                    Incident.objects.filter(stage="closed")
                    .order_by("-pk")
                    .values_list("pk", flat=True)[:changed]
                )
                began = time.perf_counter()
                Incident.objects.filter(pk__in=keys).update(
                    channel="phone" if changed > 1 else ["api", "email"][turn]
                )
                written, began = time.perf_counter() - began, time.perf_counter()
                marks = Stale.objects.count()
                rolling.roll_up()
                took = time.perf_counter() - began
                print(
                    f"{size:>9,} {changed:>4} changed in {written * 1000:.1f} ms, "
                    f"counted in {took * 1000:.0f} ms ({marks} marks)"
                )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20, help="requests per page and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 1_000_000])
    options = parser.parse_args()
    with server() as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        bench = FigureBench(options.sizes)
        try:
            bench.fill()
            kept = bench.pages(options.runs)
            bench.changes()
        finally:
            bench.drop()
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
