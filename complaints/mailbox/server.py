"""The IMAP server of a mailbox: connecting, what is new, one mail, the flag that it is done. Trouble in words.

Certificates are checked; without encryption only within the house. A server that hangs is given up after SECONDS of
silence, one that answers a byte at a time after LONGEST of it all (the limits of the task guard the way there).
"""

import contextlib
import datetime as dt
import imaplib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import imap_tools
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailboxStarttlsError,
)

from complaints.models import Mailbox
from people.sealing import Unsealable, unseal
from reminders.deliveries.calling import is_public

SECONDS = 20
LONGEST = 300
#: Of a mail that is larger only the beginning is fetched (bytes).
LARGEST, BEGINNING = 30 * 1024 * 1024, 256 * 1024
#: Asked about at once.
CHUNK = 200

#: What can go wrong, by the key that is kept in `Mailbox.last_error` in front of the server's own words.
TROUBLES: dict[str, Promise] = {
    "no-address": _("There is no server of this name."),
    "away": _("The server can't be reached."),
    "silent": _("The server does not answer in time."),
    "tls": _("The encryption could not be set up, or the server's certificate is not valid."),
    "cleartext": _("Without encryption only a server within the house is asked."),
    "login": _("The server refuses the user name or the password."),
    "folder": _("There is no such folder in the mailbox."),
    "unsealable": _("The password can't be read any more: enter it again."),
    "protocol": _("The server answered in a way that isn't understood."),
    "program": _("An error of this program: see its log."),
}


class Trouble(Exception):
    """Why the mailbox can't be read: a key of TROUBLES, and what the server said, without any secret."""

    def __init__(self, key: str, detail: str = ""):
        super().__init__(key)
        self.key, self.detail = key, " ".join(detail.split())[:300]

    def __str__(self):
        return f"{self.key}|{self.detail}"


class Withheld(Trouble):
    """The server is well, and doesn't give out this one mail: Exchange says so of one that it can't convert."""


def in_words(last_error: str) -> tuple[str, str]:
    """What is wrong in the reader's language, and the server's own words."""
    key, _bar, detail = last_error.partition("|")
    return str(TROUBLES.get(key, key)), detail


@dataclass(frozen=True)
class Seen:
    """What the server says about a mail before it is fetched."""

    uid: int
    size: int  # bytes
    arrived_at: dt.datetime


class Server:
    """A connection with the folder selected. All errors of it come as Trouble."""

    def __init__(self, box: imap_tools.BaseMailBox, folder: str):
        self.box = box
        with _troubles():
            box.folder.set(folder)
        found = box.client.response("UIDVALIDITY")[1]
        self.uid_validity = found[0].decode(errors="replace")[:20] if found and found[0] else ""

    def count(self) -> int:
        """How many mails lie in the folder."""
        found = self.box.client.response("EXISTS")[1]
        return int(found[-1]) if found and found[-1] else 0

    def new_since(self, last_uid: int, since: dt.date | None = None) -> list[Seen]:
        """What lies behind this position, the oldest first; `since` leaves out what arrived on earlier days."""
        criteria = f"UID {last_uid + 1}:*" + (f" SINCE {_imap_date(since)}" if since else "")
        with _troubles():
            uids = sorted({int(uid) for uid in self.box.uids(criteria)})
        return self.about([uid for uid in uids if uid > last_uid])  # "n:*" always holds the last one

    def about(self, uids: list[int]) -> list[Seen]:
        """Size and arrival of those of them that are still there."""
        seen = []
        for start in range(0, len(uids), CHUNK):
            numbers = ",".join(map(str, uids[start : start + CHUNK]))
            with _troubles():
                status, rows = self.box.client.uid("fetch", numbers, "(UID RFC822.SIZE INTERNALDATE)")
            _check(status, rows)
            seen += [found for row in rows if isinstance(row, bytes) and (found := _seen(row))]
        return sorted(seen, key=lambda found: found.uid)

    def fetch(self, found: Seen) -> bytes | None:
        """The bytes of a mail, of a very large one the beginning; None when it is gone. Leaves its flags alone.

        Raises Withheld where it is there and isn't given out.
        """
        what = f"BODY.PEEK[]<0.{BEGINNING}>" if found.size > LARGEST else "BODY.PEEK[]"
        with _troubles():
            status, rows = self.box.client.uid("fetch", str(found.uid), f"({what})")
        if status == "NO":
            raise Withheld("protocol", str(rows)[:200])
        _check(status, rows)
        return next((row[1] for row in rows if isinstance(row, tuple)), None)

    def mark_seen(self, uids: Iterable[int]) -> None:
        """For people who look into the mailbox: these are taken care of."""
        numbers = [str(uid) for uid in uids]
        if numbers:
            with _troubles():
                self.box.flag(numbers, [imap_tools.MailMessageFlags.SEEN], True)


@contextlib.contextmanager
def connected(mailbox: Mailbox, *, longest: int | None = None) -> Iterator[Server]:
    """Signed in, the folder selected; cut off after `longest` seconds (LONGEST). Raises Trouble."""
    try:
        password = unseal(mailbox.password)
    except Unsealable as error:
        raise Trouble("unsealable") from error
    with _troubles(secret=password):
        box = _open(mailbox)
    watch = threading.Timer(longest or LONGEST, _cut, [box.client])
    watch.daemon = True
    watch.start()
    try:
        with _troubles(secret=password):
            _sign_in(box, mailbox.username, password)
        yield Server(box, mailbox.folder)
    finally:
        watch.cancel()
        with contextlib.suppress(Exception):  # it may be gone, or hang: the work is done
            box.client.sock.settimeout(2)
            box.client.logout()
        with contextlib.suppress(Exception):
            box.client.shutdown()


def _open(mailbox: Mailbox) -> imap_tools.BaseMailBox:
    if mailbox.security == Mailbox.Security.NONE:
        if any(is_public(address) for address in _addresses(mailbox.host, mailbox.port)):
            raise Trouble("cleartext")
        return imap_tools.MailBoxUnencrypted(mailbox.host, mailbox.port, timeout=SECONDS)
    context = ssl.create_default_context()
    if mailbox.security == Mailbox.Security.STARTTLS:
        return imap_tools.MailBoxStartTls(mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=context)
    return imap_tools.MailBox(mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=context)


def _addresses(host: str, port: int) -> list[str]:
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _sign_in(box: imap_tools.BaseMailBox, username: str, password: str) -> None:
    if username.isascii() and password.isascii():
        box.login(username, password, initial_folder=None)
    else:
        box.login_utf8(username, password, initial_folder=None)
    if (
        "ID" in box.client.capabilities
    ):  # NetEase (163.com, 126.com) lets nobody in who doesn't say who they are
        box.client.xatom("ID", '("name" "ServiceLoop" "version" "1")')


def _cut(client: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError, AttributeError):
        client.sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _troubles(secret: str = "") -> Iterator[None]:
    """Whatever a connection can raise, as Trouble."""

    def said(error: BaseException) -> str:
        text = str(getattr(error, "command_result", "") or error)
        return text.replace(secret, "***") if secret else text

    try:
        yield
    except Trouble:
        raise
    except MailboxLoginError as error:
        raise Trouble("login", said(error)) from error
    except MailboxFolderSelectError as error:
        raise Trouble("folder", said(error)) from error
    except (ssl.SSLError, MailboxStarttlsError) as error:
        raise Trouble("tls", said(error)) from error
    except TimeoutError as error:
        raise Trouble("silent") from error
    except (socket.gaierror, UnicodeError) as error:
        raise Trouble("no-address", said(error)) from error
    except OSError as error:
        raise Trouble("away", said(error)) from error
    except imaplib.IMAP4.abort as error:
        words = str(error).lower()
        key = "silent" if "timed out" in words else "tls" if "tls not supported" in words else "away"
        raise Trouble(key, said(error)) from error
    except (ImapToolsError, imaplib.IMAP4.error, ValueError, IndexError) as error:
        raise Trouble("protocol", said(error)) from error


def _check(status: str, rows: list) -> None:
    if status != "OK":
        raise Trouble("protocol", str(rows)[:200])


def _seen(row: bytes) -> Seen | None:
    uid, size = re.search(rb"\bUID (\d+)", row), re.search(rb"RFC822\.SIZE (\d+)", row)
    if uid is None:
        return None
    arrived = re.search(rb'INTERNALDATE "([^"]{10,40})"', row)
    return Seen(int(uid[1]), int(size[1]) if size else 0, _moment(arrived[1].decode()) if arrived else _now())


def _moment(text: str) -> dt.datetime:
    """An INTERNALDATE ("21-Nov-2026 17:30:15 +0000"), never in the future."""
    try:
        return min(parsedate_to_datetime(text.strip().replace("-", " ", 2)), _now())
    except (ValueError, TypeError):
        return _now()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _imap_date(day: dt.date) -> str:
    """As IMAP wants it, whatever the locale."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"
