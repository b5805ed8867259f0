"""What Celery calls."""

from celery import shared_task

from history.context import acting_from

from . import attaching, watching


@shared_task
def discard_unsent_files() -> None:
    attaching.discard_abandoned()


@shared_task
def look_at_incidents() -> None:
    """Tell the handlers how far the incidents behind their complaints are. Beat sends this every minute."""
    with acting_from("system"):
        watching.look_at_incidents()
