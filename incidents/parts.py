"""What the parts of the incident page show: people, time limits, evidence."""

import datetime as dt
from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from reminders.durations import duration_in_words
from reminders.models import Deadline
from reminders.policies import limit_in_words

from .models import Evidence, Incident
from .stages import LOOP, TURN, Stage

#: The acts whose words are the verdict that the reporter waits for.
VERDICTS = ("incident.substantiate", "incident.dismiss", "incident.merge")


def due(due_at: dt.datetime | None, *, paused: bool = False) -> dict:
    """A time limit for the card "Your turn"."""
    if paused:
        return {"due_state": "paused", "due_text": _("Paused")}
    if due_at is None:
        return {}
    left = due_at - timezone.now()
    if left < dt.timedelta():
        return {"due_state": "overdue", "due_text": _("Overdue %(span)s") % {"span": duration_in_words(left)}}
    return {
        "due_state": "soon" if left < dt.timedelta(days=1) else "later",
        "due_text": _("%(span)s left") % {"span": duration_in_words(left)},
    }


def deadline_words(row: Deadline) -> str:
    """What a deadline of an incident is about."""
    if row.kind in LOOP:
        return str(TURN[Stage(row.kind)])
    return _("Whole loop") if row.kind == "loop" else row.label


def open_deadlines(rows: Iterable[Deadline]) -> list[Deadline]:
    """What is due in this case, the nearest first, each with its words."""
    found = sorted((row for row in rows if row.closed_at is None), key=lambda row: row.due_at)
    for row in found:
        row.words = deadline_words(row)
        row.why = why(row)
    return found


def why(row: Deadline) -> str:
    """Why it is due then: the limit that it was reckoned by, or what it waits for."""
    if row.paused_at is not None:
        return f"{row.get_pause_reason_display()} · {row.pause_note}"
    kept = row.reckoning
    return limit_in_words(kept["amount"], kept["measured_in"]) if kept else ""


def pause(rows: Iterable[Deadline], incident: Incident) -> dict | None:
    """The words that say that the clock of the present stage stands, why, since when, and what is left."""
    stage = next((row for row in rows if row.kind == incident.stage and row.cycle == incident.cycle), None)
    if incident.paused_since is None or stage is None or stage.left_when_paused is None:
        return None
    return {"row": stage, "left": duration_in_words(max(stage.left_when_paused, dt.timedelta()))}


def people(incident: Incident) -> list[dict]:
    """Who has a part in the case, nobody twice."""
    parts = [
        (incident.owner, _("has the next step")),
        (incident.responsible_person, _("responsible person")),
        (incident.reporter, _("reporter")),
    ]
    found: dict[int, dict] = {}
    for person, part in parts:
        if person is None:
            continue
        row = found.setdefault(
            person.pk, {"person": person, "parts": [], "waited_for": person.pk == incident.owner_id}
        )
        row["parts"].append(part)
    return [
        {**row, "part": " · ".join(filter(None, [row["person"].job_title, *row["parts"]]))}
        for row in found.values()
    ]


def evidence(incident: Incident) -> list[dict]:
    """The evidence that was not withdrawn, as `parts/_evidence.html` shows it."""
    return [
        {
            "url": reverse("evidence-view", args=[item.pk]),
            "title": item.caption or item.name,
            "kind": item.kind,
            "thumbnail": reverse("evidence-thumbnail", args=[item.pk]) if item.thumbnail else "",
            "badge": "" if item.kind == Evidence.Kind.IMAGE else item.get_kind_display(),
            "who": item.uploaded_by.display_name if item.uploaded_by else "",
            "at": item.taken_at or item.uploaded_at,
            "pk": item.pk,
        }
        for item in incident.evidence.shown().select_related("uploaded_by")
    ]
