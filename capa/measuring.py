"""Where the numbers of a verification come from: a register of sources, to which later parts of the system add theirs.

What a source can count it counts itself, the same way before and after; what a person types carries its source in
words. A source is asked for the days of a window and answers with events and, where it knows it, exposure.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Incident, IncidentType
from incidents.stages import Stage
from people.models import Unit

from .effect import RATE
from .models import Cause
from .models.analysis import category_label

#: In `scope["exposure"]`: the days themselves are the exposure, or a volume that a person types in.
DAYS, VOLUME = "days", "volume"


@dataclass(frozen=True)
class Series:
    """What a source has counted, day by day; days without events may be missing.

    `exposures` is None where every day counts as one, and empty where the source doesn't know the exposure.
    """

    events: Mapping[dt.date, int]
    exposures: Mapping[dt.date, Decimal] | None = None

    def events_between(self, first: dt.date, last: dt.date) -> int:
        return sum(count for day, count in self.events.items() if first <= day <= last)

    def exposure_between(self, first: dt.date, last: dt.date) -> Decimal | None:
        """The exposure of a window, both days included; None where it isn't known."""
        if self.exposures is None:
            return Decimal(max(0, (last - first).days + 1))
        return sum((v for day, v in self.exposures.items() if first <= day <= last), Decimal(0)) or None


@dataclass(frozen=True)
class Source:
    """One place where numbers come from.

    `scope_of` makes from an incident, and what was chosen in the form, what is counted; `read` counts it between two
    days; `rows` gives the cases behind the numbers, where there are such, which happened by their field `at` and are
    listed as `name_of` says. Without `read` a person types.
    """

    key: str
    label: Promise
    text: Promise | str = ""
    data: str = RATE
    scope_of: Callable[[Incident, Mapping], dict] = lambda incident, chosen: {}
    metric_of: Callable[[Incident, dict], str] = lambda incident, scope: ""
    read: Callable[[dict, dt.date, dt.date], Series] | None = None
    rows: Callable[[dict, dt.date, dt.date], QuerySet] | None = None
    describe: Callable[[dict, Incident], str] = lambda scope, incident: ""
    name_of: Callable[[Any], str] = lambda row: row.title
    at: str = "occurred_at"
    unit_of_exposure: Promise | str = gettext_lazy("days")

    @property
    def counts(self) -> bool:
        return self.read is not None


SOURCES: dict[str, Source] = {}
TYPED = "typed"
INCIDENTS = "incidents"


def offer_source(*sources: Source) -> None:
    """Add sources to the register, in the order in which the form offers them."""
    for source in sources:
        SOURCES[source.key] = source


def source_of(key: str) -> Source:
    """The source; typed numbers where a release doesn't know the key any more."""
    return SOURCES.get(key) or SOURCES[TYPED]


# Incidents like this -------------------------------------------------------------------------------------------------
def incident_scope(incident: Incident, chosen: Mapping) -> dict:
    """Incidents of this type in this unit and below it; `category` restricts them to one confirmed kind of cause."""
    return {
        "type": incident.type_id,
        "unit": incident.unit_id,
        "category": chosen.get("category", ""),
        "exposure": chosen.get("exposure") or DAYS,
    }


def like(scope: Mapping, first: dt.date, last: dt.date) -> QuerySet[Incident]:
    """The incidents that a scope counts, occurred on these days; whoever asks: nobody's sight bends the figures."""
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    end = timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))
    rows = Incident.objects.filter(
        Q(type=scope["type"]) | Q(type__parent=scope["type"]),
        unit__in=Unit.objects.filter(path__contains=f"/{scope['unit']}/"),
        occurred_at__gte=begin,
        occurred_at__lt=end,
    ).exclude(stage__in=[Stage.DISMISSED, Stage.MERGED])
    if scope.get("category"):
        roots = Cause.objects.filter(incident=OuterRef("pk"), is_root=True, category=scope["category"])
        rows = rows.filter(Exists(roots))
    return rows


def read_incidents(scope: Mapping, first: dt.date, last: dt.date) -> Series:
    rows = like(scope, first, last).order_by().annotate(day=TruncDate("occurred_at"))
    events = dict(rows.values_list("day").annotate(count=Count("pk")))
    return Series(events, {} if scope.get("exposure") == VOLUME else None)


def metric_of_incidents(incident: Incident, scope: Mapping) -> str:
    values = {"type": incident.type, "unit": incident.unit}
    if scope.get("category"):
        values["cause"] = category_label(scope["category"])
        return _("Incidents “%(type)s” in %(unit)s with a cause of the kind %(cause)s") % values
    return _("Incidents “%(type)s” in %(unit)s") % values


def describe_incidents(scope: Mapping, incident: Incident) -> str:
    """In the reader's language, and by today's names; the case may have been given another type since."""
    same_type, same_unit = scope["type"] == incident.type_id, scope["unit"] == incident.unit_id
    values = {
        "type": incident.type if same_type else IncidentType.objects.filter(pk=scope["type"]).first(),
        "unit": incident.unit if same_unit else Unit.objects.filter(pk=scope["unit"]).first(),
    }
    if scope.get("category"):
        values["cause"] = category_label(scope["category"])
        return (
            _(
                "Counted by the system: incidents of the type “%(type)s” in %(unit)s and below it whose root cause was "
                "confirmed as “%(cause)s”; without dismissed and joined ones."
            )
            % values
        )
    return (
        _(
            "Counted by the system: incidents of the type “%(type)s” in %(unit)s and below it, without dismissed and "
            "joined ones."
        )
        % values
    )


offer_source(
    Source(
        key=INCIDENTS,
        label=gettext_lazy("Incidents like this one, counted by the system"),
        text=gettext_lazy("Same type, same unit and what is below it."),
        scope_of=incident_scope,
        metric_of=metric_of_incidents,
        read=read_incidents,
        rows=like,
        describe=describe_incidents,
    ),
    Source(
        key=TYPED,
        label=gettext_lazy("Numbers typed in, with their source"),
        text=gettext_lazy("A log, a survey, a report: say which, so that anybody can look them up."),
    ),
)
