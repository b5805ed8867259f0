"""Running jobs: imports and exports that take longer than a request may.

The row is the job; Celery only says "look now". A worker takes a job by a conditional UPDATE that counts `lease` up; it
owns the job as long as that count stands, so a worker that was taken for dead can't finish what another one has taken
on. Work is done in batches: each commits together with `resume_at`, so after a crash the next worker begins with the
batch that didn't finish, and nothing is done twice.

    @handler(Job.Kind.EXPORT_INCIDENTS)
    def export(work: Work) -> None:
        ...
        work.progress(done, total)          # raises Cancelled when the owner said stop
        with work.batch(upto=n):            # one transaction; all or nothing
            ...
        work.summary["rows"] = 12
"""

import contextlib
import datetime as dt
import logging
import time
import uuid
import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files import File
from django.db import connection, connections, transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from history.context import acting_from
from people.models import Person
from people.tables import TableError
from reminders.notices import name_what, notify

from .errors import Refused
from .models import Job

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=2)
MAX_LEASES = 5  # a job that kills its worker every time is given up
REPORT_EVERY = 0.5  # seconds between two looks at the database from `progress`
KEEP_FILES = dt.timedelta(days=30)
#: Somebody's personal data lies about no longer than it takes to hand it over.
KEEP_FILES_OF: dict[str, dt.timedelta] = {Job.Kind.EXPORT_CUSTOMER: dt.timedelta(days=3)}

_HANDLERS: dict[str, Callable[["Work"], None]] = {}

for kind in Job.Kind:
    name_what(f"job.{kind.value}", kind.label)


class Cancelled(Exception):
    """The owner said stop."""


class LeaseLost(Exception):
    """Another worker has taken the job on: this one stops without a trace."""


class JobFailed(Exception):
    """The job can't be done; `message` tells its owner why."""

    def __init__(self, message: str | Promise, **params):
        super().__init__(message)
        self.message = message
        self.params = params


def sentence(message: str | Promise, **params) -> dict:
    """A sentence as it is kept: the source text, to be translated when it is read (see `models.jobs.said`)."""
    with translation.override("en"):
        return {"text": str(message), "params": params}


def handler(kind: str) -> Callable:
    """Register the function that does jobs of this kind. It stands in a module `job_handlers` of its app."""

    def register(function: Callable[["Work"], None]) -> Callable[["Work"], None]:
        _HANDLERS[str(kind)] = function
        return function

    return register


# Asking for work -----------------------------------------------------------------------------------------------------
@transaction.atomic
def enqueue(
    kind: str,
    *,
    owner: Person,
    file: File | None = None,
    name: str = "",
    options: dict | None = None,
    same_file_as: Job | None = None,
    announce: bool = True,
) -> Job:
    """Put work into the queue, in the caller's transaction. The worker is told when that commits.

    Without `announce` the caller runs it at once. A file that another job of the owner has is shared, not copied.
    """
    job = Job(kind=kind, owner=owner, name=name[:200], options=options or {})
    if file is not None:
        job.file.save(name or "file", file, save=False)
    elif same_file_as is not None:
        job.file, job.name = same_file_as.file.name, same_file_as.name
    job.save(force_insert=True)
    if announce:
        tell_worker(job)
    return job


def tell_worker(job: Job) -> None:
    """After the commit: look now. With the broker away, the row waits for `resume_interrupted`."""
    transaction.on_commit(lambda: run_job.delay(str(job.pk)))


@transaction.atomic
def cancel(job: Job) -> None:
    """Stop it: at once when nobody works on it, else at the worker's next step, which undoes its unfinished batch."""
    idle = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    stopped = Job.objects.filter(idle, pk=job.pk, status__in=[Job.Status.DRAFT, *Job.UNFINISHED]).update(
        status=Job.Status.CANCELLED, finished_at=timezone.now(), lease=F("lease") + 1
    )
    if not stopped:
        Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(cancel_requested=True)


# Working -------------------------------------------------------------------------------------------------------------
@shared_task
def run_job(pk: str) -> None:
    run(uuid.UUID(pk))


def run(pk: uuid.UUID, listener: Callable[[int, int], None] | None = None) -> bool:
    """Take the job on and do it. False when there is nothing to do: finished, or somebody else is at it.

    `listener` hears of the progress, for somebody who waits for it at a terminal.
    """
    job = _take(pk)
    if job is None:
        return False
    work = Work(job, listener)
    zone = zoneinfo.ZoneInfo(job.owner.time_zone)
    with contextlib.closing(work), translation.override(job.owner.language), timezone.override(zone):
        with acting_from("import", str(job.pk)):
            _do(work)
    return True


def _take(pk: uuid.UUID) -> Job | None:
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    taken = Job.objects.filter(free, pk=pk, status__in=Job.UNFINISHED).update(
        status=Job.Status.RUNNING, leased_until=now + LEASE, lease=F("lease") + 1
    )
    return Job.objects.select_related("owner").get(pk=pk) if taken else None


def _do(work: "Work") -> None:
    """Every way in which it can end. What an error means in detail goes to the log, not to the owner."""
    job = work.job
    try:
        if job.lease > MAX_LEASES:
            raise JobFailed(_("It was interrupted too many times."))
        if not job.owner.is_active:
            raise JobFailed(_("Its owner may no longer sign in."))
        _discover_handlers()
        _HANDLERS[job.kind](work)
        work.finish(Job.Status.DONE)
    except LeaseLost:
        logger.warning("Job %s was taken on by another worker", job.pk)
    except Cancelled:
        work.finish(Job.Status.CANCELLED)
    except (JobFailed, TableError) as error:
        work.finish(Job.Status.FAILED, failure=sentence(error.message, **error.params))
    except Refused as error:
        work.finish(Job.Status.FAILED, failure=sentence(error.message))
    except SoftTimeLimitExceeded:
        work.give_back()
    except Exception:
        logger.exception("Job %s failed", job.pk)
        work.finish(
            Job.Status.FAILED,
            failure=sentence(
                _("Something went wrong on our side. The administrators can find it in the log.")
            ),
        )


def _discover_handlers() -> None:
    autodiscover_modules("job_handlers")


class Work:
    """A job in the hands of a worker: how the handler tells how far it is, and commits what it has done."""

    def __init__(self, job: Job, listener: Callable[[int, int], None] | None = None):
        self.job = job
        self.by: Person = job.owner
        self.options: dict[str, Any] = job.options
        self.summary: dict[str, Any] = job.summary
        self.listener = listener
        self._told_at = 0.0
        # Progress must be seen, and the lease renewed, while a batch's transaction is still open: another connection.
        # Inside somebody else's transaction that one would not even see the job.
        self._aside = connection if connection.in_atomic_block else connections.create_connection("default")

    def close(self) -> None:
        if self._aside is not connection:
            self._aside.close()

    def progress(self, done: int, total: int, *, now: bool = False) -> None:
        """Show how far it is, keep the lease, and stop when told to. Cheap: looks at the database twice a second."""
        if not now and time.monotonic() - self._told_at < REPORT_EVERY:
            return
        self._told_at = time.monotonic()
        with self._aside.cursor() as cursor:
            cursor.execute(
                "UPDATE incidents_job SET done = %s, total = %s, leased_until = %s "
                "WHERE id = %s AND lease = %s AND status = 'running' RETURNING cancel_requested",
                [done, total, timezone.now() + LEASE, self.job.pk, self.job.lease],
            )
            row = cursor.fetchone()
        if self.listener:
            self.listener(done, total)
        if row is None:
            raise LeaseLost()
        if row[0]:
            raise Cancelled()

    @contextlib.contextmanager
    def batch(self, upto: int) -> Iterator[None]:
        """One transaction, with the note that everything before `upto` is done. All of it happens or nothing.

        `summary` goes back to what it was when the batch doesn't commit.
        """
        before = {**self.summary}
        try:
            with transaction.atomic():
                yield
                self._update(resume_at=upto, done=upto, summary=self.summary)
        except BaseException:
            self.summary.clear()
            self.summary.update(before)
            raise
        self.job.resume_at = upto

    def finish(self, status: str, *, failure: dict | None = None) -> None:
        """End it and tell the owner, in one transaction."""
        job = self.job
        with transaction.atomic():
            try:
                self._update(
                    status=status, finished_at=timezone.now(), leased_until=None, summary=self.summary,
                    failure=failure or {}, result_file=job.result_file.name or "", cancel_requested=False,
                )  # fmt: skip
            except LeaseLost:
                return
            job.status = status
            if status != Job.Status.CANCELLED:  # whoever cancelled it knows
                notify(
                    [job.owner],
                    "job-done" if status == Job.Status.DONE else "job-failed",
                    occasion=f"job:{job.pk}:{status}",
                    subject=f"job:{job.pk}",
                    url=job.get_absolute_url(),
                    params={"what": f"job.{job.kind}", "name": job.name},
                )

    def give_back(self) -> None:
        """Its time is up: let the next worker go on with the unfinished batch."""
        with contextlib.suppress(LeaseLost):
            self._update(leased_until=timezone.now())

    def _update(self, **columns: Any) -> None:
        if not Job.objects.filter(pk=self.job.pk, lease=self.job.lease, status=Job.Status.RUNNING).update(
            **columns
        ):
            raise LeaseLost()


def files_are_kept_until(job: Job) -> dt.datetime:
    """From when on what came out can't be taken any more, deleted or not."""
    return job.created_at + KEEP_FILES_OF.get(job.kind, KEEP_FILES)


# Looking after jobs --------------------------------------------------------------------------------------------------
def resume_interrupted() -> int:
    """Announce what waits although nobody is at it: the message was lost, or the worker died. Returns how many."""
    now = timezone.now()
    waiting = Job.objects.filter(status__in=Job.UNFINISHED).filter(
        Q(leased_until__lt=now) | Q(leased_until=None, created_at__lt=now - dt.timedelta(seconds=30))
    )
    keys = list(waiting.order_by("created_at").values_list("pk", flat=True)[:20])
    for pk in keys:
        run_job.delay(str(pk))
    return len(keys)


def discard_old() -> int:
    """Delete the files and row messages of old jobs (30 days, or as their kind says); the row with its counts stays.

    Returns how many.
    """
    now = timezone.now()
    over = Q(created_at__lt=now - KEEP_FILES)
    for kind, kept in KEEP_FILES_OF.items():
        over |= Q(kind=kind, created_at__lt=now - kept)
    old = Job.objects.filter(over, discarded_at=None).exclude(status__in=Job.UNFINISHED)
    count = 0
    for job in old.iterator():
        for file in (job.file, job.result_file):
            shared = Job.objects.filter(discarded_at=None, file=file.name).exclude(pk=job.pk)
            if file and not shared.exists():  # a dry run and its import share what was uploaded
                file.storage.delete(file.name)
        job.row_errors.all().delete()
        left = Job.Status.CANCELLED if job.status == Job.Status.DRAFT else job.status
        Job.objects.filter(pk=job.pk).update(
            discarded_at=timezone.now(), file="", result_file="", status=left
        )
        count += 1
    return count
