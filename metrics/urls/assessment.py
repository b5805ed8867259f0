"""Assessment, the suggestion box, thanks."""

from django.urls import path

from incidents.urls import numbers  # noqa: F401 - registers the converter "number"
from metrics.views import assessment, scorecards, suggestions

urlpatterns = [
    path("assessment/", assessment.overview, name="assessment"),
    path("assessment/schemes/new/", assessment.scheme_new, name="scheme-new"),
    path("assessment/schemes/<int:pk>/", assessment.scheme, name="scheme"),
    path("assessment/schemes/<int:pk>/change/", assessment.scheme_change, name="scheme-change"),
    path("assessment/schemes/<int:pk>/retire/", assessment.scheme_retire, name="scheme-retire"),
    path("assessment/schemes/<int:pk>/make/", assessment.scheme_make, name="scheme-make"),
    path("assessment/schemes/<int:pk>/ranking/", assessment.ranked, name="ranking"),
    path("assessment/cards/<int:pk>/", scorecards.scorecard, name="scorecard"),
    path("assessment/cards/<int:pk>/<slug:slug>/", scorecards.scorecard_act, name="scorecard-act"),
    path("suggestions/", suggestions.suggestion_list, name="suggestion-list"),
    path("suggestions/new/", suggestions.suggestion_new, name="suggestion-new"),
    path("suggestions/follow/<str:token>/", suggestions.suggestion_follow, name="suggestion-follow"),
    path("suggestions/<number:number>/", suggestions.suggestion, name="suggestion"),
    path("suggestions/<number:number>/<slug:slug>/", suggestions.suggestion_act, name="suggestion-act"),
    path("thanks/", suggestions.thanks_page, name="thanks"),
    path("thanks/wall/", suggestions.wall, name="thanks-wall"),
    path("thanks/give/", suggestions.to_thank, name="thanks-give"),
    path("thanks/<int:pk>/", suggestions.thank, name="thank"),
    path("thanks/<int:pk>/wall/", suggestions.thanks_on_wall, name="thanks-on-wall"),
]
