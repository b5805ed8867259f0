"""Sending a file through an import, as the worker would, for the stories about imports."""

from django.core.files.base import ContentFile

from incidents import jobs
from incidents.importing.mapping import Mapping
from incidents.models import Job, RowError
from people.tables import read_table

HEADINGS = "编号,主题,详情,类型,单位,发生时间,结案时间,严重程度,影响人数,渠道,姓名,电话,邮箱"


def row(number, title="空调不制冷", **cells) -> str:
    """One line of a file with HEADINGS."""
    told = {
        "detail": "三号车厢空调不制冷，旅客投诉。", "type": "空调通风", "unit": "ER-E-C3",
        "occurred": "2026-03-05 09:30",
        "closed": "", "severity": "", "affected": "", "channel": "电话", "name": "", "phone": "", "email": "",
    }  # fmt: skip
    return ",".join([str(number), title, *(told | cells).values()])


def table(*rows: str) -> str:
    return "\n".join([HEADINGS, *rows]) + "\n"


def run_import(
    by, data: str | bytes, *, dry=False, name="cases.csv", columns=None, values=None, **options
) -> Job:
    """Import a file with its columns guessed, `columns` and options set on top; the job as it ended."""
    content = ContentFile(data.encode() if isinstance(data, str) else data, name)
    with read_table(content, name, repeated_headings=True) as read:
        mapping = Mapping.guessed(read.headings, events=options.pop("events", False))
    content.seek(0)
    mapping.columns |= columns or {}
    mapping.columns = {name: heading for name, heading in mapping.columns.items() if heading}
    mapping.values = values or {}
    for option, value in ({"source": "crm"} | options).items():
        assert hasattr(mapping.options, option)
        setattr(mapping.options, option, value)
    kind = Job.Kind.CHECK_INCIDENTS if dry else Job.Kind.IMPORT_INCIDENTS
    job = jobs.enqueue(kind, owner=by, file=content, name=name, options=mapping.as_json(), announce=False)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    return job


def problems(job: Job) -> list[tuple[int, str]]:
    return [(error.row, error.message) for error in job.row_errors.filter(level=RowError.Level.ERROR)]


def counts(job: Job, *names: str) -> tuple[int, ...]:
    return tuple(job.summary[name] for name in names)
