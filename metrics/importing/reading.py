"""Rows of a file -> figures to be entered, or what is wrong with them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.importing.cases import Case, Problem, Row
from incidents.importing.catalogues import UnitCatalogue
from incidents.importing.fields import plain_heading, tidy
from incidents.importing.rows import RowReader
from metrics.enterable import Series
from metrics.periods import Grain, Period
from metrics.volumes import PART_LIMIT, Entry
from people.models import Person, Role, Unit
from people.tables import Cell, text_of

from .cells import NoFigure, is_business_year, read_figure, read_period
from .mapping import BY_NAME, LONG, ROWS, WIDE, Column, VolumeMapping, period_of

_NO_FIGURE = {
    "formula": _("This is a formula that was never worked out, not a figure."),
    "percent": _("A percentage can't be added up: say of which column it is."),
    "other": _("This is not a figure."),
}


class KeptUnits(UnitCatalogue):
    ROLES: ClassVar[tuple[Role, ...]] = (Role.QUALITY,)


@dataclass
class Told:
    """A figure as the file gives it: where it stands, for what is said about it later."""

    entry: Entry
    row: int
    heading: str
    text: str


class VolumeReader(RowReader):
    """Understands the rows of one file by one mapping, for the person who imports it."""

    def __init__(self, mapping: VolumeMapping, headings: Sequence[str], by: Person, known: dict[str, Series]):
        mapping.check(headings, known)
        super().__init__(mapping.options, headings, (mapping.columns[name] for name in mapping.moments))
        self.mapping, self.known = mapping, known
        self.units = KeptUnits(mapping.options.unit, by)
        self.places = {name: self.headings.index(heading) for name, heading in mapping.columns.items()}
        grain = mapping.options.grain
        self.period = period_of(mapping.options.period, grain) if mapping.options.period else None
        self.counted_from = (
            period_of(mapping.options.counted_from, grain) if mapping.options.counted_from else None
        )
        self.figures = [
            (
                column,
                self.headings.index(column.heading),
                period_of(column.period, grain) if column.period else None,
            )
            for column in mapping.used
        ]
        self.series_names = names_of(known.values())
        self.only = self.headings.index(mapping.options.only) if mapping.options.only else None
        self.wanted = {text.strip() for text in mapping.options.only_values}
        self.left_out = {text.strip() for text in mapping.options.leave_out_parts}
        self.skipped = 0
        self.by_rows = not any(column.period for column in mapping.used)  # the period is one of the row
        if grain == Grain.YEAR and any(is_business_year(column.heading) for column in mapping.used):
            self._business_years()

    def _business_years(self) -> None:
        self.remark("business", _("Years that run over two were put under the one in which they begin."))

    @property
    def remarks(self) -> list[dict]:
        if self.skipped:
            self.remark("skipped", _("%(count)s rows were left out, as was chosen."), count=self.skipped)
        return super().remarks

    # The whole file --------------------------------------------------------------------------------------------------
    def cases(self, rows: Iterable[Row]) -> Iterator[Case]:
        """One case per row with the figures in it; where rows are added up, one per figure with all of its rows."""
        if self.mapping.adds_up:
            yield from self._added_up(rows)
            return
        seen: dict[tuple, tuple[int, Decimal | None]] = {}
        for number, cells in rows:
            case = self._case(number, cells)
            for told in case.values["told"]:
                first = seen.setdefault(told.entry.key, (number, told.entry.value))
                if first[0] != number:
                    same = first[1] == told.entry.value
                    message = (
                        _("This figure stands already in row %(first)s.") if same
                        else _("Row %(first)s gives another figure for the same unit, series and period.")
                    )  # fmt: skip
                    case.problems.append(
                        Problem(number, message, {"first": first[0]}, told.heading, told.text)
                    )
            yield case

    def _added_up(self, rows: Iterable[Row]) -> Iterator[Case]:
        """Rows need not stand together: the sums are kept, and given when the file is through, one case for a unit,
        period and part with all of its rows."""
        groups: dict[tuple, tuple[Case, dict[tuple, Told]]] = {}
        for number, cells in rows:
            case = self._case(number, cells)
            found = case.values["told"]
            if case.problems or not found:
                yield case
                continue
            first = found[0].entry
            group = (first.unit.pk, first.part, first.period if self.by_rows else None)
            whole, sums = groups.setdefault(group, (Case(rows=[]), {}))
            whole.rows.append(number)
            for told in found:
                held = sums.get(told.entry.key)
                if held is None:
                    sums[told.entry.key] = told
                else:
                    held.entry = replace(held.entry, value=held.entry.value + told.entry.value)
        for whole, sums in groups.values():
            whole.values["told"] = list(sums.values())
            yield whole

    # One row ---------------------------------------------------------------------------------------------------------
    def _case(self, number: int, cells: list[Cell]) -> Case:
        case = Case(rows=[number], values={"told": []})
        if len(cells) > len(self.headings):
            self._problem(
                case, "", text_of(cells[len(self.headings)]),
                _("The row has more cells than there are headings: a delimiter too many?"),
            )  # fmt: skip
        if not self._is_wanted(cells):
            self.skipped += 1
            return case
        part = self._part(case, cells)
        if part is None:
            self.skipped += 1
            return case
        unit = self._unit(case, cells)
        period = self._period(case, cells)
        for series, figure, of_column, heading, text in self._figures(case, cells):
            entry_period = of_column or period
            if unit is not None and entry_period is not None and series and figure is not None:
                entry = Entry(unit, series, entry_period, figure, part, self.mapping.options.source)
                case.values["told"].append(Told(entry, number, heading, text))
        return case

    def _is_wanted(self, cells: list[Cell]) -> bool:
        if self.only is None:
            return True
        text = text_of(cells[self.only])
        return text in self.wanted if self.wanted else not self.is_given(text)

    def _part(self, case: Case, cells: list[Cell]) -> str | None:
        """The part of a row; None of one that is left out."""
        if "part" not in self.places:
            return ""
        text = tidy(text_of(cells[self.places["part"]]))
        if not self.is_given(text):
            return None if self.mapping.options.leave_out_wholes else ""
        if text in self.left_out:
            return None
        if len(text) > PART_LIMIT:
            heading = self.mapping.columns["part"]
            self._problem(case, heading, text, _("Longer than %(limit)s characters."), limit=PART_LIMIT)
        return text

    def _unit(self, case: Case, cells: list[Cell]) -> Unit | None:
        text = self._text("unit", cells)
        code = self.mapping.units.get(text) or (
            self.units.recognise_unit(text) if text else self.options.unit
        )
        unit = self.units.units.get(code)
        if unit is None:
            self._problem(case, self.mapping.columns.get("unit", ""), text, self.units.unknown_unit(text))
        return unit

    def _period(self, case: Case, cells: list[Cell]) -> Period | None:
        if "period" not in self.places:
            return self.period
        cell, heading = cells[self.places["period"]], self.mapping.columns["period"]
        if cell is None or (isinstance(cell, str) and not self.is_given(cell)):
            if self.period is None:
                self._problem(case, heading, "", _("The period is missing."))
            return self.period
        grain = self.mapping.options.grain
        found = read_period(
            cell, grain, order=self.order, zone_of_file=self.options.zone, counted_from=self.counted_from
        )
        if found is None:
            self._problem(
                case, heading, text_of(cell), _("This is not a period: %(grain)s."), grain=Grain(grain).label
            )
        elif grain == Grain.YEAR and is_business_year(text_of(cell)):
            self._business_years()
        return found

    def _figures(
        self, case: Case, cells: list[Cell]
    ) -> Iterator[tuple[str, Decimal | None, Period | None, str, str]]:
        """(series, figure, period of the column, heading, what stands there) of everything that the row gives."""
        layout = self.mapping.options.layout
        if layout == ROWS:
            for count in self.mapping.counts:
                text = text_of(cells[self.headings.index(count.heading)]) if count.heading else ""
                counted = not count.heading or (text in count.values if count.values else self.is_given(text))
                yield count.series, Decimal(counted), None, count.heading, text
            return
        series = self._series(case, cells)
        if layout == LONG:
            place, heading = self.places["value"], self.mapping.columns["value"]
            yield series, self._figure(case, cells[place], heading), None, heading, text_of(cells[place])
        elif layout == WIDE:
            for column, place, period in self.figures:
                figure = self._share(case, cells, column, place) if column.of else (
                    self._figure(case, cells[place], column.heading)
                )  # fmt: skip
                yield column.series or series, figure, period, column.heading, text_of(cells[place])

    def _series(self, case: Case, cells: list[Cell]) -> str:
        text = self._text("series", cells)
        if not text:
            if "series" in self.places and not self.mapping.options.series:
                self._problem(case, self.mapping.columns["series"], "", _("The series is missing."))
            return self.mapping.options.series
        code = text if text in self.known else self.series_names.get(plain_heading(text), "")
        if not code:
            self._problem(case, self.mapping.columns["series"], text, _("There is no such series here."))
        return code

    def _figure(self, case: Case, cell: Cell, heading: str, *, percent: bool = False) -> Decimal | None:
        """An empty cell or a mark for "missing" gives nothing: it is missing, not zero."""
        if isinstance(cell, str) and not self.is_given(cell):
            return None
        try:
            figure = read_figure(cell, comma=self.mapping.options.comma, percent=percent)
        except NoFigure as error:
            self._problem(case, heading, text_of(cell), _NO_FIGURE[error.reason])
            return None
        if figure is not None and (not figure.is_finite() or figure < 0):
            self._problem(case, heading, text_of(cell), _("A figure can't be negative."))
            return None
        return figure

    def _share(self, case: Case, cells: list[Cell], column: Column, place: int) -> Decimal | None:
        """So many per cent of another column, as a number."""
        share = self._figure(case, cells[place], column.heading, percent=True)
        whole = self._figure(case, cells[self.headings.index(column.of)], column.of)
        return None if share is None or whole is None else share * whole / 100

    def _text(self, name: str, cells: list[Cell]) -> str:
        text = tidy(text_of(cells[self.places[name]])) if name in self.places else ""
        return text if self.is_given(text) else ""

    def _problem(self, case: Case, heading: str, value: str, message: str | Promise, **params: Any) -> None:
        case.problems.append(Problem(case.row, message, params, heading or str(BY_NAME["unit"].label), value))


def names_of(series: Iterable[Series]) -> dict[str, str]:
    """What a series may be called in a file -> its code; a name that two share is no answer."""
    found: dict[str, set[str]] = {}
    for one in series:
        for name in (one.code, one.short, str(one)):
            if name:
                found.setdefault(plain_heading(name), set()).add(one.code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
