"""Replies, their templates and rules, follow-ups."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
