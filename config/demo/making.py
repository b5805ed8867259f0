"""Making the demo: the company, its year on one timeline, then the seals."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from history.context import acting_from
from history.sealing import seal
from reminders.models import Notice
from reminders.sweeping import sweep

from .cases import World
from .company import found, founding_day
from .live import live_cases
from .pace import ZONE, at
from .pictures import Album
from .rich import rich_case
from .timeline import Timeline, clock_at
from .year import cases_of_the_year

SEED = 20261120
#: Notices of the last days were announced and not read yet.
UNREAD = dt.timedelta(days=2)
SWEPT_DAYS = 7


@dataclass(frozen=True)
class Made:
    people: int
    cases: int


def make(cases: int = 300, *, seed: int = SEED) -> Made:
    """Everything, or nothing: in one transaction, as if the past year had been lived through until now."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with acting_from("web", request_id="demo"), transaction.atomic():
        with clock_at(founding_day(now)):
            company = found()
        world = World(company, Timeline(now), Album(), seed)
        rich = rich_case(world)
        live = live_cases(world)
        year = cases_of_the_year(world, max(0, cases - len(live) - 1))
        _sweep_daily(world.timeline)
        world.timeline.play()
        made = [rich, *live, *year]
    Notice.objects.filter(created_at__lt=now - UNREAD).update(read_at=F("created_at") + dt.timedelta(hours=2))
    seal(now.astimezone(dt.UTC).date() - dt.timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Made(people=len(company.people), cases=len(made))


def _sweep_daily(timeline: Timeline) -> None:
    """The last week was announced as it would have been: what is due, what is overdue."""
    today = timeline.now.astimezone(ZONE).date()
    for days in range(SWEPT_DAYS, -1, -1):
        timeline.add(at(today - dt.timedelta(days=days), 9), sweep)
