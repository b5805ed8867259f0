"""Tables that others have published, and reference results of the R package qicharts2 for them."""

import csv
import datetime as dt
import gzip
import io
import json
from collections import defaultdict

import pytest

from metrics.spc.chart import Measured
from tests.complaints.imports import real_file


def oracle(name: str) -> dict:
    return json.loads(real_file("ORACLES.json"))[name]


def rows(name: str) -> list[dict[str, str]]:
    data = real_file(name)
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def columns(name: str, *wanted: str) -> tuple[list[float], ...]:
    return tuple([float(row[column]) for row in rows(name)] for column in wanted)


def near(value, places: int = 4):
    """Equal to this many digits behind the point."""
    return pytest.approx(value, abs=0.6 * 10**-places)


def alike(value):
    """Equal but for rounding errors of the machine."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def month(number: int) -> dt.date:
    """The first of the month with this number, counted from January 2022."""
    return dt.date(2022 + number // 12, number % 12 + 1, 1)


def months(numerators, denominators=None, *, opened: int = 0) -> list[Measured]:
    """Figures of successive months; the last `opened` are not over."""
    denominators = [1.0] * len(numerators) if denominators is None else denominators
    return [
        Measured(month(n), f"{month(n):%Y-%m}", over, under, is_open=n >= len(numerators) - opened)
        for n, (over, under) in enumerate(zip(numerators, denominators, strict=True))
    ]


def tsa_2022_2023() -> tuple[list[float], list[float]]:
    """Complaints and passengers of the 24 months; of a month in several reports the newest one counts."""
    newest = {}
    for row in rows("tsa_complaints_by_airport_month.csv.gz"):
        key = row["airport"], row["year_month"]
        newest[key] = max(newest.get(key, ("", 0)), (row["pdf_report_date"], int(row["count"])))
    complaints, passengers = defaultdict(float), defaultdict(float)
    for (_, when), (_, count) in newest.items():
        complaints[when] += count
    for row in rows("tsa_daily_passengers_2019_2024.csv"):
        day, number = row.values()
        passengers[day[:7]] += float(number)
    wanted = [f"{year}-{number:02}" for year in (2022, 2023) for number in range(1, 13)]
    return [complaints[when] for when in wanted], [passengers[when] for when in wanted]
