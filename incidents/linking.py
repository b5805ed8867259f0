"""Links between cases: two incidents that have something to do with each other, although each goes its own way.

A link is made from one of the two, by somebody who sees both; it stands in both histories. Who doesn't see the other
case doesn't see the link either.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from history.recording import record
from people.models import Person

from .errors import Invalid
from .lifecycle import change, hold
from .models import Incident, Link

#: How many links of a case are shown.
MOST = 50


@transaction.atomic
def link(incident: Incident, other: Incident, *, by: Person, version: int | None, note: str = "") -> Incident:
    """Say that two cases have something to do with each other; `note` says what. Both must be visible to the person."""
    if other.pk == incident.pk:
        raise Invalid({"other": _("An incident can't be linked with itself.")})
    other = _lock(incident, other, by=by)
    row = hold(incident, "link", by=by, version=version)
    older, newer = sorted((row, other), key=lambda one: one.pk)
    if Link.objects.filter(older=older, newer=newer).exists():
        raise Invalid({"other": _("The two are linked already.")})
    Link.objects.create(older=older, newer=newer, note=note.strip(), linked_by=by)
    return _tell_both("link", row, other, by=by, note=note.strip())


@transaction.atomic
def unlink(
    incident: Incident, other: Incident, *, by: Person, version: int | None, reason: str = ""
) -> Incident:
    """Take a link back. Both histories keep that there was one."""
    other = _lock(incident, other, by=by)
    row = hold(incident, "link", by=by, version=version)
    older, newer = sorted((row, other), key=lambda one: one.pk)
    if not Link.objects.filter(older=older, newer=newer).delete()[0]:
        raise Invalid({"other": _("The two are not linked.")})
    return _tell_both("unlink", row, other, by=by, note=reason.strip())


def _lock(incident: Incident, other: Incident, *, by: Person) -> Incident:
    """Lock both rows in one order, so that two links the opposite way round wait instead of deadlocking."""
    if not Incident.objects.visible_to(by).filter(pk=other.pk).exists():
        raise Invalid({"other": _("There is no incident with this number.")})
    pair = Incident.objects.select_for_update(of=("self",)).select_related("unit").order_by("pk")
    return pair.in_bulk([incident.pk, other.pk])[other.pk]


def _tell_both(act: str, row: Incident, other: Incident, *, by: Person, note: str) -> Incident:
    record(
        other.case, f"incident.{act}", label=other.number, by=by, unit=other.unit, reason=note,
        after={"linked_with": row.number},
    )  # fmt: skip
    return change(row, act, by=by, reason=note, after={"linked_with": other.number})


# Reading -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Linked:
    """A link as it is seen from one of its cases."""

    other: Incident
    note: str
    by: Person
    at: dt.datetime


def has_links() -> Exists:
    """Has an incident any links at all? To be asked with the incident itself, as `has_links`."""
    return Exists(Link.objects.filter(Q(older=OuterRef("pk")) | Q(newer=OuterRef("pk"))))


def links_of(incident: Incident, person: Person) -> list[Linked]:
    """The links of a case whose other end this person sees too, the newest first. Two queries; one without links, and
    none where it is known that there are none.
    """
    if not getattr(incident, "has_links", True):
        return []
    rows = list(Link.objects.filter(Q(older=incident) | Q(newer=incident)).select_related("linked_by")[:MOST])
    ends = {row.pk: row.newer_id if row.older_id == incident.pk else row.older_id for row in rows}
    if not ends:
        return []
    seen = Incident.objects.visible_to(person).only("number", "title", "stage").in_bulk(ends.values())
    return [
        Linked(seen[ends[row.pk]], row.note, row.linked_by, row.linked_at)
        for row in rows
        if ends[row.pk] in seen
    ]
