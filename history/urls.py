from django.urls import include, path

from . import views

urlpatterns = [
    path("", include("history.administration.urls")),
    path("audit/", views.audit, name="audit"),
    path("audit/verify/", views.verify_case, name="audit-verify"),
    path("audit/export/", views.export, name="audit-export"),
]
