"""Results of surveys, imports."""

from django.urls import path

from complaints.views import results

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
]  # fmt: skip
