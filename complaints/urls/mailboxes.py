"""Mailboxes that are polled."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
