"""What beat sends to the worker about figures."""

from celery import shared_task

from history.context import acting_from

from . import rolling
from .assessment import making
from .reporting import scheduling
from .suggestions import thanks
from .warning import watching


@shared_task
def make_monthly_reports() -> None:
    """Make the drafts of the month before, once the second working day has come."""
    with acting_from("system"):
        scheduling.make_due()


@shared_task
def make_scorecards() -> None:
    """Make the drafts of the period that ended some days ago."""
    with acting_from("system"):
        making.make_due()


@shared_task
def thank_for_reports() -> None:
    """Record thanks for the reports that were confirmed."""
    with acting_from("system"):
        thanks.for_confirmed_reports()


@shared_task(soft_time_limit=rolling.SECONDS * 10)
def roll_up() -> None:
    """Count again what has changed. Beat sends this every minute."""
    with acting_from("system"):
        rolling.keep_up()


@shared_task
def look_for_warnings() -> None:
    """Judge the indicators that are watched. Beat sends this every night, when the day has been counted."""
    with acting_from("system"):
        watching.look()
