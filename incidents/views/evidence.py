"""Evidence: looking at it, downloading it, withdrawing it. No file has an address of its own outside these views."""

import re
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from typing import BinaryIO

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents import permissions
from incidents.errors import Invalid, NotAllowed
from incidents.evidence import withdraw
from incidents.forms.evidence import ReasonForm
from incidents.lifecycle import refuse_unless_allowed
from incidents.models import Evidence

#: Kinds that a browser shows itself, same-origin: pictures are our own encoding, films and sounds can't run anything.
SHOWN_INLINE = {Evidence.Kind.IMAGE, Evidence.Kind.VIDEO, Evidence.Kind.AUDIO}
_BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def _evidence_or_404(request: HttpRequest, pk: uuid.UUID) -> Evidence:
    """What this person may see. Withdrawn evidence is shown only to those who may withdraw."""
    visible = Evidence.objects.visible_to(request.user).select_related(
        "incident__unit", "incident__responsible_unit", "uploaded_by"
    )
    evidence = get_object_or_404(visible, pk=pk)
    if evidence.withdrawn_at and not permissions.allowed(
        request.user, "withdraw_evidence", evidence.incident
    ):
        raise Http404
    return evidence


@login_required
@require_safe
def download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The file, always as an attachment."""
    evidence = _evidence_or_404(request, pk)
    return stored_file(request, evidence.file, evidence.content_type, name=evidence.name, inline=False)


@login_required
@require_safe
def inline(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The file for an <img>, <video> or <audio> of our own pages; documents are downloads only."""
    evidence = _evidence_or_404(request, pk)
    if evidence.kind not in SHOWN_INLINE:
        raise Http404
    return stored_file(request, evidence.file, evidence.content_type, name=evidence.name, inline=True)


@login_required
@require_safe
def thumbnail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    evidence = _evidence_or_404(request, pk)
    if not evidence.thumbnail:
        raise Http404
    return stored_file(request, evidence.thumbnail, "image/webp", name="thumbnail.webp", inline=True)


def stored_file(
    request: HttpRequest, file: FieldFile, content_type: str, *, name: str, inline: bool
) -> HttpResponse:
    """Send a stored file, or the part that a player asked for. A browser may neither guess its type nor run it."""
    size = file.size
    span = _range(request.headers.get("Range", ""), size)
    if span is None:
        response: HttpResponse = FileResponse(file.open("rb"), content_type=content_type)
    elif span[0] >= size or span[0] > span[1]:
        response = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response["Content-Range"] = f"bytes */{size}"
    else:
        first, last = span
        parts = _part(file.open("rb"), first, last)
        response = StreamingHttpResponse(parts, status=HTTPStatus.PARTIAL_CONTENT, content_type=content_type)
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
        response["Content-Length"] = str(last - first + 1)
    response["Content-Disposition"] = content_disposition_header(not inline, name)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; img-src 'self'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None when there is none to heed."""
    found = _RANGE.match(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _part(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


@login_required
@require_safe
def view(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One piece of evidence on a page: picture, film or sound shown, a document offered; with what is known of it."""
    evidence = _evidence_or_404(request, pk)
    return _viewer(request, evidence, ReasonForm())


def _viewer(request: HttpRequest, evidence: Evidence, form: ReasonForm, *, status: int = HTTPStatus.OK):
    incident = evidence.incident
    siblings = list(incident.evidence.shown()) if incident else [evidence]
    ids = [sibling.pk for sibling in siblings]
    at = ids.index(evidence.pk) if evidence.pk in ids else None
    may_withdraw = (
        incident is not None
        and evidence.withdrawn_at is None
        and permissions.allowed(request.user, "withdraw_evidence", incident)
    )
    context = {
        "evidence": evidence,
        "incident": incident,
        "siblings": siblings,
        "previous": siblings[at - 1] if at else None,
        "next": siblings[at + 1] if at is not None and at + 1 < len(siblings) else None,
        "inline": reverse("evidence-inline", args=[evidence.pk]) if evidence.kind in SHOWN_INLINE else "",
        "may_withdraw": may_withdraw,
        "form": form,
    }
    return render(request, "incidents/evidence.html", context, status=status)


@login_required
@require_http_methods(["POST"])
def withdraw_evidence(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take evidence out of sight, with a reason."""
    evidence = _evidence_or_404(request, pk)
    if evidence.incident is None:
        raise Http404
    try:
        refuse_unless_allowed(evidence.incident, "withdraw_evidence", by=request.user)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return _viewer(request, evidence, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        withdraw(evidence, by=request.user, reason=form.cleaned_data["reason"])
    except Invalid as refused:
        form.add_error("reason", refused.fields["reason"])
        return _viewer(request, evidence, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotAllowed as refused:
        context = {
            "incident": evidence.incident,
            "message": refused.message,
            "title": _("This isn't yours to do"),
        }
        return render(request, "incidents/refused.html", context, status=HTTPStatus.FORBIDDEN)
    messages.success(request, _("The evidence is withdrawn. Who withdrew it and why stays on record."))
    return redirect(evidence.incident)
