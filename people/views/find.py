"""Suggestions for the person field."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people.fields import suggestions
from people.models import Person, Unit


@login_required
@require_safe
def people_find(request: HttpRequest) -> HttpResponse:
    """Options for a datalist: colleagues of the asker's own companies whose name contains what was typed."""
    companies = Unit.objects.filter(pk__in=request.user.company_ids)
    colleagues = Person.objects.active().filter(home_unit__in=Unit.objects.within(*companies))
    text = request.GET.get(request.GET.get("field", "q"), "").replace(
        "\x00", ""
    )  # which PostgreSQL takes in no text
    return render(request, "people/_options.html", {"people": suggestions(colleagues, text[:60])})
