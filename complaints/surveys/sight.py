"""Whose answers somebody sees: those of the units in which a post gives sight of cases, and of nobody else's.

A survey of the whole company is seen by a division's manager too, but only with the answers of the division.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from complaints.models import Complaint, Invitation, Response, Survey
from people.models import CASE_ROLES, Person, Role, Unit

#: Who works on comments: classifies them and raises complaints from them; sees them as they were written.
READERS = (Role.HANDLER, Role.QUALITY)


def units_of(person: Person, *roles: str) -> QuerySet[Unit]:
    if not person.is_authenticated or not person.is_active:
        return Unit.objects.none()
    return person.units(*(roles or CASE_ROLES))


def responses(person: Person) -> QuerySet[Response]:
    """The answers that this person may see the figures of."""
    return Response.objects.filter(unit__in=units_of(person))


def comments(person: Person) -> QuerySet[Response]:
    """The answers whose words this person may read, too: of a sensitive complaint's customer the named people's only."""
    close = Complaint.objects.filter(sensitive=True).exclude(readers__contains=[f"p{person.pk}"])
    about_it = close.filter(Q(pk=OuterRef("invitation__complaint")) | Q(pk=OuterRef("complaint")))
    return responses(person).exclude(Exists(about_it))


def invitations(person: Person) -> QuerySet[Invitation]:
    return Invitation.objects.filter(unit__in=units_of(person))


def surveys(person: Person) -> QuerySet[Survey]:
    """The surveys asked in units that this person sees: made there, above or below, or with answers from there."""
    if not person.is_authenticated or not person.is_active:
        return Survey.objects.none()
    posted = person.posted_units(*CASE_ROLES)
    if not posted:
        return Survey.objects.none()
    above = {pk for unit in posted for pk in unit.lineage}
    answered = responses(person).filter(version__survey=OuterRef("pk"))
    return Survey.objects.filter(
        Q(unit__in=above) | Q(unit__in=units_of(person)) | Exists(answered)
    ).select_related("unit")
