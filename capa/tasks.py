from celery import shared_task

from history.context import acting_from

from . import design, recurrence


@shared_task
def open_ended_observations() -> None:
    """Tell whose turn it is to judge, where the window of observation has passed."""
    with acting_from("system"):
        design.open_ended_observations()


@shared_task
def find_recurrences() -> None:
    """Flag what may have come back. How often this really runs doesn't matter."""
    with acting_from("system"):
        recurrence.find()
