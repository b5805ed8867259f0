"""The follow-up (回访): after the reply the customer is asked whether it helped, or says so on their page."""

import uuid

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from history.submissions import AlreadyDone, settle
from incidents.errors import Invalid, Stale
from people.models import Person
from reminders.deadlines import postpone
from reminders.policies import ground_of

from .corresponding import begin_next_round
from .lifecycle import change, hold, take
from .limits import KINDS
from .models import Complaint, FollowUp
from .states import State

Outcome = FollowUp.Outcome

#: Working days until the next try, when nobody was reached.
NEXT_TRY = 1


@transaction.atomic
def record_follow_up(
    complaint: Complaint, *, by: Person, version: int | None, outcome: str, note: str = ""
) -> FollowUp:
    """What came of a call to the customer.

    Satisfied ends the follow-up; not satisfied begins the next round, a level up. Who can't be reached is tried again
    the next working day; after `settings.FOLLOW_UP_TRIES` tries that is enough.
    """
    row = hold(complaint, "follow_up", by=by, version=version)
    if row.state != State.REPLIED:
        raise Stale()
    if outcome not in Outcome.values:
        raise Invalid({"outcome": _("Say what came of it.")})
    if outcome == Outcome.NOT_SATISFIED and not note.strip():
        raise Invalid({"note": _("Say what the customer is not content with.")})
    return _put(row, outcome, by=by, note=note)


def customer_is_satisfied(complaint: Complaint, *, key: uuid.UUID | None = None, note: str = "") -> Complaint:
    """The customer says on their page that it helped. Said again it changes nothing; else `corresponding.not_solved`."""
    try:
        with transaction.atomic():
            row = hold(complaint, "follow_up", by=None, version=None)
            if key is not None:
                settle(key, "complaint-satisfied", by=None, body={"complaint": row.pk}, result=row.number)
            if row.state == State.REPLIED:
                _put(row, Outcome.SATISFIED, by=None, note=note)
            elif row.satisfied is not True:
                raise Stale(_("There is no answer yet that you could judge."))
            return row
    except AlreadyDone:
        return Complaint.objects.get(pk=complaint.pk)


def tries_of(complaint: Complaint) -> int:
    """How often the customer could not be reached in this round."""
    return complaint.follow_ups.filter(round=complaint.round, outcome=Outcome.UNREACHABLE).count()


def _put(row: Complaint, outcome: str, *, by: Person | None, note: str) -> FollowUp:
    tries = tries_of(row) + 1 if outcome == Outcome.UNREACHABLE else 0
    is_final = outcome != Outcome.UNREACHABLE or tries >= settings.FOLLOW_UP_TRIES
    made = FollowUp.objects.create(
        complaint=row, round=row.round, outcome=outcome, note=note.strip()[:2000], is_final=is_final, by=by
    )
    after = {"outcome": outcome} | ({"tries": tries} if tries else {})
    if not is_final:
        row.due_at = ground_of(row.unit).work.add_days(made.at, NEXT_TRY)
        postpone(row.case, KINDS[State.REPLIED], cycle=row.round, due_at=row.due_at)
        change(row, "try_follow_up", by=by, after=after | {"due": row.due_at})
    elif outcome == Outcome.NOT_SATISFIED:
        begin_next_round(row, by=by, **after)
    else:
        satisfied = True if outcome == Outcome.SATISFIED else None  # about this answer they said nothing
        take(row, "follow_up", by=by, changes={"satisfied": satisfied}, after=after)
    return made
