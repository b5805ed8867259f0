"""Is it a person who fills the public form? Signs that it may not be lead to one small question, never to a refusal.

No service of others is asked. Who answers the question rightly is believed.
"""

import datetime as dt
import hashlib
import random
import re
import time
import uuid
from dataclasses import dataclass

from django.core import signing
from django.core.cache import cache

from people.models import Unit

from .throttling import ABOUT_UNIT, DAY, FEW_FROM_NETWORK

SALT_OPENED, SALT_QUESTION = "complaints.form.opened", "complaints.form.question"
#: Nobody reads the form and fills it in sooner.
SHORTEST = dt.timedelta(seconds=3)
MOST_LINKS = 2
_LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)


def opened_now() -> str:
    """When the form was opened, signed: it goes with the form."""
    return signing.dumps(int(time.time()), salt=SALT_OPENED)


def is_doubtful(
    *, network: str, unit: Unit, text: str, opened: str, trap: str, key: uuid.UUID, now: float | None = None
) -> bool:
    """Does anything about this form look like a program's work, or like a flood?"""
    return bool(
        trap
        or _filled_in_too_fast(opened, now or time.time())
        or len(_LINK.findall(text)) > MOST_LINKS
        or _said_before(text, key)
        or FEW_FROM_NETWORK.is_reached(network)
        or ABOUT_UNIT.is_reached(unit.pk)
    )


def remember(*, network: str, unit: Unit, text: str, key: uuid.UUID) -> None:
    """Count a complaint that came in."""
    FEW_FROM_NETWORK.count(network)
    ABOUT_UNIT.count(unit.pk)
    cache.set(_key_of(text), str(key), timeout=int(DAY.total_seconds()))


def _filled_in_too_fast(opened: str, now: float) -> bool:
    try:
        since = signing.loads(opened, salt=SALT_OPENED)
    except signing.BadSignature:
        return True
    return now - since < SHORTEST.total_seconds()


def _said_before(text: str, key: uuid.UUID) -> bool:
    """The same words within a day, from another form."""
    return cache.get(_key_of(text), str(key)) != str(key)


def _key_of(text: str) -> str:
    words = "".join(character for character in text.lower() if character.isalnum())
    return f"customers:words:{hashlib.sha256(words.encode()).hexdigest()}"


# The question ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Question:
    """How much is one and other? `seal` carries it through the form, for this form's key only."""

    one: int
    other: int
    seal: str


def ask(key: uuid.UUID) -> Question:
    one, other = random.randint(2, 9), random.randint(2, 9)  # nothing to guess that isn't on the page
    return Question(one, other, signing.dumps([one, other, str(key)], salt=SALT_QUESTION))


def is_answered(seal: str, answer: int | None, key: uuid.UUID) -> bool:
    """Is this the right answer to the question that was asked of this form, within a day?"""
    try:
        one, other, asked_of = signing.loads(seal, salt=SALT_QUESTION, max_age=DAY)
    except (signing.BadSignature, ValueError):
        return False
    return asked_of == str(key) and answer == one + other
