"""The SQL of the rollup: what is counted of some days, how that differs from what stands there, and the sums above it.

One statement counts all series of a source for all days of a batch. In it `d` is a day with its midnights and `d.units`
the units that are to be counted then; observations that differ are written, and the differences are added to the totals
of the unit and of every unit above it.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import partial

from django.db.models import BooleanField, F, Func
from django.db.models.expressions import RawSQL

from incidents.stages import LOOP
from metrics import counted
from metrics.counted.declared import Tally

#: The source of what was entered.
VOLUMES = "volumes"

_KEY = "series, unit, day, channel, kind, bin, grain, facet"

#: Keeps PostgreSQL from joining days and rows as a whole: each day is looked up by its index, also in a large archive.
_DAY_BY_DAY = "OFFSET 0"
_PLACEHOLDER = re.compile("%%|%s")
_day = partial(RawSQL, params=[])


class _IsToBeCounted(Func):
    template = "(%(expressions)s = ANY(d.units))"
    output_field = BooleanField()


@dataclass(frozen=True)
class Scope:
    """Which cells are counted anew, and which observations are known of them (`o`)."""

    cells: str  # the common table expressions `cell` (unit, day), if any, and `d` (day, begins, ends, units)
    known: str
    by_unit: bool


#: Single days of single units.
CELLS = Scope(
    "cell AS MATERIALIZED (SELECT DISTINCT unit, day FROM unnest(%(units)s::bigint[], %(cell_days)s::date[]) "
    "AS one(unit, day)), "
    "d AS MATERIALIZED (SELECT day, begins, ends, array_agg(cell.unit) AS units FROM unnest(%(days)s::date[], "
    "%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS one(day, begins, ends) JOIN cell USING (day) "
    "GROUP BY day, begins, ends)",
    "JOIN cell ON cell.unit = o.unit_id AND cell.day = o.day WHERE true",
    True,
)
#: Days on end of all units.
SPAN = Scope(
    "d AS MATERIALIZED (SELECT * FROM unnest(%(days)s::date[], %(begins)s::timestamptz[], %(ends)s::timestamptz[]) "
    "AS one(day, begins, ends))",
    "WHERE o.day BETWEEN %(first)s AND %(last)s",
    False,
)

#: All that some units have entered.
GIVERS = Scope("d AS (SELECT 1)", "WHERE o.unit_id = ANY(%(givers)s)", True)

#: Rows of observations (`r`: key and amount) -> what they add to which totals. Nothing that is "given" or "begun" is told
#: apart; of single days only the whole is kept.
SPREAD = """
SELECT r.series, above.unit, g.grain, g.begins_on, f.facet, f.value, sum(r.amount) AS amount,
       bool_or(r.facet = 'entered') AS is_entered
FROM {rows} AS r JOIN people_unit u ON u.id = r.unit
CROSS JOIN LATERAL unnest(string_to_array(trim(BOTH '/' FROM u.path), '/')::bigint[]) AS above(unit)
CROSS JOIN LATERAL (VALUES
    (r.grain, r.day),
    (CASE WHEN r.grain = 'day' AND r.facet <> 'begun' THEN 'week' END, date_trunc('week', r.day::timestamp)::date),
    (CASE WHEN r.grain = 'day' AND r.facet <> 'begun' THEN 'month' END, date_trunc('month', r.day::timestamp)::date)
) AS g(grain, begins_on)
CROSS JOIN LATERAL (VALUES
    (CASE r.facet WHEN 'entered' THEN '' ELSE r.facet END, ''),
    (CASE WHEN r.facet = 'entered' THEN 'entered' END, ''),
    (CASE WHEN g.grain <> 'day' AND r.channel <> '' THEN 'channel' END, r.channel),
    (CASE WHEN g.grain <> 'day' AND r.kind <> '' THEN 'kind' END, r.kind),
    (CASE WHEN g.grain <> 'day' AND r.bin >= 0 THEN 'bin' END, r.bin::text)
) AS f(facet, value)
WHERE g.grain IS NOT NULL AND f.facet IS NOT NULL {only}
GROUP BY 1, 2, 3, 4, 5, 6
"""

_WRITE = """
WITH {cells},
counted AS MATERIALIZED ({counted}),
known AS (
    SELECT o.id, o.series, o.unit_id AS unit, o.day, o.channel, o.kind, o.bin, o.grain, o.facet, o.count
    FROM metrics_observation o {known}
),
changed AS MATERIALIZED (
    SELECT {key}, known.id, counted.count, coalesce(counted.count, 0) - coalesce(known.count, 0) AS amount
    FROM counted FULL JOIN known USING ({key}) WHERE counted.count IS DISTINCT FROM known.count
),
gone AS (DELETE FROM metrics_observation o USING changed WHERE o.id = changed.id AND changed.count IS NULL),
kept AS (
    INSERT INTO metrics_observation (series, unit_id, day, channel, kind, bin, grain, facet, count)
    SELECT {key}, count FROM changed WHERE count IS NOT NULL
    ON CONFLICT (unit_id, day, series, channel, kind, bin, grain, facet) DO UPDATE SET count = EXCLUDED.count
)
"""

#: Counts anew and adds the differences up; gives the totals that came out as zero.
RECOUNT = (
    _WRITE
    + """,
totals AS (
    INSERT INTO metrics_total (series, unit_id, grain, begins_on, facet, value, count)
    SELECT series, unit, grain, begins_on, facet, value, amount FROM ({spread}) AS added
    ON CONFLICT (unit_id, series, grain, facet, begins_on, value)
    DO UPDATE SET count = metrics_total.count + EXCLUDED.count
    RETURNING id, count
)
SELECT array_agg(id) FROM totals WHERE count = 0
"""
)
#: Counts anew; the totals are summed afterwards.
OBSERVE = _WRITE + " SELECT count(*) FROM changed"

#: A total of nothing is none; but a zero that was entered is one.
SWEEP = """
DELETE FROM metrics_total t WHERE t.id = ANY(%s) AND t.count = 0 AND NOT (t.facet IN ('', 'entered') AND EXISTS (
    SELECT FROM metrics_total g WHERE g.unit_id = t.unit_id AND g.series = t.series AND g.grain = t.grain
        AND g.begins_on = t.begins_on AND g.facet = 'given' AND g.count <> 0))
"""

#: Sums totals anew from the observations, and mends those that are wrong; gives how many were.
SUM_UP = """
WITH r AS (
    SELECT o.series, o.unit_id AS unit, o.day, o.channel, o.kind, o.bin, o.grain, o.facet, o.count AS amount
    FROM metrics_observation o {observations}
),
fresh AS MATERIALIZED (
    SELECT series, unit, grain, begins_on, facet, value, amount FROM ({spread}) AS summed
    WHERE {these} AND (amount <> 0 OR is_entered AND facet IN ('', 'entered'))
),
known AS (
    SELECT id, series, unit_id AS unit, grain, begins_on, facet, value, count FROM metrics_total WHERE {those}
),
wrong AS MATERIALIZED (
    SELECT series, unit, grain, begins_on, facet, value, known.id, amount
    FROM fresh FULL JOIN known USING (series, unit, grain, begins_on, facet, value)
    WHERE fresh.amount IS DISTINCT FROM known.count
),
gone AS (DELETE FROM metrics_total t USING wrong WHERE t.id = wrong.id AND wrong.amount IS NULL),
kept AS (
    INSERT INTO metrics_total (series, unit_id, grain, begins_on, facet, value, count)
    SELECT series, unit, grain, begins_on, facet, value, amount FROM wrong WHERE amount IS NOT NULL
    ON CONFLICT (unit_id, series, grain, facet, begins_on, value) DO UPDATE SET count = EXCLUDED.count
)
SELECT count(*) FROM wrong
"""
_PERIODS = (
    "(grain = 'week' AND begins_on BETWEEN %(monday)s AND %(sunday)s "
    "OR grain <> 'week' AND begins_on BETWEEN %(first)s AND %(last)s)"
)
#: All totals of whole months, and of the weeks that reach into them.
SUM_UP_SPAN = SUM_UP.format(
    observations="WHERE o.day BETWEEN %(monday)s AND %(sunday)s",
    spread=SPREAD.format(rows="r", only=""),
    these=_PERIODS,
    those=_PERIODS,
)
#: All totals of some units.
SUM_UP_UNITS = SUM_UP.format(
    observations=(
        "WHERE o.unit_id IN (SELECT below.id FROM people_unit below JOIN people_unit top "
        "ON top.id = ANY(%(units)s) AND below.path LIKE top.path || '%%')"
    ),
    spread=SPREAD.format(rows="r", only="AND above.unit = ANY(%(units)s)"),
    these="true",
    those="unit_id = ANY(%(units)s)",
)


def codes_of(source: str) -> list[str]:
    """The series of a source, each by its own code."""
    found = [tally.code for tally in counted.SOURCES[source]]
    return [code for code in found if code != "stage"] + (
        [f"stage.{stage}" for stage in LOOP] if "stage" in found else []
    )


def counting(source: str, scope: Scope, now: dt.datetime) -> tuple[str, dict]:
    """The statement parts that count a source: as `counted` with the key of an observation and `count`."""
    parts, params = [], {}
    for tally in counted.SOURCES[source]:
        sql, values = _rows(tally, scope, now)
        names = [f"v{len(params) + place}" for place in range(len(values))]
        params |= dict(zip(names, values, strict=True))
        named = iter(names)
        sql = _PLACEHOLDER.sub(lambda mark: mark[0] if mark[0] == "%%" else f"%({next(named)})s", sql)  # noqa: B023
        parts.append(
            "SELECT r.series, r.unit, d.day, r.channel, r.kind, r.bin, 'day' AS grain, '' AS facet, "
            f"sum(r.amount)::numeric AS count FROM d CROSS JOIN LATERAL ({sql} {_DAY_BY_DAY}) "
            "AS r(series, unit, channel, kind, bin, amount) WHERE r.unit IS NOT NULL "
            "GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(r.amount) <> 0"
        )
    return " UNION ALL ".join(parts), params


def _rows(tally: Tally, scope: Scope, now: dt.datetime) -> tuple[str, tuple]:
    """The rows of the tally in the window `d`."""
    rows = tally.cells(now)
    if tally.by_day:
        rows = rows.filter(**{tally.moment: _day("d.day")})
    else:
        rows = rows.filter(
            **{f"{tally.moment}__gte": _day("d.begins"), f"{tally.moment}__lt": _day("d.ends")}
        )
    if scope.by_unit:
        rows = rows.filter(_IsToBeCounted(F("cell_unit")))
    columns = ("cell_series", "cell_unit", "cell_channel", "cell_kind", "cell_bin", "cell_amount")
    return rows.values_list(*columns).query.sql_with_params()


_CURRENT = "v.replaced_at IS NULL AND v.value IS NOT NULL"
#: The first period of a grain that begins after the unit was closed.
_AFTER_CLOSING = """(CASE first.grain
    WHEN 'day' THEN u.closed_on + 1
    WHEN 'week' THEN date_trunc('week', u.closed_on::timestamp) + interval '7 days'
    WHEN 'half' THEN date_trunc('year', u.closed_on::timestamp)
        + make_interval(months => CASE WHEN extract(month FROM u.closed_on) > 6 THEN 12 ELSE 6 END)
    ELSE date_trunc(first.grain, u.closed_on::timestamp)
        + make_interval(months => CASE first.grain WHEN 'quarter' THEN 3 WHEN 'year' THEN 12 ELSE 1 END)
END)::date"""


def entered(scope: Scope) -> str:
    """What was entered, in the form of `counting`: the figures and that they are given."""
    cells = "JOIN cell ON cell.unit = v.unit_id AND cell.day = v.begins_on" if scope.by_unit else ""
    span = "" if scope.by_unit else "AND v.begins_on BETWEEN %(first)s AND %(last)s"
    return f"""
        SELECT v.series, v.unit_id AS unit, v.begins_on AS day, '' AS channel, v.part AS kind, -1 AS bin, v.grain,
               'entered' AS facet, v.value AS count
        FROM metrics_volume v {cells} WHERE {_CURRENT} {span}
        UNION ALL
        SELECT v.series, v.unit_id, v.begins_on, '', '', -1, v.grain, 'given', 1
        FROM metrics_volume v {cells} WHERE {_CURRENT} {span} GROUP BY 1, 2, 3, 7
    """


def begun(scope: Scope) -> str:
    """From when on which unit gives which series, and until when: found from all that was entered there."""
    units = "AND v.unit_id = ANY(%(givers)s)" if scope.by_unit else ""
    span = "" if scope.by_unit else "WHERE step.day BETWEEN %(first)s AND %(last)s"
    return f"""
        SELECT first.series, first.unit, step.day, '' AS channel, '' AS kind, -1 AS bin, first.grain, 'begun' AS facet,
               sum(step.by)::numeric AS count
        FROM (SELECT v.series, v.unit_id AS unit, v.grain, min(v.begins_on) AS day FROM metrics_volume v
            WHERE {_CURRENT} {units} GROUP BY 1, 2, 3) AS first
        CROSS JOIN LATERAL (
            SELECT first.day, 1
            UNION ALL SELECT greatest(first.day, {_AFTER_CLOSING}), -1
            FROM people_unit u WHERE u.id = first.unit AND u.closed_on IS NOT NULL
        ) AS step(day, by) {span} GROUP BY 1, 2, 3, 7 HAVING sum(step.by) <> 0
    """


def statement(form: str, scope: Scope, counted_as: str, known: str) -> str:
    """One of the two forms above, filled; `known` says which observations besides belong to it."""
    return form.format(
        cells=scope.cells,
        counted=counted_as,
        known=f"{scope.known} AND {known}",
        key=_KEY,
        spread=SPREAD.format(rows="changed", only=""),
    )
