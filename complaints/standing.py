"""Where a complaint stands, in the words of its customer: what was done, what comes next and by when. No names."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import letters, links
from .corresponding import ANSWERED
from .models import Complaint
from .states import UNANSWERED, State

#: What stands over the page, and the sentence below it.
WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    State.RECEIVED: (
        _("We have your complaint"),
        _("It waits to be read by our customer service."),
    ),
    State.ACKNOWLEDGED: (
        _("We have your complaint"),
        _("We are finding out who can clear it up for you."),
    ),
    State.CLASSIFIED: (
        _("Your complaint is with the people who can clear it up"),
        _("They begin to look into what happened."),
    ),
    State.INVESTIGATING: (
        _("We are looking into what happened"),
        _("We ask everybody concerned and check the records of that time."),
    ),
    State.REPLIED: (
        _("We have answered you"),
        _("Our answer is below. Please tell us whether it helped."),
    ),
    State.FOLLOWED_UP: (
        _("We have asked whether our answer helped"),
        _("Thank you. Unless something is still missing, we close the case."),
    ),
    State.CLOSED: (
        _("Your complaint is closed"),
        _("If something is still missing, tell us and we go on."),
    ),
    State.WITHDRAWN: (
        _("You have taken your complaint back"),
        _("Nothing more happens. Would you like us to look into it after all? Write to us below."),
    ),
    State.OUT_OF_SCOPE: (
        _("Your complaint was passed on"),
        _("It concerns somebody else. Below we have told you who it is and how to reach them."),
    ),
    State.MERGED: (
        _("Your complaint was joined with an earlier one"),
        _("Both tell of the same thing and are handled together."),
    ),
}
AGAIN = (
    _("We are looking into it once more"),
    _("You told us that our answer didn't solve it. You get another one."),
)

SOLVED = (
    _("We are glad that it is solved"),
    _("Thank you. Unless something is still missing, we close the case."),
)

STEPS: tuple[str | Promise, ...] = (
    pgettext_lazy("progress", "Received"),
    pgettext_lazy("progress", "Being looked into"),
    pgettext_lazy("progress", "Answered"),
    pgettext_lazy("progress", "Closed"),
)
#: At which of the steps we are; behind the last one when all is done.
_AT = {
    State.CLASSIFIED: 1,
    State.INVESTIGATING: 1,
    State.REPLIED: 2,
    State.FOLLOWED_UP: 2,
    State.CLOSED: len(STEPS),
}


@dataclass(frozen=True)
class Step:
    label: str | Promise
    state: str  # done, now or todo


def words_of(complaint: Complaint) -> tuple[str | Promise, str | Promise]:
    if complaint.round > 1 and complaint.state in UNANSWERED:
        return AGAIN
    if complaint.state == State.FOLLOWED_UP and complaint.satisfied:
        return SOLVED
    return WORDS[complaint.state]


def steps(complaint: Complaint) -> list[Step]:
    """The simple line of progress; empty for a case that left it."""
    if complaint.state in (State.WITHDRAWN, State.OUT_OF_SCOPE, State.MERGED):
        return []
    here = _AT.get(complaint.state, 0)
    return [
        Step(label, "done" if n < here else "now" if n == here else "todo") for n, label in enumerate(STEPS)
    ]


def late_since(complaint: Complaint) -> dt.datetime | None:
    """The moment by which we should have answered and have not."""
    if complaint.state not in UNANSWERED or complaint.paused_since is not None:
        return None
    due = letters.answer_due(complaint)
    return due if due < timezone.now() else None


def can_say_not_solved(complaint: Complaint) -> bool:
    return complaint.state in ANSWERED


def can_say_solved(complaint: Complaint) -> bool:
    """Once they have the answer, until they were asked for the last time."""
    return complaint.state == State.REPLIED


def can_write(complaint: Complaint) -> bool:
    """A case that was joined with another one is written to there."""
    return complaint.state != State.MERGED and complaint.anonymised_at is None


def joined_with(complaint: Complaint) -> Complaint | None:
    """The complaint that this one was joined with, if it is the same customer's beyond doubt: theirs to see, too.

    A phone number or an address that somebody typed into a form proves nothing: whoever knows another's could complain
    under it and be led to what they wrote. Only a colleague who took both down as one customer's says so.
    """
    other = complaint.merged_into
    if other is None or complaint.contact is None or other.contact is None:
        return None
    return other if complaint.contact_id == other.contact_id and links.token_for_letter(other) else None
