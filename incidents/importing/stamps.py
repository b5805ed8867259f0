"""Moments as people write them: 2018/4/24, 2019/4/25 9:32:09, 29/2/2016 06:38, 1/5/2016 3:07:22 PM, 2020年1月6日."""

import datetime as dt
import functools
import re
import unicodedata
import zoneinfo
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from openpyxl.utils.datetime import from_excel

from people.tables import Cell

#: Orders of day, month and year. A year of four digits at the beginning is read whatever the order.
ORDERS = {"ymd": _("year, month, day"), "dmy": _("day, month, year"), "mdy": _("month, day, year")}

_MONTHS = {
    name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_NUMBERS = re.compile(r"(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,4})\s*[日号]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)")
_DAY_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3})[a-z]*\.?,?[ -](\d{4})")
_NAMED_DAY = re.compile(r"([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_TIME = re.compile(
    r"(?P<before>上午|下午|am|pm)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})\s*分?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})秒?(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<after>a\.?m\.?|p\.?m\.?|上午|下午)?"
    r"\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True)
class Stamp:
    """A moment, and what had to be assumed to read it."""

    moment: dt.datetime
    zoned: bool  # it named its zone
    timed: bool  # it named a time of day
    twelve_hours: bool = False


def read_stamp(cell: Cell, order: str, zone: str) -> Stamp | None:
    """The moment in a cell; None when there is none. Without a zone of its own it is one of `zone`."""
    if isinstance(cell, dt.datetime):
        return _in_zone(cell, zone, timed=cell.time() != dt.time())
    if isinstance(cell, dt.date):
        return _in_zone(dt.datetime.combine(cell, dt.time()), zone, timed=False)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 20_000 <= cell < 80_000:
        return _in_zone(from_excel(cell), zone, timed=cell % 1 != 0)  # a day as spreadsheets count them
    return _read_text(cell, order, zone) if isinstance(cell, str) else None


def _in_zone(moment: dt.datetime, zone: str, *, timed: bool, twelve_hours: bool = False) -> Stamp:
    if moment.tzinfo is not None:
        return Stamp(moment, zoned=True, timed=True, twelve_hours=twelve_hours)
    return Stamp(
        moment.replace(tzinfo=zoneinfo.ZoneInfo(zone)), zoned=False, timed=timed, twelve_hours=twelve_hours
    )


@functools.lru_cache(maxsize=20_000)
def _read_text(text: str, order: str, zone: str) -> Stamp | None:
    text = unicodedata.normalize("NFKC", text).strip().lower()
    found = _date_parts(text)
    if found is None:
        return None
    parts, rest = found
    day = _day(parts, order)
    if day is None:
        return None
    rest = rest.strip().removeprefix("t").removeprefix(",").strip()
    if not rest:
        return _in_zone(dt.datetime.combine(day, dt.time()), zone, timed=False)
    return _with_time(day, rest, zone)


def _date_parts(text: str) -> tuple[tuple[str, str, str], str] | None:
    """The three parts of the date as written (a named month as ymd), and what follows."""
    if found := _NUMBERS.match(text):
        return found.groups(), text[found.end() :]
    if found := _COMPACT.match(text):
        return found.groups(), text[found.end() :]
    if found := _DAY_NAMED.match(text):
        day, month, year = found.groups()
    elif found := _NAMED_DAY.match(text):
        month, day, year = found.groups()
    else:
        return None
    return ((year, str(_MONTHS[month]), day), text[found.end() :]) if month in _MONTHS else None


def _day(parts: tuple[str, str, str], order: str) -> dt.date | None:
    first, second, third = parts
    if len(first) == 4:
        year, month, day = first, second, third
    elif order == "ymd":
        if len(third) > 2:
            return None
        year, month, day = first, second, third
    else:
        year = third
        day, month = (first, second) if order == "dmy" else (second, first)
    if len(year) == 2:
        year = ("20" if int(year) < 70 else "19") + year
    try:
        return dt.date(int(year), int(month), int(day)) if len(year) == 4 else None
    except ValueError:
        return None


def _with_time(day: dt.date, text: str, zone: str) -> Stamp | None:
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, half = int(found["hour"]), (found["after"] or found["before"] or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12 and half in {"am", "pm"}:
            return None
        hour = hour % 12 + (12 if half in {"pm", "下午"} else 0)
    fraction = int((found["fraction"] or "0").ljust(6, "0")[:6])
    try:
        time = dt.time(hour, int(found["minute"]), int(found["second"] or 0), fraction)
    except ValueError:
        return None
    moment = dt.datetime.combine(day, time)
    if found["zone"]:
        moment = moment.replace(tzinfo=_offset(found["zone"]))
    return _in_zone(moment, zone, timed=True, twelve_hours=bool(half))


def _offset(text: str) -> dt.timezone:
    if text in {"z", "utc", "gmt"}:
        return dt.UTC
    digits = text[1:].replace(":", "")
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(-offset if text[0] == "-" else offset)


#: The date says its order itself: a year of four digits first, or a month by name.
CERTAIN = frozenset(["any"])


@functools.lru_cache(maxsize=20_000)
def readable_orders(text: str) -> frozenset[str]:
    """The orders in which the date makes sense, or CERTAIN."""
    found = _date_parts(unicodedata.normalize("NFKC", text).strip().lower())
    if found is None:
        return frozenset()
    if len(found[0][0]) == 4 and _day(found[0], "ymd"):
        return CERTAIN
    return frozenset(order for order in ORDERS if _day(found[0], order) is not None)


@dataclass
class OrderSurvey:
    """Finds out in which order a file writes its dates, from all of them together."""

    tally: Counter
    example: str = ""  # a date that means another day when its order is another

    def settle(self) -> str | None:
        """The order; None when every date could be read two ways, differently."""
        certain = Counter({order: self.tally[frozenset([order])] for order in ORDERS})
        order, count = certain.most_common(1)[0]
        if count:
            return order
        if any(len(orders) > 1 for orders in self.tally):
            return None if self.example else "dmy"
        return "ymd"

    @property
    def is_mixed(self) -> bool:
        return sum(bool(self.tally[frozenset([order])]) for order in ORDERS) > 1


def survey_orders(texts: Iterable[str]) -> OrderSurvey:
    survey = OrderSurvey(Counter())
    for text in texts:
        orders = readable_orders(text)
        survey.tally[orders] += 1
        if not survey.example and len(orders) > 1:
            # 3/3/2016 is the same day either way
            if len({_read_text(text, order, "UTC") for order in orders}) > 1:
                survey.example = text
    return survey
