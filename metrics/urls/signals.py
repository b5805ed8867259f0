"""See `metrics.urls`."""

from django.urls import path

from metrics.views import signals

urlpatterns = [
    path("warnings/", signals.warning_list, name="warning-list"),
    path("warnings/<int:pk>/", signals.warning, name="warning"),
    path("warnings/<int:pk>/<slug:slug>/", signals.warning_act, name="warning-act"),
    path("indicators/<slug:code>/backtest/", signals.backtest, name="backtest"),
    path("indicators/<slug:code>/watching/", signals.watch, name="watch-switch"),
]
