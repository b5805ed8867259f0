from django.urls import path

from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

from .views.calendar import measure_calendar, measure_timeline
from .views.measures import measure, measure_act, measure_export, measure_list
from .views.page import incident_page

urlpatterns = [
    path("measures/", measure_list, name="measure-list"),
    path("measures/calendar/", measure_calendar, name="measure-calendar"),
    path("measures/timeline/", measure_timeline, name="measure-timeline"),
    path("measures/export/", measure_export, name="measure-export"),
    path("measures/<number:number>/", measure, name="measure"),
    path("measures/<number:number>/<slug:slug>/", measure_act, name="measure-act"),
    path("incidents/<number:number>/", incident_page, name="incident"),
]
