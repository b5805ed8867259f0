"""Who may do what to a complaint: one table, of which the checks and the pages are made (DOMAIN §4, §8)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from people.models import Person, Role


@dataclass(frozen=True)
class Rule:
    """Allowed are holders of `roles` in the complaint's unit or above it, and people who stand in one of `relations`
    to it; never anyone in one of the `barred` relations, whatever their role.
    """

    label: str | Promise
    roles: tuple[Role, ...] = ()
    relations: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()


#: How a person can stand to a complaint. Each takes (complaint, person).
RELATIONS: dict[str, Callable] = {
    "handler": lambda complaint, person: complaint.handler_id == person.pk,
    "whom it waits for": lambda complaint, person: complaint.owner_id == person.pk,
    "asked to take over": lambda complaint, person: complaint.offered_to_id == person.pk,
    "who received it first": lambda complaint, person: complaint.first_handler_id == person.pk,
    "complained about": lambda complaint, person: complaint.about_id == person.pk,
    "author of the reply": lambda complaint, person: complaint.replies.filter(
        round=complaint.round, author=person
    ).exists(),
}

RELATION_NAMES: dict[str, Promise] = {
    "handler": _("handler"),
    "whom it waits for": _("whom it waits for"),
    "asked to take over": _("asked to take over"),
    "who received it first": _("who received it first"),
    "complained about": _("the one complained about"),
    "author of the reply": _("author of the reply"),
}

_DESK = (Role.HANDLER, Role.QUALITY)
_CASE = (Role.HANDLER, Role.QUALITY, Role.SUPERVISOR, Role.SITE_MANAGER)
_ABOUT = ("complained about",)
_ANSWERS = ("handler", "whom it waits for")

ACTS: dict[str, Rule] = {
    "receive": Rule(_("Take a complaint down"), (Role.REPORTER, *_CASE)),
    "amend": Rule(_("Correct the details"), _DESK, _ANSWERS, _ABOUT),
    "acknowledge": Rule(_("Acknowledge to the customer"), _DESK, _ANSWERS, _ABOUT),
    "classify": Rule(_("Classify and assess"), _DESK, _ANSWERS, _ABOUT),
    "investigate": Rule(_("Take up the investigation"), _CASE, _ANSWERS, _ABOUT),
    "record_finding": Rule(_("Record what was found"), _CASE, _ANSWERS, _ABOUT),
    "message": Rule(_("Write to the customer"), _DESK, _ANSWERS, _ABOUT),
    "attach": Rule(_("Add files"), _CASE, _ANSWERS, _ABOUT),
    "draft_reply": Rule(_("Write the reply"), _DESK, _ANSWERS, _ABOUT),
    "approve_reply": Rule(
        _("Approve a reply"), (Role.QUALITY,), barred=("complained about", "author of the reply")
    ),
    "send_reply": Rule(_("Send the reply"), _DESK, _ANSWERS, _ABOUT),
    "follow_up": Rule(_("Record a follow-up call"), _DESK, _ANSWERS, _ABOUT),
    "compensate": Rule(_("Record compensation"), _DESK, _ANSWERS, _ABOUT),
    "close": Rule(_("Close the complaint"), _DESK, _ANSWERS, _ABOUT),
    "bring_over": Rule(_("Import a complaint that was closed elsewhere"), _DESK, barred=_ABOUT),
    "reopen": Rule(_("Reopen the complaint"), _DESK, _ANSWERS, _ABOUT),
    "withdraw": Rule(_("Record that the customer takes it back"), _DESK, _ANSWERS, _ABOUT),
    "pass_on": Rule(_("Pass on what is out of scope"), _DESK, _ANSWERS, _ABOUT),
    "merge": Rule(_("Join with another complaint"), _DESK, barred=_ABOUT),
    "pause": Rule(_("Stop the clock"), _DESK, _ANSWERS, _ABOUT),
    "resume": Rule(_("Let the clock run on"), _DESK, _ANSWERS, _ABOUT),
    "escalate": Rule(_("Escalate"), _CASE, (*_ANSWERS, "who received it first"), _ABOUT),
    "offer": Rule(_("Hand over"), _CASE, _ANSWERS, _ABOUT),
    "accept": Rule(_("Take over"), relations=("asked to take over",), barred=_ABOUT),
    "decline": Rule(_("Decline to take over"), relations=("asked to take over",)),
    "link": Rule(_("Link with an incident"), _CASE, _ANSWERS, _ABOUT),
    "reveal": Rule(_("See the customer's personal data"), _DESK, _ANSWERS, _ABOUT),
    "restrict": Rule(_("Make it visible to named people only"), _DESK, barred=_ABOUT),
    "renew_link": Rule(_("Renew the customer's link"), _DESK, _ANSWERS, _ABOUT),
}


class Standing:
    """How one person stands to one complaint, each relation asked once: for pages that check many acts."""

    def __init__(self, person: Person, complaint):
        self.person = person
        self.complaint = complaint
        self._relations: dict[str, bool] = {}

    def is_(self, relation: str) -> bool:
        if relation not in self._relations:
            self._relations[relation] = RELATIONS[relation](self.complaint, self.person)
        return self._relations[relation]

    def in_the_way_of(self, act: str) -> str | None:
        """The relation that bars this person from the act, if any."""
        return next((name for name in ACTS[act].barred if self.is_(name)), None)

    def entitles_to(self, act: str) -> bool:
        """Does a role or a relation entitle this person to the act, four eyes and sight aside?"""
        rule = ACTS[act]
        return any(self.person.has_role(role, self.complaint.unit) for role in rule.roles) or any(
            self.is_(name) for name in rule.relations
        )

    def sees(self) -> bool:
        """A sensitive complaint is seen by named people only: a role in the unit isn't enough."""
        return not self.complaint.sensitive or f"p{self.person.pk}" in self.complaint.readers

    def allows(self, act: str) -> bool:
        return (
            self.person.is_active
            and self.sees()
            and self.entitles_to(act)
            and self.in_the_way_of(act) is None
        )


def allowed(person: Person, act: str, complaint) -> bool:
    """May this person do this to this complaint?"""
    return Standing(person, complaint).allows(act)


def may(act: str) -> Callable:
    """The rule as a permission of the state machine."""

    def permitted(complaint, person) -> bool:
        return allowed(person, act, complaint)

    permitted.__name__ = f"may_{act}"
    return permitted
