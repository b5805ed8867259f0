"""Idempotent writes: a form or API post carries a key; sent again, it gives the same result and writes nothing."""

import hashlib
import json
import uuid

from people.models import Person

from .models import Submission


class KeyReused(Exception):
    """The same key came with another body (HTTP 422)."""


def claim(key: uuid.UUID, purpose: str, *, by: Person | None, body: dict) -> Submission | None:
    """Claim the key inside the act's transaction. None: it is new, go on, then call `settle`.

    A Submission: it was done before; its `result` says what came of it. A second post with the same key waits here
    until the first one's transaction ends. Raises KeyReused when the body (or the person) differs.
    """
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    made = Submission.objects.bulk_create(
        [Submission(key=key, purpose=purpose, person=by, digest=digest)], ignore_conflicts=True
    )
    first = Submission.objects.get(key=key, purpose=purpose)
    if not first.result:
        return None if made else first
    if first.digest != digest or first.person_id != (by.pk if by else None):
        raise KeyReused()
    return first


def settle(key: uuid.UUID, purpose: str, result: str) -> None:
    """Note what the post made, in the same transaction."""
    Submission.objects.filter(key=key, purpose=purpose).update(result=result)
