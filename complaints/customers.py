"""One customer over several cases: found by phone, e-mail, name or reference, among what the asker may see."""

import datetime as dt
import re
import unicodedata

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.models import Event
from history.recording import record
from incidents.errors import Refused
from people.models import Contact, Person, Unit

from .models import Complaint
from .permissions import ACTS

#: Rows of one search; nobody reads on.
LIMIT = 20
#: Searches of one person: as many as somebody types, too few to go through a range of numbers.
PER_MINUTE, PER_HOUR = 40, 600
#: Digits of a phone's ending from which it is looked for.
ENDING = 4

_REFERENCE = re.compile(r"(?:CP)?-?(20\d\d)-(\d{1,6})", re.IGNORECASE)
#: Contacts that a beginning of a name is looked for among: the latest.
NAMES = 2000
#: Years back in which a bare serial is looked for.
YEARS = 3
_PHONE = re.compile(r"[+\d][\d\s().\-–—]*")


class TooMany(Refused):
    """More searches than a person types."""

    def __init__(self):
        super().__init__(_("Too many searches at once. Wait a minute, then go on."))


def spellings(number: str) -> list[str]:
    """The digits of a phone number with and without the country's, as `Contact.phone_digits` may keep them."""
    digits = "".join(str(unicodedata.digit(c)) for c in number if c.isdigit())
    core = re.sub(r"^(?:00)?86(?=\d{9,})", "", digits)
    core = re.sub(r"^0(?=\d{9,})", "", core)
    if len(core) < 10:
        return [digits]
    return [f"{prefix}{core}"[-20:] for prefix in ("", "0", "86", "860", "0086", "00860")]


def findable() -> QuerySet[Contact]:
    """Contacts, ready for the conditions below; they are worded as the indexes are."""
    return Contact.objects.alias(mail=Lower("email"))


def by_phone(number: str) -> Q:
    """The contacts with this number, however it is written here or there."""
    return Q(phone_digits__in=spellings(number)) & ~Q(phone_digits="")


def by_email(address: str) -> Q:
    return Q(mail=address.strip().lower()) & ~Q(email="")


def same_customer(complaint: Complaint) -> QuerySet[Complaint]:
    """Other complaints of the same customer in the same company: the same phone number, however written, or e-mail.

    Everybody's: the caller narrows it by `.visible_to(person)`.
    """
    contact = complaint.contact
    if contact is None:
        return Complaint.objects.none()
    same = Q(pk=contact.pk)
    if contact.phone_digits:
        same |= by_phone(contact.phone_digits)
    if contact.email:
        same |= by_email(contact.email)
    return in_company(findable().filter(same), complaint.unit.company_id).exclude(pk=complaint.pk)


def in_company(contacts: QuerySet[Contact], company: int) -> QuerySet[Complaint]:
    """The complaints of these contacts in one company."""
    return Complaint.objects.filter(
        contact__in=contacts, unit__path__startswith=Unit.objects.get(pk=company).path
    )


@transaction.atomic
def find(person: Person, query: str, limit: int = LIMIT) -> list[Complaint]:
    """Complaints whose customer this is: phone ending (four digits or more), whole number, e-mail, beginning of the
    name, or the complaint's reference. Newest first, with `contact`, `unit` and `category`; show the masked fields only.

    Only where the person's post is to deal with customers, and of what they may see. What was asked is on record as a
    kind of question, never as what was typed: send it by POST, an address ends up in logs. Raises TooMany.
    """
    asked = " ".join(query.split())
    narrowed = narrow(asked)
    if narrowed is None:
        return []
    kind, where = narrowed
    _refuse_flood(person)
    found = list(
        reachable(person)
        .filter(where)
        .select_related("contact", "unit", "category")
        .order_by("-received_at", "-pk")[:limit]
    )
    record(
        person.case, "customer.find", label=person.display_name, by=person, unit=person.home_unit,
        after={"asked_by": kind, "found": len(found)},
    )  # fmt: skip
    return found


def reachable(person: Person) -> QuerySet[Complaint]:
    """The complaints whose customers this person may look for."""
    task = Q(unit__in=person.units(*ACTS["reveal"].roles)) | Q(handler=person)
    return Complaint.objects.visible_to(person).filter(task).exclude(about=person)


def narrow(asked: str) -> tuple[str, Q] | None:
    """What kind of question this is, and the complaints it asks for. None when there is too little to go by."""
    if "@" in asked:
        return "email", Q(contact__in=_contacts(by_email(asked)))
    if match := _REFERENCE.fullmatch(asked):
        return "reference", Q(number=f"CP-{match[1]}-{match[2]:0>6}")
    if _PHONE.fullmatch(asked):
        digits = spellings(asked)[0]
        count = sum(c.isdigit() for c in asked)
        if count < ENDING:
            return None
        numbers = by_phone(asked) if count > ENDING else Q(pk__in=[])
        if count <= 10:
            numbers |= Q(phone_ending=digits[-ENDING:], phone_digits__endswith=digits)
        found = Q(contact__in=_contacts(numbers))
        if count <= 6:
            year = timezone.localdate().year
            found |= Q(number__in=[f"CP-{year - back}-{digits:0>6}" for back in range(YEARS)])
        return "phone", found
    if len(asked) < (2 if asked.isascii() else 1):
        return None
    return "name", Q(contact__in=_contacts(Q(name__istartswith=asked) & ~Q(name="")))


def _contacts(which: Q) -> list[int]:
    return list(findable().filter(which).order_by("-pk").values_list("pk", flat=True)[:NAMES])


def _refuse_flood(person: Person) -> None:
    """Counted from the record itself, so that nothing else has to be kept."""
    now = timezone.now()
    mine = Event.objects.filter(actor=person, act="customer.find")
    for span, limit in ((dt.timedelta(minutes=1), PER_MINUTE), (dt.timedelta(hours=1), PER_HOUR)):
        if mine.filter(at__gt=now - span)[:limit].count() >= limit:
            raise TooMany()
