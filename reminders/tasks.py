from celery import shared_task

from history.context import acting_from

from . import sweeping


@shared_task
def sweep() -> None:
    """Announce what is due. Beat sends this every minute; how often it really runs doesn't matter."""
    with acting_from("system"):
        sweeping.sweep()
