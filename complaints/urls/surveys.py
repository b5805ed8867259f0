"""Surveys: made by staff, answered by customers."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
