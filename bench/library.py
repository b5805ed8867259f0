"""How long the server takes for the archive, what works, and the Pareto of causes, with 1,000 and with 100,000
incidents.

    .venv/bin/python -m bench.library [--runs 60] [--sizes 1000 100000] [--who quality-0-0]

Like `bench.incident_pages`, with causes, plans, measures and verdicts under every closed case. The pass mark for the
archive is the same: the last size's median at most 1.5 times the first's. What works and the Pareto read more rows in
a larger house until they reach their limits (3,000 rounds, 20,000 incidents): their ratio is printed only.
"""

import argparse
import json
import os
import sys
import time
from datetime import datetime

from bench import incident_pages
from bench.incident_pages import TURN, Bench, server

PAGES = {
    "Archive": "/archive/",
    "Archive, far back": "/archive/?closed_until=2024-06-30",
    "Archive, one category": "/archive/?cause=machine",
    "Archive, a rare category": "/archive/?cause=own",
    "Archive, a rare level against a category": "/archive/?cause=people&strength=eliminate",
    "Archive, not effective in some round": "/archive/?verdict=not_effective",
    "Archive, one severity of one unit": "/archive/?severity=4&unit=C0-D0-S0",
    "Archive, words (轴承)": "/archive/?q=轴承",
    "Archive, words and category": "/archive/?q=空调&cause=machine&tier=strong",
    "Archive, absent word (鲲鹏)": "/archive/?q=鲲鹏",
    "What works": "/archive/what-works/",
    "What works, one unit": "/archive/what-works/?unit=C0-D0-S0&by=strength",
    "Pareto by category": "/causes/pareto/",
    "Pareto by text, one unit": "/causes/pareto/?by=text&unit=C0-D0",
}
SHOW_MORE = {page for page in PAGES if page.startswith(("What", "Pareto"))}

#: Every closed case and every round of it; a case in its second round has a first one that did not work.
ROUNDS = """
CREATE TEMP TABLE bench_round AS
SELECT i.id AS incident, r.cycle, r.cycle = i.cycle AS is_last, i.closed_at, i.responsible_person_id AS person,
       (SELECT id FROM people_person WHERE username = 'quality-0-0') AS judge,
       random() AS luck, random() AS more
FROM incidents_incident i CROSS JOIN LATERAL generate_series(1, i.cycle) r(cycle)
WHERE i.stage = 'closed' AND i.responsible_person_id IS NOT NULL
"""
CATEGORY = (
    "CASE WHEN luck < 0.35 THEN 'machine' WHEN luck < 0.6 THEN 'method' WHEN luck < 0.8 THEN 'people' "
    "WHEN luck < 0.9 THEN 'material' WHEN luck < 0.95 THEN 'environment' WHEN luck < 0.995 THEN 'measurement' "
    "ELSE 'weather' END"
)
TEXT = (
    "(ARRAY['风机轴承磨损', '周检作业卡没有此项', '新员工未培训', '备件批次不合格', '传感器未校准', '交接班漏项'])"
    "[1 + floor(more * 6)::int] || (incident % 97)"
)
STRENGTH = (
    "CASE WHEN more < 0.02 THEN 'eliminate' WHEN more < 0.1 THEN 'force' WHEN more < 0.3 THEN 'automate' "
    "WHEN more < 0.6 THEN 'standardise' WHEN more < 0.75 THEN 'rule' ELSE 'train' END"
)


def insert(model, values: dict[str, str], source: str) -> None:
    """Fill a table by SQL expressions; a column that isn't given gets its model's default."""
    from django.db import connection

    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    wanted = ", ".join(values.get(field.attname) or _default(field) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {wanted} FROM {source}")


def _default(field) -> str:
    if field.null and not field.has_default():
        return "NULL"
    value = field.get_default()
    if isinstance(value, datetime):
        return "now()"
    if isinstance(value, dict | list):
        return f"'{json.dumps(value)}'"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return f"'{value or ''}'"


def learned() -> None:
    """Causes, plans, measures and verdicts for every closed case."""
    from django.db import connection, transaction

    from capa.models import Cause, Measure, Plan, Verification

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica; SELECT setseed(0.25)")
            cursor.execute(ROUNDS)
        insert(
            Cause,
            {
                "incident_id": "incident", "cycle": "cycle", "category": CATEGORY, "text": TEXT,
                "status": "'confirmed'", "is_root": "true", "added_by_id": "person",
            },
            "bench_round",
        )  # fmt: skip
        insert(
            Plan,
            {
                "incident_id": "incident", "cycle": "cycle", "status": "'approved'", "author_id": "person",
                "decided_by_id": "judge",
            },
            "bench_round WHERE person <> judge",
        )  # fmt: skip
        insert(
            Measure,
            {
                "incident_id": "r.incident", "plan_id": "p.id", "cause_id": "c.id", "strength": STRENGTH,
                "text": "'修订周检作业卡'", "owner_id": "person", "status": "'done'", "progress": "100",
                "number": "'CA-B-' || p.id", "done_at": "closed_at",
            },
            "bench_round r JOIN capa_plan p ON p.incident_id = r.incident AND p.cycle = r.cycle "
            "JOIN capa_cause c ON c.incident_id = r.incident AND c.cycle = r.cycle",
        )  # fmt: skip
        insert(
            Verification,
            {
                "incident_id": "incident", "cycle": "cycle", "metric": "'故障次数'", "unit_of_exposure": "'天'",
                "before_from": "closed_at::date - 300", "before_until": "closed_at::date - 100",
                "before_events": "20 + (luck * 40)::int", "before_exposure": "200",
                "after_from": "closed_at::date - 90", "after_until": "closed_at::date",
                "after_events": "CASE WHEN is_last THEN 3 ELSE 12 END + (more * 6)::int", "after_exposure": "90",
                "source": "'台账'", "reasons": "'…'", "judged_by_id": "judge", "judged_at": "closed_at",
                "proposal": "CASE WHEN is_last THEN 'effective' ELSE 'not_effective' END",
                "verdict": "CASE WHEN is_last THEN 'effective' ELSE 'not_effective' END",
            },
            "bench_round",
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_round")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


class LibraryBench(Bench):
    def fill(self) -> None:
        super().fill()
        for size in self.sizes:
            self.enter(self.name(size))
            began = time.perf_counter()
            learned()
            print(f"{size:>9,}: what they taught, in {time.perf_counter() - began:.0f} s", file=sys.stderr)

    def measure(self, runs: int, username: str) -> dict:
        found: dict = {}
        visitors = {size: self._visitor(size, username)[0] for size in self.sizes}
        for page, path in PAGES.items():
            for turn in range(runs // TURN + 1):  # the first turn only warms up
                for size in self.sizes:
                    self.enter(self.name(size))
                    times, statements = self._turn(visitors[size], path)
                    if turn:
                        found.setdefault((page, size), ([], statements))[0].extend(times)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=60, help="requests per page and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000])
    parser.add_argument(
        "--who", default="quality-0-0", help="user name: quality-0-0, supervisor-0-0, manager-0-0-0"
    )
    options = parser.parse_args()
    incident_pages.PAGES, incident_pages.SHOW_MORE = PAGES, SHOW_MORE
    with server() as url:
        os.environ["DATABASE_URL"] = url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        bench = LibraryBench(options.sizes)
        try:
            bench.fill()
            kept = incident_pages.report(bench.measure(options.runs, options.who), options.sizes)
        finally:
            bench.drop()
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
