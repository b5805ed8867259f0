"""One complaint, as its handlers see it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from complaints.models import Complaint


@login_required
@require_safe
def complaint(request: HttpRequest, number: str) -> HttpResponse:
    row = get_object_or_404(Complaint.objects.visible_to(request.user), number=number)
    return render(request, "complaints/page.html", {"complaint": row})
