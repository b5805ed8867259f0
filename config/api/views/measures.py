"""One measure with its ledger, and what is recorded about it."""

from http import HTTPStatus

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from capa.models import EntryProof, Measure
from capa.reading import proofs_of
from capa.records import open_to
from capa.sections import followed
from config.api.schema import ABOUT_ONE, ActSchema, answers
from config.api.serializers import MeasureDetailSerializer

from .base import ActView, ApiView


def measure_or_404(request: Request, number: str) -> Measure:
    rows = Measure.objects.visible_to(request.user).select_related(
        "incident__unit", "incident__responsible_unit", "plan", "owner", "unit"
    )
    return get_object_or_404(rows, number=number)


def picture(request: Request, number: str) -> Response:
    measure = measure_or_404(request, number)
    entries = measure.entries.select_related("by").annotate(shown_proofs=proofs_of(EntryProof, "entry"))
    item = followed(measure, list(entries))
    measure.ledger = item["entries"]
    measure.acts = list(open_to(request.user, measure, item["request"]).values())
    return Response(MeasureDetailSerializer(measure).data)


class OneMeasure(ApiView):
    """What is to be done, until when, and what was recorded about it."""

    @extend_schema(
        operation_id="measure",
        tags=["measures"],
        summary=_("One measure with its ledger"),
        responses=answers(HTTPStatus.OK, MeasureDetailSerializer, *ABOUT_ONE),
    )
    def get(self, request: Request, number: str) -> Response:
        return picture(request, number)


class MeasureAct(ActView):
    """One line for the ledger, as capa/views/measures.py writes it for the page."""

    schema = ActSchema()
    serializer_class = MeasureDetailSerializer
    about = "measure"

    def post(self, request: Request, number: str) -> Response:
        measure = measure_or_404(request, number)
        form = self.sent_form(request, measure=measure, person=request.user)
        self.act.perform(measure, by=request.user, **self.values_of(form))
        return picture(request, number)

    def current_version(self) -> None:
        """The ledger only grows: nothing has a version here."""
