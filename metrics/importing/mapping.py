"""Which columns of a file are units, periods, series and figures; in which of three layouts they stand."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from incidents.importing.fields import Field
from incidents.importing.mapping import MISSING, MappingError
from metrics.enterable import Series
from metrics.periods import Grain, Period

#: Rows in one transaction.
BATCH = 1000
LONG, WIDE, ROWS = "long", "wide", "rows"
LAYOUTS = {
    LONG: _("One figure per row"),
    WIDE: _("A column for each series or period"),
    ROWS: _("One row per case, to be counted (a call, a customer)"),
}
REFUSE, ADD_UP = "refuse", "add"

FIELDS = (
    Field(
        "unit", _("Unit"),
        "unit,unit code,station,airport,train operating company toc,toc,operator,branch,department,site,store,单位,"
        "单位代码,车站,站点,机场,部门,门店",
        _("By its code or its name."),
    ),
    Field(
        "period", pgettext_lazy("figures", "Period"),
        "period,year month,month,date,day,week,quarter,fiscal year,year,index,期间,年月,月份,日期,周,季度,年份,年度,序号",
        _("2026-11, 2026-W47, 2026-Q4, 2026, or a date."),
    ),
    Field("series", _("Series"), "series,indicator,measure,metric,指标,序列,数据项", _("By its code or its name.")),
    Field(
        "part", _("Part"), "part,category,category of delay,cause,reason,kind,topic,分类,类别,原因,部分",
        _("Tells the parts of a figure apart, such as complaints by category."), limit=60,
    ),
    Field("value", pgettext_lazy("figures", "Figure"), "value,count,figure,number,amount,total,数值,值,数量,人数,件数"),
)  # fmt: skip
BY_NAME = {known.name: known for known in FIELDS}


@dataclass
class Column:
    """A column of figures. Either the whole column is of one series, or of one period (by its key), or both.

    `of` is the heading of the column that these are per cent of: what is kept is the number, which can be added up.
    """

    heading: str
    series: str = ""
    period: str = ""
    of: str = ""


@dataclass
class Count:
    """What is counted from rows: every row, or those with one of these values (any at all, if none is named)."""

    series: str
    heading: str = ""
    values: list[str] = field(default_factory=list)


@dataclass
class Options:
    """What a mapping says beyond the columns."""

    source: str = ""
    layout: str = LONG
    grain: str = str(Grain.MONTH)
    unit: str = ""  # code of the unit of rows that name none
    series: str = ""  # of figures that name none
    period: str = ""  # key of the period of rows that name none
    counted_from: str = ""  # key of period number 1, where the file only numbers them
    only: str = ""  # heading of a column by which rows are chosen
    only_values: list[str] = field(default_factory=list)  # none: rows in which it is empty
    leave_out_parts: list[str] = field(default_factory=list)  # subtotals
    leave_out_wholes: bool = False  # rows without a part
    repeated: str = REFUSE  # several rows of one figure: an error, or added up
    comma: bool = False  # 1.234,5
    date_order: str = "auto"
    zone: str = settings.TIME_ZONE
    missing: list[str] = field(default_factory=lambda: list(MISSING))
    encoding: str = ""
    batch: int = BATCH
    leave_out_errors: bool = True


@dataclass
class VolumeMapping:
    FIELDS: ClassVar[Sequence[Field]] = FIELDS

    columns: dict[str, str] = field(default_factory=dict)  # our field -> their heading
    figures: list[Column] = field(default_factory=list)  # of a wide table
    counts: list[Count] = field(default_factory=list)  # of rows to be counted
    units: dict[str, str] = field(default_factory=dict)  # their name -> code of the unit
    options: Options = field(default_factory=Options)

    @classmethod
    def from_json(cls, data: dict) -> "VolumeMapping":
        """From what was stored or sent; what isn't ours is left out, so that older rows keep working."""
        return cls(
            {name: str(heading) for name, heading in data.get("columns", {}).items() if name in BY_NAME and heading},
            [Column(**_known(Column, told)) for told in data.get("figures", [])],
            [Count(**_known(Count, told)) for told in data.get("counts", [])],
            {str(theirs): str(ours) for theirs, ours in data.get("units", {}).items()},
            Options(**_known(Options, data.get("options", {}))),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def moments(self) -> list[str]:
        return ["period"] if "period" in self.columns and not self.options.counted_from else []

    @property
    def batch_size(self) -> int:
        return max(1, self.options.batch or BATCH)

    @property
    def used(self) -> list[Column]:
        """The columns of figures that are taken: those that say of which series and period they are."""
        options, columns = self.options, self.columns
        return [
            column
            for column in self.figures
            if (column.series or (column.period and (options.series or "series" in columns)))
            and (column.period or options.period or "period" in columns)
        ]

    @property
    def adds_up(self) -> bool:
        """Are figures put together from several rows?"""
        return self.options.layout == ROWS or self.options.repeated == ADD_UP

    def lacking(self) -> dict[str, Promise]:
        """What must still be decided before anything can be imported: field or option -> what to say."""
        options, lacking = self.options, {}
        if "unit" not in self.columns and not options.unit:
            lacking["unit"] = _("Choose a column for the unit, or one unit for all rows.")
        by_columns = options.layout == WIDE and any(column.period for column in self.figures)
        if "period" not in self.columns and not options.period and not by_columns:
            lacking["period"] = _("Choose a column for the period, or one period for all rows.")
        if options.layout == LONG:
            if "value" not in self.columns:
                lacking["value"] = _("Choose the column with the figures.")
            if "series" not in self.columns and not options.series:
                lacking["series"] = _("Choose a column for the series, or one series for all rows.")
        elif options.layout == WIDE and not self.used:
            lacking["figures"] = _("Say of which series at least one column is.")
        elif options.layout == ROWS and not self.counts:
            lacking["counts"] = _("Say what is to be counted.")
        return lacking

    def check(self, headings: Sequence[str], known: dict[str, Series]) -> None:
        """Raise MappingError when this mapping can't be used on a file with these headings."""
        named = [*self.columns.values(), *(column.heading for column in self.figures), self.options.only]
        named += [column.of for column in self.figures] + [count.heading for count in self.counts]
        if absent := [heading for heading in named if heading and heading not in headings]:
            raise MappingError(
                _("The file has no column “%(heading)s”, which the mapping names."), heading=absent[0]
            )
        if lacking := self.lacking():
            raise MappingError(next(iter(lacking.values())))
        series = [self.options.series, *(told.series for told in [*self.figures, *self.counts])]
        if unknown := [code for code in series if code and code not in known]:
            raise MappingError(_("There is no series “%(value)s”."), value=unknown[0])
        for column in self.used:
            if column.period:
                period_of(column.period, self.options.grain)
        for key in (self.options.period, self.options.counted_from):
            if key:
                period_of(key, self.options.grain)


def period_of(key: str, grain: str) -> Period:
    """The period of a key that somebody typed. Raises MappingError where it isn't one of this grain."""
    try:
        period = Period.parse(key)
    except (ValueError, OverflowError):
        raise MappingError(_("“%(value)s” is not a period."), value=key) from None
    if period.grain != grain:
        raise MappingError(_("“%(value)s” is not a period of the kind that was chosen."), value=key)
    return period


def _known(kind: type, told: dict) -> dict:
    names = {known.name for known in fields(kind)}
    return {name: value for name, value in told.items() if name in names}
