"""Files of complaints: looked at and downloaded by those who work on the complaint. No file has another address."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from complaints.masking import words_for
from complaints.models import Attachment, Complaint
from complaints.reading import may_open_files
from incidents.views.evidence import SHOWN_INLINE, stored_file


def _file_or_404(request: HttpRequest, pk: uuid.UUID) -> Attachment:
    """What this person may open; an erased file is gone for everybody."""
    visible = Complaint.objects.visible_to(request.user).values("pk")
    rows = Attachment.objects.filter(complaint__in=visible, erased_at=None)
    attachment = get_object_or_404(
        rows.select_related("complaint__unit", "complaint__contact", "uploaded_by"), pk=pk
    )
    if not may_open_files(request.user, attachment.complaint):
        raise Http404
    words = words_for(request.user, attachment.complaint)
    attachment.name = words(attachment.name)  # customers name files after themselves
    return attachment


@login_required
@require_safe
def download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The file, always as an attachment."""
    found = _file_or_404(request, pk)
    return stored_file(request, found.file, found.content_type, name=found.name, inline=False)


@login_required
@require_safe
def inline(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The file for an <img>, <video> or <audio> of our own pages; documents are downloads only."""
    found = _file_or_404(request, pk)
    if found.kind not in SHOWN_INLINE:
        raise Http404
    return stored_file(request, found.file, found.content_type, name=found.name, inline=True)


@login_required
@require_safe
def thumbnail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    found = _file_or_404(request, pk)
    if not found.thumbnail:
        raise Http404
    return stored_file(request, found.thumbnail, "image/webp", name="thumbnail.webp", inline=True)


@login_required
@require_safe
def view(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One file on a page: picture, film or sound shown, a document offered."""
    found = _file_or_404(request, pk)
    siblings = list(found.complaint.attachments.filter(erased_at=None))
    words = words_for(request.user, found.complaint)
    for sibling in siblings:
        sibling.name = words(sibling.name)
    context = {
        "file": found,
        "complaint": found.complaint,
        "siblings": siblings,
        "inline": reverse("complaint-file-inline", args=[found.pk]) if found.kind in SHOWN_INLINE else "",
    }
    return render(request, "complaints/file.html", context)
