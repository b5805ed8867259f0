"""Results of surveys, imports."""

from django.urls import path

from complaints.views import figures, imports, results

urlpatterns = [
    path("surveys/<int:pk>/results/", results.survey_results, name="survey-results"),
    path("surveys/<int:pk>/results.csv", results.results_table, {"kind": "csv"}, name="survey-results-csv"),
    path("surveys/<int:pk>/results.xlsx", results.results_table, {"kind": "xlsx"}, name="survey-results-xlsx"),
    path(
        "surveys/<int:pk>/results/<slug:chart>.svg", results.results_chart, {"kind": "svg"},
        name="survey-results-svg",
    ),
    path(
        "surveys/<int:pk>/results/<slug:chart>.png", results.results_chart, {"kind": "png"},
        name="survey-results-png",
    ),
    path("surveys/<int:pk>/comments/", results.survey_comments, name="survey-comments"),
    path("surveys/comments/<int:pk>/classify/", results.comment_classify, name="comment-classify"),
    path("surveys/comments/<int:pk>/raise/", results.comment_raise, name="comment-raise"),
    path("complaints/figures/", figures.complaint_figures, name="complaint-figures"),
    path("complaints/figures.csv", figures.complaint_figures_csv, name="complaint-figures-csv"),
    path("imports/complaints/", imports.complaint_imports, name="complaint-imports"),
    path(
        "imports/complaints/<uuid:pk>/columns/", imports.complaint_import_columns, name="complaint-import-columns"
    ),
    path("imports/complaints/<uuid:pk>/start/", imports.complaint_import_start, name="complaint-import-start"),
    path("imports/answers/", imports.answer_imports, name="answer-imports"),
    path("imports/answers/<uuid:pk>/columns/", imports.answer_import_columns, name="answer-import-columns"),
    path("imports/answers/<uuid:pk>/start/", imports.answer_import_start, name="answer-import-start"),
]  # fmt: skip
