"""Which notice goes where: by e-mail at once, in the digest or not at all; and what a group's robot may be told.

In the app everybody finds every notice. These are the defaults for what else happens; a person's `Switch` rows say
where it is different for them.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import Switch

NOW, DIGEST, OFF = Switch.Mode.NOW, Switch.Mode.DIGEST, Switch.Mode.OFF


@dataclass(frozen=True)
class Kind:
    """A kind of notice: its key in TEXTS, what happens by default, and what people call it."""

    text: str
    mode: str
    label: Promise


@dataclass(frozen=True)
class Group:
    label: Promise
    kinds: tuple[Kind, ...]


GROUPS = (
    Group(
        _("What waits for you"),
        (
            Kind("turn", NOW, pgettext_lazy("notice", "Your turn")),
            Kind("complaint-turn", NOW, pgettext_lazy("notice", "A complaint for you")),
            Kind("complaint-offered", NOW, pgettext_lazy("notice", "A complaint to take over")),
            Kind("complaint-escalated", NOW, pgettext_lazy("notice", "A complaint was escalated")),
            Kind(
                "complaint-declined", NOW, pgettext_lazy("notice", "Your offer of a complaint was declined")
            ),
            Kind(
                "complaint-incident-closed",
                NOW,
                pgettext_lazy("notice", "The incident of a complaint is closed"),
            ),
            Kind(
                "complaint-incident-ended",
                NOW,
                pgettext_lazy("notice", "The incident of a complaint has ended"),
            ),
            Kind("complaint-resumed", NOW, pgettext_lazy("notice", "A complaint's clock runs again")),
            Kind("complaint-restricted", NOW, pgettext_lazy("notice", "A complaint for named people only")),
            Kind("complaint-message", NOW, pgettext_lazy("notice", "A customer has written")),
            Kind(
                "complaint-mail-stranger", NOW, pgettext_lazy("notice", "A mail with a reference of others")
            ),
            Kind("complaint-mail-elsewhere", NOW, pgettext_lazy("notice", "An answer from another address")),
            Kind("mailbox-flood", NOW, pgettext_lazy("notice", "Many mails of one sender")),
            Kind("mailbox-failed", NOW, pgettext_lazy("notice", "A mail could not be taken")),
            Kind("complaint-call", NOW, pgettext_lazy("notice", "A customer to call")),
            Kind("complaint-letter-failed", NOW, pgettext_lazy("notice", "A letter can't be delivered")),
            Kind("complaint-reply-approval", NOW, pgettext_lazy("notice", "A reply to approve")),
            Kind("complaint-reply-approved", NOW, pgettext_lazy("notice", "Your reply is approved")),
            Kind("complaint-reply-returned", NOW, pgettext_lazy("notice", "Your reply came back")),
            Kind("complaint-dissatisfied", NOW, pgettext_lazy("notice", "A customer is not content")),
            Kind("customer-erasure", NOW, pgettext_lazy("notice", "A customer's data is to be erased")),
            Kind("customer-hand-out", NOW, pgettext_lazy("notice", "A customer's data is to be handed out")),
            Kind("report-drafted", NOW, pgettext_lazy("notice", "A monthly report to sign")),
            Kind("report-signed", NOW, pgettext_lazy("notice", "A monthly report for you")),
            Kind("report-corrected", NOW, pgettext_lazy("notice", "A monthly report was corrected")),
            Kind("handed-over", NOW, pgettext_lazy("notice", "Handed over to you")),
            Kind("imported", NOW, pgettext_lazy("notice", "Imported cases for you")),
            Kind("complaints-imported", NOW, pgettext_lazy("notice", "Imported complaints for you")),
            Kind("measure-assigned", NOW, pgettext_lazy("notice", "A measure for you")),
            Kind("improvement-assigned", NOW, pgettext_lazy("notice", "An improvement for you")),
            Kind("elsewhere-assigned", NOW, pgettext_lazy("notice", "Look for the same risk")),
            Kind("signal-concern", NOW, pgettext_lazy("notice", "An early warning for you")),
            Kind("decision-assigned", NOW, pgettext_lazy("notice", "A meeting's decision for you")),
            Kind("lesson-passed-on", NOW, pgettext_lazy("notice", "A lesson to answer")),
            Kind("check-asked", NOW, pgettext_lazy("notice", "A finished measure to check")),
            Kind("request", NOW, pgettext_lazy("notice", "A request to decide")),
            Kind("objection", NOW, pgettext_lazy("notice", "An objection to decide")),
            Kind("returned", NOW, pgettext_lazy("notice", "Your plan came back")),
            Kind("scorecard-issued", NOW, pgettext_lazy("notice", "A scorecard to read")),
            Kind("scorecard-objection", NOW, pgettext_lazy("notice", "An objection to a scorecard")),
            Kind("scorecards-made", DIGEST, pgettext_lazy("notice", "Scorecards are made")),
            Kind("suggestion-new", NOW, pgettext_lazy("notice", "A suggestion to answer")),
            Kind("suggestion-yours", NOW, pgettext_lazy("notice", "A suggestion to carry out")),
            Kind("nudged", NOW, pgettext_lazy("notice", "Somebody urges you")),
            Kind("stand-in", NOW, pgettext_lazy("notice", "You stand in for somebody")),
            Kind("meeting-called", NOW, pgettext_lazy("notice", "Invited to a meeting")),
        ),
    ),
    Group(
        _("Time limits"),
        (
            Kind("due-soon", DIGEST, pgettext_lazy("notice", "Due soon")),
            Kind("escalation-ahead", DIGEST, pgettext_lazy("notice", "Due soon with somebody else")),
            Kind("ownerless-ahead", DIGEST, pgettext_lazy("notice", "Due soon and waiting for nobody")),
            Kind("overdue", NOW, pgettext_lazy("notice", "Overdue")),
            Kind("escalated", NOW, pgettext_lazy("notice", "Overdue with somebody else")),
            Kind("ownerless", NOW, pgettext_lazy("notice", "Overdue and waiting for nobody")),
            Kind("resumed", NOW, pgettext_lazy("notice", "The clock runs on")),
        ),
    ),
    Group(
        _("Measures and their effect"),
        (
            Kind("deviation", NOW, pgettext_lazy("notice", "A measure deviates")),
            Kind("check-failed", NOW, pgettext_lazy("notice", "A check found something")),
            Kind("request-granted", NOW, pgettext_lazy("notice", "Your request was granted")),
            Kind("request-refused", NOW, pgettext_lazy("notice", "Your request was refused")),
            Kind("observing", DIGEST, pgettext_lazy("notice", "The effect is observed")),
            Kind("watched", DIGEST, pgettext_lazy("notice", "The effect is watched on")),
            Kind("looped", NOW, pgettext_lazy("notice", "Not effective: another round")),
            Kind("may-recur", NOW, pgettext_lazy("notice", "It may have come back")),
            Kind(
                "may-recur-unseen",
                DIGEST,
                pgettext_lazy("notice", "It may have come back where you don't see it"),
            ),
            Kind(
                "complaint-incident-moved",
                DIGEST,
                pgettext_lazy("notice", "The incident of a complaint moved on"),
            ),
            Kind("complaint-joined", DIGEST, pgettext_lazy("notice", "A complaint was joined with yours")),
            Kind("complaint-accepted", DIGEST, pgettext_lazy("notice", "Your complaint was taken over")),
            Kind("complaint-withdrawn", DIGEST, pgettext_lazy("notice", "A customer took a complaint back")),
            Kind("elsewhere-found", DIGEST, pgettext_lazy("notice", "The same risk elsewhere")),
            Kind("lesson-taken-up", DIGEST, pgettext_lazy("notice", "A lesson was taken up")),
            Kind("lesson-not-applying", DIGEST, pgettext_lazy("notice", "A lesson does not apply")),
            Kind("signal-better", DIGEST, pgettext_lazy("notice", "An indicator got better")),
            Kind("decision-done", DIGEST, pgettext_lazy("notice", "A decision was carried out")),
            Kind("minutes-signed", DIGEST, pgettext_lazy("notice", "Minutes were signed")),
        ),
    ),
    Group(
        _("What became of your cases"),
        (
            Kind("substantiated", DIGEST, pgettext_lazy("notice", "Your report was confirmed")),
            Kind("dismissed", DIGEST, pgettext_lazy("notice", "Your report was not substantiated")),
            Kind("merged", DIGEST, pgettext_lazy("notice", "Your report was joined with another")),
            Kind("objection-decided", DIGEST, pgettext_lazy("notice", "An objection was decided")),
            Kind("short-path-refused", DIGEST, pgettext_lazy("notice", "The whole loop after all")),
            Kind(
                "scorecard-decided", NOW, pgettext_lazy("notice", "An objection to a scorecard was decided")
            ),
            Kind("scorecard-signed", DIGEST, pgettext_lazy("notice", "A scorecard was signed")),
            Kind("suggestion-considered", DIGEST, pgettext_lazy("notice", "Your suggestion is considered")),
            Kind("suggestion-adopted", NOW, pgettext_lazy("notice", "Your suggestion is adopted")),
            Kind("suggestion-declined", NOW, pgettext_lazy("notice", "Your suggestion was declined")),
            Kind("suggestion-done", DIGEST, pgettext_lazy("notice", "Your suggestion is carried out")),
            Kind("thanked", NOW, pgettext_lazy("notice", "Somebody thanks you")),
            Kind("closed-on-the-spot", DIGEST, pgettext_lazy("notice", "Closed on the spot")),
            Kind("closed", DIGEST, pgettext_lazy("notice", "Closed as effective")),
            Kind("reopened", NOW, pgettext_lazy("notice", "Reopened")),
        ),
    ),
    Group(
        _("Files"),
        (
            Kind("job-done", OFF, pgettext_lazy("notice", "A file is ready")),
            Kind("job-failed", DIGEST, pgettext_lazy("notice", "A file could not be made")),
        ),
    ),
)

KINDS: dict[str, Kind] = {kind.text: kind for group in GROUPS for kind in group.kinds}
DEFAULTS: dict[str, str] = {text: str(kind.mode) for text, kind in KINDS.items()}

#: What a group may be told, in words without anything that somebody typed: a chat has more readers than the case.
FOR_GROUPS: dict[str, Promise] = {
    "turn": _("%(label)s waits for %(who)s: %(what)s"),
    "due-soon": _("%(label)s is due %(due)s and waits for %(who)s: %(what)s"),
    "overdue": _("%(label)s is overdue since %(due)s and waits for %(who)s: %(what)s"),
    "escalated": _("%(label)s is overdue since %(due)s and waits for %(owner)s: %(what)s"),
    "ownerless": _("%(label)s is overdue since %(due)s and waits for nobody: %(what)s"),
    "deviation": _("Measure %(about)s deviates from the plan."),
    "check-failed": _("The check of measure %(about)s found something."),
    "looped": _("%(label)s goes back to root-cause analysis (round %(cycle)s)."),
    "reopened": _("%(label)s was reopened."),
    "closed": _("%(label)s is closed: its measures were found effective."),
}

#: How these kinds are called where a group is told, not somebody of whom they are.
GROUP_LABELS: dict[str, Promise] = {
    "turn": pgettext_lazy("notice", "A case waits for somebody"),
    "escalated": pgettext_lazy("notice", "Overdue and escalated"),
}


def default_mode(text: str) -> str:
    """What happens with a notice when its reader has chosen nothing; what this release doesn't know can wait."""
    return DEFAULTS.get(text, str(DIGEST))


def label_of(text: str) -> str:
    """What people call this kind of notice; empty for one of another release."""
    return str(KINDS[text].label) if text in KINDS else ""


def group_label_of(text: str) -> str:
    """The same, where a group is told."""
    return str(GROUP_LABELS.get(text) or label_of(text))
