"""The table in which figures are entered: what stands in each cell, where it comes from, and whether it is missing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.models import Unit

from .enterable import Series
from .importing.cells import NoFigure, read_figure
from .models import Volume
from .periods import Grain, Period, today
from .volumes import MEANWHILE, Entry


@dataclass
class Cell:
    """One figure: of a series for a unit and a period. `giver` says who gives the series in this unit."""

    unit: Unit
    series: Series
    period: Period
    giver: "Giver"
    versions: list[Volume] = field(default_factory=list)  # the newest first
    parts: int = 0
    below: Decimal | None = None
    sent: str | None = None
    error: str = ""

    @property
    def name(self) -> str:
        return f"c-{self.unit.pk}-{self.period.key}-{self.series.code}"

    @property
    def seen_name(self) -> str:
        return f"v-{self.name}"

    @property
    def current(self) -> Volume | None:
        return self.versions[0] if self.versions else None

    @property
    def value(self) -> Decimal | None:
        return self.current.value if self.current else None

    @property
    def version(self) -> int:
        return self.current.version if self.current else 0

    @property
    def seen(self) -> str:
        """What the person saw here: sent back with the table, it tells what they changed."""
        return f"{self.version}:{plain(self.value)}"

    @property
    def is_open(self) -> bool:
        """May a figure be typed here?"""
        return self.giver.is_open and not self.parts and self.period.first <= today()

    @property
    def text(self) -> str:
        return self.sent if self.sent is not None else plain(self.value)

    @property
    def shown(self) -> str:
        """What stands where nothing can be typed."""
        return plain(self.below)

    @property
    def is_missing(self) -> bool:
        """Is a figure wanted here? Somebody gives the series, and the period is over."""
        has = self.below is not None or self.value is not None
        return not has and self.giver.gives and self.period.is_over and not self.sent

    @property
    def older(self) -> list[Volume]:
        return self.versions[1:]

    @property
    def label(self) -> str:
        return _("%(series)s, %(unit)s, %(period)s") % {
            "series": self.series, "unit": self.unit.name, "period": self.period.label,
        }  # fmt: skip


@dataclass
class Giver:
    """Who gives a series in a unit: it itself (`own` is the grain), a unit above, or units below."""

    own: str = ""
    above: Unit | None = None
    below: int = 0
    grain: str = Grain.MONTH  # of the table
    may: bool = False

    @property
    def gives(self) -> bool:
        return bool(self.own or self.below)

    @property
    def is_open(self) -> bool:
        return self.may and not self.above and not self.below and self.own in ("", self.grain)

    @property
    def words(self) -> str:
        if self.own and self.own != self.grain:
            return _("given per %(grain)s") % {"grain": Grain(self.own).label}
        if self.own:
            return _("given here")
        if self.above:
            return _("given by %(unit)s") % {"unit": self.above.name}
        if self.below:
            return ngettext("given by %(count)s unit below", "given by %(count)s units below", self.below) % {
                "count": self.below
            }
        return _("nobody gives it yet")


def plain(value: Decimal | None) -> str:
    """As it may be typed, without zeros behind: 812,345.5"""
    return "" if value is None else f"{value.normalize():,f}"


def givers(
    units: Sequence[Unit], series: Sequence[Series], grain: str, *, may: set[int]
) -> dict[tuple[int, str], Giver]:
    """(pk of the unit, code) -> who gives the series there. Two statements."""
    related = Q(unit__in={pk for unit in units for pk in unit.lineage})
    for unit in units:
        related |= Q(unit__path__startswith=unit.path)
    rows = (
        Volume.objects.current().filter(related, series__in=[one.code for one in series]).exclude(value=None)
    )
    found = list(rows.order_by().values_list("series", "unit", "unit__path", "grain").distinct())
    named = Unit.objects.in_bulk({unit for _code, unit, _path, _grain in found})
    told = {
        (unit.pk, one.code): Giver(grain=grain, may=unit.pk in may and unit.closed_on is None)
        for unit in units
        for one in series
    }
    for code, giving, path, per in found:
        for unit in units:
            giver = told[unit.pk, code]
            if giving == unit.pk:
                giver.own = per
            elif giving in unit.lineage:
                giver.above = named[giving]
            elif path.startswith(unit.path):
                giver.below += 1
    return told


def cells_of(
    units: Sequence[Unit], series: Sequence[Series], periods: Sequence[Period], *, may: set[int]
) -> dict[str, Cell]:
    """Name -> cell, by unit, period and series. Five statements whatever their number."""
    grain = periods[0].grain
    who = givers(units, series, grain, may=may)
    cells = {
        (unit.pk, period.first, one.code): Cell(unit, one, period, who[unit.pk, one.code])
        for unit in units
        for period in periods
        for one in series
    }
    wanted = {
        "series__in": [one.code for one in series], "grain": grain,
        "begins_on__range": (periods[0].first, periods[-1].first),
    }  # fmt: skip
    rows = Volume.objects.filter(unit__in=[unit.pk for unit in units], **wanted).select_related("entered_by")
    parts: dict[tuple, list[Volume]] = defaultdict(list)
    for row in rows.order_by("-version"):
        cell = cells.get((row.unit_id, row.begins_on, row.series))
        if cell is None:
            continue
        if row.part:
            if row.replaced_at is None and row.value is not None:
                parts[row.unit_id, row.begins_on, row.series].append(row)
        else:
            cell.versions.append(row)
    for key, found in parts.items():
        cells[key].parts, cells[key].below = len(found), sum(row.value for row in found)
    _add_below(cells, units, who, wanted)
    return {cell.name: cell for cell in cells.values()}


def _add_below(cells: dict[tuple, Cell], units: Sequence[Unit], who: Mapping, wanted: dict) -> None:
    for unit in units:
        if not any(giver.below for (pk, _code), giver in who.items() if pk == unit.pk):
            continue
        rows = Volume.objects.current().filter(unit__path__startswith=unit.path, **wanted).exclude(unit=unit)
        sums = rows.order_by().values_list("series", "begins_on").annotate(total=Sum("value"))
        for code, day, total in sums:
            if cell := cells.get((unit.pk, day, code)):
                cell.below = total


def read_sent(cells: Mapping[str, Cell], data: Mapping[str, str]) -> tuple[list[Cell], list[Entry]]:
    """The cells that were changed, with what is to be entered; what can't be read is told in the cell."""
    changed, entries = [], []
    for name, cell in cells.items():
        if name not in data or not cell.is_open:
            continue
        text = data[name].strip()
        version, _colon, was = data.get(cell.seen_name, "0:").partition(":")
        if text == was:
            continue
        cell.sent = text
        try:
            value = read_figure(text)
        except NoFigure:
            cell.error = _("This is not a figure.")
            continue
        if version != str(cell.version):
            if value == cell.value:  # somebody entered the same
                continue
            now = plain(cell.value) or _("nothing")
            cell.error = MEANWHILE % {"value": now}
            continue
        changed.append(cell)
        entries.append(Entry(cell.unit, cell.series.code, cell.period, value, seen=cell.version))
    return changed, entries


def given_by(top: Unit, codes: Sequence[str] | None = None) -> list[dict]:
    """Which units of a part of the tree give which series, how finely, and until when: for reading. One statement."""
    rows = Volume.objects.current().filter(unit__path__startswith=top.path).exclude(value=None)
    if codes is not None:
        rows = rows.filter(series__in=codes)
    counted = rows.order_by("series", "grain").values("series", "grain")
    return list(counted.annotate(units=Count("unit", distinct=True), latest=Max("begins_on")))
