"""What is to be reached: the target that holds for a unit, its own or the nearest one above it."""

from collections.abc import Iterable

from people.models import Unit

from .models import Target

Holding = dict[tuple[str, int], Target]


def holding(units: Iterable[Unit], year: int, codes: Iterable[str] | None = None) -> Holding:
    """(code of the indicator, pk of the unit) -> the target that holds there in that year. One statement."""
    units = list(units)
    lines = {unit.pk: unit.lineage for unit in units}
    rows = Target.objects.filter(
        unit__in={pk for line in lines.values() for pk in line}, year=year, replaced_at=None
    ).select_related("owner", "unit")
    if codes is not None:
        rows = rows.filter(kpi__in=list(codes))
    set_there = {(row.kpi, row.unit_id): row for row in rows}
    found: Holding = {}
    for code in {code for code, _unit in set_there}:
        for unit in units:
            own = next(
                (set_there[code, pk] for pk in reversed(lines[unit.pk]) if (code, pk) in set_there), None
            )
            if own is not None:
                found[code, unit.pk] = own
    return found


def value_of(target: Target | None) -> float | None:
    return None if target is None or target.value is None else float(target.value)
