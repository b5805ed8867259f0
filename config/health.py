"""/health/: 200 only when database, broker and migrations are well, else 503 naming what is wrong. /health/live/: this
process answers at all. /health/work/ (in `config.operations`): the work behind the pages is being done.

For load balancers and container health checks: no session, no sign-in, short waits, and no detail of any
error in the answer (that goes to the log).
"""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

SECONDS_TO_ANSWER = 2


def check_database() -> str | None:
    connection = connections["default"]
    with transaction.atomic(using="default"), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS_TO_ANSWER}s"])
        cursor.execute("SELECT 1")
    return None


def check_migrations() -> str | None:
    loader = MigrationLoader(connections["default"])
    pending = set(loader.graph.nodes) - set(loader.applied_migrations)
    return f"{len(pending)} pending" if pending else None


def check_broker() -> str | None:
    once = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SECONDS_TO_ANSWER, retry=once, **connect_timeout()
    ) as client:
        client.ping()
    return None


def connect_timeout() -> dict[str, int]:
    """A Unix socket connects at once or not at all, and its client takes no such argument."""
    return {} if settings.REDIS_URL.startswith("unix:") else {"socket_connect_timeout": SECONDS_TO_ANSWER}


CHECKS: dict[str, Callable[[], str | None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
}


def outcome(name: str) -> str:
    """ "ok", or what is wrong in words that give nothing away."""
    try:
        return CHECKS[name]() or "ok"
    except (DatabaseError, redis.RedisError, OSError) as error:
        logger.error("Health check of %s failed: %s", name, error)
        return "unreachable"


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    outcomes = {name: outcome(name) for name in CHECKS}
    well = all(found == "ok" for found in outcomes.values())
    return JsonResponse({"status": "ok" if well else "unwell", **outcomes}, status=200 if well else 503)


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """This process answers; it asks nobody else."""
    return JsonResponse({"status": "ok"})
