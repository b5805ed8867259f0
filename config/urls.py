from django.urls import include, path

from config.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("account/", include("allauth.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("", include("people.urls")),
    path("", include("history.urls")),
    path("", include("reminders.urls")),
    path("", include("incidents.urls")),
    path("", include("capa.urls")),
]
