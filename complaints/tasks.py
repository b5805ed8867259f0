"""What Celery calls."""

from celery import shared_task

from history.context import acting_from

from . import attaching, retention, watching
from .mailbox import polling
from .mailbox.server import LONGEST
from .surveys import inviting


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


@shared_task(soft_time_limit=LONGEST + 60, time_limit=LONGEST + 120)
def poll_mailbox(pk: int) -> None:
    with acting_from("mail"):
        polling.poll(pk)


@shared_task
def invite_customers() -> None:
    """Ask the customers whose case has closed how it was. Beat sends this every five minutes."""
    with acting_from("system"):
        inviting.invite_closed()


@shared_task
def apply_retention() -> None:
    """Anonymise the complaints whose time of keeping is over. Beat sends this every night."""
    with acting_from("system"):
        retention.carry_out()
