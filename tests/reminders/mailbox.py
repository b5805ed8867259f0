"""A real mail server on this machine that keeps what it gets, and can be told to misbehave."""

import asyncio
import contextlib
import email
import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage

from aiosmtpd.controller import Controller


class Mailbox:
    """The handler of the server. Addresses in `refused`, `busy`, `hanging`, `dropped` get what the name says."""

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refused: set[str] = set()  # 550 to RCPT
        self.busy: set[str] = set()  # 451 to RCPT
        self.unwanted: set[str] = set()  # 554 after the text
        self.hanging: set[str] = set()  # no answer after the text
        self.dropped: set[str] = set()  # the connection is closed in the middle of the text
        self.refuses_sender = False
        self.on_mail: Callable[[int], None] = lambda count: (
            None
        )  # called when a mail is kept, before the answer
        self.lock = threading.Lock()

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.refuses_sender:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return f"550 5.1.1 {address} unknown here"
        if address in self.busy:
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        if address in self.unwanted:
            return "554 5.7.1 Not wanted"
        if address in self.hanging:
            await asyncio.sleep(30)
        if address in self.dropped:
            server.transport.abort()
            return "421 bye"
        with self.lock:
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients.append(address)
            count = len(self.mails)
        self.on_mail(count)
        return "250 OK"

    @property
    def message_ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """The mailbox, and the port of its server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()


def html_of(mail: EmailMessage) -> str:
    return mail.get_body(("html",)).get_content()


def subject_of(mail: EmailMessage) -> str:
    """The subject as a reader sees it: an encoded one may begin on a line of its own."""
    return str(mail["Subject"]).strip()
