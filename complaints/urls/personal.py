"""Customers' personal data: shown for a reason, handed out, erased."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
