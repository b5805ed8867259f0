"""Who makes, sees, questions and confirms a scorecard. Nobody assesses or signs their own."""

from metrics.models import Scorecard
from people.models import Person, Role, Unit

SECOND = (Role.QUALITY, Role.EXECUTIVE)


def may_set(person: Person, unit: Unit) -> bool:
    """Schemes, and drafts made by hand: quality managers of the unit."""
    return person.is_active and person.has_role(Role.QUALITY, unit)


def is_assessed(person: Person, card: Scorecard) -> bool:
    """Is it their own card: the person's, or that of a unit which they manage?"""
    if card.person_id:
        return card.person_id == person.pk
    return person.has_role(Role.SITE_MANAGER, card.unit)


def may_assess(person: Person, card: Scorecard) -> bool:
    """Write the comment, leave lines out, issue it."""
    return may_set(person, card.unit) and not is_assessed(person, card)


def may_answer(person: Person, card: Scorecard) -> bool:
    """Agree or object: the person, or who manages the unit."""
    return person.is_active and is_assessed(person, card)


def may_second(person: Person, card: Scorecard) -> bool:
    """Decide an objection and sign: a quality manager or executive there, but never who issued it."""
    posted = any(person.has_role(role, card.unit) for role in SECOND)
    return person.is_active and posted and not is_assessed(person, card) and person.pk != card.issued_by_id


def who_is_assessed(card: Scorecard) -> list[Person]:
    """The person; of a unit its site managers, else the nearest ones above it."""
    if card.person_id:
        return [card.person]
    return nearest(Role.SITE_MANAGER, card.unit)


def second_of(card: Scorecard) -> Person | None:
    """Who is asked to confirm it: the nearest quality manager who may, else the nearest executive."""
    for role in SECOND:
        for person in Person.objects.holding(role, card.unit):
            if may_second(person, card):
                return person
    return None


def nearest(role: str, unit: Unit) -> list[Person]:
    people = list(Person.objects.holding(role, unit))
    return [person for person in people if person.nearness == people[0].nearness]
