"""Measures against time: the calendar of a month, and the timeline."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from capa.calendars import FIRST, LAST, month_after, month_of, weeks_of
from capa.forms.measures import FilterForm
from capa.gantt import chart_of, with_ledgers
from capa.listing import page_of
from reminders.calendar import is_published

from .measures import plain_query


@login_required
@require_safe
def measure_calendar(request: HttpRequest) -> HttpResponse:
    """A month with the measures that are due in it; on a phone the days that have something, one below the other."""
    form = FilterForm(request.GET, person=request.user)
    month = month_of(request.GET.get("month", ""))
    weeks = weeks_of(month, form.found())
    context = {
        "tab": "calendar",
        "form": form,
        "active_filters": form.active(),
        "plain_query": plain_query(request),
        "month": month,
        "previous": month_after(month, -1) if month > FIRST else None,
        "following": month_after(month) if month < LAST else None,
        "weeks": weeks,
        "weekdays": [day.date for day in weeks[0]],
        "count": sum(len(day.measures) + day.more for week in weeks for day in week),
        "is_published": is_published(month.year),
    }
    return render(request, "capa/measures_calendar.html", context)


@login_required
@require_safe
def measure_timeline(request: HttpRequest) -> HttpResponse:
    """A page of the list as bars along the time."""
    form = FilterForm(request.GET, person=request.user)
    page = page_of(form.found(), after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "tab": "timeline",
        "form": form,
        "active_filters": form.active(),
        "plain_query": plain_query(request),
        "page": page,
        "chart": chart_of(with_ledgers(page.rows)),
        "newer": page.newer,
        "older": page.older,
    }
    return render(request, "capa/measures_timeline.html", context)
