"""Satisfaction as a source of numbers for a verification: were more customers satisfied afterwards?

Counted as proportions: customers who gave one of the two best answers, of all who answered, day by day. A proportion is
compared by Newcombe's interval there (`capa.effect`), so the index itself, which is a mean, isn't offered.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capa.effect import PROPORTION
from capa.measuring import Series, Source, offer_source
from complaints.models import Item, Response
from incidents.models import Incident
from people.models import Unit

from .index import COUNTED

KEY = "satisfied"
#: Where the two best answers begin, by scale: 4 and 5, 9 and 10. Of a choice, three quarters of its worth.
SATISFIED_FROM = {Item.Kind.LIKERT5: 4, Item.Kind.LIKERT10: 9, Item.Kind.CHOICE: 75}


def scope_of(incident: Incident, chosen: Mapping) -> dict:
    """All surveys' answers from the incident's unit and below it, to the question about the whole where it was asked."""
    return {"unit": incident.unit_id}


_COUNTED = ", ".join(f"'{kind}'" for kind in sorted(COUNTED))
_SATISFIED = " ".join(f"WHEN '{kind}' THEN score >= {least}" for kind, least in SATISFIED_FROM.items())
#: day, satisfied, answered: of each respondent the first question about the whole counts.
_STATEMENT = f"""
SELECT day, count(*) FILTER (WHERE satisfied), count(*) FROM (
    SELECT (chosen.answered_at AT TIME ZONE %s)::date AS day,
        CASE item.kind {_SATISFIED} END AS satisfied
    FROM chosen
    CROSS JOIN LATERAL (
        SELECT kind, chosen.scores[position + 1] AS score FROM complaints_item
        WHERE version_id = chosen.version_id AND dimension = '{Item.Dimension.OVERALL.value}'
            AND kind IN ({_COUNTED}) AND chosen.scores[position + 1] IS NOT NULL
        ORDER BY position LIMIT 1
    ) AS item
) AS each GROUP BY day
"""


def read(scope: Mapping, first: dt.date, last: dt.date) -> Series:
    """Satisfied customers, and all who said, on each of these days; whoever asks: nobody's sight bends the figures."""
    begin = timezone.make_aware(dt.datetime.combine(first, dt.time()))
    end = timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time()))
    rows = Response.objects.filter(
        unit__in=Unit.objects.filter(path__contains=f"/{scope['unit']}/"),
        answered_at__gte=begin,
        answered_at__lt=end,
    )
    chosen, params = rows.order_by().values("version_id", "answered_at", "scores").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH chosen (version_id, answered_at, scores) AS ({chosen}) {_STATEMENT}",
            [*params, timezone.get_current_timezone_name()],
        )
        told = cursor.fetchall()
    return Series(
        {day: satisfied for day, satisfied, _all in told},
        {day: Decimal(answered) for day, _satisfied, answered in told},
    )


def metric_of(incident: Incident, scope: Mapping) -> str:
    return _("Satisfied customers in %(unit)s") % {"unit": incident.unit}


def describe(scope: Mapping, incident: Incident) -> str:
    unit = (
        incident.unit if scope["unit"] == incident.unit_id else Unit.objects.filter(pk=scope["unit"]).first()
    )
    return _(
        "Counted by the system: customers of %(unit)s and below it who gave one of the two best answers to the question "
        "about the whole, of all who answered it."
    ) % {"unit": unit}


offer_source(
    Source(
        key=KEY,
        label=gettext_lazy("Satisfied customers, from the surveys"),
        text=gettext_lazy(
            "The two best answers to the question about the whole, same unit and what is below it."
        ),
        data=PROPORTION,
        unit_of_exposure=gettext_lazy("answers"),
        scope_of=scope_of,
        metric_of=metric_of,
        read=read,
        describe=describe,
    )
)
