"""Showing the contact's personal data once, for a reason."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents.contacts import reveal_contact
from incidents.errors import Invalid, NotAllowed
from incidents.forms.evidence import ReasonForm
from incidents.lifecycle import refuse_unless_allowed
from incidents.models import Incident


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    """GET asks why; POST shows it, on this page only."""
    visible = Incident.objects.visible_to(request.user).select_related("unit", "responsible_unit", "contact")
    incident = get_object_or_404(visible, number=number, contact__isnull=False)
    form = ReasonForm(request.POST or None)
    contact = None
    try:
        refuse_unless_allowed(incident, "reveal_contact", by=request.user)
        if request.method == "POST" and form.is_valid():
            contact = reveal_contact(incident, by=request.user, reason=form.cleaned_data["reason"])
    except Invalid as refused:
        form.add_error("reason", refused.fields["reason"])
    except NotAllowed as refused:
        context = {"incident": incident, "message": refused.message, "title": _("This isn't yours to do")}
        return render(request, "incidents/refused.html", context, status=HTTPStatus.FORBIDDEN)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request,
        "incidents/report_contact.html",
        {"incident": incident, "form": form, "contact": contact},
        status=status,
    )
