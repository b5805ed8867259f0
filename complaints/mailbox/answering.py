"""Who gets an acknowledgement: people only, and one sender not again within an hour. Receiving it sends the letter."""

import datetime as dt

from complaints.models import Message

from . import automatic
from .parsing import Letter

#: No second acknowledgement to the same sender within this time.
REST = dt.timedelta(hours=1)


def may_acknowledge(letter: Letter, sender: str, now: dt.datetime) -> bool:
    """Is there a person who reads it, and who has had none a moment ago? `sender` as in IncomingMail."""
    return automatic.may_be_answered(letter) and not had_one(sender, now)


def had_one(sender: str, now: dt.datetime) -> bool:
    return (
        Message.objects.filter(kind=Message.Kind.RECEIPT, at__gt=now - REST)
        .filter(complaint__incoming_mails__sender=sender)
        .exists()
    )
