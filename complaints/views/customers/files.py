"""Files of customers: taken in while one still writes, under the form's key; shown to the holder of the link only."""

import uuid
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from complaints import attaching, throttling
from complaints.forms.customers import as_uuid
from complaints.models import Attachment
from incidents.errors import Invalid
from incidents.files.refusing import megabytes
from incidents.views.evidence import SHOWN_INLINE, stored_file

from .frame import NoCase, case_of, for_customers

UNPROCESSABLE = HTTPStatus.UNPROCESSABLE_ENTITY


def taken_in(request: HttpRequest) -> tuple[QueryDict, dict[str, str | Promise]]:
    """The post with its files taken in: each becomes an upload like those that a script sent before."""
    data, refusals = request.POST.copy(), list(_oversized(request))
    key = as_uuid(data.get("key"))
    for file in request.FILES.getlist("files"):
        try:
            data.appendlist("uploads", str(_store(request, file, key).pk))
        except Invalid as refused:
            refusals.append(
                _("%(name)s: %(problem)s") % {"name": file.name, "problem": refused.fields["file"]}
            )
    return data, {"uploads": " ".join(refusals)} if refusals else {}


def _store(request: HttpRequest, file, key: uuid.UUID | None) -> Attachment:
    """Within the quota of the network and of the form. Raises Invalid."""
    network = throttling.network_of(request)
    if throttling.FILES.is_reached(network) or throttling.MEGABYTES.is_reached(network):
        raise Invalid(
            {"file": _("Too many files came from your network today. Send your words now, files tomorrow.")}
        )
    if key is None:
        raise Invalid({"file": _("This page has grown old. Load it again; what you wrote is kept.")})
    throttling.FILES.count(network)
    throttling.MEGABYTES.count(network, (file.size or 0) // (1024 * 1024))
    return attaching.store(file, by=None, key=key)


def _oversized(request: HttpRequest):
    for name in getattr(request, "oversized", []):
        yield _("%(name)s is larger than %(limit)s MB.") % {
            "name": name,
            "limit": megabytes(settings.UPLOAD_MAX_BYTES),
        }


@for_customers
@require_http_methods(["POST"])
def upload(request: HttpRequest) -> JsonResponse:
    """Take one file in for the form whose key stands in the header: 201 with what it became, or {"error": why not}."""
    file = request.FILES.get("file")  # reads the request: only now is known what was too large
    if too_big := list(_oversized(request)):
        return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_big[0])
    if file is None:
        return _error(UNPROCESSABLE, _("Choose at least one file."))
    try:
        stored = _store(request, file, as_uuid(request.headers.get("X-Upload-Key")))
    except Invalid as refused:
        return _error(UNPROCESSABLE, refused.fields["file"])
    answer = {
        "id": str(stored.pk), "name": stored.name, "kind": stored.kind, "thumbnail": "", "size": stored.size,
    }  # fmt: skip
    return JsonResponse(answer, status=HTTPStatus.CREATED)


@for_customers
@require_http_methods(["DELETE"])
def take_back(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an upload back before it is sent: the form's key says whose it is."""
    if not attaching.discard([pk], key=as_uuid(request.headers.get("X-Upload-Key"))):
        raise Http404
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _error(status: HTTPStatus, message: str | Promise) -> JsonResponse:
    return JsonResponse({"error": str(message)}, status=status)


# What was sent --------------------------------------------------------------------------------------------------------
def _sent(token: str, pk: uuid.UUID) -> Attachment:
    """A file of the correspondence; what colleagues keep beside it isn't the customer's to see."""
    try:
        complaint = case_of(token)
    except NoCase:
        raise Http404 from None
    return get_object_or_404(complaint.attachments, pk=pk, message__isnull=False, erased_at=None)


@for_customers
@require_safe
def download(request: HttpRequest, token: str, pk: uuid.UUID) -> HttpResponse:
    """The file: pictures, films and sounds are shown, documents are downloads only."""
    file = _sent(token, pk)
    return stored_file(
        request, file.file, file.content_type, name=file.name, inline=file.kind in SHOWN_INLINE
    )


@for_customers
@require_safe
def thumbnail(request: HttpRequest, token: str, pk: uuid.UUID) -> HttpResponse:
    file = _sent(token, pk)
    if not file.thumbnail:
        raise Http404
    return stored_file(request, file.thumbnail, "image/webp", name="thumbnail.webp", inline=True)
