"""How the work behind the pages is doing: what waits, what is late, what was given up, and who has gone silent.

One reading of it serves the administrators' page, /health/work/ and the metrics.
"""

import datetime as dt
from dataclasses import dataclass

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from complaints.mailbox import keeping, polling, server
from complaints.models import Mailbox
from config.health import SECONDS_TO_ANSWER, connect_timeout
from incidents.models import Job
from metrics import rolling
from people.models import Person, Role
from reminders.models import Deadline, Delivery, Gap, Heartbeat

MINUTE = dt.timedelta(minutes=1)
#: What has to give a sign of life, how often at the least, and what it is called.
BEATS: dict[str, tuple[dt.timedelta, Promise]] = {
    "sweep": (3 * MINUTE, _("Announces what is due")),
    "audit": (12 * MINUTE, _("Looks whether everything was announced")),
    "deliver-mail": (3 * MINUTE, _("Sends mail")),
    "deliver-messages": (3 * MINUTE, _("Sends to robots and webhooks")),
    rolling.HEARTBEAT: (10 * MINUTE, _("Counts the figures")),
}
#: A message that has waited longer than this should have gone out, or been given up.
LATE = 30 * MINUTE
#: The queue of Celery on the broker.
QUEUE = "celery"
#: How many gaps the page shows.
LATEST = 50


@dataclass(frozen=True)
class Beat:
    """Something that runs again and again: its last sign of life (None: never)."""

    name: str
    label: Promise
    last: Heartbeat | None
    silent_after: dt.timedelta
    is_silent: bool

    @property
    def age(self) -> float:
        """Seconds since the last sign of life; -1 when there was none."""
        return (timezone.now() - self.last.at).total_seconds() if self.last else -1.0


@dataclass(frozen=True)
class State:
    beats: list[Beat]
    queue: int | None  # messages on the broker; None: it is away
    open_deadlines: int
    overdue: int
    unannounced: int  # past their next announcement for longer than the sweep takes
    waiting: int  # deliveries
    oldest_waiting: dt.datetime | None
    poisoned: int
    gaps: int  # not made good yet
    jobs_running: int
    mailboxes: int  # that are read
    mailboxes_silent: int  # of those: not for a quarter of an hour

    @property
    def problems(self) -> list[str]:
        """What is wrong, in words for machines: nothing that a stranger could use."""
        found = [f"{beat.name}: silent" for beat in self.beats if beat.is_silent]
        if self.queue is None:
            found.append("broker: away")
        if self.unannounced:
            found.append("announcements: late")
        if self.oldest_waiting is not None and timezone.now() - self.oldest_waiting > LATE:
            found.append("deliveries: late")
        if self.gaps:
            found.append("announcements: missing")
        if self.mailboxes_silent:
            found.append("mailboxes: not read")
        return found

    @property
    def said(self) -> list[str]:
        """The same in the administrator's words."""
        found = [_("%(work)s: stopped") % {"work": beat.label} for beat in self.beats if beat.is_silent]
        words = {
            "broker: away": _("The message queue can't be reached."),
            "announcements: late": _("Somebody has not been told in time of what is due."),
            "deliveries: late": _("Messages wait for longer than they should."),
            "announcements: missing": _("Somebody was not told of what is due."),
            "mailboxes: not read": _("Complaints by e-mail: a mailbox is not being read."),
        }
        return found + [words[problem] for problem in self.problems if problem in words]


def read() -> State:
    """The state now: a handful of statements, whatever the archive holds, and one question to the broker."""
    now = timezone.now()
    seen = Heartbeat.objects.in_bulk(list(BEATS))
    beats = [
        Beat(name, label, seen.get(name), span, name not in seen or now - seen[name].at > span)
        for name, (span, label) in BEATS.items()
    ]
    deadlines = Deadline.objects.filter(closed_at=None)
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING).aggregate(
        n=Count("pk"), oldest=Min("not_before", filter=Q(not_before__lte=now))
    )
    return State(
        beats=beats,
        queue=queue_length(),
        open_deadlines=deadlines.count(),
        overdue=deadlines.filter(due_at__lt=now, paused_at=None).count(),
        unannounced=deadlines.filter(next_notice_at__lt=now - 3 * MINUTE).count(),
        waiting=waiting["n"],
        oldest_waiting=waiting["oldest"],
        poisoned=Delivery.objects.filter(state=Delivery.State.POISONED).count(),
        gaps=Gap.objects.filter(mended_at=None).count(),
        jobs_running=Job.objects.filter(status__in=Job.UNFINISHED).count(),
        mailboxes=Mailbox.objects.filter(ended_at=None).count(),
        mailboxes_silent=polling.silent(now).count(),
    )


def queue_length() -> int | None:
    """How many messages wait on the broker."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=SECONDS_TO_ANSWER,
            retry=Retry(NoBackoff(), 0),
            **connect_timeout(),
        ) as client:
            return client.llen(QUEUE)
    except (redis.RedisError, OSError):
        return None


@never_cache
@require_safe
def health_of_work(request: HttpRequest) -> JsonResponse:
    """200 while sweep, audit and deliveries are being done, else 503 with what is not: for whoever watches over it.

    Apart from /health/: a web server needs not be taken out of service because a worker is dead.
    """
    problems = read().problems
    return JsonResponse(
        {"status": "unwell" if problems else "ok", "problems": problems}, status=503 if problems else 200
    )


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """For administrators: queues, the last signs of life, what was missed and why, what was given up."""
    if not request.user.has_any_role(Role.ADMINISTRATOR):
        raise PermissionDenied
    gaps = Gap.objects.select_related("deadline__owner").order_by("-found_at", "-pk")[:LATEST]
    context = {
        "state": read(),
        "gaps": list(gaps),
        "mailboxes": _in_trouble(request.user),
        "now": timezone.now(),
    }
    return render(request, "operations.html", context)


def _in_trouble(person: Person) -> list[dict]:
    """Mailboxes of this administrator's units that aren't read, or were not the last time, and why."""
    silent = polling.silent().values("pk")
    rows = keeping.kept_by(person).filter(ended_at=None).filter(~Q(last_error="") | Q(pk__in=silent))
    return [{"mailbox": row, "problem": server.in_words(row.last_error)[0]} for row in rows[:LATEST]]
