"""What becomes of one mail: decided, done and marked as done in one transaction, so that a kill loses and doubles none.

Its files are kept before that; a second try finds them again by the key made from what the mail says.
"""

import datetime as dt
import logging
import re
import traceback
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from complaints import attaching, corresponding, intake
from complaints.lifecycle import tell
from complaints.models import Complaint, IncomingMail, Mailbox, Message
from complaints.states import Channel
from history.recording import record
from incidents.errors import Refused
from people.models import Person, Role
from reminders.notices import notify

from . import answering, automatic, joining, words
from .parsing import Enclosure, Letter, read
from .quotes import new_part
from .server import LARGEST, Seen, Withheld

logger = logging.getLogger(__name__)

Outcome = IncomingMail.Outcome
#: Mails of one sender that become something within an hour; what comes above that stays in the mailbox.
FLOOD, HOUR = 20, dt.timedelta(hours=1)
LONGEST_COMPLAINT, LONGEST_MESSAGE = 5000, 10_000  # characters
#: The first key of the advisory locks by which the mails of one sender are taken one after the other.
LOCK_SENDER = 0x5E4F

#: Remarks in the log, by the codes kept in `IncomingMail.note`.
NOTES: dict[str, Promise] = {
    "files": pgettext_lazy("mail", "Files were left out."),
    "winmail": pgettext_lazy("mail", "A winmail.dat of Outlook was left out."),
    "structure": pgettext_lazy("mail", "Its structure is broken: only its beginning was read."),
    "unreadable": pgettext_lazy("mail", "Its headers can't be read."),
    "large": pgettext_lazy("mail", "Very large: only its beginning was read."),
    "long": pgettext_lazy("mail", "A long text: the whole of it is among the files."),
    "no-sender": pgettext_lazy("mail", "Without a sender."),
    "stranger": pgettext_lazy("mail", "It names another complaint, which isn't the sender's."),
    "other-address": pgettext_lazy("mail", "An answer from another address than the customer's."),
    "not-answered": pgettext_lazy("mail", "Not acknowledged."),
    "bounced": pgettext_lazy("mail", "A letter of ours came back."),
    "twice": pgettext_lazy("mail", "It came by another mailbox, too."),
    "gone": pgettext_lazy("mail", "It is no longer in the mailbox."),
    "Withheld": pgettext_lazy("mail", "The server does not give it out."),
    "again": pgettext_lazy("mail", "To be tried again."),
}


def sender_mark(address: str) -> str:
    """By which mails of one sender are counted: tells nobody who it is."""
    return (
        salted_hmac("complaints.mailbox.sender", address, algorithm="sha256").hexdigest() if address else ""
    )


def take(mailbox: Mailbox, raw: bytes, seen: Seen, now: dt.datetime | None = None) -> IncomingMail:
    """Make of this mail what it is. Taken before, it gives what was made then; only what had failed is done again."""
    now = now or timezone.now()
    letter = read(raw)
    if seen.size > LARGEST:
        letter.note("large")
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"mailbox:{mailbox.pk}:{letter.digest}")
    known = IncomingMail.objects.filter(mailbox=mailbox, digest=letter.digest).first()
    if known is not None and known.outcome != Outcome.FAILED:
        if known.uid != seen.uid:  # the server has numbered its mails anew
            IncomingMail.objects.filter(pk=known.pk).update(uid=seen.uid)
        return known
    try:
        leave = _reason_to_leave(letter)
        files = [] if leave or _is_flooding(letter, now) else _keep(letter, key)
        with transaction.atomic():
            return _take(mailbox, letter, seen, key, leave, files, now)
    except Exception as error:
        logger.error(
            "A mail of mailbox %s (UID %s) could not be taken: %s", mailbox.pk, seen.uid, _where(error)
        )
        return _failed(mailbox, letter, seen, now, error)


def _reason_to_leave(letter: Letter) -> str:
    if automatic.is_ours(letter):
        return Outcome.OWN
    return Outcome.AUTOMATIC if automatic.is_automatic(letter) else ""


def _take(
    mailbox: Mailbox,
    letter: Letter,
    seen: Seen,
    key: uuid.UUID,
    leave: str,
    files: list[str],
    now: dt.datetime,
) -> IncomingMail:
    mark = sender_mark(letter.sender)
    _one_after_the_other(mark or letter.digest)
    row = IncomingMail.objects.select_for_update().filter(mailbox=mailbox, digest=letter.digest).first()
    if row is not None and row.outcome != Outcome.FAILED:
        return row
    by_hand = row is not None  # somebody wants it taken, or it was to be taken before
    row = row or IncomingMail(mailbox=mailbox, digest=letter.digest, tries=0)
    row.message_id, row.sender, row.uid, row.size, row.at = _name(letter), mark, seen.uid, seen.size, now
    row.tries += 1
    if leave:
        row.outcome = leave
        if message := automatic.mark_bounced(letter):
            row.complaint = message.complaint
            letter.note("bounced")
    elif twin := _twin(mailbox, letter):
        row.outcome, row.complaint = Outcome.JOINED, twin.complaint
        letter.note("twice")
    elif not by_hand and _is_flooding(letter, now):
        row.outcome = Outcome.FLOOD
        _tell_of_flood(mailbox, mark, now)
    else:
        row.outcome, row.complaint = _become(mailbox, letter, seen, key, files, mark, now)
        if "large" in letter.notes:
            row.outcome = Outcome.TOO_BIG
    row.note = ",".join(letter.notes)[:500]
    row.save()
    return row


def _twin(mailbox: Mailbox, letter: Letter) -> IncomingMail | None:
    """The same mail, to another mailbox of the company; by an index that begins with the mailbox."""
    of_company = Mailbox.objects.filter(unit__path__startswith=f"/{mailbox.unit.company_id}/")
    others = list(of_company.exclude(pk=mailbox.pk).values_list("pk", flat=True))
    rows = IncomingMail.objects.filter(mailbox__in=others, digest=letter.digest, complaint__isnull=False)
    return rows.select_related("complaint").first()


def _name(letter: Letter) -> str:
    """Its Message-ID, or one made from what it says."""
    return letter.message_id or f"{letter.digest[:32]}.made.up"


def _one_after_the_other(mark: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SENDER, mark])


# Becoming something --------------------------------------------------------------------------------------------------
def _become(
    mailbox: Mailbox,
    letter: Letter,
    seen: Seen,
    key: uuid.UUID,
    files: list[str],
    mark: str,
    now: dt.datetime,
) -> tuple[str, Complaint]:
    found = joining.find(mailbox, letter)
    message_id = letter.message_id
    if message_id and Message.objects.filter(message_id=message_id).exists():
        message_id = ""  # another mail has it already: this one says something else under the same name
    if found.complaint is not None:
        message = _join(found.complaint, letter, key, files, message_id)
        if found.other_address:
            letter.note("other-address")
            _remark(message.complaint, "complaint.mail_from_elsewhere", "complaint-mail-elsewhere")
        return Outcome.JOINED, message.complaint
    language = words.language_of(f"{letter.title}\n{letter.text}", mailbox.language)
    text = letter.text or letter.title
    with translation.override(language):
        text = _cut(text or pgettext("mail", "(A mail without any text.)"), LONGEST_COMPLAINT, letter.notes)
    acknowledged = answering.may_acknowledge(letter, mark, now)
    if not letter.sender:
        letter.note("no-sender")
    complaint, _token = intake.receive(
        by=None, unit=mailbox.unit, text=text, channel=Channel.EMAIL, key=key, title=letter.title[:160],
        contact={"name": letter.sender_name, "email": letter.sender} if letter.sender else None,
        language=language, uploads=files, message_id=message_id, received_at=min(seen.arrived_at, now),
        acknowledged=acknowledged,
    )  # fmt: skip
    if found.named:
        letter.note("stranger")
        _remark(complaint, "complaint.mail_names_other", "complaint-mail-stranger", other=found.named)
    if not acknowledged:
        letter.note("not-answered")
    return Outcome.COMPLAINT, complaint


def _join(complaint: Complaint, letter: Letter, key: uuid.UUID, files: list[str], message_id: str) -> Message:
    text = new_part(letter.text) or ("" if files else letter.title)
    with translation.override(complaint.language):
        left_out = _left_out(letter.notes)
        text = _cut(
            text or left_out or pgettext("mail", "(A mail without any text.)"), LONGEST_MESSAGE, letter.notes
        )
    says = corresponding.not_solved if joining.says_not_solved(text) else corresponding.customer_writes
    return says(complaint, text=text, uploads=files, key=key, way=Message.Way.MAIL, message_id=message_id)


def _remark(complaint: Complaint, act: str, notice: str, **after: str) -> None:
    """Something about a mail that its handler has to know: in the complaint's history, and told."""
    record(complaint.case, act, label=complaint.number, by=None, unit=complaint.unit, after=after)
    handler = complaint.handler or complaint.first_handler
    tell(complaint, {complaint.owner, handler}, notice, **after)


def _cut(text: str, longest: int, notes: list[str]) -> str:
    """The text with what was left out, as long as a message may be."""
    more = _left_out(notes)
    room = longest - (len(more) + 2 if more else 0)
    text = text if len(text) <= room else text[: room - 1].rstrip() + "…"
    return f"{text}\n\n{more}" if more and more != text else text


def _left_out(notes: Iterable[str]) -> str:
    """For whoever reads the message: that something of the mail isn't here."""
    notes = set(notes)
    lines = []
    if "files" in notes or "winmail" in notes:
        lines.append(_("[Files that can't be accepted were left out.]"))
    if "structure" in notes or "large" in notes:
        lines.append(_("[Only the beginning of this mail could be read.]"))
    if "long" in notes:
        lines.append(_("[The whole text is among the files.]"))
    return "\n".join(lines)


# Files ---------------------------------------------------------------------------------------------------------------
def _keep(letter: Letter, key: uuid.UUID) -> list[str]:
    """Check and keep the enclosures; what can't be accepted is left out with a note, and the mail is taken all the same."""
    kept: dict[str, None] = {}
    if len(letter.text) > LONGEST_COMPLAINT:
        if found := _stored(Enclosure("mail.txt", letter.text.encode()), key):
            kept[found] = None
            letter.note("long")
    for enclosure in letter.enclosures:
        if len(kept) >= settings.UPLOAD_MAX_FILES or not (found := _stored(enclosure, key)):
            letter.note("files")
            continue
        kept[found] = None
    return list(kept)


def _stored(enclosure: Enclosure, key: uuid.UUID) -> str:
    name = re.sub(r"[\\/]", "_", enclosure.name) or "file"
    try:
        return str(attaching.store(ContentFile(enclosure.content, name=name), by=None, key=key, name=name).pk)
    except Refused:
        return ""


# Floods and failures -------------------------------------------------------------------------------------------------
def _is_flooding(letter: Letter, now: dt.datetime) -> bool:
    if not letter.sender:
        return False
    taken = (Outcome.COMPLAINT, Outcome.JOINED, Outcome.TOO_BIG)
    rows = IncomingMail.objects.filter(
        sender=sender_mark(letter.sender), at__gt=now - HOUR, outcome__in=taken
    )
    return rows.count() >= FLOOD


def _tell_of_flood(mailbox: Mailbox, mark: str, now: dt.datetime) -> None:
    """Once for each sender and hour, to those who can open the log."""
    _tell_keepers(mailbox, "mailbox-flood", f"mailbox:{mailbox.pk}:flood:{mark[:12]}:{now:%Y-%m-%d-%H}")


def _tell_keepers(mailbox: Mailbox, text: str, occasion: str) -> None:
    notify(
        Person.objects.holding(Role.ADMINISTRATOR, mailbox.unit), text, occasion=occasion,
        subject=f"mailbox:{mailbox.pk}", url=reverse("mailbox-log", args=[mailbox.pk]), params={"label": mailbox.address},
    )  # fmt: skip


#: After so many tries a mail is left to people.
TRIES = 5


def _where(error: Exception) -> str:
    """The kind of an error and where it was raised; never its words, in which a customer's may stand."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


#: How the digest of a mail begins that nobody has seen yet.
UNSEEN = "uid:"


def withheld(mailbox: Mailbox, seen: Seen, uid_validity: str, error: Withheld) -> IncomingMail:
    """A mail that the server doesn't give out fails as one that can't be taken does: by itself, the next ones go on."""
    return _failed(mailbox, Letter(digest=f"{UNSEEN}{uid_validity}:{seen.uid}"), seen, timezone.now(), error)


def _failed(mailbox: Mailbox, letter: Letter, seen: Seen, now: dt.datetime, error: Exception) -> IncomingMail:
    """Mark it so that the next mails go on and this one is tried again."""
    with transaction.atomic():
        row = (
            IncomingMail.objects.select_for_update().filter(mailbox=mailbox, digest=letter.digest).first()
        ) or IncomingMail(mailbox=mailbox, digest=letter.digest, tries=0)
        if row.pk and row.outcome != Outcome.FAILED:
            return row
        row.message_id, row.sender, row.uid = _name(letter), sender_mark(letter.sender), seen.uid
        row.size, row.at, row.note = seen.size, now, type(error).__name__
        row.tries += 1
        row.outcome = Outcome.UNREADABLE if row.tries >= TRIES else Outcome.FAILED
        row.save()
        if row.outcome == Outcome.UNREADABLE:
            _tell_keepers(mailbox, "mailbox-failed", f"mailbox:{mailbox.pk}:failed:{row.pk}:{now:%Y-%m-%d}")
        return row


def notes_in_words(note: str) -> list[str]:
    """The remarks of a row of the log."""
    return [str(NOTES.get(code, code)) for code in note.split(",") if code]
