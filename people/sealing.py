"""Secrets that the system itself has to use again (a mailbox's password): sealed with the installation's key.

Whoever reads the database alone can't use them. A changed SECRET_KEY needs the old one in SECRET_KEY_FALLBACKS.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unsealable(Exception):
    """It was sealed with a key that this installation no longer has: it must be entered again."""


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"people.sealing" + key.encode()).digest()))
            for key in keys
        ]
    )


def seal(secret: str) -> str:
    """The secret as it is kept; the empty one stays empty."""
    return _fernet().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """The secret again. Raises Unsealable."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable from error
