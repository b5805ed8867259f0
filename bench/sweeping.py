"""How long one sweep takes that finds 500 deadlines due, among 10,000, 100,000 and 1,000,000 that are open.

    .venv/bin/python -m bench.sweeping [--sizes 10000 100000 1000000] [--runs 7] [--due 500]

Starts a PostgreSQL of its own (or takes DATABASE_URL's server), with one throw-away database per size. Before each run
so many deadlines are put at their due moment; the sweep announces them (notices, deliveries and the next moments are
written). Runs take turns between the sizes, so that a busy machine burdens all alike. Prints the median in ms and the
last size's median over the first's: it stays near 1 where the cost is of what is due. The audit of the same deadlines
is timed beside it.
"""

import argparse
import datetime as dt
import os
import statistics
import sys
import time

from bench.incident_pages import Bench, server

FILL = """
INSERT INTO reminders_deadline
    (subject, kind, cycle, label, owner_id, unit_id, opened_at, due_at, original_due_at, next_notice_at, reckoning,
     pause_reason, pause_note)
SELECT 'bench:' || n, 'analyse', 1, 'SQ-' || n, %(owner)s, %(unit)s, now() - interval '1 day',
       now() + (10 + n %% 300) * interval '1 day', now() + (10 + n %% 300) * interval '1 day',
       now() + (9 + n %% 300) * interval '1 day', '{}', '', ''
FROM generate_series(1, %(size)s) n
"""
PUT_DUE = """
UPDATE reminders_deadline SET due_at = now() - interval '1 hour', next_notice_at = now() - interval '1 hour'
WHERE id IN (SELECT id FROM reminders_deadline WHERE due_at > now() ORDER BY id LIMIT %s)
"""
TAKE_BACK = """
UPDATE reminders_deadline SET closed_at = now(), next_notice_at = NULL WHERE due_at < now() AND closed_at IS NULL
"""


def fill(size: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from people.models import Person, Post, Role
    from people.units import found

    call_command("migrate", verbosity=0)
    company = found(name="Bench", code="BENCH")
    people = [
        Person.objects.create_user(
            name, display_name=name.title(), home_unit=company, email=f"{name}@example.org"
        )
        for name in ("owner", "manager", "quality")
    ]
    for person, role in zip(people, (Role.REPORTER, Role.SITE_MANAGER, Role.QUALITY), strict=True):
        Post.objects.create(person=person, unit=company, role=role, starts_on=dt.date(2026, 1, 1))
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"owner": people[0].pk, "unit": company.pk, "size": size})
        cursor.execute("ANALYZE")


def timed(act) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def run(due: int) -> dict[str, float]:
    from django.db import connection

    from reminders.auditing import audit
    from reminders.models import Notice
    from reminders.sweeping import sweep

    with connection.cursor() as cursor:
        cursor.execute(PUT_DUE, [due])
    before = Notice.objects.filter(text="overdue").count()
    took = {"sweep": timed(sweep)}
    told = Notice.objects.filter(text="overdue").count() - before
    if told != due:
        sys.exit(f"{told} announced instead of {due}")
    took["audit"] = timed(audit)
    took["sweep of nothing"] = timed(sweep)
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--due", type=int, default=500)
    given = parser.parse_args()
    with server() as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from config.celery import app

        app.conf.broker_url = "memory://"  # the hint to the worker costs nothing and reaches nobody
        bench = Bench(given.sizes)
        try:
            for size in given.sizes:
                bench.run_in_own(f'CREATE DATABASE "{bench.name(size)}"')
                bench.enter(bench.name(size))
                fill(size)
            found: dict[int, list[dict]] = {size: [] for size in given.sizes}
            for _run in range(given.runs):
                for size in given.sizes:
                    bench.enter(bench.name(size))
                    found[size].append(run(given.due))
        finally:
            bench.drop()
    show(found)


def show(found: dict[int, list[dict]]) -> None:
    sizes = list(found)
    print(f"{'median, ms':24}" + "".join(f"{size:>12,}" for size in sizes) + "   ratio")
    for name in found[sizes[0]][0]:
        medians = [statistics.median(took[name] for took in found[size]) for size in sizes]
        print(
            f"{name:24}"
            + "".join(f"{median:12.1f}" for median in medians)
            + f"{medians[-1] / medians[0]:8.2f}"
        )


if __name__ == "__main__":
    main()
