"""What Celery calls."""

from celery import shared_task

from history.context import acting_from

from . import attaching, watching
from .mailbox import polling


@shared_task
def discard_unsent_files() -> None:
    attaching.discard_abandoned()


@shared_task
def look_at_incidents() -> None:
    """Tell the handlers how far the incidents behind their complaints are. Beat sends this every minute."""
    with acting_from("system"):
        watching.look_at_incidents()


@shared_task
def poll_mailboxes() -> None:
    """Have every mailbox read that is due, each by a worker of its own: one that hangs holds up no other."""
    for pk in polling.due().values_list("pk", flat=True):
        poll_mailbox.apply_async([pk], expires=60)


@shared_task
def poll_mailbox(pk: int) -> None:
    with acting_from("mail"):
        polling.poll(pk)
