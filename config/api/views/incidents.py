"""Incidents: the list, one of them, reporting, and every act of the register."""

import uuid
from http import HTTPStatus

from django import forms
from django.conf import settings
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.bodies import NO_SUCH_FIELD, form_data, problems_of
from config.api.errors import Unprocessable
from config.api.forms import ApiReportForm
from config.api.picture import Picture
from config.api.schema import ABOUT_ONE, ActSchema, FormSchema, answers
from config.api.serializers import (
    EvidenceSerializer,
    IncidentPageSerializer,
    IncidentSerializer,
    ReportedSerializer,
)
from incidents import identify
from incidents.errors import Stale
from incidents.evidence import store_upload
from incidents.filtering import CaseFilter
from incidents.filters import IncidentFilter
from incidents.lifecycle import refuse_unless_allowed
from incidents.listing import PAGE_SIZE, BadCursor, Place, page_of
from incidents.models import Incident
from incidents.stages import ReporterKind
from incidents.views.acts import incident_or_404

from .base import ActView, ApiView, refuse_oversized

LARGEST_PAGE = 100
KEY_HEADER = "Idempotency-Key"
KEY = OpenApiParameter(
    KEY_HEADER, OpenApiTypes.UUID, OpenApiParameter.HEADER,
    description=_("Sent again with the same body, it gives the same result and writes nothing."),
)  # fmt: skip
PAGING = [
    OpenApiParameter("after", str, description=_("From the address in “next”.")),
    OpenApiParameter("before", str, description=_("From the address in “previous”.")),
    OpenApiParameter(
        "size", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE}
    ),
]


def key_of(request: Request) -> uuid.UUID | None:
    """The key that makes a post idempotent. Raises Unprocessable."""
    sent = request.headers.get(KEY_HEADER)
    if not sent:
        return None
    try:
        return uuid.UUID(sent)
    except ValueError as error:
        raise Unprocessable({KEY_HEADER: [forms.UUIDField.default_error_messages["invalid"]]}) from error


class CaseList(ApiView):
    """A list of cases, filtered and paged as the list of the site is."""

    schema = FormSchema()
    filter_form: type[CaseFilter]
    page_serializer: type
    address: str  # the name of its URL

    def listed(self, request: Request) -> Response:
        """One page of what passes the filters. Raises Unprocessable."""
        query = request.query_params
        filters = self.filter_form(query, person=request.user)
        wrong = {name: list(texts) for name, texts in filters.errors.items()}
        known = {*filters.fields, *(parameter.name for parameter in PAGING)}
        wrong |= {name: [NO_SUCH_FIELD] for name in query if name not in known}
        try:
            place = Place.of(
                filters.order.columns, after=query.get("after", ""), before=query.get("before", "")
            )
        except BadCursor:
            wrong["after" if query.get("after") else "before"] = [_("This page of the list doesn't exist.")]
        try:
            size = forms.IntegerField(min_value=1, max_value=LARGEST_PAGE).clean(query.get("size", PAGE_SIZE))
        except forms.ValidationError as error:
            wrong["size"] = error.messages
        if wrong:
            raise Unprocessable(wrong)
        page = page_of(filters.found, filters.order, place, size=size, within=filters.within)
        body = {
            "results": [self.row(request, row) for row in page.rows],
            "next": self._address(request, after=page.older),
            "previous": self._address(request, before=page.newer),
        }
        return Response(self.page_serializer(body).data)

    def row(self, request: Request, case):
        """A case of the list as its reader may see it."""
        return case

    def _address(self, request: Request, **cursor: str) -> str | None:
        """This list from another place on."""
        if not any(cursor.values()):
            return None
        query = request.query_params.copy()
        for name in ("after", "before"):
            query.pop(name, None)
        query.update(cursor)
        return f"{settings.BASE_URL}{reverse(self.address)}?{query.urlencode()}"


class Incidents(CaseList):
    """As the list and the report form of the site."""

    filter_form = IncidentFilter
    post_form = ApiReportForm
    page_serializer = IncidentPageSerializer
    address = "api-incidents"

    @extend_schema(
        operation_id="incidents_list",
        tags=["incidents"],
        summary=_("The incidents that you may see"),
        parameters=PAGING,
        responses=answers(HTTPStatus.OK, IncidentPageSerializer, HTTPStatus.UNPROCESSABLE_ENTITY),
    )
    def get(self, request: Request) -> Response:
        return self.listed(request)

    @extend_schema(
        operation_id="incidents_report",
        tags=["incidents"],
        summary=_("Report an incident"),
        parameters=[KEY],
        responses=answers(HTTPStatus.CREATED, ReportedSerializer, body=True),
    )
    def post(self, request: Request) -> Response:
        form = ApiReportForm(form_data(request.data, ApiReportForm), person=request.user)
        key = key_of(request) or uuid.uuid4()
        if not form.is_valid():
            raise problems_of(form)
        incident = identify.report(by=request.user, key=key, **form.values())
        if incident.reporter_kind == ReporterKind.ANONYMOUS:
            path = reverse("follow", args=[identify.follow_token(key)])
        else:
            path = incident.get_absolute_url()
        body = {"number": incident.number, "url": f"{settings.BASE_URL}{path}"}
        return Response(ReportedSerializer(body).data, status=HTTPStatus.CREATED)


class OneIncident(ApiView):
    """Its own fields, what its next step needs, what you may do, and every row of every stage."""

    @extend_schema(
        operation_id="incident",
        tags=["incidents"],
        summary=_("One incident with everything that hangs on it"),
        responses=answers(HTTPStatus.OK, IncidentSerializer, *ABOUT_ONE),
    )
    def get(self, request: Request, number: str) -> Response:
        return picture(request, number)


def picture(request: Request, number: str) -> Response:
    return Response(IncidentSerializer(Picture(incident_or_404(request, number), request.user)).data)


class CaseAct(ActView):
    """One act on a case, as the page of the act does it. Subclasses say on what kind of case."""

    schema = ActSchema()
    must_be_sent = ("version",)
    model: type[Model]

    def post(self, request: Request, number: str) -> Response:
        case = self.case_or_404(request, number)
        self.refuse(case, self.act.permission, by=request.user)
        form = self.sent_form(request, **{self.about: case}, person=request.user)
        if not form.is_valid() and "version" not in form.errors and form.seen_version() != case.version:
            raise Stale()  # the values may be wrong only because the case has changed
        self.act.perform(case, by=request.user, **self.values_of(form), version=form.seen_version())
        return self.picture(request, number)

    def current_version(self) -> int | None:
        """What a stale page has to be made from now."""
        return (
            self.model.objects.filter(number=self.kwargs["number"]).values_list("version", flat=True).first()
        )


class IncidentAct(CaseAct):
    serializer_class = IncidentSerializer
    about = "incident"
    model = Incident
    case_or_404 = staticmethod(incident_or_404)
    refuse = staticmethod(refuse_unless_allowed)
    picture = staticmethod(picture)


class Uploads(ApiView):
    """The id of the answer goes into `uploads` of a report or `evidence` of an act, within 48 hours."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="uploads_create",
        tags=["incidents"],
        summary=_("Send a file, to name it in a report or an act"),
        parameters=[KEY],
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
        responses=answers(HTTPStatus.CREATED, EvidenceSerializer, body=True),
    )
    def post(self, request: Request) -> Response:
        key, file = key_of(request), request.FILES.get("file")
        refuse_oversized(request)
        if file is None:
            raise Unprocessable({"file": [_("Choose at least one file.")]})
        upload = store_upload(file, by=request.user, key=key)
        return Response(EvidenceSerializer(upload).data, status=HTTPStatus.CREATED)
