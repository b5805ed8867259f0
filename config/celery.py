"""The Celery application: carries "look now", never the only copy of anything.

What is due stands in the database. So a task may run twice or not at all without harm, and a broker that is
away delays work but never fails the request that wanted to announce it.
"""

import logging
import os

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.result import AsyncResult
from django.conf import settings
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as BrokerAway

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MINUTE = 60
TIME_LIMIT = 30 * MINUTE


class Nudge(DjangoTask):
    """A task that can be missed: the next sweep finds what it was about."""

    def apply_async(self, *args: object, **options: object) -> AsyncResult | None:
        try:
            return super().apply_async(*args, **options)
        except OperationalError as error:
            logger.warning("The broker is away; %s waits for the next sweep (%s)", self.name, error)
            return None


def _parameters_of_what_is_there(
    channel: Channel, asynchronous: bool = False, *, ask=Channel._connparams
) -> dict:
    """When the broker dies, a worker may still acknowledge or give back a message over a channel that is closed.

    kombu 5.7 then fails with an AttributeError, by which the worker ends. As an error of the connection it is what
    celery expects, and it connects again. Shown by tests/faults/test_broker.py.
    """
    if channel.connection is None or channel.connection.client is None:
        raise BrokerAway("The connection to the broker is gone.")
    return ask(channel, asynchronous)


Channel._connparams = _parameters_of_what_is_there

app = Celery("serviceloop", task_cls=Nudge)
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    beat_schedule=settings.CELERY_BEAT_SCHEDULE,
    timezone="UTC",
    enable_utc=True,
    # JSON only: a message can carry values, never code.
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    task_ignore_result=True,
    # A task whose worker dies is given to the next one; so each worker holds only what it is doing.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    task_soft_time_limit=TIME_LIMIT - MINUTE,
    task_time_limit=TIME_LIMIT,
    # Redis hands out again what isn't acknowledged by then: must be longer than any task may run.
    broker_transport_options={
        "visibility_timeout": 2 * TIME_LIMIT,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "max_retries": 0,  # a request that only hints at something doesn't wait for a broker that is away
    },
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,
    task_publish_retry=False,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    # Beat writes its schedule file after each task it sends: its health check looks at that file's age.
    beat_max_loop_interval=30,
    beat_sync_every=1,
)
app.autodiscover_tasks()
