"""One's own absences: who is told in one's place, and until when."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..absences import Refused, announce_absence, end_absence
from ..forms.absences import AbsenceForm
from ..models import Absence

#: How many that are over the page shows.
LATEST = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absences(request: HttpRequest) -> HttpResponse:
    """The absences to come and the last ones, for whom one stands in, and a form for a new one."""
    form = AbsenceForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = announce_absence(request.user, by=request.user, **form.cleaned_data)
        except Refused as refused:
            for name, message in refused.fields.items():
                form.add_error(name, message)
        else:
            messages.success(request, _("%(deputy)s is told in your place.") % {"deputy": made.deputy})
            return redirect("absences")
    today = timezone.localdate()
    own = Absence.objects.filter(person=request.user).select_related("deputy")
    context = {
        "form": form,
        "coming": list(own.filter(ends_on__gte=today).order_by("begins_on")[:100]),
        "over": list(own.filter(ends_on__lt=today)[:LATEST]),
        "standing_in": list(
            Absence.objects.filter(deputy=request.user, ends_on__gte=today)
            .select_related("person")
            .order_by("begins_on")[:100]
        ),
        "today": today,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "reminders/absences.html", context, status=status)


@login_required
@require_POST
def absence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Back earlier, or not away after all."""
    end_absence(
        get_object_or_404(Absence.objects.select_related("person__home_unit"), pk=pk, person=request.user),
        by=request.user,
    )
    messages.success(request, _("From now on you are told alone again."))
    return redirect("absences")
