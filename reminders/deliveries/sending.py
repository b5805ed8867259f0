"""The loop of a worker: lease, send, mark, until nothing is due. Any number of workers may be at it.

One broken recipient never holds up the others. A mail server that can't be reached holds up all mails, and none of
them is given up because of that.
"""

import datetime as dt
import logging
import smtplib
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import timezone

from reminders.models import Delivery, Heartbeat

from . import customers
from .composing import Needless, compose
from .leasing import MAILS, MESSAGES, drop, lease, mark_sent, put_back, release, renew
from .robots import Refused, Unreachable, send_message

logger = logging.getLogger(__name__)

#: A run ends after so many seconds; the next one goes on.
LONGEST_RUN = 600
#: So many seconds nobody tries a mail server that couldn't be reached: a worker isn't kept from its other work.
PAUSE = 60
PAUSED = "mail-server-away"
#: So many messages in a row in whose middle the connection broke: then it isn't the messages.
BREAKS_AT_ONCE = 2


class ServerAway(Exception):
    """The mail server can't be reached, or wants none of our mails: no fault of the message at hand."""


def deliver_mail(now: dt.datetime | None = None) -> int:
    """Send the mails and digests that are due; gives how many went out."""
    if cache.get(PAUSED):
        return 0
    with _MailServer() as server:
        return _run("deliver-mail", MAILS, server.send, now)


def deliver_messages(now: dt.datetime | None = None) -> int:
    """Send what is due to robots and webhooks; gives how many went out."""
    return _run("deliver-messages", MESSAGES, _Messenger().send, now)


def _run(name: str, channels: Iterable[str], send: Callable[[Delivery], str], now: dt.datetime | None) -> int:
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < LONGEST_RUN:
        batch, more = lease(channels, now or timezone.now())
        try:
            while renew_or_skip(batch):
                current = batch.pop(
                    0
                )  # from here on it isn't released: nobody knows how far its sending comes
                sent += _send_one(current, send)
        except ServerAway as error:
            logger.warning("Mails wait: %s", error)
            cache.set(PAUSED, True, PAUSE)
            _put_back(current, str(error), counts=False)
            more = False
        finally:
            release(batch)
        if not more:
            break
    Heartbeat.objects.update_or_create(
        name=name,
        defaults={
            "at": timezone.now(),
            "took": dt.timedelta(seconds=time.monotonic() - began),
            "notices": sent,
        },
    )
    return sent


def renew_or_skip(batch: list[Delivery]) -> bool:
    """Is there one left that is still ours? Those that are somebody else's by now are left to them."""
    while batch and not renew(batch[0]):
        batch.pop(0)
    return bool(batch)


def _send_one(delivery: Delivery, send: Callable[[Delivery], str]) -> int:
    try:
        answer = send(delivery)
    except ServerAway:
        raise
    except Needless as needless:
        drop(delivery, needless.reason)
    except Refused as refused:
        _put_back(delivery, str(refused), for_good=refused.for_good, counts=refused.counts)
    except Exception as error:  # whatever is wrong with this one must not hold up the others
        # What is wrong with a letter may name its customer: the log then gets the kind of error only.
        logger.error(
            "Delivery %s can't be sent: %s",
            delivery.pk,
            type(error).__name__,
            exc_info=not delivery.contact_id,
        )
        _put_back(delivery, f"{type(error).__name__}: {error}")
    else:
        mark_sent(delivery, answer)
        return 1
    return 0


def _put_back(delivery: Delivery, error: str, **how: bool) -> None:
    text = without_secrets(error)
    if delivery.contact_id is None:
        put_back(delivery, text, **how)
        return
    with transaction.atomic():
        if put_back(delivery, customers.without_customer(text, delivery.contact), **how):
            customers.tell_given_up(delivery)


def without_secrets(text: str) -> str:
    """Servers echo what they were told: the password of the mail server is never kept in the log of errors."""
    for secret in filter(None, (settings.EMAIL_HOST_PASSWORD,)):
        text = text.replace(secret, "***")
    return text


# Mail ----------------------------------------------------------------------------------------------------------------
class _MailServer:
    """One connection for a whole run, opened when there is something to send, and again after it broke."""

    def __init__(self):
        self.connection = get_connection(fail_silently=False)
        self.is_open = False
        self.broken = 0  # messages in a row in whose middle the connection broke

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._close()

    def send(self, delivery: Delivery) -> str:
        mail = (customers.compose if delivery.contact_id else compose)(delivery, self.connection)
        self._open()
        try:
            self._send_in_some_name(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()), (0, b""))
            raise Refused(_reply(code, words), for_good=code >= 500) from error
        except smtplib.SMTPSenderRefused as error:  # it wants nobody's mail from us
            self._close()
            raise ServerAway(_reply(error.smtp_code, error.smtp_error)) from error
        except smtplib.SMTPResponseException as error:
            raise Refused(
                _reply(error.smtp_code, error.smtp_error), for_good=error.smtp_code >= 500
            ) from error
        except (smtplib.SMTPException, OSError) as error:  # hung up or hanging, in the middle of this message
            self._drop_connection()
            self.broken += 1
            kind = ServerAway if self.broken >= BREAKS_AT_ONCE else Refused
            raise kind(f"{type(error).__name__}: {error}") from error
        self.broken = 0
        return "250"

    def _send_in_some_name(self, mail: EmailMultiAlternatives) -> None:
        """In the name of the unit's own mailbox; in ours where the server doesn't let us use that one."""
        try:
            self.connection.send_messages([mail])
        except smtplib.SMTPSenderRefused:
            if mail.from_email == settings.DEFAULT_FROM_EMAIL:
                raise
            mail.from_email = settings.DEFAULT_FROM_EMAIL
            self._close()
            self._open()
            self.connection.send_messages([mail])

    def _open(self) -> None:
        if self.is_open:
            return
        try:
            self.connection.open()
        except (smtplib.SMTPException, OSError) as error:
            self._drop_connection()
            raise ServerAway(without_secrets(f"{type(error).__name__}: {error}")) from error
        self.is_open = True

    def _close(self) -> None:
        """In good order."""
        self.is_open = False
        try:
            self.connection.close()
        except (smtplib.SMTPException, OSError):  # it was gone already
            self._drop_connection()

    def _drop_connection(self) -> None:
        """Without a word: who hangs wouldn't answer one."""
        self.is_open = False
        if server := getattr(self.connection, "connection", None):
            server.close()
            self.connection.connection = None


def _reply(code: int, words: bytes | str) -> str:
    said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return f"{code} {said}"


# Robots and webhooks -------------------------------------------------------------------------------------------------
class _Messenger:
    """Sends to endpoints. One that can't be reached is left alone for the rest of the run: the others don't wait."""

    def __init__(self):
        self.away: dict[int, str] = {}

    def send(self, delivery: Delivery) -> str:
        if delivery.endpoint_id in self.away:
            raise Refused(self.away[delivery.endpoint_id], for_good=False, counts=False)
        try:
            return send_message(delivery)
        except Unreachable as error:
            self.away[delivery.endpoint_id] = str(error)
            raise
