"""Letters to the customer: queued with the message they carry, composed when they are sent, in the customer's language.

A letter is a Delivery of `reminders.deliveries.customers` with the content "message:45". Its Message-ID stands in the
message too, without angle brackets: an answer names it and finds its case. The link in it is made when it is sent.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from people.models import Person
from reminders.deliveries.composing import HTML_LANGUAGES, Needless, one_line, thread_of
from reminders.deliveries.customers import Letter, compose_by, given_up_by, named_in, see_by, write_letter
from reminders.deliveries.writing import mail_host
from reminders.models import Deadline, Delivery
from reminders.notices import notify
from reminders.policies import ground_of

from . import limits, links
from .models import Attachment, Complaint, Mailbox, Message
from .states import UNANSWERED, State

Kind = Message.Kind

#: The subject of each kind of letter, behind the reference.
SUBJECTS: dict[str, Promise] = {
    Kind.RECEIPT: pgettext_lazy("letter", "We have received your complaint"),
    Kind.MESSAGE: pgettext_lazy("letter", "A message about your complaint"),
    Kind.REPLY: pgettext_lazy("letter", "Our answer to your complaint"),
    Kind.PASSED_ON: pgettext_lazy("letter", "Your complaint has been passed on"),
    Kind.LINK: pgettext_lazy("letter", "The link to your complaint"),
}
#: So many bytes of files go with a letter; more than that are looked at on the page.
LARGEST_FILES = 5 * 1024 * 1024
#: So many earlier mails are named in a letter's References.
REFERRED = 10


# Queueing ------------------------------------------------------------------------------------------------------------
def has_address(complaint: Complaint) -> bool:
    """Can the customer be written to by e-mail?"""
    contact = complaint.contact if complaint.contact_id else None
    return bool(contact and contact.email and not contact.erased_at)


def queue_letter(message: Message) -> Delivery | None:
    """Send this message to the customer by mail, behind the caller's commit; once, however often it is asked.

    None where there is no address: then the message stands on the customer's page only.
    """
    complaint = message.complaint
    if not has_address(complaint):
        return None
    delivery = write_letter(complaint.contact, f"message:{message.pk}", subject=complaint.case)
    if delivery is not None and message.message_id != delivery.message_id:
        message.message_id = delivery.message_id
        message.save(update_fields=["message_id"])
    return delivery


def say(
    complaint: Complaint, kind: str, text: str, *, by: Person | None, way: str | None = None
) -> tuple[Message, Delivery | None]:
    """A message to the customer, by mail where they have an address, else on their page. In the caller's transaction.

    `way` says how it reaches them where that is known; only what goes by mail is queued.
    """
    way = way or (Message.Way.MAIL if has_address(complaint) else Message.Way.PAGE)
    message = Message.objects.create(
        complaint=complaint, direction=Message.Direction.OUT, kind=kind, way=way, text=text, author=by
    )
    return message, queue_letter(message) if way == Message.Way.MAIL else None


def acknowledge_by_letter(complaint: Complaint, *, by: Person | None, text: str = "") -> Message:
    """Tell the customer that it has arrived, what happens next and by when; `text` stands before that."""
    words = "\n\n".join(filter(None, (text.strip(), receipt_text(complaint))))
    message, _letter = say(complaint, Kind.RECEIPT, words, by=by)
    return message


def receipt_text(complaint: Complaint) -> str:
    """What an acknowledgement says, in the customer's language: the reference, what happens next and by when."""
    with reading_as_customer(complaint):
        lines = [
            _("We have received your complaint. Its reference is %(number)s: name it when you contact us.")
            % {"number": complaint.number},
            next_in_words(complaint),
        ]
    return "\n\n".join(filter(None, lines))


def next_in_words(complaint: Complaint) -> str:
    """What happens next and by when, for the customer, in the language and zone that are active; empty: nothing."""
    if not complaint.is_open:
        return ""
    if complaint.paused_since is not None:
        return _("Your complaint waits for something we need from outside; we go on as soon as it is there.")
    if complaint.state in UNANSWERED:
        return _("We look into it and answer you by %(day)s.") % {"day": _day(answer_due(complaint))}
    if complaint.state != State.REPLIED or complaint.due_at is None:
        return ""
    return _("You have our answer. By %(day)s we ask you whether it helped.") % {
        "day": _day(complaint.due_at)
    }


def answer_due(complaint: Complaint) -> dt.datetime:
    """The moment until which the customer is answered: of the open deadline, or of the one that follows the receipt."""
    due = (
        Deadline.objects.filter(subject=complaint.case, kind="reply", cycle=complaint.round, closed_at=None)
        .values_list("due_at", flat=True)
        .first()
    )
    return due or limits.due(complaint, "reply", complaint.received_at).at


def _day(moment: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(moment), pgettext("date format", "j F Y"))


# Composing -----------------------------------------------------------------------------------------------------------
def language_of(complaint: Complaint) -> str:
    """In which the customer reads: that of their contact, else the one the complaint came in."""
    own = complaint.contact.language if complaint.contact_id else ""
    known = dict(settings.LANGUAGES)
    return (
        own if own in known else complaint.language if complaint.language in known else settings.LANGUAGE_CODE
    )


@contextlib.contextmanager
def reading_as_customer(complaint: Complaint) -> Iterator[None]:
    """Within, words and moments are the customer's: their language, and the time where they were."""
    zone = ground_of(complaint.unit).work.zone
    with translation.override(language_of(complaint)), timezone.override(zone):
        yield


def sender_of(complaint: Complaint) -> Mailbox | None:
    """The mailbox that the customer's answers come back to: of the nearest unit at or above the complaint's."""
    return (
        Mailbox.objects.filter(unit__in=complaint.unit.lineage, ended_at=None)
        .select_related("unit")
        .order_by("-unit__path", "pk")
        .first()
    )


@compose_by("message")
def compose(pk: int, delivery: Delivery) -> Letter:
    """The letter that carries this message."""
    message = (
        Message.objects.select_related("complaint__unit", "complaint__contact", "reply").filter(pk=pk).first()
    )
    if message is None or message.direction != Message.Direction.OUT:
        raise Needless("nothing-to-say")
    complaint = message.complaint
    if complaint.anonymised_at is not None:
        raise Needless("erased")
    mailbox = sender_of(complaint)
    files, left_out = _files(message)
    with reading_as_customer(complaint):
        context = {
            "complaint": complaint,
            "message": message,
            "title": str(SUBJECTS.get(message.kind, SUBJECTS[Kind.MESSAGE])),
            "name": one_line(delivery.contact.name),
            "greets": not has_greeting(message.text),
            "sender": str(mailbox.unit if mailbox else complaint.unit),
            "link": links.page_url(complaint),
            "answers_are_read": mailbox is not None,
            "files_left_out": left_out,
            "lang": HTML_LANGUAGES.get(translation.get_language(), "en"),
        }
        return Letter(
            subject=f"[{complaint.number}] {context['title']}",
            text=render_to_string("emails/letter-body.txt", context),
            html=render_to_string("emails/letter-body.html", context),
            sender=address_in(mailbox),
            reply_to=mailbox.address if mailbox else "",
            headers=_headers(message, mailbox),
            files=files,
        )


#: How the first line of a letter ends that speaks to its reader, and how long it is at most.
GREETING_ENDS, LONGEST_GREETING = (",", ":", "，", "：", "!", "！", "、"), 60


def has_greeting(text: str) -> bool:
    """Does the text begin by greeting its reader? Then the letter doesn't do so again."""
    first, _line, rest = text.strip().partition("\n")
    return bool(rest) and len(first) <= LONGEST_GREETING and first.strip().endswith(GREETING_ENDS)


def address_in(mailbox: Mailbox | None) -> str:
    """As it stands in a header; empty for the usual one."""
    if mailbox is None:
        return ""
    name = one_line(str(mailbox.unit)).replace('"', "")
    return f'"{name}" <{mailbox.address}>'


def _headers(message: Message, mailbox: Mailbox | None) -> dict[str, str]:
    """One thread per complaint: what answers the customer's own mail stands below that one."""
    complaint = message.complaint
    earlier = list(
        complaint.messages.filter(at__lte=message.at)
        .exclude(pk=message.pk)
        .exclude(message_id="")
        .order_by("-at", "-pk")
        .values_list("message_id", flat=True)[:REFERRED]
    )
    root = f"{thread_of(complaint.case)}@{mail_host()}"
    headers = {
        "In-Reply-To": f"<{earlier[0] if earlier else root}>",
        "References": " ".join(f"<{one_line(name)}>" for name in (root, *reversed(earlier))),
        "Auto-Submitted": "auto-replied" if message.kind == Kind.RECEIPT else "auto-generated",
        "Precedence": "list",  # those that answer for somebody who is away leave alone what has these two
        "List-Id": f"<complaints.{mail_host()}>",
    }
    if mailbox is not None:
        headers["X-Loop"] = mailbox.address
    return headers


def _files(message: Message) -> tuple[tuple[tuple[str, bytes, str], ...], int]:
    """The files that go with the letter, and how many are left to the page because they are too large together."""
    rows = list(Attachment.objects.filter(message=message, erased_at=None))
    if sum(row.size for row in rows) > LARGEST_FILES:
        return (), len(rows)
    files = []
    for row in rows:
        with row.file.open("rb") as file:
            files.append((one_line(row.name), file.read(), row.content_type))
    return tuple(files), 0


# The log, and what can't be delivered --------------------------------------------------------------------------------
def _seen(person: Person) -> Q:
    """Letters of complaints that this person sees."""
    return named_in("subject", "complaint", Complaint.objects.visible_to(person))


see_by("message", _seen)


@given_up_by("message")
def tell_handler(pk: int, delivery: Delivery) -> None:
    """The customer doesn't have this letter: whoever handles the complaint has to reach them in another way."""
    message = (
        Message.objects.select_related("complaint__handler", "complaint__first_handler").filter(pk=pk).first()
    )
    if message is None:
        return
    complaint = message.complaint
    people = {complaint.owner, complaint.handler or complaint.first_handler, message.author}
    notify(
        people, "complaint-letter-failed", occasion=f"{complaint.case}:letter:{delivery.pk}:{delivery.attempts}",
        subject=complaint.case, url=complaint.get_absolute_url(), params={"label": complaint.number},
    )  # fmt: skip
