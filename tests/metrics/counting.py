"""Figures for stories: put there directly, or counted as the worker does."""

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from metrics import rolling
from metrics.models import Total, Volume
from metrics.periods import Grain, Period


def counted(now: dt.datetime | None = None) -> None:
    """Have everything counted that was changed so far."""
    while rolling.roll_up(now=now):
        pass


def total(
    series: str, unit, period: Period | str, count, *, facet: str = "", value: str = "", above: bool = True
) -> None:
    """Add to a total as if it had been counted, in the unit and (with `above`) in all units above it."""
    period = Period.parse(period) if isinstance(period, str) else period
    for pk in unit.lineage if above else [unit.pk]:
        row, _made = Total.objects.get_or_create(
            series=series, unit_id=pk, grain=period.grain, begins_on=period.first, facet=facet, value=value,
            defaults={"count": 0},
        )  # fmt: skip
        Total.objects.filter(pk=row.pk).update(count=row.count + Decimal(str(count)))


def volume(
    series: str, unit, period: Period | str, value, *, part: str = "", by=None, source: str = ""
) -> Volume:
    """A figure that somebody has entered; a later one of the same key replaces it. `counted()` adds it up."""
    period = Period.parse(period) if isinstance(period, str) else period
    key = {
        "series": series, "unit": unit, "grain": Grain(period.grain), "begins_on": period.first, "part": part,
    }  # fmt: skip
    before = Volume.objects.current().filter(**key)
    version = max((row.version for row in before), default=0) + 1
    before.update(replaced_at=timezone.now())
    return Volume.objects.create(**key, value=value, version=version, entered_by=by, source=source)
