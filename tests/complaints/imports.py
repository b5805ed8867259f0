"""Sending a file through an import of answers or complaints, as the worker would."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from complaints.importing.answers.guessing import guess
from complaints.importing.answers.mapping import AnswerMapping, Question
from incidents import jobs
from incidents.importing.sample import Sample
from incidents.models import Job

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def real_file(name: str) -> bytes:
    """One of the files of the project's data; loudly skipped where they are not there."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED against real data: {path} is absent")
    return path.read_bytes()


def import_answers(
    by, data: str | bytes, *, unit, dry=False, name="answers.csv", questions=None, columns=None, **options
) -> Job:
    """Import a file with its columns guessed; `questions` are taken instead of the guessed ones."""
    content = ContentFile(data.encode() if isinstance(data, str) else data, name)
    mapping = guess(
        Sample.of(content, name, by=by),
        source="survey",
        unit=unit.code,
        zone="Asia/Shanghai",
        name="Passengers",
    )
    mapping.columns |= columns or {}
    mapping.columns = {field: heading for field, heading in mapping.columns.items() if heading}
    if questions is not None:
        mapping.questions = [q if isinstance(q, Question) else Question(*q) for q in questions]
    for option, value in options.items():
        assert hasattr(mapping.options, option)
        setattr(mapping.options, option, value)
    content.seek(0)
    kind = Job.Kind.CHECK_ANSWERS if dry else Job.Kind.IMPORT_ANSWERS
    stored = AnswerMapping.from_json(mapping.as_json()).as_json()
    return ran(jobs.enqueue(kind, owner=by, file=content, name=name, options=stored, announce=False))


def ran(job: Job) -> Job:
    assert jobs.run(job.pk)
    job.refresh_from_db()
    return job
