"""Stage 2, confirm responsibility: facts verified, responsibility attributed, two people of the group agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Person, Role, Unit

from . import gates, limits
from .access import admit
from .errors import Invalid, NotAllowed, Stale
from .lifecycle import change, hold, move, refresh_owner, tell, tell_whose_turn
from .models import Agreement, Attribution, Incident, Objection
from .stages import Stage


@dataclass(frozen=True)
class Share:
    """One line of an attribution: what kind of cause, which unit and person, how many per cent."""

    kind: str
    unit: Unit
    person: Person
    share: int = 100
    reason: str = ""


@transaction.atomic
def attribute(
    incident: Incident, *, by: Person, version: int | None, facts: str, shares: Sequence[Share]
) -> Incident:
    """Propose who answers for it; the first share leads the case. Whoever proposes thereby agrees.

    Earlier agreements to another wording lapse. Raises Invalid unless the shares add up to 100 and every person
    belongs to the unit's company.
    """
    row = _held_in(Stage.CONFIRM, incident, "attribute", by=by, version=version)
    _refuse_on_the_short_path(row)
    if not facts.strip():
        raise Invalid({"facts": _("Write down how the facts were verified.")})
    if not shares:
        raise Invalid({"shares": _("Name at least one responsible unit and person.")})
    total = sum(share.share for share in shares)
    if total != 100 or any(share.share < 1 for share in shares):
        raise Invalid(
            {"shares": _("The shares add up to %(total)s %%. They have to make 100 %%.") % {"total": total}}
        )
    for share in shares:
        if not share.person.is_active or share.unit.company_id != row.unit.company_id:
            raise Invalid(
                {"shares": _("%(person)s can't be held responsible here.") % {"person": share.person}}
            )
        if share.unit.company_id not in share.person.company_ids:
            raise Invalid(
                {
                    "shares": _("%(person)s doesn't work for %(unit)s.")
                    % {"person": share.person, "unit": share.unit}
                }
            )
    if by in [share.person for share in shares]:
        raise NotAllowed(_("You can't attribute an incident to yourself: somebody else of the group has to."))
    before = [_described(share) for share in row.attributions.filter(attempt=row.attempt)]
    row.attributions.filter(attempt=row.attempt).delete()
    row.agreements.filter(attempt=row.attempt).delete()
    made = Attribution.objects.bulk_create(
        Attribution(
            incident=row, attempt=row.attempt, kind=share.kind, unit=share.unit, person=share.person,
            share=share.share, reason=share.reason, is_lead=number == 0,
        )
        for number, share in enumerate(shares)
    )  # fmt: skip
    row.responsible_unit, row.responsible_person = shares[0].unit, shares[0].person
    admit(row, by)
    change(
        row, "attribute", by=by, changes={"facts_verified": facts},
        before={"attributions": before}, after={"attributions": [_described(share) for share in made]},
    )  # fmt: skip
    return _sign(row, by=by)


def _described(share: Attribution) -> dict:
    return {
        "kind": share.kind,
        "unit": share.unit.code,
        "person": share.person.display_name,
        "share": share.share,
        "reason": share.reason,
    }


@transaction.atomic
def agree(incident: Incident, *, by: Person, version: int | None) -> Incident:
    """Stand behind the attribution as it is. The second agreement passes the case to the responsible person."""
    row = _held_in(Stage.CONFIRM, incident, "agree", by=by, version=version)
    _refuse_on_the_short_path(row)
    if not row.attributions.filter(attempt=row.attempt).exists():
        raise Invalid({"version": _("Nothing is attributed yet: propose it first.")})
    return _sign(row, by=by)


def _sign(row: Incident, *, by: Person) -> Incident:
    """Record the agreement in the capacity that is still missing, and move on once the group agrees."""
    taken = dict(row.agreements.filter(attempt=row.attempt).values_list("role", "person"))
    if by.pk in taken.values():
        raise Invalid({"version": _("You have agreed already. A second person of the group has to.")})
    role = next(
        (r for r in (Role.SUPERVISOR, Role.QUALITY) if r not in taken and by.has_role(r, row.unit)), None
    )
    if role is None:
        raise NotAllowed(_("Your side has agreed already. The other side of the group has to."))
    Agreement.objects.create(incident=row, attempt=row.attempt, person=by, role=role)
    change(row, "agree", by=by, after={"role": role})
    if not gates.missing(row, "confirm"):
        return move(row, "confirm", by=by, version=row.version)
    refresh_owner(row)
    row.save(update_fields=["owner", "readers"])
    tell_whose_turn(row, but=by)
    return row


@transaction.atomic
def object_to(incident: Incident, *, by: Person, version: int | None, reason: str) -> Incident:
    """The responsible side disputes the attribution while it analyses. One objection at a time."""
    row = _held_in(Stage.ANALYSE, incident, "object", by=by, version=version)
    if not reason.strip():
        raise Invalid({"reason": _("Say what is wrong with the attribution.")})
    if row.objections.filter(upheld=None).exists():
        raise Invalid({"reason": _("An objection is being decided already.")})
    Objection.objects.create(incident=row, attempt=row.attempt, raised_by=by, reason=reason)
    change(row, "object", by=by, reason=reason)
    admit(row, decider := limits.quality_manager(row))
    row.save(update_fields=["readers"])
    tell(row, [decider], "objection", reason=reason)
    return row


@transaction.atomic
def decide_objection(
    incident: Incident, *, by: Person, version: int | None, upheld: bool, decision: str
) -> Incident:
    """Uphold the objection (back to stage 2, a new attempt at attribution) or reject it, with reasons either way."""
    row = _held_in(Stage.ANALYSE, incident, "decide_objection", by=by, version=version)
    if not decision.strip():
        raise Invalid({"decision": _("Give the reasons for your decision.")})
    objection = row.objections.filter(upheld=None).first()
    if objection is None:
        raise Stale()
    objection.upheld, objection.decision, objection.decided_by, objection.decided_at = (
        upheld, decision, by, timezone.now(),
    )  # fmt: skip
    objection.save()
    change(row, "decide_objection", by=by, reason=decision, after={"upheld": upheld})
    tell(row, [objection.raised_by, row.responsible_person], "objection-decided", reason=decision)
    if upheld:
        return move(
            row, "uphold_objection", by=by, version=row.version, note=decision,
            changes={"responsible_unit": None, "responsible_person": None},
        )  # fmt: skip
    return row


def _held_in(stage: str, incident: Incident, act: str, *, by: Person, version: int | None) -> Incident:
    row = hold(incident, act, by=by, version=version)
    if row.stage != stage:
        raise Stale()
    return row


def _refuse_on_the_short_path(row: Incident) -> None:
    """Its gates ask for the correction only: nobody but the reviewer may take such a case further."""
    if row.short_path:
        raise Invalid(
            {"version": _("This case takes the short path: a quality manager reviews the correction.")}
        )


def has_objections() -> Exists:
    """Was anything ever objected to? To be asked with the incident itself, as `has_objections`."""
    return Exists(Objection.objects.filter(incident=OuterRef("pk")))
