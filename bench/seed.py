"""Filling a throw-away database with many incidents at once, by SQL. For the benchmarks only: it goes past the acts,
the gates and the chain of history, as nothing else may.
"""

import datetime as dt

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from bench.texts import texts
from incidents.search import literal
from people.models import Person, Post, Role, Unit
from people.units import found

DIVISIONS, SITES, STAFF = 5, 12, 4  # per company, division, site
DISTINCT_TEXTS = 20_000


def organisation() -> dict[str, Person]:
    """Two companies with 60 sites each; returns one person per role of the first one, by the role's name."""
    password = make_password("bench", hasher="argon2")
    cast: dict[str, Person] = {}

    def hire(name: str, unit: Unit, *roles: str) -> Person:
        person = Person.objects.create(
            username=name, display_name=name, home_unit=unit, language="zh-hans", password=password
        )
        start = timezone.localdate() - dt.timedelta(days=2000)
        Post.objects.bulk_create(
            Post(person=person, unit=unit, role=role, starts_on=start) for role in (Role.REPORTER, *roles)
        )
        return person

    for c, company_name in enumerate(("东部客运公司", "海湾酒店")):
        company = found(name=company_name, code=f"C{c}")
        for n in range(3):
            quality = hire(f"quality-{c}-{n}", company, Role.QUALITY, Role.HANDLER)
            if c == n == 0:
                cast["quality"] = quality
        for d in range(DIVISIONS):
            division = found(name=f"第{d + 1}分公司", code=f"C{c}-D{d}", parent=company)
            supervisor = hire(f"supervisor-{c}-{d}", division, Role.SUPERVISOR)
            for s in range(SITES):
                site = found(name=f"{d + 1}-{s + 1}站", code=f"C{c}-D{d}-S{s}", parent=division)
                manager = hire(f"manager-{c}-{d}-{s}", site, Role.SITE_MANAGER)
                staff = [hire(f"staff-{c}-{d}-{s}-{n}", site) for n in range(STAFF)]
                if c == d == s == 0:
                    cast |= {"supervisor": supervisor, "site manager": manager, "reporter": staff[0]}
    return cast


SITES_TABLE = """
CREATE TEMP TABLE bench_site AS
SELECT row_number() OVER (ORDER BY site.id) - 1 AS n, site.id AS unit, division.id AS division, company.id AS company,
       manager.person_id AS manager, supervisor.person_id AS supervisor,
       ARRAY(SELECT id FROM people_person WHERE home_unit_id = site.id ORDER BY id) AS staff,
       ARRAY(SELECT person_id FROM people_post WHERE unit_id = company.id AND role = 'quality' ORDER BY 1) AS quality
FROM people_unit site JOIN people_unit division ON division.id = site.parent_id
JOIN people_unit company ON company.id = division.parent_id
JOIN people_post manager ON manager.unit_id = site.id AND manager.role = 'site_manager'
JOIN people_post supervisor ON supervisor.unit_id = division.id AND supervisor.role = 'supervisor'
"""

# One row per incident with every choice made; nine in ten belong to the first company. The newest are open.
CHOICES = """
CREATE TEMP TABLE bench_choice AS
WITH drawn AS (
    SELECT g AS id, random() AS luck, random() AS more,
           (CASE WHEN random() < 0.9 THEN 0 ELSE 60 END + floor(60 * random() * random()))::int AS site,
           floor(random() * 60)::int AS other, floor(random() * %(texts)s)::int AS text,
           now() - (%(count)s - g) * (interval '1095 days' / %(count)s) - interval '20 minutes' AS reported_at
    FROM generate_series(1, %(count)s) g
)
SELECT drawn.*, to_char(reported_at, 'YYYY') AS year,
       CASE WHEN id > %(count)s - %(open)s THEN (ARRAY['identify', 'identify', 'confirm', 'confirm', 'confirm',
                'analyse', 'analyse', 'analyse', 'analyse', 'plan', 'plan', 'plan', 'track', 'track', 'track', 'track',
                'verify', 'verify', 'verify', 'improve'])[1 + floor(luck * 20)::int]
            WHEN luck < 0.07 THEN 'dismissed' WHEN luck < 0.1 AND id > 1 THEN 'merged' ELSE 'closed' END AS stage,
       (ARRAY[1, 1, 1, 2, 2, 2, 2, 3, 3, 4])[1 + floor(more * 10)::int] AS severity
FROM drawn
"""

INCIDENTS = """
INSERT INTO incidents_incident (
    id, number, title, type_id, description, unit_id, place, occurred_at, people_affected, impact, containment, channel,
    reporter_kind, reporter_id, contact_id, reported_at, follow_digest, severity, stage, cycle, attempt, version,
    stage_since, owner_id, due_at, closed_at, facts_verified, responsible_unit_id, responsible_person_id, short_path,
    correction, lessons, merged_into_id, external_source, external_id, readers, search)
SELECT c.id, 'SQ-' || c.year || '-' || lpad(c.id::text, 6, '0'), t.title,
    (SELECT array_agg(id ORDER BY id) FROM incidents_incidenttype)[1 + c.id %% 17], t.description, site.unit, t.place,
    c.reported_at - c.luck * interval '1 day', (c.more * 100)::int, '', '',
    (ARRAY['system', 'system', 'qr', 'onsite', 'phone', 'inspection'])[1 + floor(c.more * 6)::int], 'self',
    site.staff[2 + c.id %% 4], k.id, c.reported_at, '',
    CASE WHEN c.stage IN ('identify', 'dismissed', 'merged') THEN NULL ELSE c.severity END, c.stage,
    CASE WHEN c.luck > 0.97 THEN 2 ELSE 1 END, 1, 5, c.reported_at + interval '2 days',
    CASE c.stage WHEN 'identify' THEN site.manager WHEN 'confirm' THEN site.supervisor
        WHEN 'verify' THEN site.quality[1 + c.id %% 3] WHEN 'improve' THEN site.quality[1 + c.id %% 3]
        WHEN 'closed' THEN NULL WHEN 'dismissed' THEN NULL WHEN 'merged' THEN NULL ELSE other.staff[2 + c.id %% 4] END,
    CASE WHEN c.stage IN ('closed', 'dismissed', 'merged') THEN NULL
        ELSE now() + (random() * 24 - 4) * interval '1 day' END,
    CASE WHEN c.stage IN ('closed', 'dismissed', 'merged') THEN c.reported_at + c.more * interval '40 days' END,
    '', CASE WHEN r.has THEN other.unit END, CASE WHEN r.has THEN other.staff[2 + c.id %% 4] END,
    false, '', '', CASE WHEN c.stage = 'merged' THEN c.id - 1 END, '', '',
    ARRAY['u' || site.company, 'u' || site.division, 'u' || site.unit, 'p' || site.manager,
          'p' || site.staff[2 + c.id %% 4]]
        || CASE WHEN r.has THEN ARRAY['u' || other.division, 'u' || other.unit, 'p' || other.staff[2 + c.id %% 4],
             'p' || site.supervisor, 'p' || site.quality[1 + c.id %% 3]] ELSE '{}'::text[] END,
    ('''sq' || c.year || lpad(c.id::text, 6, '0') || ''':1 ''#' || c.id || ''' ''~'
        || reverse(lpad(c.id::text, 6, '0')) || '''')::tsvector || t.vector
FROM bench_choice c JOIN bench_text t ON t.id = c.text JOIN bench_site site ON site.n = c.site
JOIN bench_site other ON other.n = c.other + site.n / 60 * 60
LEFT JOIN people_contact k ON c.luck > 0.95 AND k.id = 1 + c.id %% 500
CROSS JOIN LATERAL (SELECT c.stage NOT IN ('identify', 'confirm', 'dismissed', 'merged') AS has) r
"""

LOOP = "ARRAY['identify', 'confirm', 'analyse', 'plan', 'track', 'verify', 'improve']"
PASSED = f"array_position({LOOP} || 'closed'::text, i.stage::text)"

DEADLINES = f"""
INSERT INTO reminders_deadline (
    subject, kind, cycle, label, owner_id, unit_id, opened_at, due_at, original_due_at, closed_at,
    reckoning, pause_reason, pause_note)
SELECT 'incident:' || i.id, s.stage, i.cycle, i.number,
       CASE WHEN s.n = {PASSED} THEN i.owner_id ELSE site.quality[1 + i.id %% 3] END, i.unit_id, i.reported_at,
       coalesce(i.due_at, i.reported_at + s.n * interval '3 days'), i.reported_at + s.n * interval '3 days',
       CASE WHEN s.n = {PASSED} AND i.due_at IS NOT NULL THEN NULL ELSE i.reported_at + s.n * interval '2 days' END,
       '{{}}', '', ''
FROM incidents_incident i JOIN bench_site site ON site.unit = i.unit_id
JOIN unnest({LOOP}) WITH ORDINALITY AS s(stage, n)
  ON s.n <= coalesce({PASSED}, 1)
"""

EVENTS = """
INSERT INTO history_event (
    "case", seq, label, act, at, actor_id, actor_name, unit_id, source, request_id, reason, before, after, payload,
    previous_hash, hash)
SELECT d.subject, row_number() OVER (PARTITION BY d.subject ORDER BY d.opened_at, d.id), d.label,
    'incident.' || d.kind, d.opened_at, d.owner_id, 'bench', d.unit_id, 'web', '', '', '{}', '{}', '{}', '', ''
FROM reminders_deadline d
"""

HEADS = """INSERT INTO history_chainhead ("case", seq, hash)
SELECT "case", max(seq), '' FROM history_event GROUP BY 1"""


def incidents(count: int) -> None:
    """`count` incidents of three years with deadlines and history; about 3 in 100 are open, of few more than 100."""
    still_open = min(count // 5, 100 + count * 3 // 100)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SELECT setseed(0.5)")
        cursor.execute(
            "CREATE TEMP TABLE bench_text (id int, title text, description text, place text, vector tsvector)"
        )
        rows = [
            (n, title, description, place, literal(title, description, place))
            for n, (title, description, place) in enumerate(texts(DISTINCT_TEXTS))
        ]
        for start in range(0, len(rows), 1000):
            part = rows[start : start + 1000]
            marks = ",".join(["(%s, %s, %s, %s, %s::tsvector)"] * len(part))
            cursor.execute(f"INSERT INTO bench_text VALUES {marks}", [value for row in part for value in row])
        cursor.execute(SITES_TABLE)
        cursor.execute(
            "INSERT INTO people_contact (name, phone, email, phone_ending) "
            "SELECT '王', '1380000' || lpad(g::text, 4, '0'), '', lpad(g::text, 4, '0') FROM generate_series(1, 500) g"
        )
        cursor.execute(CHOICES, {"count": count, "texts": DISTINCT_TEXTS, "open": still_open})
        for statement in (INCIDENTS, DEADLINES, EVENTS, HEADS):
            cursor.execute(statement, [] if "%%" in statement else None)
        cursor.execute("SELECT setval('incidents_incident_id_seq', %s)", [count])
        for name in ("bench_text", "bench_site", "bench_choice"):
            cursor.execute(f"DROP TABLE {name}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
