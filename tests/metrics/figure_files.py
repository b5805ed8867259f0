"""Sending a file of figures through the import, as the worker would."""

from django.core.files.base import ContentFile

from incidents import jobs
from incidents.importing.sample import Sample
from incidents.models import Job
from metrics.enterable import series_of
from metrics.importing.guessing import guess
from metrics.importing.mapping import Column, Count, VolumeMapping
from tests.complaints.imports import ran


def guessed(by, data: str | bytes, *, name="figures.csv", unit=None) -> VolumeMapping:
    content = ContentFile(data.encode() if isinstance(data, str) else data, name)
    return guess(
        Sample.of(content, name, by=by), source="test", unit=unit.code if unit else "", zone="Asia/Shanghai",
        known=series_of(by.company_ids),
    )  # fmt: skip


def import_figures(
    by,
    data: str | bytes,
    *,
    unit=None,
    dry=False,
    name="figures.csv",
    columns=None,
    figures=None,
    counts=None,
    **options,
) -> Job:
    """Import a file with its columns guessed; what is given is taken instead of the guess."""
    mapping = guessed(by, data, name=name, unit=unit)
    mapping.columns |= columns or {}
    mapping.columns = {field: heading for field, heading in mapping.columns.items() if heading}
    if figures is not None:
        mapping.figures = [Column(*told) for told in figures]
    if counts is not None:
        mapping.counts = [Count(*told) for told in counts]
    for option, value in options.items():
        assert hasattr(mapping.options, option)
        setattr(mapping.options, option, value)
    kind = Job.Kind.CHECK_VOLUMES if dry else Job.Kind.IMPORT_VOLUMES
    file = ContentFile(data.encode() if isinstance(data, str) else data, name)
    stored = VolumeMapping.from_json(mapping.as_json()).as_json()
    return ran(jobs.enqueue(kind, owner=by, file=file, name=name, options=stored, announce=False))
