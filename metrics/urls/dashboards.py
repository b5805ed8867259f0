"""See `metrics.urls`."""

from django.urls import path

from metrics.views import dashboards

urlpatterns = [
    path("dashboard/", dashboards.dashboard, name="dashboard"),
    path("units/<str:code>/figures/", dashboards.unit_figures, name="figures-of-unit"),
    path("loop/", dashboards.loop_health, name="loop-health"),
    path("week/", dashboards.week, name="week"),
    path("figures/cases/", dashboards.figure_cases, name="metrics-cases"),
    path("figures/cases/export/", dashboards.figure_cases_export, name="metrics-cases-export"),
]
