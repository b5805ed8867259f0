"""Idempotent writes: a form or API post carries a key; sent again, it gives the same result and writes nothing."""

import hashlib
import json
import uuid

from django.db import connection

from people.models import Person

from .models import Submission


class KeyReused(Exception):
    """The same key came with another body, or from another person (HTTP 422). `result` is what the first one made."""

    def __init__(self, result: str):
        super().__init__(result)
        self.result = result


class AlreadyDone(Exception):
    """The same post was done before; `result` says what came of it. The act has to be rolled back."""

    def __init__(self, result: str):
        super().__init__(result)
        self.result = result


def settle(key: uuid.UUID, purpose: str, *, by: Person | None, body: dict, result: str) -> None:
    """Put on record, inside the act's transaction, that the post with this key makes `result`: one statement.

    A second post with the same key waits here until the first one's transaction ends. Raises AlreadyDone or KeyReused
    when there was an earlier one: either way the caller's transaction must not be committed.
    """
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    person = by.pk if by else None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO history_submission (key, purpose, person_id, digest, result, at) "
            "VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT (key, purpose) DO NOTHING",
            [key, purpose, person, digest, result],
        )
        if cursor.rowcount == 1:
            return
    first = Submission.objects.get(key=key, purpose=purpose)
    if first.digest != digest or first.person_id != person:
        raise KeyReused(first.result)
    raise AlreadyDone(first.result)
