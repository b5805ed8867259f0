import datetime as dt

from celery import shared_task
from django.utils import timezone

from history.context import acting_from

from . import auditing, endpoints, sweeping
from .deliveries import digests, sending
from .models import Delivery


@shared_task
def sweep() -> None:
    """Announce what is due. Beat sends this every minute; how often it really runs doesn't matter."""
    with acting_from("system"):
        sweeping.sweep()


@shared_task
def audit() -> None:
    """Look whether everything that fell due was announced. Beat sends this every five minutes."""
    with acting_from("system"):
        auditing.audit()


@shared_task
def deliver_mail() -> None:
    """Send the mails that are due. Beat sends this twice a minute, and whoever writes one hints at it."""
    sending.deliver_mail()


@shared_task
def deliver_messages() -> None:
    """Send what is due to robots and webhooks: apart from mail, which doesn't wait for a slow one."""
    endpoints.seal_plain_secrets()
    sending.deliver_messages()


@shared_task
def write_digests() -> None:
    """Write the digests whose hour has come."""
    digests.write_digests()


#: How long it is kept what was sent, and what wasn't needed.
KEPT = dt.timedelta(days=180)


@shared_task
def discard_old_deliveries() -> None:
    """Forget what was sent long ago. What was given up stays until somebody has dealt with it."""
    done = (Delivery.State.SENT, Delivery.State.DROPPED)
    Delivery.objects.filter(state__in=done, created_at__lt=timezone.now() - KEPT).delete()
