"""Figures from elsewhere, targets, series and indicators of one's own."""

from django.urls import path

from metrics.views import own, targets, volume_imports, volumes

urlpatterns = [
    path("volumes/", volumes.volumes, name="volumes"),
    path("volumes/import/", volume_imports.volume_imports, name="volume-imports"),
    path("volumes/import/<uuid:pk>/", volume_imports.volume_import_columns, name="volume-import-columns"),
    path("volumes/import/<uuid:pk>/start/", volume_imports.volume_import_start, name="volume-import-start"),
    path("volumes/targets/", targets.targets, name="targets"),
    path("volumes/targets/<slug:code>/", targets.target, name="target"),
    path("volumes/own/", own.own_indicators, name="own-indicators"),
    path("volumes/own/series/new/", own.own_series, name="own-series-new"),
    path("volumes/own/series/<int:pk>/", own.own_series, name="own-series"),
    path("volumes/own/indicators/new/", own.own_kpi, name="own-kpi-new"),
    path("volumes/own/indicators/<int:pk>/", own.own_kpi, name="own-kpi"),
]
