"""What is said both ways: messages of the handlers, of the customer, and the customer's "not solved".

A customer comes by their secret link or by mail: `by` is None then, whoever calls has checked that. The words stand in
the message only; history and notices say that there is one.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.submissions import AlreadyDone, settle
from incidents.errors import Invalid, Stale
from people.models import Person, Role
from reminders.deadlines import close_deadline, open_deadline

from . import handling, limits
from .attaching import attach, store
from .letters import say
from .lifecycle import change, hold, refuse_if_erased, refuse_unless_allowed, run_on, tell
from .models import Complaint, FollowUp, Message
from .states import Priority, State

Direction, Kind, Way = Message.Direction, Message.Kind, Message.Way

#: The kind of deadline: a customer without an e-mail address has to be called.
CALL, CALL_CYCLE = "call", 1
#: Of a message no more is kept.
LONGEST = 10_000
#: From here the customer can say that it isn't solved; before, they are answered anyway.
ANSWERED = (State.REPLIED, State.FOLLOWED_UP, State.CLOSED)


# To the customer -----------------------------------------------------------------------------------------------------
@transaction.atomic
def write(
    complaint: Complaint,
    *,
    by: Person,
    version: int | None,
    text: str,
    uploads: Iterable[uuid.UUID | str] = (),
    files: Iterable[File] = (),
) -> Message:
    """Write to the customer: by mail where they have an address, else on their page.

    `uploads` are files taken in before, by this person; `files` are taken in now. Who has only a phone is to be called:
    whoever handles the complaint gets a day for it.
    """
    refuse_unless_allowed(complaint, "message", by=by)
    uploads = [
        *uploads,
        *(store(file, by=by, key=None).pk for file in files),
    ]  # before anybody waits for the complaint
    row = hold(complaint, "message", by=by, version=version)
    if row.state == State.MERGED:
        raise Stale(_("It was joined with another complaint: write to the customer there."))
    refuse_if_erased(row, field="text")
    if not text.strip():
        raise Invalid({"text": _("Write what the customer shall read.")})
    message, _letter = say(row, Kind.MESSAGE, text.strip(), by=by)
    attached = attach(row, message, uploads, by=by, key=None)
    remind_to_call(row, message)
    change(row, "message", by=by, after=_in_history(message, attached))
    return message


def remind_to_call(row: Complaint, message: Message) -> None:
    """A message that stands on the page of somebody who has a phone and no e-mail: they are called."""
    contact = row.contact if row.contact_id else None
    if message.way != Way.PAGE or contact is None or contact.erased_at or not contact.phone:
        return
    owner = row.owner or row.handler or row.first_handler
    due_at, reckoning = limits.due(row, CALL, message.at)
    open_deadline(
        row.case, CALL, cycle=CALL_CYCLE, label=row.number, owner=owner, unit=row.unit, due_at=due_at,
        opened_at=message.at, reckoning=reckoning,
    )  # fmt: skip
    if owner is not None and owner.pk != message.author_id:
        tell(row, [owner], "complaint-call")


def waits_for_call(complaint: Complaint) -> bool:
    """Is there a message that the customer has to be told of by phone?"""
    return unread_on_page(complaint).exists()


def unread_on_page(complaint: Complaint):
    """Messages that stand on the customer's page only, and that they have not opened."""
    return complaint.messages.filter(direction=Direction.OUT, way=Way.PAGE, read_at=None)


@transaction.atomic
def record_call(complaint: Complaint, *, by: Person, version: int | None) -> Complaint:
    """The customer was called and told what stands on their page."""
    row = hold(complaint, "message", by=by, version=version)
    now = timezone.now()
    if not unread_on_page(row).update(read_at=now):
        raise Stale()
    close_deadline(row.case, CALL, cycle=CALL_CYCLE, at=now)
    return change(row, "call_customer", by=by)


# From the customer ---------------------------------------------------------------------------------------------------
def customer_writes(
    complaint: Complaint,
    *,
    text: str,
    uploads: Iterable[uuid.UUID | str] = (),
    key: uuid.UUID | None,
    way: str,
    message_id: str = "",
    by: Person | None = None,
) -> Message:
    """A message of the customer, by their page, by mail, or spoken to `by`. It changes no state; a pause ends by it.

    The same key, or the same mail (`message_id` without angle brackets), gives the message that the first one made.
    To a complaint that was joined with another one it goes where the case is handled. Raises Invalid, KeyReused.
    """
    if not text.strip() and not uploads:
        raise Invalid({"text": _("Write something, or add a photo.")})
    said = _Said(text, uploads, key, way, message_id, by)
    return _once(complaint, said, lambda row: _put(row, Kind.MESSAGE, said))


def not_solved(
    complaint: Complaint,
    *,
    text: str,
    key: uuid.UUID | None,
    uploads: Iterable[uuid.UUID | str] = (),
    way: str = Way.PAGE,
    message_id: str = "",
) -> Message:
    """The customer says that the answer didn't help: the next round begins. While they wait for one it is a message.

    Idempotent as `customer_writes` is. Raises Invalid, KeyReused.
    """
    if not text.strip():
        raise Invalid({"text": _("Say what is still wrong.")})
    said = _Said(text, uploads, key, way, message_id, None)

    def put(row: Complaint) -> Message:
        if row.state not in ANSWERED:
            return _put(row, Kind.MESSAGE, said)
        message = _put(row, Kind.NOT_SOLVED, said)
        FollowUp.objects.create(
            complaint=row, round=row.round, outcome=FollowUp.Outcome.NOT_SATISFIED, is_final=True, by=None
        )
        begin_next_round(row, by=None, message=message.pk)
        return message

    return _once(complaint, said, put)


def begin_next_round(row: Complaint, *, by: Person | None, **after) -> Complaint:
    """The customer is not content (held row): the next round begins, and it goes a level up (DOMAIN §4).

    At first those above are told; whoever is not content again, or with something that matters much, is answered by them.
    """
    close_deadline(row.case, CALL, cycle=CALL_CYCLE)
    change(row, "not_content", by=by, changes={"satisfied": False}, after=after)
    reason = str(_("The customer is not content with the answer."))
    row = handling.reopen(row, by=by, version=None, reason=reason)
    if row.round > settings.COMPLAINT_ROUNDS_BELOW or (row.priority or 0) >= Priority.URGENT:
        try:
            return handling.escalate(row, by=None, version=None, reason=reason)
        except Invalid:  # nobody is further up: who has it goes on
            return row
    people = [limits.nearest(role, row) for role in ABOVE]
    tell(
        row,
        {person for person in people if person not in (by, row.owner, None)},
        "complaint-dissatisfied",
        cycle=row.round,
    )
    return row


#: Who hears of it when a customer is not content with an answer.
ABOVE = (Role.SUPERVISOR, Role.QUALITY)


@dataclass(frozen=True)
class _Said:
    """What the customer said, as it came."""

    text: str
    uploads: Iterable[uuid.UUID | str]
    key: uuid.UUID | None
    way: str
    message_id: str
    by: Person | None


def _once(complaint: Complaint, said: _Said, put: Callable[[Complaint], Message]) -> Message:
    """What `put` makes of the held complaint, or what an earlier post with the same key, or the same mail, made."""
    try:
        with transaction.atomic():
            row = _where_it_is_handled(complaint, by=said.by)
            if said.message_id and (known := Message.objects.filter(message_id=said.message_id).first()):
                return known
            return put(row)
    except AlreadyDone as done:
        return Message.objects.get(pk=int(done.result))


def _where_it_is_handled(complaint: Complaint, *, by: Person | None) -> Complaint:
    """The held row of the complaint, or of the one that it was joined with.

    That one is found before anything is locked: who joins two complaints locks them in an order of their own.
    """
    pk, into = complaint.pk, complaint.pk
    while into is not None:
        pk = into
        into = (
            Complaint.objects.filter(pk=pk, state=State.MERGED).values_list("merged_into", flat=True).first()
        )
    row = hold(complaint if pk == complaint.pk else Complaint(pk=pk), "message", by=by, version=None)
    while row.state == State.MERGED and row.merged_into_id is not None:
        row = hold(row.merged_into, "message", by=by, version=None)
    refuse_if_erased(row, field="text")
    return row


def _put(row: Complaint, kind: str, said: _Said) -> Message:
    now = timezone.now()
    uploads = sorted({str(upload) for upload in said.uploads})
    message = Message.objects.create(
        complaint=row, direction=Direction.IN, kind=kind, way=said.way, text=said.text.strip()[:LONGEST], at=now,
        message_id=said.message_id, author=said.by,
    )  # fmt: skip
    if said.key is not None:
        body = {"text": said.text, "uploads": uploads, "way": said.way, "complaint": row.pk}
        settle(said.key, "complaint-message", by=said.by, body=body, result=str(message.pk))
    files = attach(row, message, uploads, by=said.by, key=said.key)
    if row.paused_since is not None:
        run_on(row, by=None, at=now)
    change(row, "customer_writes", by=said.by, after=_in_history(message, files))
    people = {row.owner, row.handler or row.first_handler} - {said.by}
    tell(row, people, "complaint-message")
    return message


def _in_history(message: Message, files: list[dict]) -> dict:
    return {"message": message.pk, "way": message.way} | ({"attachments": files} if files else {})


# Reading -------------------------------------------------------------------------------------------------------------
def read_by_handler(complaint: Complaint, person: Person) -> int:
    """Whoever handles it has the customer's messages before them; anybody else's look leaves them unread."""
    if person.pk not in (complaint.handler_id, complaint.owner_id):
        return 0
    return complaint.messages.filter(direction=Direction.IN, read_at=None).update(read_at=timezone.now())


def new_to_customer(complaint: Complaint) -> list[int]:
    """The messages to the customer that they have not opened; asked before their page is drawn."""
    return list(complaint.messages.filter(direction=Direction.OUT, read_at=None).values_list("pk", flat=True))


@transaction.atomic
def read_by_customer(complaint: Complaint, shown: list[int]) -> int:
    """The customer has these messages before them: nobody needs to call them because of those.

    What somebody wrote while the page was drawn isn't among them: the customer is still called about that.
    """
    if not shown:
        return 0
    row = hold(complaint, "message", by=None, version=None)
    now = timezone.now()
    seen = row.messages.filter(pk__in=shown, read_at=None).update(read_at=now)
    if not unread_on_page(row).exists():
        close_deadline(row.case, CALL, cycle=CALL_CYCLE, at=now)
    return seen
