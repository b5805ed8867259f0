"""Signatures: who put their name to what, when, meaning what. `sign` is the only function that makes one."""

import hashlib
import json

from django.utils import timezone

from people.models import Person

from .models import Signature
from .recording import plain


def canonical(content: dict) -> str:
    """What is signed, as one text that always comes out the same."""
    return json.dumps(plain(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sign(
    case: str,
    meaning: str,
    *,
    of: str,
    content: dict,
    by: Person,
    method: str = Signature.Method.SESSION,
) -> Signature:
    """Put `by`'s name to `content`, in the caller's transaction; the act's own Event should name the signature.

    `of` says what in the case was signed ("plan:7"). `method` is how we know that it was them: a form that asks for
    the password again says so.
    """
    text = canonical(content)
    return Signature.objects.create(
        case=case, of=of, meaning=meaning, signer=by, signer_name=by.display_name, at=timezone.now(),
        method=method, content=text, digest=digest_of(text),
    )  # fmt: skip


def still_says(signature: Signature, content: dict) -> bool:
    """Is this what was signed? False when the thing has changed since, or the row was tampered with."""
    text = canonical(content)
    return is_whole(signature) and signature.content == text


def is_whole(signature: Signature) -> bool:
    """Do the words that were signed still have the digest that was signed? False only for a row that was forged."""
    return signature.digest == digest_of(signature.content)


def signed_words(signature: Signature) -> dict:
    """What was signed, in plain values."""
    return json.loads(signature.content)
