"""Reading durations: of the bins of a period only those that its quantiles and their intervals can lie in are told one
by one. What lies between is told as one bin each, so that every rank stays where it is.

A large unit has nearly every bin in every month; what is read for a page would be tens of thousands of rows.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from .models import Total
from .periods import Grain

#: The first day of the period that a total belongs to.
_PERIOD = {
    Grain.QUARTER: "date_trunc('quarter', begins_on)::date",
    Grain.HALF: (
        "(date_trunc('year', begins_on) + CASE WHEN extract(month FROM begins_on) > 6 THEN interval '6 months' "
        "ELSE interval '0' END)::date"
    ),
    Grain.YEAR: "date_trunc('year', begins_on)::date",
}
#: How far from a quantile ranks are told one by one, in standard deviations of its rank: the ends of its 95 % interval
#: are within two.
_REACH = 4
_STATEMENT = """
WITH binned AS (
    SELECT series, unit_id, {period} AS period, value::int AS bin, sum(count)::float8 AS count FROM {totals}
    WHERE unit_id = ANY(%s) AND series = ANY(%s) AND grain = ANY(%s) AND facet = 'bin' AND begins_on BETWEEN %s AND %s
    GROUP BY 1, 2, 3, 4
),
ranked AS (
    SELECT *, sum(count) OVER (cell ORDER BY bin) AS upto, sum(count) OVER cell AS n
    FROM binned WINDOW cell AS (PARTITION BY series, unit_id, period)
),
marked AS (
    SELECT *, EXISTS (
        SELECT FROM unnest(%s::float8[]) AS p
        WHERE upto > n * p - {reach} * sqrt(n * p * (1 - p)) - 2
            AND upto - count < n * p + {reach} * sqrt(n * p * (1 - p)) + 2
    ) AS is_near
    FROM ranked
),
placed AS (
    SELECT *, sum(is_near::int) OVER (PARTITION BY series, unit_id, period ORDER BY bin) AS place FROM marked
)
SELECT series, unit_id, 'bin', period, 'bin', max(bin)::text, sum(count)::numeric FROM placed
GROUP BY series, unit_id, period, is_near, place
"""


def statement(
    series: Iterable[str],
    quantiles: Iterable[float],
    units: Iterable[int],
    grain: str,
    parts: Sequence[str],
    first: dt.date,
    last: dt.date,
) -> tuple[str, list]:
    """SQL and its parameters for the periods of a grain, made of totals of the grains `parts`.

    Its rows are: series, pk of the unit, "bin", first day of the period, "bin", the bin as text, how many.
    """
    text = _STATEMENT.format(
        period=_PERIOD.get(grain, "begins_on"), totals=Total._meta.db_table, reach=_REACH
    )
    return text, [list(units), sorted(series), [str(part) for part in parts], first, last, sorted(quantiles)]
