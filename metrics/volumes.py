"""Entering figures that come from elsewhere: versions are kept, what was never given is missing and not zero.

A unit gives a series with one grain, and either it or the units above or below it give the series: so sums never count
anything twice. A figure is one whole, or parts of one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid
from people.models import Person, Role, Unit

from .enterable import Series, series_of
from .models import Volume
from .periods import Grain, Period, today

Text = str | Promise
#: What a column of the database holds: sixteen figures before the point.
TOO_MUCH = Decimal(10) ** 16
SMALLEST = Decimal("0.0001")
FIRST_YEAR = 1900
PART_LIMIT = 60
SOURCE_LIMIT = 200
MEANWHILE = _("Somebody entered %(value)s meanwhile. Save again to replace it.")
NOT_KEPT = _("You may enter figures only for units whose quality you manage.")


@dataclass(frozen=True)
class Entry:
    """One figure to be entered; a `value` of None takes it back. `seen`: the version that it is to replace, 0 for none;
    None replaces whatever stands there.
    """

    unit: Unit
    series: str
    period: Period
    value: Decimal | None
    part: str = ""
    source: str = ""
    seen: int | None = None

    @property
    def key(self) -> tuple[str, int, str, dt.date, str]:
        return self.series, self.unit.pk, str(self.period.grain), self.period.first, self.part

    @property
    def whole(self) -> tuple[str, int, str, dt.date]:
        return self.key[:4]


@dataclass
class Outcome:
    """What came of a batch."""

    new: int = 0
    revised: int = 0
    taken_back: int = 0
    unchanged: int = 0

    @property
    def written(self) -> int:
        return self.new + self.revised + self.taken_back


@dataclass(frozen=True)
class Problem:
    """What is wrong with an entry, and with which of its fields: unit, series, period, part or value."""

    field: str
    message: Text
    params: dict

    def __str__(self):
        return str(self.message) % self.params if self.params else str(self.message)


class BadEntries(Invalid):
    """Some entries can't be entered, so none was. `problems`: place of the entry -> Problem."""

    def __init__(self, problems: dict[int, Problem]):
        super().__init__({f"{place}.{found.field}": str(found) for place, found in problems.items()})
        self.problems = problems


@dataclass
class Current:
    """The version that holds of one figure."""

    pk: int
    value: Decimal | None
    version: int


class Book:
    """What one person may enter, and what is there already: checks entries, across the batches of a file.

    `given` says which unit gives which series with which grain: code -> pk of the unit -> (path, grain).
    """

    def __init__(self, by: Person):
        self.by = by
        self.kept = tuple(unit.path for unit in by.posted_units(Role.QUALITY)) if by.is_active else ()
        self.known: dict[str, Series] = series_of(by.company_ids)
        self.given: dict[str, dict[int, tuple[str, str]]] = {}
        self.above: dict[str, set[int]] = {}  # code -> the units above those that give it

    def forget(self) -> None:
        """Look again at what others have entered meanwhile."""
        self.given.clear()
        self.above.clear()

    def _load(self, codes: set[str]) -> None:
        wanted = codes - set(self.given)
        if not wanted:
            return
        for code in wanted:
            self.given[code], self.above[code] = {}, set()
        theirs = Q()
        for company in self.by.company_ids:
            theirs |= Q(unit__path__startswith=f"/{company}/")
        rows = Volume.objects.current().filter(theirs, series__in=wanted).exclude(value=None)
        for code, unit, path, grain in rows.order_by().values_list(
            "series", "unit", "unit__path", "grain"
        ).distinct():  # fmt: skip
            self._note(code, unit, path, grain)

    def _note(self, code: str, unit: int, path: str, grain: str) -> None:
        self.given[code][unit] = (path, grain)
        self.above[code].update(int(part) for part in path.split("/")[1:-2])

    def check(self, entries: Sequence[Entry]) -> tuple[dict[int, Problem], dict[tuple, Current]]:
        """What is wrong, by the place of the entry; and the versions that hold now, by `Entry.key`."""
        problems: dict[int, Problem] = {}
        self._load({entry.series for entry in entries if entry.series in self.known})
        seen: dict[tuple, int] = {}
        for place, entry in enumerate(entries):
            found = self._wrong(entry)
            if found is None and seen.setdefault(entry.key, place) != place:
                found = ("period", _("This figure is given twice."), {})
            if found is None and entry.value is not None:
                found = self._counted_twice(entry)
            if found is not None:
                problems[place] = Problem(*found)
        current = current_of(entry for place, entry in enumerate(entries) if place not in problems)
        for place, entry in enumerate(entries):
            if place not in problems and (found := _overtaken(entry, current)):
                problems[place] = Problem(*found)
        for place in _mixed(entries, problems, current):
            problems[place] = Problem(
                "part", _("A figure is either one whole or made of parts: take back the other first."), {}
            )
        return problems, {key: found for key, found in current.items() if found is not None}

    def _wrong(self, entry: Entry) -> tuple[str, Text, dict] | None:
        series, value = self.known.get(entry.series), entry.value
        if not entry.unit.path.startswith(self.kept) or not self.kept:
            return "unit", NOT_KEPT, {}
        if series is None or series.company not in (0, entry.unit.company_id):
            return "series", _("There is no such series here."), {}
        if entry.unit.closed_on and entry.period.first > entry.unit.closed_on:
            return "unit", _("This unit was closed before."), {}
        if str(entry.period.grain) not in Grain.values:
            return (
                "period",
                _("This is not a period: write 2026-11, 2026-W47, 2026-11-20, 2026-Q4 or 2026."),
                {},
            )
        if entry.period.first > today():
            return "period", _("This period is still to come."), {}
        if entry.period.first.year < FIRST_YEAR:
            return "period", _("Figures begin with the year %(year)s."), {"year": FIRST_YEAR}
        if len(entry.part) > PART_LIMIT:
            return "part", _("Longer than %(limit)s characters."), {"limit": PART_LIMIT}
        if value is None:
            return None
        if not value.is_finite() or value < 0:
            return "value", _("A figure can't be negative."), {}
        if value >= TOO_MUCH:
            return "value", _("This figure is too large."), {}
        return None

    def _counted_twice(self, entry: Entry) -> tuple[str, Text, dict] | None:
        """The unit becomes one that gives the series, unless that would count it twice."""
        given, unit, grain = self.given[entry.series], entry.unit, str(entry.period.grain)
        if unit.pk in given:
            if given[unit.pk][1] == grain:
                return None
            has = Grain(given[unit.pk][1]).label
            return (
                "period",
                _("This unit gives the series per %(grain)s: take those figures back first."),
                {"grain": has},
            )
        if any(pk in given for pk in unit.lineage[:-1]):
            return "unit", _("A unit above gives this series: its figures would be counted twice."), {}
        if unit.pk in self.above[entry.series]:
            return "unit", _("Units below give this series: their figures would be counted twice."), {}
        self._note(entry.series, unit.pk, unit.path, grain)
        return None


def _overtaken(entry: Entry, current: dict[tuple, Current]) -> tuple[str, Text, dict] | None:
    """Somebody else entered another figure here since this one was typed."""
    held = current.get(entry.key)
    if entry.seen is None or entry.seen == (held.version if held else 0) or not differs(entry, current):
        return None
    now = _("nothing") if held is None or held.value is None else f"{held.value.normalize():,f}"
    return "value", MEANWHILE, {"value": now}


def _mixed(
    entries: Sequence[Entry], problems: dict[int, Problem], current: dict[tuple, Current | None]
) -> list[int]:
    """The places of entries after which a figure would have parts beside a whole."""
    parts: dict[tuple, set[str]] = defaultdict(set)
    for key, found in current.items():
        if found is not None and found.value is not None:
            parts[key[:4]].add(key[4])
    good = [(place, entry) for place, entry in enumerate(entries) if place not in problems]
    for _place, entry in good:
        (parts[entry.whole].discard if entry.value is None else parts[entry.whole].add)(entry.part)
    return [
        place
        for place, entry in good
        if entry.value is not None and "" in parts[entry.whole] and len(parts[entry.whole]) > 1
    ]


def current_of(entries: Iterable[Entry]) -> dict[tuple, Current]:
    """The versions that hold of these figures and of what stands beside them, by `Entry.key`. One statement."""
    entries = list(entries)
    if not entries:
        return {}
    days = [entry.period.first for entry in entries]
    rows = (
        Volume.objects.current()
        .filter(
            unit__in={entry.unit.pk for entry in entries}, series__in={entry.series for entry in entries},
            begins_on__range=(min(days), max(days)),
        )
        .order_by()
    )  # fmt: skip
    fields = ("series", "unit", "grain", "begins_on", "part", "pk", "value", "version")
    return {tuple(row[:5]): Current(*row[5:]) for row in rows.values_list(*fields)}


def differs(entry: Entry, current: dict[tuple, Current]) -> bool:
    """Would entering it change anything?"""
    held = current.get(entry.key)
    return (held.value if held else None) != rounded(entry.value)


def rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(SMALLEST)


# Acts ----------------------------------------------------------------------------------------------------------------
@transaction.atomic
def enter(
    unit: Unit,
    *,
    by: Person,
    series: str,
    period: Period,
    value: Decimal | int | None,
    part: str = "",
    source: str = "",
) -> Volume | None:
    """Put one figure on record, or take it back (None). The version that holds now; None where there never was one."""
    value = None if value is None else Decimal(value)
    entry = Entry(unit, series, period, value, part, source)
    try:
        enter_many([entry], by=by)
    except BadEntries as error:
        found = error.problems[0]
        raise Invalid({found.field: str(found)}) from error
    series, unit_pk, grain, first, part = entry.key
    return Volume.objects.current().filter(
        series=series, unit=unit_pk, grain=grain, begins_on=first, part=part
    ).first()  # fmt: skip


@transaction.atomic
def enter_many(entries: Sequence[Entry], *, by: Person, source: str = "", file: str = "") -> Outcome:
    """Put a grid, or what a program sent, on record: all or nothing, with one event. Raises BadEntries."""
    entries = list(entries)
    hold(entries)
    problems, current = Book(by).check(entries)
    if problems:
        raise BadEntries(problems)
    outcome = store(entries, current, by=by, source=source)
    if outcome.written:
        told(entries, outcome, by=by, file=file)
    return outcome


def hold(entries: Iterable[Entry]) -> None:
    """Nobody else enters figures of these companies until the transaction ends: what is checked stays true."""
    companies = sorted({entry.unit.company_id for entry in entries})
    list(
        Unit.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk")
    )


def store(
    entries: Sequence[Entry], current: dict[tuple, Current], *, by: Person, source: str = ""
) -> Outcome:
    """Write what differs, as new versions, in the caller's transaction. A trigger tells the rollup which days."""
    outcome, replaced, rows = Outcome(), [], []
    now = timezone.now()
    for entry in entries:
        if not differs(entry, current):
            outcome.unchanged += 1
            continue
        held = current.get(entry.key)
        if held is not None:
            replaced.append(held.pk)
        if entry.value is None:
            outcome.taken_back += 1
        elif held is None:
            outcome.new += 1
        else:
            outcome.revised += 1
        rows.append(
            Volume(
                series=entry.series, unit=entry.unit, grain=entry.period.grain, begins_on=entry.period.first,
                part=entry.part, value=rounded(entry.value), version=held.version + 1 if held else 1,
                source=(entry.source or source)[:SOURCE_LIMIT], entered_by=by, entered_at=now,
            )
        )  # fmt: skip
    if replaced:
        Volume.objects.filter(pk__in=replaced).update(replaced_at=now)
    Volume.objects.bulk_create(rows, batch_size=2000)
    return outcome


def told(entries: Sequence[Entry], outcome: Outcome, *, by: Person, file: str = "") -> None:
    """One event for a whole batch, in the history of the highest unit in it."""
    units = {entry.unit.pk: entry.unit for entry in entries}
    periods = sorted(entry.period.first for entry in entries)
    tell(
        min(units.values(), key=lambda unit: unit.path), outcome, by=by, file=file,
        series=sorted({entry.series for entry in entries}), units=len(units), first=periods[0], last=periods[-1],
    )  # fmt: skip


def tell(
    unit: Unit,
    outcome: Outcome,
    *,
    by: Person,
    file: str,
    series: list[str],
    units: int,
    first: dt.date,
    last: dt.date,
) -> None:
    after = {
        "new": outcome.new, "revised": outcome.revised, "taken_back": outcome.taken_back, "series": series,
        "units": units, "first": first, "last": last,
    }  # fmt: skip
    act = "volumes.import" if file else "volumes.enter"
    if file:
        after["file"] = file
    record(f"volumes:{unit.pk}", act, label=unit.name, by=by, unit=unit, after=after)


def versions(unit: Unit, series: str, period: Period, part: str = "") -> list[Volume]:
    """Every version of a figure, the newest first, with who gave it."""
    rows = Volume.objects.filter(
        unit=unit, series=series, grain=period.grain, begins_on=period.first, part=part
    ).select_related("entered_by")
    return list(rows.order_by("-version"))
