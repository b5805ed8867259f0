"""Monthly reports: the list, one report, its paper, its readers; and pages of figures as PDF. See `metrics.urls`."""

from django.urls import path

from metrics.views import reports

urlpatterns = [
    path("reports/", reports.report_list, name="reports"),
    path("reports/readers/", reports.report_readers, name="report-readers"),
    path("reports/readers/<int:pk>/remove/", reports.report_reader_remove, name="report-reader-remove"),
    path("reports/<int:pk>/", reports.report_page, name="report-page"),
    path("reports/<int:pk>/words/<str:key>/", reports.report_amend, name="report-amend"),
    path("reports/<int:pk>/afresh/", reports.report_remake, name="report-remake"),
    path("reports/<int:pk>/sign/", reports.report_sign, name="report-sign"),
    path("reports/<int:pk>/correct/", reports.report_correct, name="report-correct"),
    path("reports/<int:pk>/paper/", reports.report_paper, name="report-paper"),
    path("reports/<int:pk>/margins.css", reports.report_margins, name="report-margins"),
    path("reports/<int:pk>/pdf/", reports.report_pdf, name="report-pdf"),
    path("figures/pdf/", reports.figures_pdf, name="figures-pdf"),
]
