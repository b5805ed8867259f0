"""Surveys: made by staff, answered by customers."""

from django.urls import path

from complaints.views.surveys import answering, keeping, places, questions, typing_in

urlpatterns = [
    path("surveys/", keeping.survey_list, name="survey-list"),
    path("surveys/new/", keeping.survey_new, name="survey-new"),
    path("surveys/<int:pk>/", keeping.survey_page, name="survey-page"),
    path("surveys/<int:pk>/settings/", keeping.survey_settings, name="survey-settings"),
    path("surveys/<int:pk>/draft/", keeping.survey_draft, name="survey-draft"),
    path("surveys/<int:pk>/publish/", keeping.survey_publish, name="survey-publish"),
    path("surveys/<int:pk>/discard/", keeping.survey_discard, name="survey-discard"),
    path("surveys/<int:pk>/end/", keeping.survey_end, name="survey-end"),
    path("surveys/<int:pk>/questions/", questions.survey_questions, name="survey-questions"),
    path("surveys/<int:pk>/questions/add/", questions.question_add, name="survey-question-add"),
    path("surveys/<int:pk>/preview/", questions.survey_preview, name="survey-preview"),
    path("surveys/questions/<int:pk>/", questions.question, name="survey-question"),
    path("surveys/questions/<int:pk>/move/", questions.question_move, name="survey-question-move"),
    path("surveys/questions/<int:pk>/remove/", questions.question_remove, name="survey-question-remove"),
    path("surveys/<int:pk>/places/", places.place_add, name="survey-place-add"),
    path("surveys/places/<int:pk>/", places.place_poster, name="survey-place-poster"),
    path("surveys/places/<int:pk>/end/", places.place_end, name="survey-place-end"),
    path("surveys/<int:pk>/type/", typing_in.type_in, name="survey-type"),
    path("surveys/typed/<int:pk>/", typing_in.correct, name="survey-correct"),
    path("s/<str:token>/", answering.survey, name="survey"),
    path("q/<slug:code>/", answering.survey_place, name="survey-place"),
]
