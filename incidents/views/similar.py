"""While reporting: is it one of these? What a reporter sees of the last weeks that is like what they are writing."""

import datetime as dt

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from incidents.models import IncidentType
from incidents.similar import SAME, Similar, Told, similar_to
from people.models import Person, Unit

#: How far back a report may be about the same event, how many are shown, and how much has to be written first.
LATELY, MOST, SHORTEST = dt.timedelta(days=30), 3, 6


@login_required
@never_cache
@require_POST
def report_similar(request: HttpRequest) -> HttpResponse:
    """The part of the report form that shows likely duplicates, fetched while one writes."""
    return render(request, "incidents/_report_same.html", {"same": likely_same(request.POST, request.user)})


def likely_same(data: QueryDict, person: Person) -> list[Similar]:
    """The reports of late that the person may see and that are probably about the same event. At most seven queries."""
    text = data.get("description", "").strip()
    if len(text) < SHORTEST:
        return []
    told = Told(text, _type(data), _unit(data.get("unit", "")), data.get("place", "").strip())
    return similar_to(told, person, limit=MOST, least=SAME, since=timezone.now() - LATELY)


def _type(data: QueryDict) -> IncidentType | None:
    codes = [code for code in (data.get("subtype"), data.get("type")) if code]
    found = {kind.code: kind for kind in IncidentType.objects.filter(code__in=codes)} if codes else {}
    return next((found[code] for code in codes if code in found), None)


def _unit(number: str) -> Unit | None:
    return Unit.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 10 else None
