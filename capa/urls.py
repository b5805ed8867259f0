from django.urls import path

from incidents.urls import numbers  # noqa: F401 - registers the converter "number"

from .views import fishbone, workbench
from .views.calendar import measure_calendar, measure_timeline
from .views.cosigning import cosign_rules, end_rule
from .views.design import calculator, design_answer
from .views.library import archive, cause_pareto, cause_pareto_csv, what_works
from .views.measures import measure, measure_act, measure_export, measure_list
from .views.meetings import (
    decision,
    decision_amend,
    decision_hand_over,
    meeting,
    meeting_act,
    meeting_call,
    meeting_list,
    meeting_print,
)
from .views.page import incident_page
from .views.plans import plan_compare, plan_version
from .views.similar import similar

urlpatterns = [
    path("meetings/", meeting_list, name="meeting-list"),
    path("meetings/call/", meeting_call, name="meeting-call"),
    path("meetings/decisions/<number:number>/", decision, name="decision"),
    path("meetings/decisions/<number:number>/amend/", decision_amend, name="decision-amend"),
    path("meetings/decisions/<number:number>/hand-over/", decision_hand_over, name="decision-hand-over"),
    path("meetings/<number:number>/", meeting, name="meeting"),
    path("meetings/<number:number>/print/", meeting_print, name="meeting-print"),
    path("meetings/<number:number>/<slug:slug>/", meeting_act, name="meeting-act"),
    path("measures/", measure_list, name="measure-list"),
    path("measures/calendar/", measure_calendar, name="measure-calendar"),
    path("measures/timeline/", measure_timeline, name="measure-timeline"),
    path("measures/export/", measure_export, name="measure-export"),
    path("measures/<number:number>/", measure, name="measure"),
    path("measures/<number:number>/<slug:slug>/", measure_act, name="measure-act"),
    path("incidents/<number:number>/", incident_page, name="incident"),
    path("incidents/<number:number>/similar/", similar, name="similar"),
    path("archive/", archive, name="archive"),
    path("archive/what-works/", what_works, name="what-works"),
    path("causes/pareto/", cause_pareto, name="cause-pareto"),
    path("causes/pareto.csv", cause_pareto_csv, name="cause-pareto-csv"),
    path("incidents/<number:number>/plan/compare/", plan_compare, name="plan-compare"),
    path("incidents/<number:number>/plan/<int:revision>/", plan_version, name="plan-version"),
    path("cosign-rules/", cosign_rules, name="cosign-rules"),
    path("cosign-rules/<int:pk>/end/", end_rule, name="cosign-rule-end"),
    path("incidents/<number:number>/analysis/", workbench.page, name="workbench"),
    path("incidents/<number:number>/analysis/causes/", workbench.add, name="workbench-add"),
    path("incidents/<number:number>/analysis/causes/<int:pk>/", workbench.row, name="workbench-cause"),
    path(
        "incidents/<number:number>/analysis/causes/<int:pk>/finding/",
        workbench.finding,
        name="workbench-finding",
    ),
    path("incidents/<number:number>/analysis/words/", workbench.words, name="workbench-words"),
    path(
        "incidents/<number:number>/analysis/earlier/<int:pk>/",
        workbench.take_over,
        name="workbench-take-over",
    ),
    path("incidents/<number:number>/analysis/fishbone.svg", fishbone.as_svg, name="fishbone-svg"),
    path("incidents/<number:number>/analysis/fishbone.png", fishbone.as_png, name="fishbone-png"),
    path("incidents/<number:number>/design/answer/", design_answer, name="design-answer"),
    path("tools/how-long-to-watch/", calculator, name="how-long-to-watch"),
]
