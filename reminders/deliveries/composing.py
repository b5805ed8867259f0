"""What a mail says, in its reader's language and time zone, whatever is active where it is sent."""

import contextlib
import re
import zoneinfo
from collections.abc import Iterator, Sequence
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from people.models import Person
from reminders.channels import label_of
from reminders.models import Delivery, Notice
from reminders.notices import sentence, words_of_what

from .digests import contents
from .flood import is_gathered
from .unsubscribing import unsubscribe_url
from .writing import mail_host

#: Notices that one gathered mail lists; the rest are counted.
LISTED = 50
#: As a mail's lang attribute.
HTML_LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}


class Needless(Exception):
    """There is nothing to say any more. `reason` is a key of `log.REASONS`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@contextlib.contextmanager
def reading_as(person: Person) -> Iterator[None]:
    """Within, words and moments are this person's."""
    with translation.override(person.language), timezone.override(zoneinfo.ZoneInfo(person.time_zone)):
        yield


def compose(delivery: Delivery, through: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail of this delivery. Raises Needless when everything in it has been read in the app meanwhile."""
    with reading_as(delivery.recipient):
        if delivery.channel == Delivery.Channel.DIGEST:
            return _digest(delivery, through)
        unread = list(delivery.notices.filter(read_at=None).order_by("pk")[: LISTED + 1])
        if not unread:
            raise Needless("read")
        if is_gathered(delivery):
            count = delivery.notices.filter(read_at=None).count()
            return _gathered(delivery, unread[:LISTED], count, through)
        return _notice(delivery, unread[0], through)


def absolute(url: str) -> str:
    return f"{settings.BASE_URL}{url}"


def _notice(delivery: Delivery, notice: Notice, through: BaseEmailBackend | None) -> EmailMultiAlternatives:
    context = {
        "label": str(notice.params.get("about") or notice.params.get("label") or ""),
        "event": label_of(notice.text),
        "what": words_of_what(notice.params.get("what")),
        "text": sentence(notice),
        "notice": notice,
        "link": absolute(reverse("notice", args=[notice.pk])),
    }
    return _mail(delivery, "notice", context, through)


def _gathered(
    delivery: Delivery, listed: Sequence[Notice], count: int, through: BaseEmailBackend | None
) -> EmailMultiAlternatives:
    context = {
        "count": count,
        "lines": [sentence(notice) for notice in listed],
        "left_out": count - len(listed),
        "link": absolute(reverse("notices") + "?show=unread"),
    }
    return _mail(delivery, "more", context, through)


def _digest(delivery: Delivery, through: BaseEmailBackend | None) -> EmailMultiAlternatives:
    found = contents(delivery)
    if not found:
        raise Needless("nothing-to-say")
    off = unsubscribe_url(delivery.recipient)
    context = {**found, "link": absolute(reverse("mywork")), "unsubscribe": off}
    mail = _mail(delivery, "digest", context, through)
    mail.extra_headers["List-Unsubscribe"] = f"<{off}>"
    mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def _mail(
    delivery: Delivery, name: str, context: dict, through: BaseEmailBackend | None
) -> EmailMultiAlternatives:
    """The mail `name` of templates/emails. Mails about one case are one thread: they all refer to its root."""
    person = delivery.recipient
    context = {
        **context,
        "person": person,
        "lang": HTML_LANGUAGES.get(translation.get_language(), "en"),
        "preferences": absolute(reverse("preferences")),
    }
    headers = {
        "Message-ID": f"<{delivery.message_id}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",  # Exchange doesn't read Auto-Submitted
    }
    if delivery.subject:
        headers["References"] = headers["In-Reply-To"] = f"<{thread_of(delivery.subject)}@{mail_host()}>"
    mail = EmailMultiAlternatives(
        subject=one_line(render_to_string(f"emails/{name}-subject.txt", context)),
        body=render_to_string(f"emails/{name}-body.txt", context).strip() + "\n",
        to=[formataddr((one_line(person.display_name), person.email))],
        headers=headers,
        connection=through,
    )
    mail.attach_alternative(render_to_string(f"emails/{name}-body.html", context), "text/html")
    return mail


def thread_of(subject: str) -> str:
    """The case as the left part of a Message-ID: "incident.12"."""
    return re.sub(r"[^A-Za-z0-9.-]", ".", subject)


def one_line(text: str) -> str:
    """Without any line break: nobody writes a header of their own."""
    return " ".join(text.split())
