"""A POST to an address that somebody entered: https, public hosts only, no redirects, little waiting, little reading.

The host is resolved once, every address it has is judged, and the connection goes to the one that was judged: a name
that resolves differently a moment later (DNS rebinding) gains nothing.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from urllib.parse import urlsplit

from django.conf import settings

SECONDS = 10  # of silence
LONGEST_CALL = 20  # seconds for all of it: who answers a byte at a time holds nobody up
#: Of an answer no more is read.
LONGEST_ANSWER = 20_000


class Forbidden(Exception):
    """This address is not called. The text says why, for the person who entered it; technical words, English."""


class Failed(Exception):
    """Nobody answered."""


def check_address(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of an address that may be called. Raises Forbidden. Resolves nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("malformed address") from None
    if any(character.isspace() or ord(character) < 32 for character in url):
        raise Forbidden("malformed address")
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.ENDPOINTS_MAY_BE_LOCAL):
        raise Forbidden("not https")
    if not parts.hostname or parts.username or parts.password:
        raise Forbidden("malformed address")
    default = 443 if parts.scheme == "https" else 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port or default, path


def is_public(address: str) -> bool:
    """May a stranger's server stand there? Not this machine, not a private network, nothing reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _address_of(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failed(f"no address for the host: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.ENDPOINTS_MAY_BE_LOCAL and not all(map(is_public, addresses)):
        raise Forbidden("not a public address")
    return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """Talks to this address, and to nobody else, in the name of the host."""

    def __init__(self, host: str, port: int, address: str, *, encrypted: bool):
        super().__init__(host, port, timeout=SECONDS)
        self.address, self.encrypted = address, encrypted
        self.line: socket.socket | None = None  # `sock` is forgotten while an answer is still being read

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), SECONDS)
        if self.encrypted:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        self.line = self.sock

    def cut(self) -> None:
        """End it in the middle: whoever reads from it finds it closed."""
        if self.line is not None:
            with contextlib.suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send it; the status and the beginning of the answer. Raises Forbidden and Failed, without any secret in them."""
    scheme, host, port, path = check_address(url)
    connection = _Pinned(host, port, _address_of(host, port), encrypted=scheme == "https")
    watch = threading.Timer(LONGEST_CALL, connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", path, body, {"User-Agent": "ServiceLoop", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(LONGEST_ANSWER)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failed(type(error).__name__) from error
    finally:
        watch.cancel()
        connection.close()
