"""A level up: whoever is further up answers for a complaint that those below can't or mustn't settle."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from incidents.errors import Invalid, Stale
from people.models import Person, Role

from . import limits, takeover
from .access import admit
from .lifecycle import change, hold, refresh_owner, tell
from .models import Complaint

#: Who a complaint goes to when it is escalated, level by level; from the last one there is no further up.
LEVELS: tuple[tuple[str, ...], ...] = ((Role.SUPERVISOR, Role.QUALITY), (Role.EXECUTIVE,))


@transaction.atomic
def escalate(complaint: Complaint, *, by: Person | None, version: int | None, reason: str) -> Complaint:
    """A level up: to the service supervisor or quality manager, then to the executive, who answers for it from now on.

    `by` is None for the system and the customer. The due moment stays.
    """
    row = hold(complaint, "escalate", by=by, version=version)
    if not row.is_open:
        raise Stale()
    if not reason.strip():
        raise Invalid({"reason": _("Say why it has to go further up.")})
    level, superior = _superior(row, by)
    if superior is None:
        raise Invalid({"reason": _("There is nobody further up who could take it.")})
    before = row.owner
    was = {"escalation": row.escalation, "handler": row.handler}
    takeover.withdraw_offer(row)
    row.handler, row.escalation = superior, level
    admit(row, before, superior)
    refresh_owner(row)
    change(
        row, "escalate", by=by, reason=reason.strip() if by is not None else "",
        before=was, after={"escalation": level, "handler": superior},
    )  # fmt: skip
    told = {"level": level, "by": by.display_name if by else "", "what": limits.KINDS[row.state]}
    tell(row, {superior, before} - {by}, "complaint-escalated", owner=superior.display_name, **told)
    return row


def _superior(row: Complaint, by: Person | None) -> tuple[int, Person | None]:
    """The next one up who doesn't have it already, and the level they stand on."""
    passed = {row.owner_id or 0, by.pk if by else 0}
    for level, roles in enumerate(LEVELS[row.escalation :], start=row.escalation + 1):
        for role in roles:
            if found := limits.nearest(role, row, but=passed):
                return level, found
    return row.escalation, None
