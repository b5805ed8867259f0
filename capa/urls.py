from django.urls import path

from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

from .views.calendar import measure_calendar, measure_timeline
from .views.measures import measure, measure_act, measure_export, measure_list
from .views.page import incident_page
from .views.similar import similar
from .views.plans import plan_compare, plan_version
from .views.cosigning import cosign_rules, end_rule

urlpatterns = [
    path("measures/", measure_list, name="measure-list"),
    path("measures/calendar/", measure_calendar, name="measure-calendar"),
    path("measures/timeline/", measure_timeline, name="measure-timeline"),
    path("measures/export/", measure_export, name="measure-export"),
    path("measures/<number:number>/", measure, name="measure"),
    path("measures/<number:number>/<slug:slug>/", measure_act, name="measure-act"),
    path("incidents/<number:number>/", incident_page, name="incident"),
    path("incidents/<number:number>/similar/", similar, name="similar"),
    path("incidents/<number:number>/plan/compare/", plan_compare, name="plan-compare"),
    path("incidents/<number:number>/plan/<int:revision>/", plan_version, name="plan-version"),
    path("cosign-rules/", cosign_rules, name="cosign-rules"),
    path("cosign-rules/<int:pk>/end/", end_rule, name="cosign-rule-end"),
]
