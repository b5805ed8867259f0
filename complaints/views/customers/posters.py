"""The poster for customers: scanning it opens the public form with the place filled in."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from people.models import CASE_ROLES, Role, Unit
from people.units import in_tree_order

MAX_POSTERS = 200


@login_required
@require_safe
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """An A4 sheet in three languages. `below=1`: one for each unit below, too."""
    unit = get_object_or_404(Unit, code=code)
    if not any(request.user.has_role(role, unit) for role in (*CASE_ROLES, Role.ADMINISTRATOR)):
        raise Http404
    below = Unit.objects.within(unit).active()
    places = list(in_tree_order(below)) if request.GET.get("below") else [unit]
    context = {
        "unit": unit,
        "is_managed": request.user.has_role(Role.ADMINISTRATOR, unit),
        "company": Unit.objects.get(pk=unit.company_id),
        "posters": [
            (place, f"{settings.BASE_URL}{reverse('tell-at', args=[place.code])}")
            for place in places[:MAX_POSTERS]
        ],
        "below": below.count() - (unit.closed_on is None),
    }
    return render(request, "customers/poster.html", context)
