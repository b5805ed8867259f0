"""Who one customer is: their contacts' rows in one company, and the cases that hang on them.

A number that somebody typed into a form proves nothing. So rows are one customer's only when they bear the same name,
too: who complains under another's number gets nothing of theirs handed out, and nothing of theirs erased.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from incidents.errors import NotAllowed
from incidents.models import Incident
from incidents.stages import Stage
from people.models import Contact, Person, Unit

from . import limits
from .customers import by_email, by_phone, findable, reachable
from .masking import without
from .models import Attachment, Call, Complaint, FollowUp, Invitation, Message, Response

#: Rounds of "the same phone, the same address" in which rows are gathered; a person has few of either.
ROUNDS = 4
#: Stages in which an incident needs its reporter's contact no more.
ENDED = (Stage.CLOSED, Stage.DISMISSED, Stage.MERGED)
#: Rows from which on it is no single customer (a shared number of a hotline, say), and a person has to look.
MANY = 200


@dataclass(frozen=True)
class Customer:
    """One customer in one company, as one person may deal with them."""

    contacts: frozenset[int]
    company: int
    person: Person

    @property
    def everywhere(self) -> QuerySet[Complaint]:
        """Every complaint of theirs in the company, whoever may see it."""
        path = Unit.objects.get(pk=self.company).path
        return Complaint.objects.filter(contact__in=self.contacts, unit__path__startswith=path)

    @property
    def complaints(self) -> QuerySet[Complaint]:
        """Theirs that the person deals with."""
        return reachable(self.person).filter(pk__in=self.everywhere.values("pk"))

    @property
    def incidents(self) -> QuerySet[Incident]:
        """Reports of theirs that the person sees."""
        path = Unit.objects.get(pk=self.company).path
        theirs = Incident.objects.filter(contact__in=self.contacts, unit__path__startswith=path)
        return Incident.objects.visible_to(self.person).filter(pk__in=theirs.values("pk"))

    @property
    def invitations(self) -> QuerySet[Invitation]:
        return Invitation.objects.filter(
            Q(complaint__in=self.complaints) | Q(complaint=None, contact__in=self.contacts)
        )

    @property
    def responses(self) -> QuerySet[Response]:
        return Response.objects.filter(invitation__in=self.invitations)

    @property
    def calls(self) -> QuerySet[Call]:
        return Call.objects.filter(
            Q(complaint__in=self.complaints) | Q(complaint=None, contact__in=self.contacts)
        )

    def counts(self) -> dict[str, int]:
        """What is held, by kind."""
        own = self.complaints
        return {
            "contacts": len(self.contacts),
            "complaints": own.count(),
            "messages": Message.objects.filter(complaint__in=own).count(),
            "attachments": Attachment.objects.filter(complaint__in=own, erased_at=None).count(),
            "calls": self.calls.count(),
            "follow_ups": FollowUp.objects.filter(complaint__in=own).count(),
            "invitations": self.invitations.count(),
            "responses": self.responses.count(),
            "incidents": self.incidents.count(),
        }

    def open_cases(self) -> list[str]:
        """The references of what is still being handled."""
        return [
            *self.complaints.open().order_by("pk").values_list("number", flat=True),
            *self.incidents.exclude(stage__in=ENDED).order_by("pk").values_list("number", flat=True),
        ]

    def unseen(self) -> QuerySet[Complaint]:
        """Complaints of theirs that others deal with."""
        return (
            self.everywhere.filter(anonymised_at=None)
            .exclude(pk__in=self.complaints.values("pk"))
            .select_related("unit", "handler", "owner", "first_handler")
        )

    def perhaps(self) -> QuerySet[Complaint]:
        """Complaints under the same number or address but another name, or none: whose they are a person has to see."""
        others = {pk for pk, _name in _reached_as(self.contacts)} - self.contacts
        path = Unit.objects.get(pk=self.company).path
        return reachable(self.person).filter(contact__in=others, unit__path__startswith=path)

    @cached_property
    def rows(self) -> list[Contact]:
        return list(Contact.objects.filter(pk__in=self.contacts).order_by("pk"))

    def unnamed(self, text: str) -> str:
        """The text without their name."""
        return without(text, [row.name for row in self.rows])

    def shared_with(self, other: "Customer") -> "Both":
        """What two people both deal with."""
        return Both(self.contacts, self.company, self.person, other)


@dataclass(frozen=True)
class Both(Customer):
    """One customer as far as two people deal with them."""

    other: Customer

    @property
    def complaints(self) -> QuerySet[Complaint]:
        return super().complaints.filter(pk__in=self.other.complaints.values("pk"))

    @property
    def incidents(self) -> QuerySet[Incident]:
        return super().incidents.filter(pk__in=self.other.incidents.values("pk"))


def customer_of(complaint: Complaint, person: Person) -> Customer:
    """The customer of a complaint that this person deals with. Raises NotAllowed."""
    if complaint.contact_id is None or not reachable(person).filter(pk=complaint.pk).exists():
        raise NotAllowed(_("Your role doesn't allow this here."))
    return of_contacts([complaint.contact_id], complaint.unit.company_id, person)


def of_contacts(contacts: list[int], company: int, person: Person) -> Customer:
    """The customer to whom these rows belong: with them every row of the company with the same phone or e-mail and the
    same name.
    """
    known = set(contacts)
    names = {_folded(row.name) for row in Contact.objects.filter(pk__in=known)} - {""}
    fresh = known
    for _round in range(ROUNDS):
        found = {pk for pk, name in _reached_as(fresh) if _folded(name) in names}
        fresh = of_company(found - known, company)
        known |= fresh
        if not fresh or len(known) > MANY:
            break
    return Customer(frozenset(known), company, person)


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _reached_as(contacts: Iterable[int]) -> list[tuple[int, str]]:
    """Rows with the same phone or e-mail as one of these: (key, name)."""
    same = Q(pk__in=[])
    for row in Contact.objects.filter(pk__in=contacts):
        same |= by_phone(row.phone_digits) if len(row.phone_digits) >= 7 else Q(pk__in=[])
        same |= by_email(row.email) if row.email else Q(pk__in=[])
    return list(findable().filter(same).values_list("pk", "name")[: MANY + 1])


def of_company(contacts: set[int], company: int) -> set[int]:
    """Those of these rows that have a case, a call or an invitation in the company."""
    path = Unit.objects.get(pk=company).path
    theirs: set[int] = set()
    for model in (Complaint, Incident, Call, Invitation):
        used = model.objects.filter(contact__in=contacts, unit__path__startswith=path)
        theirs |= set(used.values_list("contact", flat=True))
    return theirs


def answering_for(complaint: Complaint) -> list[Person | None]:
    """Whoever has the case, or had it last; else the nearest who could."""
    for person in (complaint.owner, complaint.handler, complaint.first_handler):
        if person is not None and person.is_active:
            return [person]
    return [next((found for role in limits.ANSWERERS if (found := limits.nearest(role, complaint))), None)]
