"""Numbers like SQ-2026-000123: per series and year, without gaps, safe among concurrent reporters."""

from django.db import connection


def next_number(prefix: str, year: int) -> str:
    """The next number of a series. Its row stays locked until the caller's transaction ends: call it late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_numberseries (series, last) VALUES (%s, 1) "
            "ON CONFLICT (series) DO UPDATE SET last = incidents_numberseries.last + 1 RETURNING last",
            [f"{prefix}-{year}"],
        )
        (last,) = cursor.fetchone()
    return f"{prefix}-{year}-{last:06d}"
