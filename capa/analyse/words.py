"""The words of the analysis: problem, why it wasn't noticed, why the last round failed, the cause report."""

from django.db import transaction

from capa.models import Analysis
from history.models import Event
from incidents.lifecycle import change
from incidents.models import Incident
from people.models import Person

from .held import Overtaken, analysis_of, hold

WORDS = ("why_differs", "problem", "escape", "report")


@transaction.atomic
def describe(
    incident: Incident,
    *,
    by: Person,
    version: int | None,
    seen: int | None = None,
    problem: str | None = None,
    escape: str | None = None,
    why_differs: str | None = None,
    report: str | None = None,
) -> Incident:
    """Write the words of this round's analysis; what is None stays as it is.

    `seen` is the Analysis.version that the words were written on: Overtaken when somebody has changed one of those
    that differ since.
    """
    row = hold(incident, by=by, version=version)
    analysis = analysis_of(row)
    given = {"problem": problem, "escape": escape, "why_differs": why_differs, "report": report}
    changed = {
        name: text for name, text in given.items() if text is not None and text != getattr(analysis, name)
    }
    _refuse_if_overtaken(row, analysis, seen, changed)
    before = {name: getattr(analysis, name) for name in changed}
    for name, text in changed.items():
        setattr(analysis, name, text)
    analysis.version += bool(changed)
    analysis.save()
    after = changed | {"analysis_version": analysis.version}
    return change(row, "describe_analysis", by=by, before=before, after=after)


def _refuse_if_overtaken(row: Incident, analysis: Analysis, seen: int | None, changed: dict) -> None:
    if seen is None or seen == analysis.version or not changed:
        return
    since = Event.objects.of(row.case).filter(
        act="incident.describe_analysis", after__analysis_version__gt=seen
    )
    for event in since:  # the latest first
        if fields := [name for name in changed if name in event.after]:
            raise Overtaken(analysis, fields=fields, event=event)
