"""The project: settings, addresses, and the processes that run it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
