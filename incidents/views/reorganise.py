"""Moving a unit: the one act on the tree that touches cases."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from history.administration.views.access import administrators_only
from incidents.forms.handover import MoveUnitForm
from incidents.reorganise import move_unit
from people.models import Unit


@administrators_only
@require_http_methods(["GET", "HEAD", "POST"])
def unit_move(request: HttpRequest, pk: int) -> HttpResponse:
    managed = Unit.objects.administered_by(request.user)
    unit = get_object_or_404(managed.filter(parent__in=managed).select_related("parent"), pk=pk)
    parents = managed.active().exclude(path__startswith=unit.path)
    form = MoveUnitForm(request.POST or None, units=parents, initial={"parent": unit.parent_id})
    if request.method == "POST" and form.is_valid():
        try:
            renewed = move_unit(
                unit, form.cleaned_data["parent"], by=request.user, reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request,
                _("%(unit)s is moved.") % {"unit": unit}
                if not renewed
                else ngettext(
                    "%(unit)s is moved; %(count)d case is seen by others now.",
                    "%(unit)s is moved; %(count)d cases are seen by others now.",
                    renewed,
                )
                % {"unit": unit, "count": renewed},
            )
            return redirect("unit", pk)
    return render(request, "people/unit_move.html", {"form": form, "unit": unit})
