from django.urls import path

from .views import find, profile

urlpatterns = [
    path("me/", profile.profile, name="profile"),
    path("me/language/", profile.set_language, name="set_language"),
    path("me/theme/", profile.set_theme, name="set_theme"),
    path("me/sessions/<int:pk>/end/", profile.end_session, name="end-session"),
    path("people/find/", find.people_find, name="people-find"),
]
