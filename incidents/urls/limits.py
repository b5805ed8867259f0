from django.urls import path

from incidents.views import limits

urlpatterns = [
    path("limits/", limits.limit_list, name="limits"),
    path("limits/set/", limits.limit_set, name="limit-set"),
    path("limits/<int:pk>/end/", limits.limit_end, name="limit-end"),
    path("limits/hours/", limits.hours, name="limits-hours"),
    path("limits/hours/<int:pk>/day/", limits.day_set, name="limits-day"),
    path("limits/days/<int:pk>/drop/", limits.day_drop, name="limits-day-drop"),
    path("limits/steps/", limits.steps, name="limits-steps"),
    path("limits/steps/<int:pk>/drop/", limits.step_drop, name="limits-step-drop"),
]
