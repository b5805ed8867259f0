"""What the page of a complaint shows, as one person may read it."""

from collections import defaultdict
from collections.abc import Callable, Iterable

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
        "who": attachment.uploaded_by.display_name if attachment.uploaded_by else _("Customer"),
        "at": attachment.taken_at or attachment.uploaded_at,
    }


Kept = dict[int | None, list[Attachment]]


def kept_files(complaint: Complaint) -> Kept:
    """The files by the message that they came with; None: what staff have put beside the case for themselves."""
    found: Kept = defaultdict(list)
    for row in complaint.attachments.filter(erased_at=None).select_related("uploaded_by"):
        found[row.message_id].append(row)
    return found


def thread(complaint: Complaint, person: Person, kept: Kept) -> list[dict]:
    """The correspondence, oldest first: {message, text, files, hidden, is_ours}. The complaint itself opens it."""
    words = words_for(person, complaint)
    open_files = may_open_files(person, complaint)
    return [
        {
            "message": row,
            "text": words(row.text),
            "files": [file_of(item, words) for item in kept.get(row.pk, ())] if open_files else [],
            "hidden": 0 if open_files else len(kept.get(row.pk, ())),
            "is_ours": row.direction == Message.Direction.OUT,
        }
        for row in Message.objects.filter(complaint=complaint).select_related("author")
    ]


def own_files(complaint: Complaint, person: Person, kept: Kept) -> list[dict]:
    """What staff have put beside the case: the customer never sees it."""
    words = words_for(person, complaint)
    return [file_of(item, words) for item in kept.get(None, ())] if may_open_files(person, complaint) else []


def open_deadlines(rows: Iterable[Deadline]) -> list[Deadline]:
    """What is due with this complaint, the nearest first, each with its words and why it is due then."""
    found = sorted((row for row in rows if row.closed_at is None), key=lambda row: row.due_at)
    for row in found:
        row.words, row.why = words_of_what(row.kind.partition(":")[0]), why(row)
    return found


def approval_of(deadlines: Iterable[Deadline]) -> Deadline | None:
    """What is due from a colleague who has to approve the reply."""
    kinds = ((row.kind.partition(":")[0], row) for row in deadlines if row.closed_at is None)
    return next((row for kind, row in kinds if kind == "reply-approval"), None)


#: Acts of the customers themselves: who does them without an account is no program.
BY_CUSTOMERS = frozenset(
    f"complaint.{act}"
    for act in ("receive", "customer_writes", "not_content", "follow_up", "rated", "rated_badly")
)


def told_of(row: dict, words: Callable[[str], str]) -> dict:
    """A row of the timeline as this reader may see it; without an account it was the customer, or the program."""
    who = row["who"]
    if row["person"] is None:
        who = _("Customer") if row["act"] in BY_CUSTOMERS else _("System")
    return {**row, "who": who, "said": words(str(row["said"]))}


def turn_of(complaint: Complaint, person: Person, forward, waits: Deadline | None = None) -> dict:
    """The card that says what is next, and for whom; `waits`: the approval that everything else waits for."""
    if not complaint.is_open:
        return {"yours": False, "title": complaint.get_state_display(), "text": _ending(complaint)}
    holder = waits or complaint
    kind = "reply-approval" if waits else limits.KINDS[complaint.state]
    return {
        "yours": holder.owner_id == person.pk,
        "title": forward.act.title if forward else words_of_what(kind),
        "text": forward.act.text if forward else "",
        "waiting_for": holder.owner.display_name if holder.owner else _("nobody yet"),
        **due(holder.due_at, paused=complaint.paused_since is not None),
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
