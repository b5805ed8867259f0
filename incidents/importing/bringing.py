"""Cases -> incidents, through the same door as every report, with the life they have had elsewhere."""

from history.recording import record_past
from incidents import identify
from incidents.lifecycle import move
from incidents.models import ImportedRow, Incident, Job
from people.models import Person

from .cases import Case
from .differences import digests


def bring(case: Case, *, by: Person, job: Job) -> tuple[Incident, ImportedRow]:
    """Report the case. What happened to it elsewhere becomes events that say so; if it was closed there, it is here.

    Runs in its batch's transaction. The row that tells where it came from is returned unsaved: a batch saves all of its
    own at once.
    """
    incident = identify.report(by=by, imported=True, waits=case.closed_at is None, **case.values)
    if case.history:
        record_past(
            incident.case,
            "incident.brought_over",
            [
                (happening.at, {"state": happening.state, "who": happening.who, "row": happening.row})
                for happening in case.history
            ],
            label=incident.number,
            by=by,
            unit=incident.unit,
        )
    if case.closed_at is not None:
        incident = move(incident, "bring_over", by=by, version=None, changes={"closed_at": case.closed_at})
    return incident, ImportedRow(incident=incident, job=job, row=case.row, digests=digests(case))
