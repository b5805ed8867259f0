"""The pages of the figures."""

from . import assessment, dashboards, indicator, rebuilding, reports, signals, volumes

urlpatterns = [
    *dashboards.urlpatterns,
    *indicator.urlpatterns,
    *volumes.urlpatterns,
    *signals.urlpatterns,
    *reports.urlpatterns,
    *assessment.urlpatterns,
    *rebuilding.urlpatterns,
]
