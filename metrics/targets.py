"""What is to be reached: the target that holds for a unit, its own or the nearest one above it."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from people.models import CASE_ROLES, Person, Post, Unit

from .access import keeps
from .definitions import kpi_of
from .models import Target
from .periods import today

Holding = dict[tuple[str, int], Target]

FIRST_YEAR = 2000
YEARS_AHEAD = 2
#: What a column of the database holds: ten figures before the point.
TOO_MUCH = Decimal(10) ** 10


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


# Setting -------------------------------------------------------------------------------------------------------------
def setters_choice(unit: Unit) -> QuerySet[Person]:
    """Who may answer for an indicator of the unit: who holds a post with sight of the cases there or above."""
    return (
        Person.objects.active()
        .filter(
            Post.in_force(timezone.localdate(), "posts__"), posts__role__in=CASE_ROLES, posts__unit__in=unit.lineage
        )
        .distinct()
    )  # fmt: skip


@transaction.atomic
def set_target(
    kpi: str,
    unit: Unit,
    year: int,
    *,
    by: Person,
    value: Decimal | None,
    threshold: Decimal | None = None,
    owner: Person | None = None,
    reason: str = "",
    version: int = 0,
) -> Target | None:
    """Set what a unit is to reach in a year, or (with nothing given) let the one above hold again. What held before stays.

    `version` is that of the unit's own target as it was seen; 0 where there was none.
    """
    found = kpi_of(kpi, unit)
    if not keeps(by, unit):
        raise NotAllowed(_("Targets are set by the quality managers of the unit."))
    if found is None:
        raise Invalid({"kpi": _("There is no such indicator here.")})
    if not FIRST_YEAR <= year <= today().year + YEARS_AHEAD:
        raise Invalid({"year": _("There are no targets for this year.")})
    for name, figure in (("value", value), ("threshold", threshold)):
        if figure is not None and (not figure.is_finite() or abs(figure) >= TOO_MUCH):
            raise Invalid({name: _("This figure is too large.")})
    if value is None and threshold is not None:
        raise Invalid({"value": _("Say what is to be reached before how far it may be missed.")})
    if threshold is not None and found.direction * (value - threshold) < 0:
        raise Invalid({"threshold": _("What is acceptable can't be better than the target.")})
    if owner is not None and not setters_choice(unit).filter(pk=owner.pk).exists():
        raise Invalid({"owner": _("This person doesn't see the figures of the unit.")})
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    rows = Target.objects.filter(kpi=kpi, unit=unit, year=year)
    now = rows.filter(replaced_at=None).first()
    if (now.version if now else 0) != version:
        raise Stale(
            _("Somebody has set this target since you opened the page. Look at it again, then decide.")
        )
    if now is not None and (now.value, now.threshold, now.owner_id) == (
        value,
        threshold,
        owner.pk if owner else None,
    ):
        return now
    if now is None and value is None and owner is None:
        return None
    before = _told(now) if now else {}
    if now is not None:
        Target.objects.filter(pk=now.pk).update(replaced_at=timezone.now())
    fresh = None
    if value is not None or owner is not None:
        last = rows.aggregate(last=Max("version"))["last"] or 0
        fresh = Target.objects.create(
            kpi=kpi, unit=unit, year=year, value=value, threshold=threshold, owner=owner, reason=reason,
            version=last + 1, set_by=by,
        )  # fmt: skip
    record(
        f"targets:{unit.pk}", "target.set" if fresh else "target.drop", label=f"{unit.name} {year}", by=by, unit=unit,
        reason=reason, before=before, after={"kpi": kpi, "year": year, **(_told(fresh) if fresh else {})},
    )  # fmt: skip
    return fresh


def _told(target: Target) -> dict:
    return {"target": target.value, "threshold": target.threshold, "answerable": target.owner}


def history_of(kpi: str, unit: Unit, year: int) -> list[Target]:
    """Every target that the unit itself has had for the year, the newest first."""
    rows = Target.objects.filter(kpi=kpi, unit=unit, year=year).select_related("owner", "set_by")
    return list(rows.order_by("-version"))
