"""Letters to customers, who have no account: written with what they tell, composed when they are sent.

Apps above say what a letter of theirs says, who may read in the log that it went out, and who hears that it didn't:

    @compose_by("message")
    def compose(pk, delivery): ...   # -> Letter
    see_by("message", lambda person: Q(subject__in=...))
    @given_up_by("message")
    def tell_handler(pk, delivery): ...

Nothing of a customer stands in the row of a delivery: it refers to the contact, and errors are kept without addresses.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formataddr

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull

from people.models import Contact, Person
from reminders.models import Delivery

from .composing import Needless, one_line
from .writing import is_muted, look_now, mail_host


@dataclass(frozen=True)
class Letter:
    """What one letter says. `sender` and `reply_to` are addresses as they stand in a header; empty: the usual ones."""

    subject: str
    text: str
    html: str
    sender: str = ""
    reply_to: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, bytes, str], ...] = ()  # name, content, type


Compose = Callable[[int, Delivery], Letter]
See = Callable[[Person], Q]
GivenUp = Callable[[int, Delivery], None]

_COMPOSE: dict[str, Compose] = {}
_SEE: dict[str, See] = {}
_GIVEN_UP: dict[str, GivenUp] = {}


def compose_by(kind: str) -> Callable[[Compose], Compose]:
    """Registers what the letters say whose content begins with this kind. It may raise Needless."""

    def register(compose: Compose) -> Compose:
        _COMPOSE[kind] = compose
        return compose

    return register


def see_by(kind: str, see: See) -> None:
    """Registers who finds such letters in the log of deliveries: a condition for each person."""
    _SEE[kind] = see


def named_in(column: str, kind: str, rows: QuerySet) -> Q:
    """For conditions of `see_by`: this column of a delivery ("complaint:12") names one of these rows.

    Looked up by key for each row of the log. That the key is one, said of the row of the log, keeps the database from
    gathering all of `rows` first, however many there ever were.
    """
    found = Func(OuterRef(column), Value(rf"^{kind}:(\d{{1,18}})$"), function="substring")
    key = Cast(found, BigIntegerField())
    return Q(Exists(rows.order_by().filter(IsNull(key, False), pk=key)))


def given_up_by(kind: str) -> Callable[[GivenUp], GivenUp]:
    """Registers who is told that a letter can't be delivered."""

    def register(given_up: GivenUp) -> GivenUp:
        _GIVEN_UP[kind] = given_up
        return given_up

    return register


def write_letter(contact: Contact, content: str, *, subject: str) -> Delivery | None:
    """A letter to this customer, in the caller's transaction; once for each content ("message:45").

    `subject` is the case. None where the customer has no address, or nothing may go out now.
    """
    if is_muted() or contact.erased_at or not contact.email:
        return None
    delivery, is_new = Delivery.objects.get_or_create(
        key=content,
        defaults={
            "channel": Delivery.Channel.CUSTOMER, "contact": contact, "content": content, "subject": subject,
            "message_id": f"{uuid.uuid4()}@{mail_host()}",
        },
    )  # fmt: skip
    if is_new:
        look_now("reminders.tasks.deliver_mail")
    return delivery


def compose(delivery: Delivery, through: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail of this delivery. Raises Needless when nobody may or needs to get it any more."""
    contact = delivery.contact
    kind, key = _content(delivery)
    if contact.erased_at:
        raise Needless("erased")
    if not contact.email:
        raise Needless("no-customer-address")
    if kind not in _COMPOSE:
        raise Needless("nothing-to-say")
    letter = _COMPOSE[kind](key, delivery)
    mail = EmailMultiAlternatives(
        subject=one_line(letter.subject),
        body=letter.text.strip() + "\n",
        from_email=letter.sender or None,
        to=[formataddr((one_line(contact.name), contact.email))],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers={
            "Message-ID": f"<{delivery.message_id}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",  # Exchange doesn't read Auto-Submitted
            **letter.headers,
        },
        connection=through,
    )
    mail.attach_alternative(letter.html, "text/html")
    for name, content, content_type in letter.files:
        mail.attach(name, content, content_type)
    return mail


def tell_given_up(delivery: Delivery) -> None:
    """The mail server wants it for good or too often not: somebody has to reach the customer in another way."""
    kind, key = _content(delivery)
    if kind in _GIVEN_UP:
        _GIVEN_UP[kind](key, delivery)


def seen_by(person: Person) -> Q:
    """Which letters this person finds in the log; those of cases that they don't see are none of theirs."""
    found = Q(pk__in=())
    for kind, see in _SEE.items():
        found |= Q(channel=Delivery.Channel.CUSTOMER, content__startswith=f"{kind}:") & see(person)
    return found


#: Anything that looks like an address, in the words of a mail server.
ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;]+")


def without_customer(text: str, contact: Contact) -> str:
    """An error as it may be kept: without the customer's address, its local part or their name."""
    text = ADDRESS.sub("***", text)
    for word in (contact.email, contact.email.partition("@")[0], contact.name):
        if len(word) > 1:
            text = re.sub(re.escape(word), "***", text, flags=re.IGNORECASE)
    return text


def _content(delivery: Delivery) -> tuple[str, int]:
    kind, _colon, key = delivery.content.partition(":")
    return kind, int(key)
