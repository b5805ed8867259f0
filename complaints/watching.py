"""Complaints follow their incident: each stage is told to the handler once, and when it closes the answer is due."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from history.recording import record
from incidents.stages import TERMINAL as ENDED
from incidents.stages import Stage
from reminders.deadlines import postpone

from . import limits
from .lifecycle import change, tell
from .models import Complaint

#: Complaints that are told of in one transaction.
BATCH = 200
#: Mergers of incidents that are followed at a time.
FARTHEST = 20


def look_at_incidents() -> int:
    """Tell of every incident that has moved since it was last looked at; gives how many complaints. Many may run."""
    told = 0
    while batch := _look_at_batch():
        told += batch
    return told


@transaction.atomic
def _look_at_batch() -> int:
    """The complaints whose incident stands elsewhere than was told, as far as nobody else holds them."""
    rows = list(
        Complaint.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .open()
        .filter(incident__isnull=False)
        .exclude(incident_stage=F("incident__stage"))
        .select_related("unit", "category", "incident", "handler", "owner", "first_handler")
        .order_by("pk")[:BATCH]
    )
    for row in rows:
        _tell(row)
    return len(rows)


def _tell(row: Complaint) -> None:
    incident = row.incident
    for _step in range(FARTHEST):  # the one that goes on in its place
        if incident.stage != Stage.MERGED or incident.merged_into is None:
            break
        incident = incident.merged_into
    was, moved = row.incident, incident.pk != row.incident_id
    stage, row.incident, row.incident_stage = row.incident_stage, incident, incident.stage
    about = {"about": incident.number}
    before = {"stage": stage} | ({"incident": was} if moved else {})
    after = {"stage": incident.stage, "incident": incident}
    if incident.stage == Stage.CLOSED:
        due_at = _answer_is_due(row, timezone.now())
        change(row, "incident_moved", by=None, before=before, after=after | {"due": due_at})
        tell(row, [row.owner], "complaint-incident-closed", due=due_at.isoformat() if due_at else "", **about)
        return
    # Where it stands makes no page stale: the version stays.
    row.save(update_fields=["incident", "incident_stage"])
    record(
        row.case,
        "complaint.incident_moved",
        label=row.number,
        by=None,
        unit=row.unit,
        before=before,
        after=after,
    )
    text = "complaint-incident-ended" if incident.stage in ENDED else "complaint-incident-moved"
    tell(row, [row.owner], text, what=f"turn.{incident.stage}", **about)


def _answer_is_due(row: Complaint, now: dt.datetime) -> dt.datetime | None:
    """The nearer of the present due moment and what the policy allows once the incident is closed."""
    if limits.KINDS[row.state] != "reply" or row.paused_since is not None or row.due_at is None:
        return row.due_at
    by_policy, _reckoning = limits.due(row, "reply-incident", now)
    if by_policy < row.due_at:
        row.due_at = by_policy
        postpone(row.case, "reply", cycle=row.round, due_at=by_policy)
    return row.due_at
