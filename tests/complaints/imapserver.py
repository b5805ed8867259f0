"""A real IMAP server on this machine (pymap), with one mailbox that tests put mails into; and one that only hangs."""

import contextlib
import imaplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

USER, PASSWORD = "help@rail.example", "canary-of-the-mailbox"


class ImapServer:
    """Its port, and what a test does with it from the other side, over IMAP as well."""

    def __init__(self, port: int):
        self.port = port

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        client.select(folder)
        try:
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Mails arrive, in this order."""
        with self.client() as client:
            for mail in mails:
                status, answer = client.append(folder, "", "", mail)
                assert status == "OK", answer

    def flags(self) -> list[tuple[int, bool]]:
        """UID and whether it is marked as seen, of each mail."""
        with self.client() as client:
            _status, rows = client.uid("fetch", "1:*", "(UID FLAGS)")
        rows = [row for row in rows if row]
        return [(int(row.split(b"UID ")[1].split(b")")[0].split()[0]), b"\\Seen" in row) for row in rows]

    def renumber(self, folder: str) -> None:
        """The folder is made anew: another UIDVALIDITY, the same mails."""
        with self.client(folder) as client:
            _status, rows = client.uid("fetch", "1:*", "(BODY.PEEK[])")
            mails = [row[1] for row in rows if isinstance(row, tuple)]
            client.close()
            assert client.delete(folder)[0] == client.create(folder)[0] == "OK"
        self.put(*mails, folder=folder)

    def empty(self) -> None:
        """Without mails and other folders, for the next test."""
        with self.client() as client:
            client.uid("store", "1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()
            client.delete("Complaints")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def imap_server() -> Iterator[ImapServer]:
    port = free_port()
    program = Path(sys.executable).parent / "pymap"
    process = subprocess.Popen(
        [program, "--host", "127.0.0.1", "--port", str(port), "--no-tls", "--no-service", "managesieve",
         "dict", "--demo-user", USER, "--demo-password", PASSWORD],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield ImapServer(port)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("the IMAP server did not start")


@contextlib.contextmanager
def hanging_server(greeting: bytes = b"", *, answers: bool = False) -> Iterator[int]:
    """Takes connections, says its greeting (and, if told so, what it can do) and then nothing any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = []

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = listener.accept()
                    taken.append(connection)
                    connection.sendall(greeting)
                    if answers:
                        tag = connection.recv(1000).split()[0]
                        connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            for connection in taken:
                connection.close()
