"""What Celery calls. `run_job` is registered by the import of `jobs`."""

from celery import shared_task

from . import evidence, jobs


@shared_task
def resume_interrupted_jobs() -> None:
    jobs.resume_interrupted()


@shared_task
def discard_old_job_files() -> None:
    jobs.discard_old()


@shared_task
def discard_abandoned_uploads() -> None:
    evidence.discard_abandoned()
