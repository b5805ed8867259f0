"""Was this told before? Complaints of late by the same customer, and those that tell the same in their words.

The words are weighed as `incidents.similar` does, by how seldom they are; the customer is known by phone or e-mail.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone

from incidents.search import any_of, satisfying
from incidents.similar import share_of, shared_with, told_words, weigh, words_of
from people.models import Contact, Person, Unit

from . import customers
from .models import Complaint
from .states import UNANSWERED, State

#: How far back somebody may have told the same.
LATELY = dt.timedelta(days=60)
#: How many words are looked for, and how many of the newest with one of them are compared.
TELLING, COMPARED = 12, 200
#: From which share of the words on two texts tell the same: of anybody; of the same customer everything is shown.
SAME = 0.45
MOST = 5


@dataclass(frozen=True)
class Like:
    """A complaint that may be the same one, and why."""

    complaint: Complaint
    same_customer: bool
    share: float  # of the words, 0 to 1
    words: tuple[str, ...]  # those shared that say most

    @property
    def can_be_joined(self) -> bool:
        """Is it still waiting for an answer, so that the new one can go with it?"""
        return self.complaint.state in UNANSWERED


def likely(
    person: Person,
    *,
    text: str = "",
    unit: Unit | None = None,
    contact: Contact | dict[str, str] | None = None,
    but: Complaint | None = None,
) -> list[Like]:
    """What this person may see that may be the same, the likeliest first. At most five statements.

    `contact` holds phone and e-mail; of customers only those are found with whom this person has to deal. With a `unit`
    only its company is looked at.
    """
    since = Q(received_at__gte=timezone.now() - LATELY)
    visible = Complaint.objects.visible_to(person).filter(since).exclude(state=State.MERGED)
    reachable = customers.reachable(person).filter(since).exclude(state=State.MERGED)
    if but is not None:
        visible, reachable = visible.exclude(pk=but.pk), reachable.exclude(pk=but.pk)
    found: dict[int, tuple[bool, float, tuple[str, ...]]] = {}
    if same := _known_as(contact):
        contacts = customers.findable().filter(same).values("pk")
        for pk in (
            reachable.filter(contact__in=contacts)
            .order_by("-received_at")
            .values_list("pk", flat=True)[:MOST]
        ):
            found[pk] = (True, 0.0, ())
    if unit is not None:
        visible = visible.filter(unit__path__startswith=f"/{unit.company_id}/")
    for pk, share, words in _by_words(visible, person, text, set(found)):
        if pk in found or share >= SAME:
            found[pk] = (pk in found, share, words)
    best = sorted(found, key=lambda pk: (not found[pk][0], -found[pk][1], -pk))[:MOST]
    rows = Complaint.objects.select_related("unit", "category").defer("search", "readers").in_bulk(best)
    return [Like(rows[pk], *found[pk]) for pk in best if pk in rows]


def _known_as(contact: Contact | dict[str, str] | None) -> Q | None:
    """The condition for contacts with the same phone or e-mail."""
    if contact is None:
        return None
    told = contact if isinstance(contact, dict) else {"phone": contact.phone, "email": contact.email}
    same = Q()
    if len([c for c in told.get("phone", "") if c.isdigit()]) >= 7:
        same |= customers.by_phone(told["phone"])
    if "@" in told.get("email", ""):
        same |= customers.by_email(told["email"])
    return same or None


def _by_words(visible, person: Person, text: str, known: set[int]):
    """(key, share of the words, the weightiest shared ones) of what tells something alike."""
    words = words_of(text)
    if not words:
        return
    weigh(words, person, Complaint)
    telling = sorted(words, key=lambda lexeme: words[lexeme].weight, reverse=True)[:TELLING]
    newest = (
        visible.filter(satisfying(any_of(telling))).order_by("-received_at", "-pk").values("pk")[:COMPARED]
    )
    rows = Complaint.objects.filter(Q(pk__in=newest) | Q(pk__in=known))
    rows = rows.annotate(shared=shared_with(words), length=Length("search")).order_by()
    for row in rows.values_list("pk", "shared", "length", named=True):
        share = min(1.0, share_of(words, row.shared or [], row.length or 0))
        yield row.pk, share, told_words(text, words, row.shared or [])
