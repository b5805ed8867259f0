import datetime as dt

from celery import shared_task
from django.utils import timezone

from .sealing import seal


@shared_task
def seal_yesterday() -> None:
    """Seal every finished day (UTC) that has no seal yet."""
    seal(until=timezone.now().astimezone(dt.UTC).date() - dt.timedelta(days=1))
