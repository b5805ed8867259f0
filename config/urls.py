from django.urls import include, path

from config import operations
from config.health import alive, health
from config.metrics import metrics

handler500 = "config.api.errors.server_error"

urlpatterns = [
    path("health/", health, name="health"),
    path("health/live/", alive, name="health-live"),
    path("health/work/", operations.health_of_work, name="health-work"),
    path("metrics/", metrics, name="metrics"),
    path("operations/", operations.page, name="operations"),
    path("account/", include("allauth.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("api/v1/", include("config.api.urls")),
    path("", include("people.urls")),
    path("", include("history.urls")),
    path("", include("reminders.urls")),
    path("", include("capa.papers.urls")),
    path("", include("capa.urls")),  # before the acts of incidents, whose address is any word below a case
    path("", include("complaints.urls")),
    path("", include("metrics.urls")),
    path("", include("incidents.urls")),
]
