"""Complaints as a source of numbers for a verification: did customers complain less about this afterwards?"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capa.measuring import DAYS, VOLUME, Series, Source, offer_source
from incidents.models import Incident
from people.models import Unit

from .models import Category, Complaint
from .states import State

KEY = "complaints"
#: What tells nothing about the service: counted already, or somebody else's.
UNCOUNTED = (State.MERGED, State.OUT_OF_SCOPE)


def scope_of(incident: Incident, chosen: Mapping) -> dict:
    """Complaints in the incident's unit and below it; of the category of those behind the incident, if there are any."""
    behind = Counter(
        Complaint.objects.filter(incident=incident, category__isnull=False, sensitive=False)
        .order_by("category")
        .values_list("category", flat=True)
    )
    return {
        "complaint_category": behind.most_common(1)[0][0] if behind else None,
        "unit": incident.unit_id,
        "exposure": chosen.get("exposure") or DAYS,
    }


def counted(scope: Mapping, first: dt.date, last: dt.date) -> QuerySet[Complaint]:
    """The complaints that a scope counts, received on these days; whoever asks: nobody's sight bends the figures.

    Those of which named people only may know are in no figure.
    """
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    end = timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))
    rows = Complaint.objects.filter(
        unit__in=Unit.objects.filter(path__contains=f"/{scope['unit']}/"),
        received_at__gte=begin,
        received_at__lt=end,
        sensitive=False,
    ).exclude(state__in=UNCOUNTED)
    if scope.get("complaint_category"):
        rows = rows.filter(category=scope["complaint_category"])
    return rows.select_related("category")


def read(scope: Mapping, first: dt.date, last: dt.date) -> Series:
    rows = counted(scope, first, last).select_related(None).order_by().annotate(day=TruncDate("received_at"))
    events = dict(rows.values_list("day").annotate(count=Count("pk")))
    return Series(events, {} if scope.get("exposure") == VOLUME else None)


def metric_of(incident: Incident, scope: Mapping) -> str:
    values = {"unit": incident.unit, "category": _category(scope)}
    if values["category"]:
        return _("Complaints about “%(category)s” in %(unit)s") % values
    return _("Complaints in %(unit)s") % values


def describe(scope: Mapping, incident: Incident) -> str:
    """In the reader's language, and by today's names; the case may have gone to another unit since."""
    same_unit = scope["unit"] == incident.unit_id
    values = {
        "unit": incident.unit if same_unit else Unit.objects.filter(pk=scope["unit"]).first(),
        "category": _category(scope),
    }
    if values["category"]:
        return (
            _(
                "Counted by the system: complaints about “%(category)s” received in %(unit)s and below it; without those "
                "joined with others, passed on, or visible to named people only."
            )
            % values
        )
    return (
        _(
            "Counted by the system: complaints received in %(unit)s and below it; without those joined with others, "
            "passed on, or visible to named people only."
        )
        % values
    )


def _category(scope: Mapping) -> Category | None:
    key = scope.get("complaint_category")
    return Category.objects.filter(pk=key).first() if key else None


def name_of(complaint: Complaint) -> str:
    """In the place of a title, which are the customer's words."""
    return str(complaint.category) if complaint.category else _("Not classified yet")


offer_source(
    Source(
        key=KEY,
        label=gettext_lazy("Complaints, counted by the system"),
        text=gettext_lazy(
            "Same unit and what is below it; about what the complaints behind the incident are about."
        ),
        scope_of=scope_of,
        metric_of=metric_of,
        read=read,
        rows=counted,
        describe=describe,
        name_of=name_of,
        at="received_at",
    )
)
