"""Results of surveys, imports."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
