"""Long work survives: a dead worker, a missing broker, a change of mind. And nobody else sees it."""

import datetime as dt
import threading

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from incidents import jobs, tasks
from incidents.importing import running
from incidents.models import Incident, Job
from reminders.models import Notice
from tests.incidents.imports import row, run_import, table

pytestmark = pytest.mark.django_db

KIND = "test-kind"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """The jobs that the worker was told of."""
    keys: list[str] = []
    monkeypatch.setattr(jobs.run_job, "delay", keys.append)
    return keys


@pytest.fixture
def work(monkeypatch):
    """Lets a story say what a job does."""

    def does(function):
        monkeypatch.setitem(jobs._HANDLERS, Job.Kind.EXPORT_INCIDENTS.value, function)

    monkeypatch.setattr(jobs, "_discover_handlers", lambda: None)
    return does


def ask(owner, **more) -> Job:
    return jobs.enqueue(Job.Kind.EXPORT_INCIDENTS, owner=owner, name="all.xlsx", **more)


def test_the_worker_is_told_when_the_request_commits(cast, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        job = ask(cast.quality)
        assert told == []
    for callback in callbacks:
        callback()
    assert told == [str(job.pk)] and job.status == Job.Status.QUEUED


def test_a_job_is_done_and_its_owner_told(cast, work):
    def count(work):
        work.progress(1, 2, now=True)
        work.summary["rows"] = 2

    work(count)
    job = ask(cast.quality)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.summary, job.done, job.total) == (Job.Status.DONE, {"rows": 2}, 1, 2)
    notice = Notice.objects.get(recipient=cast.quality)
    assert notice.text == "job-done" and notice.url == reverse("job", args=[job.pk])
    assert not jobs.run(job.pk)  # a message that comes twice does nothing


def test_a_failure_is_said_in_words_and_the_rest_goes_to_the_log(cast, work, caplog):
    def stumble(work):
        raise ZeroDivisionError("secret detail")

    work(stumble)
    job = ask(cast.quality)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED and "secret" not in job.failure_text
    assert "went wrong on our side" in job.failure_text and "secret detail" in caplog.text
    assert Notice.objects.get(recipient=cast.quality).text == "job-failed"


def test_a_failure_is_read_in_the_readers_language(cast, work):
    def refuse(work):
        raise jobs.JobFailed("Only %(n)s of them.", n=3)

    work(refuse)
    job = ask(cast.quality)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (
        job.failure == {"text": "Only %(n)s of them.", "params": {"n": 3}}
        and job.failure_text == "Only 3 of them."
    )


def test_only_one_worker_has_it(cast, work):
    seen = []

    def look(work):
        seen.append(jobs.run(work.job.pk))  # the message came twice

    work(look)
    jobs.run(ask(cast.quality).pk)
    assert seen == [False]


def test_a_dead_lease_is_taken_over_and_the_dead_one_can_no_longer_write(cast, work):
    job = ask(cast.quality)
    dead = jobs.Work(jobs._take(job.pk))
    assert jobs._take(job.pk) is None
    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - dt.timedelta(seconds=1))
    work(lambda work: None)
    assert jobs.run(job.pk)
    with pytest.raises(jobs.LeaseLost):
        dead.progress(1, 1, now=True)
    with pytest.raises(jobs.LeaseLost), dead.batch(upto=5):
        pass
    dead.finish(Job.Status.FAILED)
    job.refresh_from_db()
    assert (job.status, job.resume_at) == (Job.Status.DONE, 0)


def test_a_job_that_kills_every_worker_is_given_up(cast, work):
    job = ask(cast.quality)
    work(lambda work: None)
    Job.objects.filter(pk=job.pk).update(lease=jobs.MAX_LEASES)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED and "interrupted" in job.failure_text


def test_what_the_broker_lost_is_announced_again(cast, told):
    fresh, lost, dead, running_, done = (ask(cast.quality) for _ in range(5))
    now = timezone.now()
    Job.objects.filter(pk=lost.pk).update(created_at=now - dt.timedelta(minutes=1))
    past, future = now - dt.timedelta(seconds=1), now + dt.timedelta(minutes=1)
    Job.objects.filter(pk=dead.pk).update(status="running", leased_until=past)
    Job.objects.filter(pk=running_.pk).update(status="running", leased_until=future)
    Job.objects.filter(pk=done.pk).update(status="done", created_at=now - dt.timedelta(days=1))
    tasks.resume_interrupted_jobs()
    assert set(told) == {str(lost.pk), str(dead.pk)}


def test_a_queued_job_is_cancelled_at_once(cast, work):
    job = ask(cast.quality)
    jobs.cancel(job)
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED and not jobs.run(job.pk)


def test_a_running_job_stops_at_its_next_step(cast, work):
    reached = []

    def go_on(work):
        work.progress(1, 3, now=True)
        jobs.cancel(work.job)
        reached.append("asked")
        work.progress(2, 3, now=True)
        reached.append("never")

    work(go_on)
    job = ask(cast.quality)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert reached == ["asked"] and job.status == Job.Status.CANCELLED and not Notice.objects.exists()


def test_cancelling_an_import_undoes_the_unfinished_batch_only(cast, monkeypatch):
    monkeypatch.setattr(jobs, "REPORT_EVERY", 0)
    really = running.bring

    def stop_at_fourth(case, **details):
        if case.external_id == "3":
            jobs.cancel(details["job"])
        return really(case, **details)

    monkeypatch.setattr(running, "bring", stop_at_fourth)
    job = run_import(cast.quality, table(*(row(number) for number in range(6))), batch=2)
    assert job.status == Job.Status.CANCELLED and job.summary["created"] == 4
    assert set(Incident.objects.values_list("external_id", flat=True)) == {"0", "1", "2", "3"}
    assert Notice.objects.get(recipient=cast.site_manager).params["count"] == 4


def test_an_interrupted_import_goes_on_with_the_unfinished_batch(cast, monkeypatch):
    really, brought = running.bring, []

    def die_once(case, **details):
        brought.append(case.external_id)
        if brought.count("3") == 1 and case.external_id == "3":
            raise SoftTimeLimitExceeded()
        return really(case, **details)

    monkeypatch.setattr(running, "bring", die_once)
    job = run_import(
        cast.quality, table(*(row(number) for number in range(6)), row(0)), batch=2, leave_out_errors=True
    )
    assert (job.status, job.resume_at, job.summary["created"]) == (Job.Status.RUNNING, 2, 2)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.summary["created"], job.summary["errors"]) == (Job.Status.DONE, 6, 1)
    assert brought == ["0", "1", "2", "3", "2", "3", "4", "5"] and Incident.objects.count() == 6
    assert job.row_errors.count() == 1 and "row 2" in job.row_errors.get().message


def test_files_go_after_thirty_days(cast, settings):
    data = table(row(1), row(1))
    job = run_import(cast.quality, data, dry=True)
    sharing = jobs.enqueue(Job.Kind.CHECK_INCIDENTS, owner=cast.quality, same_file_as=job)
    stored = settings.MEDIA_ROOT / job.file.name
    assert stored.exists() and job.result_file and job.row_errors.count() == 1
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - dt.timedelta(days=31))
    tasks.discard_old_job_files()
    job.refresh_from_db()
    assert not job.file and not job.result_file and not job.row_errors.exists() and job.summary["errors"] == 1
    assert stored.exists()  # a younger job needs it
    Job.objects.filter(pk=sharing.pk).update(created_at=timezone.now() - dt.timedelta(days=31), status="done")
    tasks.discard_old_job_files()
    assert not stored.exists()


def test_a_stored_file_has_a_name_that_says_nothing(cast):
    job = ask(cast.quality, file=ContentFile(b"a,b\n"))
    assert "all" not in job.file.name and job.file.name.startswith("jobs/")


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_a_batch_is_open(cast, monkeypatch):
    """On another connection, or a long batch would look dead to everybody else."""
    monkeypatch.setattr(jobs, "REPORT_EVERY", 0)
    seen = []
    really = running.bring

    def look(case, **details):
        def from_outside():
            job = Job.objects.get(pk=details["job"].pk)
            seen.append((job.done, Incident.objects.count()))
            connection.close()

        thread = threading.Thread(target=from_outside)
        thread.start()
        thread.join()
        return really(case, **details)

    monkeypatch.setattr(running, "bring", look)
    job = run_import(cast.quality, table(row(1), row(2), row(3)), batch=0)
    assert seen == [(1, 0), (2, 0), (3, 0)] and job.summary["created"] == 3 and Incident.objects.count() == 3
