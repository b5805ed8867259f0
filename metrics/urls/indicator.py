"""See `metrics.urls`."""

from django.urls import path

from metrics.views import indicator

urlpatterns = [
    path("indicators/", indicator.indicators, name="indicators"),
    path("indicators/notes/<int:pk>/withdraw/", indicator.note_withdraw, name="indicator-note-withdraw"),
    path("indicators/<slug:code>/", indicator.indicator, name="indicator"),
    path("indicators/<slug:code>/notes/", indicator.note_add, name="indicator-note"),
    path(
        "indicators/<slug:code>/figures.csv", indicator.indicator_table, {"kind": "csv"}, name="indicator-csv"
    ),
    path(
        "indicators/<slug:code>/figures.xlsx",
        indicator.indicator_table,
        {"kind": "xlsx"},
        name="indicator-xlsx",
    ),
    path(
        "indicators/<slug:code>/chart.svg", indicator.indicator_chart, {"kind": "svg"}, name="indicator-svg"
    ),
    path(
        "indicators/<slug:code>/chart.png", indicator.indicator_chart, {"kind": "png"}, name="indicator-png"
    ),
]
