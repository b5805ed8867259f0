from django.urls import path

from .views import setup

urlpatterns = [
    path("setup/", setup.setup, name="setup"),
]
