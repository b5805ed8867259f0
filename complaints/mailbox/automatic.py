"""What no person has written: answers of programs, lists, bounces, our own mail. It is never answered (RFC 3834)."""

import re
from email.utils import parseaddr

from django.conf import settings

from complaints.models import Mailbox, Message
from reminders.deliveries.customers import tell_given_up
from reminders.deliveries.writing import mail_host
from reminders.models import Delivery

from .parsing import Letter

_DAEMONS = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@")
#: Nobody reads there: such a mail is taken up, and not acknowledged.
_NOBODY = re.compile(r"^(?:no-?reply|do-?not-?reply|noreply\+[^@]*|bounces?(?:[-+][^@]*)?)@")
_FAILED = re.compile(r"^action:\s*failed", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)


def is_ours(letter: Letter) -> bool:
    """Did we send it ourselves, from a mailbox or as the system?"""
    own = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), parseaddr(settings.SERVER_EMAIL)[1].lower()}
    if letter.sender and letter.sender in own:
        return True
    if (
        letter.headers.get("x-loop")
        and Mailbox.objects.filter(address__iexact=letter.headers["x-loop"]).exists()
    ):
        return True
    if letter.headers.get("list-id", "").strip("<> ") == f"complaints.{mail_host()}":
        return True
    return bool(letter.sender) and Mailbox.objects.filter(address__iexact=letter.sender).exists()


def is_bounce(letter: Letter) -> bool:
    """A server's word on a mail of ours: delivered, delayed, come back, read."""
    return letter.headers.get("content-type", "").lower().startswith("multipart/report") or bool(
        letter.headers.get("x-failed-recipients")
    )


def is_automatic(letter: Letter) -> bool:
    """Was it written by a program: an absence notice, a list, a daemon?"""
    headers = letter.headers
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    return (
        is_bounce(letter)
        or submitted not in ("no", "")
        or headers.get("precedence", "").strip().lower() in ("bulk", "junk", "list", "auto_reply")
        or any(
            name in headers for name in ("x-autoreply", "x-autorespond", "x-mail-autoreply", "x-auto-reply")
        )
        or headers.get("return-path", "-").strip() in ("<>", "")
        or bool(_DAEMONS.match(letter.sender))
    )


def may_be_answered(letter: Letter) -> bool:
    """Is there somebody who would read an acknowledgement?"""
    return bool(letter.sender) and not is_automatic(letter) and not _NOBODY.match(letter.sender)


def mark_bounced(letter: Letter) -> Message | None:
    """Where a letter of ours came back for good: mark it as given up and tell its handler. Gives the message.

    Only a mail that names the letter's own Message-ID, which nobody else knows, can do that.
    """
    if not is_bounce(letter) or (letter.report and not _FAILED.search(letter.report)):
        return None
    names = [*letter.returned, *letter.references]
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("contact")
        .filter(channel=Delivery.Channel.CUSTOMER, message_id__in=names)
        .first()
    )
    if delivery is None:
        return None
    message = Message.objects.select_related("complaint").filter(message_id=delivery.message_id).first()
    if delivery.state != Delivery.State.POISONED:
        status = found[1] if (found := _STATUS.search(letter.report)) else ""
        delivery.state, delivery.last_error = Delivery.State.POISONED, f"bounced {status}".strip()
        delivery.save(update_fields=["state", "last_error"])
        tell_given_up(delivery)
    return message
