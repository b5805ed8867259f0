"""Sensitive complaints: visible to named people only, with everything that belongs to them."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from incidents.access import person_token
from incidents.errors import Invalid, Stale
from people.models import Person

from .access import admit
from .lifecycle import change, hold, tell
from .models import Complaint
from .takeover import reroute_approval


@transaction.atomic
def restrict(
    complaint: Complaint, *, by: Person, version: int | None, people: Iterable[Person], reason: str
) -> Complaint:
    """From now on these people see it and nobody else, whatever their role. Done again, it names others.

    Who works on it must be among them: its owner, its handler, whoever is asked to take it over.
    """
    row = hold(complaint, "restrict", by=by, version=version)
    named = sorted({*people}, key=lambda person: person.pk)
    _refuse_impossible(row, named, reason)
    before = set(row.readers)
    was = {"sensitive": row.sensitive}
    row.sensitive, row.readers = True, sorted(person_token(person) for person in named)
    reroute_approval(row)
    change(
        row, "restrict", by=by, reason=reason.strip(), before=was, after={"sensitive": True, "people": named}
    )
    fresh = [person for person in named if person_token(person) not in before or not was["sensitive"]]
    tell(row, {*fresh} - {by}, "complaint-restricted")
    return row


def _refuse_impossible(row: Complaint, named: list[Person], reason: str) -> None:
    wrong = {}
    if not reason.strip():
        wrong["reason"] = _("Say why: it stands in the history.")
    keys = {person.pk for person in named}
    lacking = [
        person
        for person in (row.owner, row.handler, row.offered_to)
        if person is not None and person.pk not in keys
    ]
    foreign = [
        person for person in named if row.unit.company_id not in person.company_ids or not person.is_active
    ]
    if not named:
        wrong["people"] = _("Name at least one person.")
    elif row.about_id in keys:
        wrong["people"] = _("It is about %(person)s, who can't be one of them.") % {"person": row.about}
    elif foreign:
        wrong["people"] = _("%(person)s doesn't work in this company.") % {"person": foreign[0]}
    elif lacking:
        wrong["people"] = _("It waits for %(person)s, who has to be one of them. Hand it over first.") % {
            "person": lacking[0]
        }
    if wrong:
        raise Invalid(wrong)


@transaction.atomic
def lift(complaint: Complaint, *, by: Person, version: int | None, reason: str) -> Complaint:
    """Its unit sees it again, as any other complaint."""
    row = hold(complaint, "restrict", by=by, version=version)
    if not row.sensitive:
        raise Stale()
    if not reason.strip():
        raise Invalid({"reason": _("Say why: it stands in the history.")})
    row.sensitive = False
    admit(row)
    return change(
        row, "lift", by=by, reason=reason.strip(), before={"sensitive": True}, after={"sensitive": False}
    )
