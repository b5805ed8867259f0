"""The customer's secret link: the key of one complaint for whoever holds it. Only its digest is stored; it expires."""

import datetime as dt
import hashlib
import secrets
import uuid

from django.utils import timezone
from django.utils.crypto import salted_hmac

#: How long a link opens the page after it was made, and after the complaint has closed.
VALID_FOR = dt.timedelta(days=180)


def token_of(key: uuid.UUID) -> str:
    """The secret made from a form's key: a form sent twice gives the same link."""
    return salted_hmac("complaints.link", str(key), algorithm="sha256").hexdigest()[:43]


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def give_link(complaint, token: str, *, now: dt.datetime | None = None) -> None:
    """Let this token open the complaint from now on, and no other (sets the fields; the caller saves)."""
    complaint.link_digest = digest_of(token)
    complaint.link_expires_at = (now or timezone.now()) + VALID_FOR
