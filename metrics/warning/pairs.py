"""Which indicators of which units are watched, and who answers for each.

Usually those for which a target was set for the unit itself: setting one says that somebody looks there. A target holds for
the units below as well, but to watch every indicator of every site by it would bring false alarms every month. A quality
manager may switch any of them on, or off, with a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.recording import record
from incidents.errors import Invalid, NotAllowed, Stale
from metrics.access import keeps
from metrics.definitions import Kpi, kpis_of
from metrics.models import Target, Watch
from metrics.periods import today
from metrics.targets import holding
from people.models import Person, Post, Role, Unit


@dataclass(frozen=True)
class Pair:
    """An indicator of a unit. `owner` answers for it: who the target names, else the nearest quality manager."""

    kpi: Kpi
    unit: Unit
    target: Target | None = None
    owner: Person | None = None


def watched(units: Iterable[Unit] | None = None) -> list[Pair]:
    """What is watched now (in these units only, if given), ordered by indicator: half a dozen statements for all."""
    year = today().year
    words = {(row.kpi, row.unit_id): row for row in _limited(Watch.objects.filter(replaced_at=None), units)}
    set_there = _limited(Target.objects.filter(year__in=(year, year - 1), replaced_at=None), units)
    keys = {(row.kpi, row.unit_id) for row in set_there} | {key for key, row in words.items() if row.is_on}
    keys -= {key for key, row in words.items() if not row.is_on}
    places = {unit.pk: unit for unit in Unit.objects.active().filter(pk__in={pk for _code, pk in keys})}
    kpis = kpis_of(places.values())
    held = holding(places.values(), year - 1) | holding(places.values(), year)
    found = [
        Pair(kpis[code], places[pk], held.get((code, pk)))
        for code, pk in sorted(keys)
        if pk in places and code in kpis
    ]
    return with_owners(found)


def _limited(rows, units: Iterable[Unit] | None) -> list:
    return list(rows if units is None else rows.filter(unit__in=list(units)))


def with_owners(pairs: Sequence[Pair]) -> list[Pair]:
    """The same, each with who answers for it: one statement for all that no target names anybody for."""
    named = [pair.target.owner if pair.target and pair.target.owner_id else None for pair in pairs]
    named = [person if person is not None and person.is_active else None for person in named]
    lone = [pair.unit for pair, person in zip(pairs, named, strict=True) if person is None]
    managers = quality_managers(lone) if lone else {}
    return [
        Pair(pair.kpi, pair.unit, pair.target, person or managers.get(pair.unit.pk))
        for pair, person in zip(pairs, named, strict=True)
    ]


def quality_managers(units: Iterable[Unit]) -> dict[int, Person]:
    """The nearest quality manager of each of these units: its own, else of the first unit above that has one."""
    units = list(units)
    posts = Post.objects.filter(
        Post.in_force(timezone.localdate()), role=Role.QUALITY, person__is_active=True,
        unit__in={pk for unit in units for pk in unit.lineage},
    )  # fmt: skip
    by_unit: dict[int, Person] = {}
    for post in posts.select_related("person").order_by("person"):
        by_unit.setdefault(post.unit_id, post.person)
    nearest = {
        unit.pk: next((by_unit[pk] for pk in reversed(unit.lineage) if pk in by_unit), None) for unit in units
    }
    return {pk: person for pk, person in nearest.items() if person is not None}


# Switching it on and off ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """Whether an indicator of a unit is watched, why, and by whose word (None: as usual)."""

    is_on: bool
    target: Target | None = None
    word: Watch | None = None


def standing(kpi: Kpi, unit: Unit) -> Standing:
    word = Watch.objects.filter(kpi=kpi.code, unit=unit, replaced_at=None).select_related("set_by").first()
    year = today().year
    own = Q(kpi=kpi.code, unit=unit, year__in=(year, year - 1), replaced_at=None)
    target = Target.objects.filter(own).select_related("owner").order_by("-year").first()
    return Standing(word.is_on if word else target is not None, target, word)


@transaction.atomic
def switch(kpi: Kpi, unit: Unit, *, by: Person, on: bool, reason: str) -> Watch:
    """Have the indicator watched in this unit from now on, or no longer. Warnings that are open stay open."""
    if not keeps(by, unit):
        raise NotAllowed(_("Only a quality manager of the unit decides what is watched there."))
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    if standing(kpi, unit).is_on == on:
        raise Stale(_("Somebody has just done this."))
    now = timezone.now()
    Watch.objects.filter(kpi=kpi.code, unit=unit, replaced_at=None).update(replaced_at=now)
    try:
        with transaction.atomic():
            row = Watch.objects.create(
                kpi=kpi.code, unit=unit, is_on=on, reason=reason.strip()[:300], set_by=by, set_at=now
            )
    except IntegrityError:
        raise Stale(_("Somebody has just done this.")) from None
    record(
        row.case, "watch.on" if on else "watch.off", label=kpi.code, by=by, unit=unit, reason=row.reason,
        after={"kpi": kpi.code, "watched": on},
    )  # fmt: skip
    return row
