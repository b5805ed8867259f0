from celery import shared_task

from history.context import acting_from

from . import design


@shared_task
def open_ended_observations() -> None:
    """Tell whose turn it is to judge, where the window of observation has passed."""
    with acting_from("system"):
        design.open_ended_observations()
