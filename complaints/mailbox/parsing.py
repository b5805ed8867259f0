"""The bytes of a mail as a Letter. Whatever was sent gives one: hostile structure is read as far as it makes sense.

Notes say what was left out, as codes that `NOTES` puts into words for the log and for whoever reads the message.
"""

import datetime as dt
import email
import email.parser
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime

from . import words

#: More parts, levels or boundaries than that no honest mail has: then only its beginning is read, as plain text.
MOST_PARTS, DEEPEST, MOST_BOUNDARIES = 200, 15, 80
#: Characters of text that are looked at; what stands behind goes with the whole text as a file.
LONGEST_TEXT = 100_000
#: Message-IDs that an answer may name.
MOST_REFERENCES = 50
LONGEST_ID = 250
#: Parts that tell nothing to a person.
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_REPORTS = {"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"}
_ID = re.compile(r"<([^<>\s]{1,250})>")
_REPLY_MARK = re.compile(
    r"^\s*(?:(?:re|fw|fwd|aw|wg|回复|答复|回覆|答覆|回信|转发|轉寄|轉發|转寄)\s*(?:\[\d+\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Enclosure:
    """A file as it was sent; its name is only ever shown."""

    name: str
    content: bytes


@dataclass
class Letter:
    """A mail as far as it concerns us. Text is clean, headers are one line each, addresses are in lower case."""

    message_id: str = ""  # without angle brackets; empty: it has none
    digest: str = ""
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    references: list[str] = field(default_factory=list)  # In-Reply-To first
    written_at: dt.datetime | None = None  # as the sender says
    enclosures: list[Enclosure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # those of `automatic`, names in lower case
    report: str = ""  # the machine-readable part of a bounce
    returned: list[str] = field(default_factory=list)  # Message-IDs of the mail that came back

    @property
    def title(self) -> str:
        """The subject without Re:, 回复: and their like."""
        return _REPLY_MARK.sub("", self.subject).strip()

    def note(self, code: str) -> None:
        if code not in self.notes:
            self.notes.append(code)


#: Headers by which programs give themselves away.
TELLING = (
    "auto-submitted", "precedence", "return-path", "x-autoreply", "x-autorespond", "x-mail-autoreply", "x-auto-reply",
    "x-loop", "x-failed-recipients", "list-id", "content-type",
)  # fmt: skip


def read(raw: bytes) -> Letter:
    """The mail as a Letter. Never raises."""
    letter = Letter(digest=hashlib.sha256(raw).hexdigest())
    shallow = len(re.findall(rb"boundary\s*\*?\d?\*?=", raw[:20_000_000], re.IGNORECASE)) > MOST_BOUNDARIES
    try:
        message = _parsed(raw, shallow=shallow)
        _read_headers(letter, message)
    except Exception:
        letter.note("unreadable")
        letter.text = words.clean(words.decoded(raw[:LONGEST_TEXT]))
        return letter
    letter.digest = _digest(letter, raw)
    try:
        if shallow:
            raise RecursionError
        _read_body(letter, message)
    except Exception:  # RecursionError above all
        letter.note("structure")
        letter.enclosures.clear()
        letter.text = words.clean(words.decoded(_body_of(raw)[:LONGEST_TEXT]))
    letter.text = letter.text.strip()
    return letter


def _parsed(raw: bytes, *, shallow: bool) -> Message:
    if shallow:
        return email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw[: 512 * 1024])
    try:
        return email.message_from_bytes(raw, policy=email.policy.compat32)
    except RecursionError:
        return email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw[: 512 * 1024])


def _body_of(raw: bytes) -> bytes:
    head = re.search(rb"\r?\n\r?\n", raw)
    return raw[head.end() :] if head else b""


def _digest(letter: Letter, raw: bytes) -> str:
    """Of what the mail says, not of the way it took: the same mail in two mailboxes has the same one."""
    said = "\n".join(
        [
            letter.message_id,
            letter.sender,
            letter.subject,
            str(letter.written_at),
            letter.headers.get("date", ""),
        ]
    )
    body = _body_of(raw).replace(b"\r\n", b"\n").rstrip()
    return hashlib.sha256(said.encode(errors="replace") + b"\n\n" + body).hexdigest()


# Headers -------------------------------------------------------------------------------------------------------------
def _read_headers(letter: Letter, message: Message) -> None:
    raw: dict[str, str] = {}
    for name, value in message.raw_items():
        raw.setdefault(name.lower(), str(value))  # of two From headers the first one counts
    letter.sender_name, letter.sender = words.address(raw.get("from"))
    if not letter.sender:
        _name, letter.sender = words.address(raw.get("sender"))
    letter.subject = words.header(raw.get("subject"))[:500]
    letter.message_id = next(iter(_ids(raw.get("message-id", ""))), "")
    letter.references = list(
        dict.fromkeys([*_ids(raw.get("in-reply-to", "")), *reversed(_ids(raw.get("references", "")))])
    )[:MOST_REFERENCES]
    letter.written_at = _moment(raw.get("date", ""))
    letter.headers = {name: words.header(raw[name])[:500] for name in (*TELLING, "date") if name in raw}


def _ids(raw: str) -> list[str]:
    found = _ID.findall(words.clean(raw[:20_000]))
    if not found and re.fullmatch(r"\s*[^<>\s]{3,250}\s*", raw[:300]):
        found = [raw.strip()]
    return [name[:LONGEST_ID] for name in found if name.isprintable() and name.isascii()]


def _moment(raw: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(raw[:200])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC)
    except Exception:  # every kind of nonsense
        return None


# Body ----------------------------------------------------------------------------------------------------------------
def _read_body(letter: Letter, message: Message) -> None:
    budget = iter(range(MOST_PARTS))
    pieces = [piece.strip() for piece in _texts(letter, message, 0, budget)]
    letter.text = "\n\n".join(filter(None, pieces))


def _texts(letter: Letter, part: Message, depth: int, budget: Iterator[int]) -> Iterator[str]:
    """The texts of a part and of those within, in order; what else is there becomes enclosures, reports and notes."""
    if depth > DEEPEST or next(budget, None) is None:
        letter.note("structure")
        return
    kind = part.get_content_type()
    if kind in _SIGNATURES:
        return
    if kind in _REPORTS:
        _read_report(letter, part)
        return
    if kind == "message/rfc822" or (kind.startswith("message/") and part.is_multipart()):
        yield from _enclosed_mail(letter, part, depth, budget)
        return
    if part.is_multipart():
        inner = [piece for piece in part.get_payload() if isinstance(piece, Message)]
        if kind == "multipart/alternative":
            yield from _best_of(letter, inner, depth, budget)
        else:
            for piece in inner:
                yield from _texts(letter, piece, depth + 1, budget)
        return
    name = _name_of(part)
    if kind in _TNEF or name.lower() == "winmail.dat":
        letter.note("winmail")
        return
    attached = part.get_content_disposition() == "attachment" or (name and not kind.startswith("text/"))
    if kind in ("text/plain", "text/html", "text/enriched") and not attached and not name:
        yield _text_of(part, kind)
        return
    content = part.get_payload(decode=True) or b""
    if content.strip():
        letter.enclosures.append(Enclosure(name or _unnamed(kind, letter), content))


def _best_of(letter: Letter, inner: list[Message], depth: int, budget: Iterator[int]) -> Iterator[str]:
    """Of several ways to say the same the plain one, unless it is empty; what else they carry is taken all the same."""
    found = []
    for piece in inner:
        texts = [text for text in _texts(letter, piece, depth + 1, budget) if text.strip()]
        found.append((piece.get_content_type() != "text/plain", texts))
    for _order, texts in sorted((row for row in found if row[1]), key=lambda row: row[0]):
        yield from texts
        return


def _text_of(part: Message, kind: str) -> str:
    data = part.get_payload(decode=True) or b""
    text = words.clean(words.decoded(data, _charset_of(part)))
    if kind == "text/html":
        return words.from_html(text)
    if str(_param(part, "format")).lower() == "flowed":
        return words.unflowed(text, delsp=str(_param(part, "delsp")).lower() == "yes")
    return text


def _charset_of(part: Message) -> str:
    return str(_param(part, "charset") or "")[:40]


def _param(part: Message, name: str) -> str:
    try:
        value = part.get_param(name)
    except Exception:
        return ""
    return value[2] if isinstance(value, tuple) else value or ""


def _name_of(part: Message) -> str:
    try:
        name = part.get_filename()
    except Exception:
        return "file"
    return words.header(name)[:200] if name else ""


def _unnamed(kind: str, letter: Letter) -> str:
    ending = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf", "text/html": "html"}
    return f"{len(letter.enclosures) + 1}.{ending.get(kind, kind.partition('/')[2][:10] or 'bin')}"


def _enclosed_mail(letter: Letter, part: Message, depth: int, budget: Iterator[int]) -> Iterator[str]:
    """A mail within the mail: of a bounce the one that came back; else its text, told apart, and its files."""
    inner = next((piece for piece in _payload(part) if isinstance(piece, Message)), None)
    if inner is None:
        return
    if "report" in letter.headers.get("content-type", "").lower():
        letter.returned += _ids(str(inner.get("Message-ID", "")))
        return
    texts = [text for text in _texts(letter, inner, depth + 1, budget) if text.strip()]
    head = " ".join(filter(None, (words.header(inner.get("Date")), words.header(inner.get("Subject")))))
    if texts:
        yield "\n\n".join([f"-------- {head[:200]} --------".replace("  ", " "), *texts])


def _payload(part: Message) -> list:
    payload = part.get_payload()
    return payload if isinstance(payload, list) else []


def _read_report(letter: Letter, part: Message) -> None:
    """What a server says about a mail that came back; its blocks are parsed as messages of headers."""
    pieces = _payload(part)
    text = "\n".join(piece.as_string()[:5000] for piece in pieces[:20] if isinstance(piece, Message))
    if not text:
        text = words.decoded(part.get_payload(decode=True) or b"")[:20_000]
    if part.get_content_type() == "text/rfc822-headers":
        found = re.search(r"^message-id:\s*(<[^<>\s]{1,250}>)", text, re.IGNORECASE | re.MULTILINE)
        letter.returned += _ids(found[1]) if found else []
    else:
        letter.report += words.clean(text)
