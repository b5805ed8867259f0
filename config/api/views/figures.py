"""Figures: entering what comes from elsewhere, reading it back, and the indicators made of it."""

import json
from dataclasses import asdict
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.bodies import NO_SUCH_FIELD, ObjectParser
from config.api.errors import Unprocessable
from config.api.figures import (
    EnteredSerializer,
    FigureSerializer,
    FiguresForm,
    FiguresSentSerializer,
    KpiFiguresSerializer,
    VolumePageSerializer,
    VolumesForm,
)
from config.api.schema import ABOUT_ONE, answers, parameters_of
from history.submissions import AlreadyDone, settle
from metrics import access, reading
from metrics.definitions import kpi_of
from metrics.models import Volume
from metrics.periods import Period, last_over
from metrics.volumes import BadEntries, Entry, Outcome, enter_many
from people.models import Person, Unit

from .base import ApiView
from .incidents import KEY, key_of

PAGE = 500
MOST_PERIODS = 400
NO_PERIOD = _("This is not a period: write 2026-11, 2026-W47, 2026-11-20, 2026-Q4 or 2026.")
NO_UNIT = _("There is no unit with this code or name.")
FIRST_DAY, LAST_YEAR = 1900, 2200


def _period(text: str) -> Period | None:
    try:
        found = Period.parse(text)
    except (ValueError, OverflowError):
        return None
    return found if FIRST_DAY <= found.first.year <= LAST_YEAR else None


def _asked(request: Request, form_class) -> dict:
    """What the address asks for. Raises Unprocessable; whoever sees no figures at all isn't let in."""
    if not access.sees_figures(request.user):
        raise PermissionDenied
    query = request.query_params
    form = form_class(query)
    wrong = {name: list(texts) for name, texts in form.errors.items()}
    wrong |= {name: [NO_SUCH_FIELD] for name in query if name not in form.fields}
    data = dict(form.cleaned_data)
    for name in ("from", "until"):
        if data.get(name):
            data[name] = _period(data[name])
            if data[name] is None:
                wrong[name] = [NO_PERIOD]
    if wrong:
        raise Unprocessable(wrong)
    return data


class Volumes(ApiView):
    """Every version is kept; what is sent again as it stands changes nothing."""

    parser_classes = [ObjectParser]

    @extend_schema(
        operation_id="volumes_list",
        tags=["figures"],
        summary=_("The figures that were entered for your units, as they hold now"),
        parameters=parameters_of(VolumesForm),
        responses=answers(HTTPStatus.OK, VolumePageSerializer, HTTPStatus.UNPROCESSABLE_ENTITY, *ABOUT_ONE),
    )
    def get(self, request: Request) -> Response:
        asked = _asked(request, VolumesForm)
        units = access.units_of(request.user)
        if asked["unit"]:
            units = units.within(access.chosen_unit(request.user, asked["unit"]))
        rows = Volume.objects.current().filter(unit__in=units).exclude(value=None)
        for name, of in (("series", "series"), ("grain", "grain")):
            if asked[name]:
                rows = rows.filter(**{of: asked[name]})
        if asked["from"]:
            rows = rows.filter(begins_on__gte=asked["from"].first)
        if asked["until"]:
            rows = rows.filter(begins_on__lte=asked["until"].last)
        if asked["after"]:
            rows = rows.filter(pk__gt=asked["after"])
        found = list(rows.select_related("unit").order_by("pk")[: PAGE + 1])
        shown, more = found[:PAGE], len(found) > PAGE
        for row in shown:
            row.period = Period(row.begins_on, row.grain).key
        body = {"results": shown, "next": self._after(request, shown[-1].pk) if more else None}
        return Response(VolumePageSerializer(body).data)

    def _after(self, request: Request, pk: int) -> str:
        query = request.query_params.copy()
        query["after"] = str(pk)
        return f"{settings.BASE_URL}{reverse('api-volumes')}?{query.urlencode()}"

    @extend_schema(
        operation_id="volumes_enter",
        tags=["figures"],
        summary=_("Enter figures, revise them or (null) take them back: all or none"),
        parameters=[KEY],
        request=FiguresSentSerializer,
        responses=answers(HTTPStatus.OK, EnteredSerializer, body=True),
    )
    def post(self, request: Request) -> Response:
        person = request.user
        if not person.has_any_role("quality"):
            raise PermissionDenied
        entries, source = _entries(request, person)
        key = key_of(request)
        try:
            with transaction.atomic():
                outcome = enter_many(entries, by=person, source=source)
                if key:
                    result = json.dumps(asdict(outcome))
                    settle(key, "volumes", by=person, body=request.data, result=result)
        except AlreadyDone as done:
            outcome = Outcome(**json.loads(done.result))
        except BadEntries as error:
            wrong = {
                f"figures.{place}.{found.field}": [str(found)] for place, found in error.problems.items()
            }
            raise Unprocessable(wrong) from error
        return Response(EnteredSerializer(outcome).data)


def _entries(request: Request, person: Person) -> tuple[list[Entry], str]:
    """What was sent, with every unit and period found. Raises Unprocessable."""
    sent = FiguresSentSerializer(data=request.data)
    wrong = {name: [NO_SUCH_FIELD] for name in request.data if name not in sent.fields}
    lines = request.data.get("figures")
    for place, line in enumerate(lines if isinstance(lines, list) else []):
        if isinstance(line, dict):
            unknown = [name for name in line if name not in FigureSerializer().fields]
            wrong |= {f"figures.{place}.{name}": [NO_SUCH_FIELD] for name in unknown}
    if not sent.is_valid():
        wrong |= _flat(sent.errors)
    if wrong:
        raise Unprocessable(wrong)
    figures = sent.validated_data["figures"]
    theirs = Unit.objects.within(*Unit.objects.filter(pk__in=person.company_ids))
    units = {unit.code: unit for unit in theirs.filter(code__in={line["unit"] for line in figures})}
    entries = []
    for place, line in enumerate(figures):
        unit, period = units.get(line["unit"]), _period(line["period"])
        if unit is None:
            wrong[f"figures.{place}.unit"] = [NO_UNIT]
        if period is None:
            wrong[f"figures.{place}.period"] = [NO_PERIOD]
        if unit and period:
            entries.append(Entry(unit, line["series"], period, line["value"], line["part"]))
    if wrong:
        raise Unprocessable(wrong)
    return entries, sent.validated_data["source"]


def _flat(errors, name: str = "") -> dict[str, list[str]]:
    """{"figures": [{}, {"value": [...]}]} -> {"figures.1.value": [...]}."""
    if isinstance(errors, dict):
        pairs = [(str(key), value) for key, value in errors.items()]
    elif any(isinstance(value, dict) for value in errors):
        pairs = [(str(place), value) for place, value in enumerate(errors)]
    else:
        return {name: [str(text) for text in errors]} if errors else {}
    flat: dict[str, list[str]] = {}
    for key, value in pairs:
        inner = name if key == "non_field_errors" else f"{name}.{key}" if name else key
        flat |= _flat(value, inner)
    return flat


class Figures(ApiView):
    """As the page of the indicator shows them: sums, value, interval, and why a value is missing."""

    @extend_schema(
        operation_id="figures",
        tags=["figures"],
        summary=_("An indicator of one of your units, period by period"),
        parameters=parameters_of(FiguresForm),
        responses=answers(HTTPStatus.OK, KpiFiguresSerializer, HTTPStatus.UNPROCESSABLE_ENTITY, *ABOUT_ONE),
    )
    def get(self, request: Request) -> Response:
        asked = _asked(request, FiguresForm)
        unit = access.chosen_unit(request.user, asked["unit"])
        kpi = kpi_of(asked["kpi"], unit)
        if kpi is None:
            raise Unprocessable({"kpi": [_("There is no such indicator here.")]})
        grain = asked["grain"] or str(kpi.grain)
        last = Period.containing(asked["until"].last, grain) if asked["until"] else last_over(grain)
        first = Period.containing(asked["from"].first, grain) if asked["from"] else last.shifted(-12)
        periods = [first]
        while periods[-1] < last and len(periods) <= MOST_PERIODS:
            periods.append(periods[-1].shifted(1))
        if first > last or len(periods) > MOST_PERIODS:
            raise Unprocessable({"until": [_("Ask for 1 to %(most)s periods.") % {"most": MOST_PERIODS}]})
        figures = reading.read_one(kpi, unit, periods)
        body = {"kpi": kpi, "unit": unit, "grain": grain, "figures": figures}
        return Response(KpiFiguresSerializer(body).data)
