"""A first proposal for a file: its layout, its columns, and how fine its periods are."""

import itertools
from collections.abc import Sequence

from incidents.importing.fields import guess_columns, plain_heading
from incidents.importing.sample import Sample
from metrics.enterable import Series
from metrics.periods import Grain, Period

from .cells import NoFigure, is_business_year, read_figure, read_period
from .mapping import FIELDS, LONG, ROWS, WIDE, Column, Options, VolumeMapping
from .reading import KeptUnits, names_of

#: What the common volumes are called elsewhere.
_KNOWN = {
    "customers.served": "passengers,travelers,travellers,customers,customers served,guests,patients,visitors,旅客,客流,"
    "客流量,旅客发送量,顾客,客户数,接待人数",
    "calls.offered": "incoming calls,calls offered,offered,calls,incoming,来电量,呼入量,进线量,呼叫量",
    "calls.answered": "answered calls,calls answered,answered,接听量,接通量,人工接听量",
    "calls.rated": "calls rated,rated,rated calls,评价量,参评量",
    "calls.satisfied": "satisfied,calls rated satisfied,满意量",
    "calls.dissatisfied": "dissatisfied,calls rated dissatisfied,不满意量",
    "consultations.all": "consultations,enquiries,inquiries,咨询量",
    "consultations.dispatched": "dispatched,work orders,转工单量,派单量",
    "operation.required": "required operating time,required minutes,应运行时间,应运行分钟",
    "operation.down": "downtime,down minutes,outage minutes,停机时间,故障时间",
}  # fmt: skip
LOOKED_AT = 200
#: So many of the values have to make sense: the others are told as errors of their rows.
MOST = 0.75


def guess(sample: Sample, *, source: str, unit: str, zone: str, known: dict[str, Series]) -> VolumeMapping:
    """The mapping of a file that nobody has mapped yet."""
    columns = guess_columns(sample.headings, fields=FIELDS)
    options = Options(source=source, unit=unit, zone=zone)
    units = KeptUnits("", sample.by)
    if "unit" in columns:
        values = [value for value, _count in sample.values(columns["unit"])[:LOOKED_AT]]
        if not any(units.recognise_unit(value) for value in values):
            del columns["unit"]
    rest = [heading for heading in sample.headings if heading not in columns.values()]
    dated = _dated(rest)
    if dated:
        grain = dated[0][1].grain
        columns = {name: heading for name, heading in columns.items() if name in ("unit", "part", "series")}
        options.layout, options.grain = WIDE, grain
        figures = [Column(heading, period=period.key) for heading, period in dated]
        return VolumeMapping(columns, figures, [], {}, options)
    if "period" not in columns:
        columns |= _period_by_values(sample, rest)
    options.grain = _grain_of(sample, columns.get("period"))
    if "value" in columns and len(_numeric(sample, rest)) < 2:
        options.layout = LONG
        return VolumeMapping(columns, [], [], {}, options)
    columns = {name: heading for name, heading in columns.items() if name != "value"}
    if _is_of_cases(sample, columns):
        options.layout = ROWS
        return VolumeMapping({n: h for n, h in columns.items() if n != "part"}, [], [], {}, options)
    options.layout = WIDE
    names = names_of(known.values())
    names |= {
        plain_heading(name): code
        for code, told in _KNOWN.items()
        for name in told.split(",")
        if code in known
    }
    numeric = _numeric(sample, sample.headings)
    figures = [
        Column(heading, names.get(plain_heading(heading), ""))
        for heading in sample.headings
        if heading not in columns.values() and (heading in numeric or plain_heading(heading) in names)
    ]
    return VolumeMapping(columns, figures, [], {}, options)


def _dated(headings: Sequence[str]) -> list[tuple[str, Period]]:
    """Headings that are periods, all of one kind; none unless there are two."""
    if sum(map(is_business_year, headings)) > 1:
        found = [
            (heading, read_period(heading, Grain.YEAR)) for heading in headings if is_business_year(heading)
        ]
        return [(heading, period) for heading, period in found if period]
    for grain in (Grain.MONTH, Grain.QUARTER, Grain.YEAR, Grain.HALF, Grain.WEEK, Grain.DAY):
        found = [(heading, read_period(heading, grain)) for heading in headings]
        exact = [(heading, period) for heading, period in found if period]
        if len(exact) > 1 and len({period for _heading, period in exact}) == len(exact):
            return exact
    return []


def _period_by_values(sample: Sample, headings: Sequence[str]) -> dict[str, str]:
    for heading in headings:
        values = [value for value, _count in sample.values(heading)[:LOOKED_AT]]
        if values and all(
            read_period(value, Grain.DAY) or read_period(value, Grain.MONTH) for value in values
        ):
            return {"period": heading}
    return {}


def _grain_of(sample: Sample, heading: str | None) -> str:
    """The coarsest kind of period that tells all values apart."""
    values = [value for value, _count in sample.values(heading)[:LOOKED_AT]] if heading else []
    for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.HALF, Grain.YEAR):
        if values and sum(bool(read_period(value, grain)) for value in values) >= MOST * len(values):
            return str(grain)
    return str(Grain.DAY if values else Grain.MONTH)


def _numeric(sample: Sample, headings: Sequence[str]) -> set[str]:
    return {
        heading for heading in headings if _is_numeric([value for value, _count in sample.values(heading)])
    }


def _is_numeric(values: Sequence[str]) -> bool:
    try:
        found = [read_figure(value, percent=True) for value in itertools.islice(values, LOOKED_AT)]
    except NoFigure:
        return False
    return bool(found)


def _is_of_cases(sample: Sample, columns: dict[str, str]) -> bool:
    """Do the units and periods come again and again, without anything that would tell figures apart?"""
    places = [sample.headings.index(columns[name]) for name in ("unit", "period") if name in columns]
    if "period" not in columns or len(sample.rows) < 3:
        return False
    keys = {tuple(str(cells[place]) for place in places) for _number, cells in sample.rows}
    return len(keys) * 2 < len(sample.rows) and "part" not in columns or len(keys) * 20 < len(sample.rows)
