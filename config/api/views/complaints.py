"""Complaints: the list, one of them, receiving, and every act of their register."""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from complaints import intake
from complaints.lifecycle import refuse_unless_allowed
from complaints.listing import ComplaintFilter
from complaints.models import Complaint
from complaints.views.acts import complaint_or_404
from config.api.bodies import form_data, problems_of
from config.api.complaints import ComplaintPageSerializer, ComplaintSerializer, Told
from config.api.forms import ApiComplaintForm
from config.api.schema import ABOUT_ONE, answers
from config.api.serializers import ReportedSerializer

from .base import ApiView
from .incidents import KEY, PAGING, CaseAct, CaseList, key_of


class Complaints(CaseList):
    """As the list of the site; and the door for complaints from other systems."""

    filter_form = ComplaintFilter
    post_form = ApiComplaintForm
    page_serializer = ComplaintPageSerializer
    address = "api-complaints"

    @extend_schema(
        operation_id="complaints_list",
        tags=["complaints"],
        summary=_("The complaints that you may see"),
        parameters=PAGING,
        responses=answers(HTTPStatus.OK, ComplaintPageSerializer, HTTPStatus.UNPROCESSABLE_ENTITY),
    )
    def get(self, request: Request) -> Response:
        return self.listed(request)

    def row(self, request: Request, case: Complaint) -> Told:
        return Told(case, request.user)

    @extend_schema(
        operation_id="complaints_receive",
        tags=["complaints"],
        summary=_("Put a complaint on record"),
        parameters=[KEY],
        responses=answers(HTTPStatus.CREATED, ReportedSerializer, body=True),
    )
    def post(self, request: Request) -> Response:
        form = ApiComplaintForm(form_data(request.data, ApiComplaintForm), person=request.user)
        key = key_of(request) or uuid.uuid4()
        if not form.is_valid():
            raise problems_of(form)
        complaint, _token = intake.receive(by=request.user, key=key, **form.values())
        body = {"number": complaint.number, "url": f"{settings.BASE_URL}{complaint.get_absolute_url()}"}
        return Response(ReportedSerializer(body).data, status=HTTPStatus.CREATED)


class OneComplaint(ApiView):
    """Its fields, the correspondence, what its next step needs and what you may do. Contact data is masked."""

    @extend_schema(
        operation_id="complaint",
        tags=["complaints"],
        summary=_("One complaint with everything that hangs on it"),
        responses=answers(HTTPStatus.OK, ComplaintSerializer, *ABOUT_ONE),
    )
    def get(self, request: Request, number: str) -> Response:
        return picture(request, number)


def picture(request: Request, number: str) -> Response:
    return Response(ComplaintSerializer(Told(complaint_or_404(request, number), request.user)).data)


class ComplaintAct(CaseAct):
    """One act on a complaint, as complaints/views/acts.py does it for the page."""

    serializer_class = ComplaintSerializer
    about = "complaint"
    model = Complaint
    case_or_404 = staticmethod(complaint_or_404)
    refuse = staticmethod(refuse_unless_allowed)
    picture = staticmethod(picture)
