"""/metrics/: what Prometheus asks for. Figures of the work behind the pages, read from the database when asked.

Only with the token of METRICS_TOKEN ("Authorization: Bearer ..."); without one set there is no such page.
"""

import secrets
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from . import operations


class Collector:
    """The state of the work as gauges; nothing is kept between two questions, so any process gives the same answer."""

    def collect(self) -> Iterator[Metric]:
        state = operations.read()
        ages = GaugeMetricFamily(
            "serviceloop_heartbeat_age_seconds", "Since the last sign of life; -1: never", labels=["name"]
        )
        for beat in state.beats:
            ages.add_metric([beat.name], beat.age)
        yield ages
        for name, text, value in (
            (
                "queue_messages",
                "Messages on the broker; -1: it is away",
                -1 if state.queue is None else state.queue,
            ),
            ("deadlines_open", "Deadlines that are open", state.open_deadlines),
            ("deadlines_overdue", "Open deadlines that are overdue and not paused", state.overdue),
            (
                "deadlines_unannounced",
                "Deadlines that the sweep should have announced by now",
                state.unannounced,
            ),
            ("deliveries_waiting", "Messages that wait to be sent", state.waiting),
            ("deliveries_poisoned", "Messages that were given up", state.poisoned),
            ("announcements_missing", "Announcements that the auditor misses", state.gaps),
            ("mailboxes", "Mailboxes that are read for complaints", state.mailboxes),
            (
                "mailboxes_silent",
                "Mailboxes that have not been read for a quarter of an hour",
                state.mailboxes_silent,
            ),
            ("jobs_unfinished", "Imports, exports and papers at work", state.jobs_running),
        ):
            yield GaugeMetricFamily(f"serviceloop_{name}", text, value)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not settings.METRICS_TOKEN or not secrets.compare_digest(
        given.encode(), settings.METRICS_TOKEN.encode()
    ):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
