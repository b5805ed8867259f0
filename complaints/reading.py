"""What the page of a complaint shows, as one person may read it."""

from collections.abc import Callable, Iterable

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.models import Incident
from incidents.parts import due, why
from people.models import Person
from reminders.models import Deadline
from reminders.notices import words_of_what

from . import gates, limits, permissions
from .masking import words_for
from .models import Attachment, Complaint, Message
from .states import State


def may_open_files(person: Person, complaint: Complaint) -> bool:
    """Files may show the customer: they are for those who work on the complaint, not for everybody who reads of it."""
    return permissions.allowed(person, "investigate", complaint)


def file_of(attachment: Attachment, words: Callable[[str], str]) -> dict:
    """A file as `parts/_evidence.html` shows it; `words` says how its name is read."""
    return {
        "url": reverse("complaint-file-view", args=[attachment.pk]),
        "title": words(attachment.name),
        "kind": attachment.kind,
        "thumbnail": reverse("complaint-file-thumbnail", args=[attachment.pk])
        if attachment.thumbnail
        else "",
        "badge": "",
        "who": "" if attachment.uploaded_by_id else _("Customer"),
        "at": attachment.taken_at or attachment.uploaded_at,
    }


def thread(complaint: Complaint, person: Person) -> list[dict]:
    """The correspondence, oldest first: {message, text, files, mine}. The complaint itself opens it."""
    words = words_for(person, complaint)
    kept = Attachment.objects.filter(erased_at=None)
    rows = (
        Message.objects.filter(complaint=complaint)
        .select_related("author")
        .prefetch_related(Prefetch("attachments", kept))
    )
    open_files = may_open_files(person, complaint)
    return [
        {
            "message": row,
            "text": words(row.text),
            "files": [file_of(item, words) for item in row.attachments.all()] if open_files else [],
            "hidden": 0 if open_files else len(row.attachments.all()),
            "is_ours": row.direction == Message.Direction.OUT,
        }
        for row in rows
    ]


def open_deadlines(rows: Iterable[Deadline]) -> list[Deadline]:
    """What is due with this complaint, the nearest first, each with its words and why it is due then."""
    found = sorted((row for row in rows if row.closed_at is None), key=lambda row: row.due_at)
    for row in found:
        row.words, row.why = words_of_what(row.kind.partition(":")[0]), why(row)
    return found


def turn_of(complaint: Complaint, person: Person, forward) -> dict:
    """The card that says what is next, and for whom."""
    if not complaint.is_open:
        return {"yours": False, "title": complaint.get_state_display(), "text": _ending(complaint)}
    yours = complaint.owner_id == person.pk
    return {
        "yours": yours,
        "title": forward.act.title if forward else words_of_what(limits.KINDS[complaint.state]),
        "text": forward.act.text if forward else "",
        "waiting_for": complaint.owner.display_name if complaint.owner else _("nobody yet"),
        **due(complaint.due_at, paused=complaint.paused_since is not None),
    }


def _ending(complaint: Complaint) -> str:
    if complaint.state == State.CLOSED and complaint.satisfied is not None:
        return (
            _("The customer was satisfied.") if complaint.satisfied else _("The customer was not satisfied.")
        )
    return ""


def gate_of(complaint: Complaint) -> list:
    """The checklist of the step that takes it on."""
    step = gates.FORWARD.get(complaint.state)
    return gates.gate_of(complaint, step) if step else []


def people_of(complaint: Complaint) -> list[dict]:
    """Who has a part in it, nobody twice."""
    parts = [
        (complaint.owner, _("has the next step")),
        (complaint.handler, _("handler")),
        (complaint.offered_to, _("asked to take over")),
        (complaint.first_handler, _("received it first")),
    ]
    found: dict[int, dict] = {}
    for person, part in parts:
        if person is None:
            continue
        row = found.setdefault(
            person.pk, {"person": person, "parts": [], "waited_for": person.pk == complaint.owner_id}
        )
        row["parts"].append(part)
    return [
        {**row, "part": " · ".join(filter(None, [row["person"].job_title, *row["parts"]]))}
        for row in found.values()
    ]


def incident_of(complaint: Complaint, person: Person) -> Incident | None:
    """The incident that it hangs on, if this person sees it."""
    if complaint.incident_id is None:
        return None
    visible = Incident.objects.visible_to(person).select_related("owner").defer("search", "readers")
    return visible.filter(pk=complaint.incident_id).first()


def others_of_incident(complaint: Complaint, person: Person) -> list[Complaint]:
    """Other complaints about the same incident that this person sees, the newest ten."""
    if complaint.incident_id is None:
        return []
    visible = Complaint.objects.visible_to(person).filter(incident=complaint.incident_id)
    return list(visible.exclude(pk=complaint.pk).only("number", "title", "state")[:10])
