"""What Celery calls."""

from celery import shared_task

from . import attaching


@shared_task
def discard_unsent_files() -> None:
    attaching.discard_abandoned()
