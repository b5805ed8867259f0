from django.urls import path

from . import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.mark_all_read, name="notices-read"),
    path("notices/bell/", views.bell, name="notices-bell"),
    path("notices/<int:pk>/", views.open_notice, name="notice"),
    path("notices/<int:pk>/read/", views.mark_read, name="notice-read"),
]
