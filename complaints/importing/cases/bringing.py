"""Complaints on record, through the same door as every other, with the life they have had elsewhere.

Nothing is invented: no judgement of urgency, no author of the reply, no satisfied customer. What is known is when it
came, what was answered and when, and that it was over.
"""

from complaints import intake
from complaints.lifecycle import hand_on, take
from complaints.models import Complaint, Message
from history.recording import record_past
from incidents.importing.cases import Case
from people.models import Person


def bring(case: Case, *, by: Person) -> Complaint:
    """Put the complaint of one row on record. Runs in its batch's transaction."""
    values = dict(case.values)
    reply, replied_at = values.pop("reply"), values.pop("replied_at")
    complaint, _token = intake.receive(by=by, imported=True, **values)
    if reply and replied_at is not None:
        Message.objects.create(
            complaint=complaint, direction=Message.Direction.OUT, kind=Message.Kind.REPLY,
            way=intake.WAYS[complaint.channel], text=reply, at=replied_at,
        )  # fmt: skip
    if replied_at is not None:
        record_past(
            complaint.case, "complaint.replied_elsewhere", [(replied_at, {"row": case.row})], label=complaint.number,
            by=by, unit=complaint.unit,
        )  # fmt: skip
    if case.closed_at is not None:
        return take(
            complaint, "bring_over", by=by, announce=False,
            changes={"closed_at": case.closed_at, "replied_at": replied_at},
        )  # fmt: skip
    complaint.replied_at = replied_at
    hand_on(complaint, left=(None, 1), at=complaint.state_since)
    complaint.save(update_fields=["owner", "due_at", "replied_at"])
    return complaint
