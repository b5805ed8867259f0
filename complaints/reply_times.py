"""How long customers wait for the answer: from receipt to the first reply, in days of 24 hours (DOMAIN §6, ISO 10002).

Counted by the database over the complaints that the reader sees and has chosen. A median says what is usual; the 90th
percentile what the unlucky ones wait. Both have intervals made of order statistics, which assume nothing about the shape.
"""

import datetime as dt
import math
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from complaints.surveys import estimates
from complaints.surveys.estimates import Bounded
from complaints.surveys.figures import period_label

from .models import Complaint

#: The share answered within these many days.
WITHIN = (1, 3, 7, 15, 30)
#: Nobody should wait longer than this.
LONG = 60
DAY = 86_400
#: The ends of the bands that the drawing shows; the last one is open.
BANDS = (1, 3, 7, 15, 30, LONG)
Z = 1.959964


@dataclass(frozen=True)
class Waiting:
    """A period or the whole: how many were received and answered, and what those answered have waited, in days."""

    label: str
    received: int
    answered: int
    median: float | None
    ninetieth: float | None

    @property
    def unanswered(self) -> int:
        return self.received - self.answered


@dataclass(frozen=True)
class ReplyTimes:
    whole: Waiting
    mean: float | None
    median: Bounded | None
    ninetieth: Bounded | None
    within: list[tuple[int, Bounded]]  # days, share of those answered
    over: Bounded | None
    over_count: int
    bands: list[tuple[str, int, float]]  # up to how many days, how many, per cent
    quarters: list[Waiting]


def of(rows: QuerySet[Complaint]) -> ReplyTimes:
    """The times of these complaints: four statements, whatever their number."""
    answered = rows.order_by().filter(replied_at__gte=F("received_at"))
    received = rows.count()
    edges = sorted({*WITHIN, *BANDS})
    counted = answered.aggregate(
        n=Count("pk"),
        **{
            f"upto_{days}": Count("pk", filter=Q(replied_at__lte=F("received_at") + dt.timedelta(days=days)))
            for days in edges
        },
    )
    n = counted["n"]
    fractions = _fractions(n)
    mean, *values = _percentiles(answered, fractions) if n else (None, *[None] * len(fractions))
    whole = Waiting("", received, n, values[0], values[1])
    median, ninetieth = (
        (Bounded(n, values[place], values[2 + 2 * place], values[3 + 2 * place]) for place in (0, 1))
        if n
        else (None, None)
    )
    over = n - counted[f"upto_{LONG}"]
    return ReplyTimes(
        whole, mean, median, ninetieth,
        [(days, estimates.share(counted[f"upto_{days}"], n)) for days in WITHIN] if n else [],
        estimates.share(over, n), over, _bands(counted, n), _quarters(rows),
    )  # fmt: skip


def _fractions(n: int) -> list[float]:
    """Median, 90th percentile, and the ranks that hold each of them with 95 % confidence, as fractions."""
    found = [0.5, 0.9]
    for p in (0.5, 0.9):
        reach = Z * math.sqrt(p * (1 - p) / n) if n else 0
        found += [max(0.0, p - reach), min(1.0, p + reach)]
    return found


def _percentiles(answered: QuerySet[Complaint], fractions: list[float]) -> tuple[float, ...]:
    chosen, params = answered.values("received_at", "replied_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH chosen (received_at, replied_at) AS ({chosen}), "
            f"times AS (SELECT extract(epoch FROM replied_at - received_at)::float8 / {DAY} AS days FROM chosen) "
            "SELECT avg(days), percentile_cont(%s::float8[]) WITHIN GROUP (ORDER BY days) FROM times",
            [*params, fractions],
        )
        mean, values = cursor.fetchone()
    return mean, *values


def _bands(counted: dict, n: int) -> list[tuple[str, int, float]]:
    bands, before = [], 0
    for days in BANDS:
        count = counted[f"upto_{days}"] - before
        before = counted[f"upto_{days}"]
        bands.append((f"≤ {days}", count, 100 * count / n if n else 0.0))
    return [*bands, (f"> {LONG}", n - before, 100 * (n - before) / n if n else 0.0)]


def _quarters(rows: QuerySet[Complaint]) -> list[Waiting]:
    """By the quarter of receipt, the oldest first; the last sixteen."""
    chosen, params = rows.order_by().values("received_at", "replied_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH chosen (received_at, replied_at) AS ({chosen}), times AS ("
            "SELECT date_trunc('quarter', received_at AT TIME ZONE current_setting('TimeZone')) AS quarter, "
            "CASE WHEN replied_at >= received_at "
            f"THEN extract(epoch FROM replied_at - received_at)::float8 / {DAY} END AS days FROM chosen) "
            "SELECT quarter, count(*), count(days), percentile_cont(0.5) WITHIN GROUP (ORDER BY days), "
            "percentile_cont(0.9) WITHIN GROUP (ORDER BY days) FROM times GROUP BY quarter "
            "ORDER BY quarter DESC LIMIT 16",
            params,
        )
        told = cursor.fetchall()
    return [Waiting(period_label(quarter, "quarter"), *rest) for quarter, *rest in reversed(told)]
