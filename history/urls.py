from django.urls import include, path

urlpatterns = [
    path("", include("history.administration.urls")),
]
