"""See `metrics.urls`."""

from django.urls import path

from metrics.views import rebuilding

urlpatterns = [path("figures/rebuild/", rebuilding.rebuild, name="figures-rebuild")]
