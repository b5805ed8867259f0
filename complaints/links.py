"""The customer's secret link: the key of one complaint for whoever holds it. Only its digest is stored; it expires.

Letters carry another token, which is made when they are sent and opens the same page: nothing of it is stored.
"""

import datetime as dt
import hashlib
import secrets
import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from .models import Complaint

SALT = "complaints.letter"

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


def extend_link(complaint, *, now: dt.datetime) -> None:
    """The case has ended: its link opens the page for as long again, and no longer (sets; the caller saves)."""
    if complaint.link_digest:
        complaint.link_expires_at = max(complaint.link_expires_at or now, now + VALID_FOR)


# The link in a letter -------------------------------------------------------------------------------------------------
def token_for_letter(complaint) -> str:
    """A token that can be made again without the secret: signed, dated, and good for the present link only.

    Who renews the link makes those in earlier letters worthless, too. Empty where there is no link to speak of.
    """
    if not complaint.link_digest:
        return ""
    return signing.dumps([complaint.pk, _generation(complaint)], salt=SALT)


def token_for_visit(complaint) -> str:
    """One for whoever found the case by its reference: it opens the page no longer than the link itself does."""
    if not complaint.link_digest or complaint.link_expires_at is None:
        return ""
    until = int(complaint.link_expires_at.timestamp())
    return signing.dumps([complaint.pk, _generation(complaint), until], salt=SALT)


def page_url(complaint) -> str:
    """The address of the customer's page with a token of its own, for a letter; empty where there is no link."""
    token = token_for_letter(complaint)
    return f"{settings.BASE_URL}{reverse('customer-page', args=[token])}" if token else ""


def open(token: str):  # noqa: A001 - read as links.open(token)
    """The complaint that this token opens, be it the secret itself or one from a letter; None: unknown or expired."""
    if ":" not in token:  # a secret has none, a signed one has two
        return Complaint.objects.filter(
            link_digest=digest_of(token), link_expires_at__gt=timezone.now()
        ).first()
    return _signed(token, max_age=VALID_FOR)


def expired(token: str) -> Complaint | None:
    """The complaint that this token opened once; None when it never opened any, or was replaced by a renewed link."""
    if ":" not in token:
        return Complaint.objects.filter(
            link_digest=digest_of(token), link_expires_at__lte=timezone.now()
        ).first()
    return _signed(token, max_age=None)


def _signed(token: str, *, max_age: dt.timedelta | None) -> Complaint | None:
    """The complaint of a signed token of the present link; with `max_age` only while the token is good."""
    try:
        pk, generation, *until = signing.loads(token, salt=SALT, max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if max_age is not None and until and until[0] <= timezone.now().timestamp():
        return None
    complaint = Complaint.objects.filter(pk=pk).exclude(link_digest="").first()
    if complaint is None or not constant_time_compare(_generation(complaint), generation):
        return None
    return complaint


def _generation(complaint) -> str:
    """Which link it is, without telling the digest: another one after each renewal."""
    return salted_hmac(SALT, complaint.link_digest, algorithm="sha256").hexdigest()[:16]
