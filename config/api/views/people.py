"""Who you are, and what you may name: units and types."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.schema import answers
from config.api.serializers import MeSerializer, TypeSerializer, UnitSerializer
from incidents.filtering import company_units
from incidents.models import IncidentType
from people.units import in_tree_order

from .base import ApiView


class Me(ApiView):
    """Also the quickest way to see whether a token works."""

    @extend_schema(
        operation_id="me",
        tags=["you"],
        summary=_("Who you are, and which posts you hold"),
        responses=answers(HTTPStatus.OK, MeSerializer),
    )
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(request.user).data)


class Units(ApiView):
    """Reports and acts name a unit by its id, filters by its code."""

    @extend_schema(
        operation_id="units",
        tags=["you"],
        summary=_("The units of your company, in the order of the tree"),
        responses=answers(HTTPStatus.OK, UnitSerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        return Response(UnitSerializer(in_tree_order(company_units(request.user)), many=True).data)


class Types(ApiView):
    """A report names the upper one as `type` and may name the lower one as `subtype`."""

    @extend_schema(
        operation_id="types",
        tags=["you"],
        summary=_("The types of incidents that are offered, in two levels"),
        responses=answers(HTTPStatus.OK, TypeSerializer(many=True)),
    )
    def get(self, request: Request) -> Response:
        offered = IncidentType.objects.offered().select_related("parent")
        return Response(TypeSerializer(offered, many=True).data)
