"""Which complaint a mail belongs to: the letter of ours that it answers, or its reference in the subject."""

import re
from dataclasses import dataclass

from complaints.models import Complaint, Mailbox, Message

from .parsing import Letter

_REFERENCE = re.compile(r"(?<![A-Za-z0-9])CP-\d{4}-\d{6,9}(?!\d)", re.IGNORECASE)
#: How customers begin when they say that it isn't.
_NOT_SOLVED = re.compile(
    r"^\W*(?:问题|問題|事情|it is|it's|this is|the problem is)?\s*(?:还是|還是|仍然|依然|仍|still)?\s*"
    r"(?:未解决|未解決|没有解决|沒有解決|没解决|沒解決|未得到解决|"
    r"not (?:yet )?(?:solved|resolved|fixed)|unsolved|unresolved)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """The complaint to join, if any; `named`: the reference that a stranger gave, whether there is such a one or not."""

    complaint: Complaint | None = None
    other_address: bool = False
    named: str = ""


def find(mailbox: Mailbox, letter: Letter) -> Found:
    """A letter of ours is named by its unguessable Message-ID: whoever answers it had it from the customer.

    By the ID of the customer's own mail, or a reference, joins only the customer: both can be guessed or overheard.
    Another company's complaint, or one that was made anonymous, is none to join.
    """
    named = [number.upper() for number in _REFERENCE.findall(letter.subject)]
    answered = list(
        Message.objects.filter(message_id__in=letter.references).select_related(
            "complaint__unit", "complaint__contact"
        )
    )
    answered.sort(key=lambda message: letter.references.index(message.message_id))
    for message in answered:
        if _is_open_to(mailbox, message.complaint):
            own = is_customer(letter, message.complaint)
            if own or message.direction == Message.Direction.OUT:
                return Found(message.complaint, other_address=not own)
    for number in named:
        complaint = Complaint.objects.select_related("unit", "contact").filter(number=number).first()
        if complaint is not None and _is_open_to(mailbox, complaint) and is_customer(letter, complaint):
            return Found(complaint)
    return Found(named=named[0] if named else "")


def is_customer(letter: Letter, complaint: Complaint) -> bool:
    """Does the mail come from the address that the complaint has?"""
    contact = complaint.contact
    if contact is None or contact.erased_at or not contact.email:
        return False
    return contact.email.lower() == letter.sender


def _is_open_to(mailbox: Mailbox, complaint: Complaint) -> bool:
    return complaint.anonymised_at is None and complaint.unit.company_id == mailbox.unit.company_id


def says_not_solved(text: str) -> bool:
    """Does an answer begin with that?"""
    return bool(_NOT_SOLVED.match(text[:80]))
