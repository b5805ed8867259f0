"""Figures and periods as people write them: 1,234,567; 76.28 %; 2024-01, 202401, 2024年1月, Jan 2024, Q1 2024, 2011-12."""

import datetime as dt
import functools
import re
import unicodedata
from decimal import Decimal, InvalidOperation

from incidents.importing.stamps import read_stamp
from metrics.periods import Grain, Period, zone, zone_name
from people.tables import Cell, text_of

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_GROUPED = re.compile(r"\d{1,3}(?:[, ’']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")
_HANZI = {"一": "1", "二": "2", "三": "3", "四": "4"}
#: Grains from the finest: a finer period lies in a coarser one, weeks apart.
_ORDER = [Grain.DAY, Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR]


class NoFigure(ValueError):
    """What stands there is no figure. `reason`: formula, percent or other."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def read_figure(cell: Cell, *, comma: bool = False, percent: bool = False) -> Decimal | None:
    """The figure in a cell; None where it is empty. With `comma` that is the decimal sign. Raises NoFigure."""
    if cell is None:
        return None
    if isinstance(cell, bool | dt.date | dt.time):
        raise NoFigure("other")
    if isinstance(cell, int | float):
        return Decimal(str(cell))
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text:
        return None
    if text.startswith("="):
        raise NoFigure("formula")
    sign, text = ("-", text[1:].strip()) if text[0] in "-−" else ("", text.removeprefix("+").strip())
    if text.endswith("%"):
        if not percent:
            raise NoFigure("percent")
        text = text[:-1].strip()
    if comma:
        text = text.translate(str.maketrans({",": ".", ".": ","}))
    if not _GROUPED.fullmatch(text):
        raise NoFigure("other")
    try:
        return Decimal(sign + re.sub(r"[, ’']", "", text))
    except InvalidOperation as error:  # pragma: no cover - the pattern lets only figures through
        raise NoFigure("other") from error


def read_period(
    cell: Cell, grain: str, *, order: str = "ymd", zone_of_file: str = "", counted_from: Period | None = None
) -> Period | None:
    """The period of this grain that a cell names; None where it names none. A day is taken for the period it lies in."""
    if counted_from is not None:
        text = text_of(cell)
        try:
            return (
                counted_from.shifted(int(text) - 1) if text.isdecimal() and 0 < int(text) < 100_000 else None
            )
        except (ValueError, OverflowError):  # beyond the last year that there is
            return None
    if isinstance(cell, dt.datetime | dt.date):
        return _around(cell.date() if isinstance(cell, dt.datetime) else cell, grain)
    text = text_of(cell)
    found = _named(text, grain)
    if found is not None:
        return _fitting(found, grain)
    stamp = read_stamp(cell, order, zone_of_file or zone_name())
    if stamp is None:
        return None
    return _around((stamp.moment.astimezone(zone()) if stamp.zoned else stamp.moment).date(), grain)


def _around(day: dt.date, grain: str) -> Period:
    return Period.containing(day, grain)


def _fitting(period: Period, grain: str) -> Period | None:
    if period.grain == grain:
        return period
    if grain == Grain.WEEK:
        return Period.containing(period.first, grain) if period.grain == Grain.DAY else None
    if period.grain in _ORDER and _ORDER.index(period.grain) < _ORDER.index(grain):
        return Period.containing(period.first, grain)
    return None


def is_business_year(text: str) -> bool:
    """2011-12, 2011/12, 2011-2012: a year that runs over two."""
    found = re.fullmatch(r"(\d{4})\s*[-/–]\s*(\d{2}|\d{4})", unicodedata.normalize("NFKC", text).strip())
    return bool(found) and (int(found[1]) + 1) % 100 == int(found[2]) % 100 and len(found[2]) in (2, 4)


@functools.lru_cache(maxsize=20_000)
def _named(text: str, grain: str) -> Period | None:
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if grain == Grain.YEAR:
        if is_business_year(text):
            return _period("year", text[:4])
        if found := re.fullmatch(r"(?:fy\s*)?(\d{4})\s*(?:年度?)?", text):
            return _period("year", found[1])
    for kind, pattern, year, place in _FORMS:
        if found := pattern.fullmatch(text):
            given = found[place] if place else "1"
            if kind == "month" and given[:3] in _MONTH_NAMES:
                given = str(_MONTH_NAMES.index(given[:3]) + 1)
            given = {"上": "1", "下": "2"}.get(given, _HANZI.get(given, given))
            return _period(kind, found[year], given)
    try:
        return Period.parse(text.upper())
    except (ValueError, OverflowError):
        return None


_FORMS = [
    ("month", re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?"), 1, 2),
    ("month", re.compile(r"(\d{4})(0[1-9]|1[0-2])"), 1, 2),
    ("month", re.compile(r"(\d{1,2})/(\d{4})"), 2, 1),
    ("month", re.compile(r"([a-z]{3})[a-z]*\.?,?[ -](\d{4})"), 2, 1),
    ("month", re.compile(r"(\d{4})[ -]([a-z]{3})[a-z]*"), 1, 2),
    ("quarter", re.compile(r"(\d{4})\s*[- /]?\s*q([1-4])"), 1, 2),
    ("quarter", re.compile(r"q([1-4])[ /-]*(\d{4})"), 2, 1),
    ("quarter", re.compile(r"(\d{4})\s*年\s*第?([1-4一二三四])季度?"), 1, 2),
    ("half", re.compile(r"(\d{4})\s*[- /]?\s*h([12])"), 1, 2),
    ("half", re.compile(r"(\d{4})\s*年\s*([上下])半年"), 1, 2),
    ("week", re.compile(r"(\d{4})\s*[- /]?\s*w(\d{1,2})"), 1, 2),
    ("year", re.compile(r"(\d{4})\s*年?"), 1, 0),
]  # fmt: skip
_KEY = {
    "month": "{0}-{1:0>2}", "quarter": "{0}-Q{1}", "half": "{0}-H{1}", "week": "{0}-W{1:0>2}", "year": "{0}",
}  # fmt: skip


def _period(kind: str, year: str, place: str = "1") -> Period | None:
    try:
        return Period.parse(_KEY[kind].format(year, place))
    except (ValueError, OverflowError):
        return None
