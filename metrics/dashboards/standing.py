"""What is open at this moment: live counts over the open incidents alone, whatever the archive holds."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident
from incidents.stages import LOOP, Stage
from people.models import Unit

#: How long ago open incidents were reported: (key, name, from days, to days).
AGES = (
    ("week", _("under 7"), 0, 7),
    ("month", _("7 to 30"), 7, 30),
    ("quarter", _("30 to 90"), 30, 90),
    ("old", _("over 90"), 90, None),
)


@dataclass
class Standing:
    """How many open incidents there are, how many of them late, and how old they are."""

    count: int = 0
    late: int = 0
    ages: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, count: int, late: int, ages: dict[str, int]) -> None:
        self.count += count
        self.late += late
        for key, number in ages.items():
            self.ages[key] += number


@dataclass
class Open:
    """The open incidents of a unit and everything below it: by stage, and by the unit directly below."""

    whole: Standing = field(default_factory=Standing)
    stages: dict[Stage, Standing] = field(default_factory=lambda: {stage: Standing() for stage in LOOP})
    units: dict[int, Standing] = field(default_factory=lambda: defaultdict(Standing))
    cells: dict[tuple[int, str], Standing] = field(default_factory=lambda: defaultdict(Standing))


def open_incidents(unit: Unit, *, with_ages: bool = False) -> Open:
    """One statement over an index that holds nothing but what is open.

    An incident stands in the unit where it happened, as in all figures, whoever answers for it.
    """
    now = timezone.now()
    counted = {"count": Count("stage"), "late": Count("stage", filter=Q(due_at__lt=now))}
    if with_ages:
        counted |= {key: Count("stage", filter=_aged(now, since, until)) for key, _name, since, until in AGES}
    rows = (
        Incident.objects.filter(unit__path__startswith=unit.path, stage__in=LOOP)
        .order_by()
        .values("unit__path", "stage")
        .annotate(**counted)
    )
    found = Open()
    for row in rows:
        path, stage = row.pop("unit__path"), Stage(row.pop("stage"))
        count, late = row.pop("count"), row.pop("late")
        below = _directly_below(unit, path)
        for standing in (
            found.whole, found.stages[stage], found.units[below], found.cells[below, stage.value],
        ):  # fmt: skip
            standing.add(count, late, row)
    return found


def _aged(now: dt.datetime, since: int, until: int | None) -> Q:
    condition = Q(reported_at__lte=now - dt.timedelta(days=since)) if since else Q()
    return condition & Q(reported_at__gt=now - dt.timedelta(days=until)) if until else condition


def _directly_below(unit: Unit, path: str) -> int:
    """The unit right under `unit` to which a path belongs; `unit` itself where the case is its own."""
    rest = path.removeprefix(unit.path)
    return int(rest.split("/")[0]) if rest else unit.pk
