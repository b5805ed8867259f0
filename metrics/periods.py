"""Days, weeks, months, quarters, half-years and years as periods of a figure. Weeks begin on Monday (ISO 8601)."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

#: Months of the grains that are made of months.
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_KEYS = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "week": re.compile(r"(\d{4})-W(\d{2})"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "quarter": re.compile(r"(\d{4})-Q([1-4])"),
    "half": re.compile(r"(\d{4})-H([12])"),
    "year": re.compile(r"(\d{4})"),
}


class Grain(models.TextChoices):
    DAY = "day", pgettext_lazy("grain", "Day")
    WEEK = "week", pgettext_lazy("grain", "Week")
    MONTH = "month", pgettext_lazy("grain", "Month")
    QUARTER = "quarter", pgettext_lazy("grain", "Quarter")
    HALF = "half", pgettext_lazy("grain", "Half-year")
    YEAR = "year", pgettext_lazy("grain", "Year")


def zone() -> dt.tzinfo:
    """The time zone in which the days of all figures are cut, whoever reads them where."""
    return timezone.get_default_timezone()


def today() -> dt.date:
    return timezone.localdate(timezone=zone())


def zone_name() -> str:
    return settings.TIME_ZONE


@dataclass(frozen=True, order=True)
class Period:
    """One day, week, month, quarter, half-year or year, by its first day."""

    first: dt.date
    grain: str = Grain.MONTH

    @classmethod
    def containing(cls, day: dt.date, grain: str) -> "Period":
        if grain == Grain.DAY:
            return cls(day, grain)
        if grain == Grain.WEEK:
            return cls(day - dt.timedelta(days=day.weekday()), grain)
        months = MONTHS[grain]
        return cls(day.replace(month=(day.month - 1) // months * months + 1, day=1), grain)

    @classmethod
    def parse(cls, key: str) -> "Period":
        """The period of a key as in addresses: 2026-11-20, 2026-W47, 2026-11, 2026-Q4, 2026-H2, 2026. Raises ValueError."""
        for grain, form in _KEYS.items():
            if found := form.fullmatch(key.strip()):
                year, *rest = (int(part) for part in found.groups())
                if grain == Grain.DAY:
                    return cls(dt.date(year, *rest), grain)
                if grain == Grain.WEEK:
                    return cls(dt.date.fromisocalendar(year, rest[0], 1), grain)
                place = rest[0] if rest else 1
                return cls(dt.date(year, (place - 1) * MONTHS[grain] + 1, 1), grain)
        raise ValueError(key)

    @property
    def last(self) -> dt.date:
        return self.shifted(1).first - dt.timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_over(self) -> bool:
        return self.last < today()

    def shifted(self, by: int) -> "Period":
        """So many periods later (earlier where negative)."""
        if self.grain in (Grain.DAY, Grain.WEEK):
            return Period(
                self.first + dt.timedelta(days=by * (7 if self.grain == Grain.WEEK else 1)), self.grain
            )
        months = self.first.year * 12 + self.first.month - 1 + by * MONTHS[self.grain]
        return Period(dt.date(months // 12, months % 12 + 1, 1), self.grain)

    def back(self, count: int) -> list["Period"]:
        """So many periods that end with this one, the oldest first."""
        return [self.shifted(-back) for back in reversed(range(count))]

    def year_before(self) -> "Period":
        """The same period a year earlier, which a season doesn't bend."""
        if self.grain == Grain.DAY:
            return self.shifted(-364)  # the same day of the week
        return self.shifted({"week": -52, "month": -12, "quarter": -4, "half": -2, "year": -1}[self.grain])

    def within(self, grain: str) -> Iterator["Period"]:
        """The periods of a finer grain that begin in it."""
        part = Period.containing(self.first, grain)
        if part.first < self.first:
            part = part.shifted(1)
        while part.first <= self.last:
            yield part
            part = part.shifted(1)

    @property
    def key(self) -> str:
        """As it stands in addresses and tables: the same in every language."""
        year, month = self.first.year, self.first.month
        if self.grain == Grain.DAY:
            return self.first.isoformat()
        if self.grain == Grain.WEEK:
            iso = self.first.isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        if self.grain == Grain.MONTH:
            return f"{year}-{month:02}"
        if self.grain == Grain.YEAR:
            return f"{year}"
        return f"{year}-{'Q' if self.grain == Grain.QUARTER else 'H'}{(month - 1) // MONTHS[self.grain] + 1}"

    @property
    def label(self) -> str:
        """In words: November 2026; 2026年11月."""
        year, month = self.first.year, self.first.month
        if self.grain == Grain.DAY:
            return self.first.isoformat()
        if self.grain == Grain.WEEK:
            iso = self.first.isocalendar()
            return _("week %(week)s of %(year)s") % {"week": iso.week, "year": iso.year}
        if self.grain == Grain.MONTH:
            return date_format(self.first, "YEAR_MONTH_FORMAT")
        if self.grain == Grain.QUARTER:
            return _("Q%(place)s %(year)s") % {"place": (month - 1) // 3 + 1, "year": year}
        if self.grain == Grain.HALF:
            return _("half-year %(place)s of %(year)s") % {"place": (month - 1) // 6 + 1, "year": year}
        return str(year)

    @property
    def short(self) -> str:
        """On an axis: 26-11, 26-W47, 11-20, 26-Q4, 2026."""
        if self.grain == Grain.DAY:
            return self.first.strftime("%m-%d")
        return self.key if self.grain == Grain.YEAR else self.key[2:]

    def __str__(self):
        return self.key


def last_over(grain: str) -> Period:
    """The latest period of this grain that is over."""
    return Period.containing(today(), grain).shifted(-1)
