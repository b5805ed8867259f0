"""The answer of one round: drafted, approved by somebody else where a rule asks for it, sent. What was sent stays.

Its text may name people: it stands in the reply and in the message that was sent, not in history and not in notices.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Event
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from people.models import Person, Role
from reminders.deadlines import close_deadline, open_deadline

from . import limits, reply_rules, templating
from .corresponding import remind_to_call
from .letters import has_address, say
from .lifecycle import change, hold, take, tell
from .models import Complaint, Message, Reply, ReplyTemplate
from .states import State

Status, Way = Reply.Status, Message.Way

#: Where the answer of a round can be written: before the investigation is taken up, too.
WRITABLE = (State.CLASSIFIED, State.INVESTIGATING)


def reply_of(complaint: Complaint) -> Reply | None:
    """The reply of the present round."""
    return complaint.replies.filter(round=complaint.round).first()


def needs_approval(complaint: Complaint, reply: Reply | None) -> bool:
    """Must somebody approve it before it is sent? By the rules as they are now, or because it was asked for."""
    return (reply is not None and reply.needs_approval) or reply_rules.asks(complaint)


@transaction.atomic
def draft(
    complaint: Complaint,
    *,
    by: Person,
    version: int | None,
    text: str = "",
    template: ReplyTemplate | None = None,
) -> Reply:
    """Write the reply, or change it; without a text it begins with the template's. An approval is lost by that.

    Variables are filled as far as something is known; the customer's name when it is sent. Raises Invalid for a
    variable that doesn't exist.
    """
    row = hold(complaint, "draft_reply", by=by, version=version)
    _refuse_unless_writable(row)
    in_use = ReplyTemplate.objects.filter(unit__in=row.unit.lineage, retired_at=None)
    if template is not None and not in_use.filter(pk=template.pk).exists():
        raise Invalid({"template": _("This template is not offered here any more.")})
    text = text.strip() or (template.text if template else "")
    if not text:
        raise Invalid({"text": _("Write the reply.")})
    templating.refuse_unknown(text)
    text = templating.fill(text, row, by)
    if len(text) > LONGEST:
        raise Invalid({"text": _("This is too long: %(limit)s characters at most.") % {"limit": LONGEST}})
    reply = _held_reply(row)
    if reply is None:
        reply = Reply(complaint=row, round=row.round)
    elif reply.status == Status.SENT:
        raise Stale()
    if reply.status == Status.SUBMITTED:
        close_deadline(row.case, limits.APPROVAL, cycle=row.round)
    reply.text, reply.author, reply.written_at, reply.status = text, by, timezone.now(), Status.DRAFT
    reply.template = template or reply.template
    reply.approver = reply.approved_at = None
    reply.needs_approval = reply_rules.asks(row)
    reply.save()
    change(row, "draft_reply", by=by, after={"reply": reply.pk, "round": row.round})
    return reply


#: Characters of a reply.
LONGEST = 10_000


@transaction.atomic
def submit(complaint: Complaint, *, by: Person, version: int | None) -> Reply:
    """Ask for approval: the nearest quality manager who hasn't written it has a working day for it."""
    row = hold(complaint, "draft_reply", by=by, version=version)
    _refuse_unless_writable(row)
    reply = _held_reply(row)
    if reply is None or reply.status not in (Status.DRAFT, Status.RETURNED):
        raise Stale()
    _refuse_gaps(reply)
    reply.status, reply.needs_approval, reply.returned_reason = Status.SUBMITTED, True, ""
    reply.save(update_fields=["status", "needs_approval", "returned_reason"])
    now = timezone.now()
    approver = limits.nearest(Role.QUALITY, row, but=_authors(row, reply))
    due_at, reckoning = limits.due(row, limits.APPROVAL, now)
    open_deadline(
        row.case, limits.APPROVAL, cycle=row.round, label=row.number, owner=approver, unit=row.unit, due_at=due_at,
        opened_at=now, reckoning=reckoning,
    )  # fmt: skip
    change(row, "submit_reply", by=by, after={"reply": reply.pk, "approver": approver})
    tell(row, [approver], "complaint-reply-approval")
    return reply


@transaction.atomic
def approve(complaint: Complaint, *, by: Person, version: int | None) -> Reply:
    """A second person stands behind the answer. Nobody approves what they wrote a part of."""
    row, reply = _to_decide(complaint, by=by, version=version)
    reply.status, reply.approver, reply.approved_at = Status.APPROVED, by, timezone.now()
    reply.save(update_fields=["status", "approver", "approved_at"])
    close_deadline(row.case, limits.APPROVAL, cycle=row.round)
    change(row, "approve_reply", by=by, after={"reply": reply.pk})
    tell(row, {reply.author, row.owner} - {by}, "complaint-reply-approved")
    return reply


@transaction.atomic
def send_back(complaint: Complaint, *, by: Person, version: int | None, reason: str) -> Reply:
    """Not like this. The reason may quote the reply: it stands with that, for those who write it."""
    row, reply = _to_decide(complaint, by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say what should be different.")})
    reply.status, reply.returned_reason = Status.RETURNED, reason.strip()[:500]
    reply.save(update_fields=["status", "returned_reason"])
    close_deadline(row.case, limits.APPROVAL, cycle=row.round)
    change(row, "return_reply", by=by, after={"reply": reply.pk})
    tell(row, {reply.author, row.owner} - {by}, "complaint-reply-returned")
    return reply


@transaction.atomic
def send(complaint: Complaint, *, by: Person, version: int | None, way: str) -> Complaint:
    """The customer gets the answer: by mail, on their page, or it is on record that they were told or written to.

    Whether it needs an approval is asked again now. The moment of the first answer is never overwritten.
    """
    row = hold(complaint, "send_reply", by=by, version=version)
    if row.state != State.INVESTIGATING:
        raise Stale()
    _refuse_way(row, way)
    reply = _held_reply(row)
    if reply is None:
        raise NotYet([_("A reply is written")])
    if reply.status == Status.SENT:
        raise Stale()
    _refuse_gaps(reply)
    if not reply.needs_approval and reply_rules.asks(row):
        reply.needs_approval = True
        reply.save(
            update_fields=["needs_approval"]
        )  # the gate looks; without an approval nothing of this stays
    now = timezone.now()
    text = templating.fill(reply.text, row, by, with_name=True)
    message, _letter = say(row, Message.Kind.REPLY, text, by=by, way=way)
    reply.status, reply.way, reply.sent_at, reply.message = Status.SENT, way, now, message
    reply.save(update_fields=["status", "way", "sent_at", "message"])
    take(
        row, "send_reply", by=by, changes={"replied_at": row.replied_at or now},
        after={"reply": reply.pk, "way": way, "message": message.pk},
    )  # fmt: skip
    remind_to_call(row, message)
    return row


def ways_for(complaint: Complaint) -> list[tuple[str, str]]:
    """How this customer can be answered, the best way first."""
    ways = [Way.MAIL] if has_address(complaint) else []
    if complaint.link_digest:
        ways.append(Way.PAGE)
    return [(way.value, way.label) for way in (*ways, Way.SPOKEN, Way.LETTER)]


def _refuse_way(row: Complaint, way: str) -> None:
    if way not in Way.values:
        raise Invalid({"way": _("Say how the customer gets the answer.")})
    if way == Way.MAIL and not has_address(row):
        raise Invalid({"way": _("The customer has no e-mail address. Choose another way.")})
    if way == Way.PAGE and not row.link_digest:
        raise Invalid({"way": _("The customer has no page. Choose another way.")})


def _refuse_unless_writable(row: Complaint) -> None:
    if row.state not in WRITABLE:
        raise Stale()


def _refuse_gaps(reply: Reply) -> None:
    if gaps := templating.gaps(reply.text):
        raise Invalid({"text": _("The reply has gaps: %(gaps)s") % {"gaps": templating.in_braces(gaps)}})


def _held_reply(row: Complaint) -> Reply | None:
    return row.replies.select_for_update(of=("self",)).filter(round=row.round).first()


def _to_decide(complaint: Complaint, *, by: Person, version: int | None) -> tuple[Complaint, Reply]:
    row = hold(complaint, "approve_reply", by=by, version=version)
    reply = _held_reply(row)
    if row.state not in WRITABLE or reply is None or reply.status != Status.SUBMITTED:
        raise Stale()
    if by.pk in _authors(row, reply):
        raise NotAllowed(_("You wrote a part of this reply: somebody else has to approve it."))
    return row, reply


def _authors(row: Complaint, reply: Reply) -> set[int]:
    """Everybody who has written on it in this round, not only who did so last."""
    wrote = Event.objects.of(row.case).filter(act="complaint.draft_reply", after__round=row.round)
    return {reply.author_id, *wrote.values_list("actor_id", flat=True)}
