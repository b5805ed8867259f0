"""What follows from a signed card: reward or rectification (奖惩, 001 §10.2).

It becomes a decision of a review meeting, not a third kind of measure: a meeting is where a company decides such things
together, its decisions are numbered, owned, due, carried out with a proof, reminded of and in the minutes that the chair
signs; and an incident, the other choice, would be wrong for a reward.
"""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capa import decisions, meetings
from capa.models import Meeting
from incidents.errors import Invalid, NotAllowed, Stale
from metrics.models import Consequence, Scorecard
from people.models import Person, Role, Unit

from . import rules
from .ground import locked, record_about


def meetings_for(person: Person, card: Scorecard) -> QuerySet[Meeting]:
    """The meetings on which the person may still have something decided for this card's unit."""
    rows = Meeting.objects.visible_to(person).exclude(status=Meeting.Status.SIGNED)
    return rows.filter(unit__in=card.unit.lineage).select_related("unit")


def may_follow_up(person: Person, card: Scorecard) -> bool:
    return (
        card.state == Scorecard.State.FINAL
        and person.is_active
        and person.has_role(Role.QUALITY, card.unit)
        and not rules.is_assessed(person, card)
    )


@transaction.atomic
def follow_up(
    card: Scorecard,
    *,
    by: Person,
    kind: str,
    meeting: Meeting,
    text: str,
    owner: Person | None,
    due_on: dt.date | None,
    target: str,
    unit: Unit | None = None,
) -> Consequence:
    """Have a reward or a rectification decided by a meeting that isn't signed yet."""
    row = locked(card)
    if row.state != Scorecard.State.FINAL:
        raise Stale(_("Something follows from a signed scorecard only."))
    if not may_follow_up(by, row):
        raise NotAllowed(_("Your role doesn't allow this here."))
    if kind not in Consequence.Kind.values:
        raise Invalid({"kind": _("Choose reward or rectification.")})
    held = meetings.locked(meeting)
    if held.unit_id not in row.unit.lineage:
        raise Invalid({"meeting": _("Choose a review meeting of this unit or one above it.")})
    decision = decisions.decide(
        held,
        by=by,
        version=held.version,
        text=text,
        owner=owner,
        unit=unit or row.unit,
        due_on=due_on,
        target=target,
    )
    made = Consequence.objects.create(card=row, kind=kind, decision=decision, set_by=by)
    record_about(row, "scorecard.follow_up", by=by, after={"number": decision.number, "consequence": kind})
    return made
