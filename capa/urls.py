from django.urls import path

from .views.measures import measure, measure_act, measure_list
from .views.page import incident_page

urlpatterns = [
    path("measures/", measure_list, name="measure-list"),
    path("measures/<str:number>/", measure, name="measure"),
    path("measures/<str:number>/<slug:slug>/", measure_act, name="measure-act"),
    path("incidents/<str:number>/", incident_page, name="incident"),
]
