"""Making the demo: the company, its year on one timeline, then the seals."""

import contextlib
import datetime as dt
import gc
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from history.context import acting_from
from history.sealing import seal
from reminders.deliveries.writing import only_in_the_app
from reminders.models import Notice
from reminders.sweeping import sweep

from .cases import World
from .company import found, founding_day
from .customers import customers, ratings, rule_about_customers
from .deciding import decide
from .indicators import indicators
from .live import live_cases
from .pictures import Album
from .rich import rich_case
from .rules import rule
from .timeline import Timeline, clock_at
from .together import bring_together, look_for_what_came_back
from .year import cases_of_the_year

SEED = 20261120
#: Notices of the last days are not read yet.
UNREAD = dt.timedelta(days=2)


@dataclass(frozen=True)
class Made:
    people: int
    cases: int


def make(cases: int = 300, *, seed: int = SEED, processes: int = 1) -> Made:
    """Everything, as if the past year had been lived through until now.

    With one process everything or nothing; with more it is faster, and what was made when one fails stays.
    """
    now = timezone.now()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_in_a_hurry())
        stack.enter_context(only_in_the_app())
        if processes == 1:
            stack.enter_context(transaction.atomic())
        with acting_from("web", request_id="demo"), transaction.atomic(), clock_at(founding_day(now)):
            company = found()
            rule(company)
            rule_about_customers(company)
        world = World(company, Timeline(now), Album(), seed)
        rich = rich_case(world)
        live = live_cases(world)
        bring_together(world, rich, live)
        year = cases_of_the_year(world, max(0, cases - len(live) - 1))
        customers(world)
        world.timeline.play(processes)
        ratings(world)
        look_for_what_came_back(world, live)
        indicators(world)
        decide(world)
        sweep()
        Notice.objects.filter(created_at__lt=now - UNREAD).update(
            read_at=F("created_at") + dt.timedelta(hours=2)
        )
        seal(now.astimezone(dt.UTC).date() - dt.timedelta(days=1))
        _count_rows()
    return Made(people=len(company.people), cases=1 + len(live) + len(year))


def _count_rows() -> None:
    """Let the database see at once what it now holds. Only our tables: those that databases share stay unlocked."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in apps.get_models())
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


@contextlib.contextmanager
def _in_a_hurry() -> Iterator[None]:
    """Nothing here has to survive a power cut, or an act that fails: then all begins anew.

    So no act sets a savepoint of its own; and no commit waits for the disk (see `Timeline`).
    """
    features, thresholds = connection.features, gc.get_threshold()
    before = features.uses_savepoints
    features.uses_savepoints = False
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        features.uses_savepoints = before
        gc.set_threshold(*thresholds)
