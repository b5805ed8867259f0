"""Telling people: one Notice per recipient and occasion, in the transaction of what it announces.

What goes out of it to where they look when they are not here is written with it: see `reminders.deliveries`.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from history.discretion import named_people
from people.models import Person

from .deliveries.writing import write
from .durations import moment_in_words
from .models import Notice

__all__ = [
    "TEXTS", "WHAT", "name_what", "notices_to", "notify", "sentence", "what_is_due", "words_in", "words_of_what", "write",
]  # fmt: skip

#: What a notice says. Parameters are names, numbers and titles; never personal data of customers.
TEXTS: dict[str, Promise] = {
    "turn": _("%(label)s is waiting for you: %(what)s. %(title)s"),
    "due-soon": _("%(label)s is due %(due)s: %(what)s"),
    "overdue": _("%(label)s is overdue since %(due)s: %(what)s"),
    "escalated": _("%(label)s is overdue since %(due)s and waits for %(owner)s: %(what)s"),
    "stand-in": _("%(owner)s is away until %(until)s and you stand in: %(label)s. %(what)s"),
    "nudged": _("%(by)s urges you: %(label)s is due %(due)s. %(words)s"),
    "escalation-ahead": _("%(label)s is due %(due)s and waits for %(owner)s: %(what)s"),
    "ownerless-ahead": _("%(label)s is due %(due)s and waits for nobody: %(what)s"),
    "ownerless": _("%(label)s is overdue since %(due)s and waits for nobody: %(what)s"),
    "substantiated": _("Your report %(label)s was confirmed and is being handled."),
    "dismissed": _("Your report %(label)s was found not substantiated: %(reason)s"),
    "merged": _("Your report %(label)s was joined with %(other)s, which covers the same event."),
    "closed": _("%(label)s is closed: its measures were found effective."),
    "returned": _("The plan of %(label)s came back to you: %(reason)s"),
    "looped": _("%(label)s goes back to root-cause analysis (round %(cycle)s): %(reason)s"),
    "reopened": _("%(label)s was reopened: %(reason)s"),
    "measure-assigned": _("Measure %(about)s is yours, due %(due)s: %(what)s"),
    "deviation": _("Measure %(about)s deviates from the plan: %(reason)s"),
    "check-asked": _("Measure %(about)s is done. Check it, until %(due)s: %(what)s"),
    "check-failed": _("The check of measure %(about)s found something: %(reason)s"),
    "request": _("Measure %(about)s waits for your decision: %(reason)s"),
    "request-granted": _("Your request about measure %(about)s was granted: %(reason)s"),
    "request-refused": _("Your request about measure %(about)s was refused: %(reason)s"),
    "observing": _("All measures of %(label)s are done; their effect is observed until %(until)s."),
    "resumed": _("The clock of %(label)s runs again; it is due %(due)s."),
    "watched": _("The effect of %(label)s can't be judged yet; it is watched until %(until)s."),
    "improvement-assigned": _("An improvement from %(label)s is yours, due %(due)s: %(what)s"),
    "lesson-passed-on": _(
        "A lesson from %(label)s is passed on to %(unit)s. Say until %(due)s whether it applies there: %(what)s"
    ),
    "lesson-taken-up": _("%(unit)s takes up the lesson from %(label)s: %(what)s"),
    "lesson-not-applying": _("%(unit)s says that the lesson from %(label)s does not apply there: %(what)s"),
    "meeting-called": _("You are invited to %(label)s, %(when)s: %(title)s"),
    "minutes-signed": _("The minutes of %(label)s are signed: %(title)s"),
    "decision-assigned": _("Decision %(about)s of %(label)s is yours, due %(due)s: %(what)s"),
    "signal-concern": _(
        "Early warning %(label)s, due %(due)s: %(what)s of %(unit)s changed in a way that chance doesn't explain. "
        "Find out why."
    ),
    "signal-better": _(
        "%(label)s, due %(due)s: %(what)s of %(unit)s got better. Say whether the new level shall become the limits."
    ),
    "decision-done": _("Decision %(about)s of %(label)s is carried out: %(what)s"),
    "elsewhere-assigned": _("Look for the same risk at %(place)s, due %(due)s (%(label)s): %(what)s"),
    "elsewhere-found": _("The same risk as in %(label)s was found at %(place)s: %(reason)s"),
    "closed-on-the-spot": _(
        "%(label)s is closed: it was put right on the spot, and a quality manager reviewed it."
    ),
    "short-path-refused": _("%(label)s goes through the whole loop after all: %(reason)s"),
    "objection": _("The responsible side objects to the attribution of %(label)s: %(reason)s"),
    "objection-decided": _("The objection to the attribution of %(label)s was decided: %(reason)s"),
    "may-recur": _("%(label)s, closed as effective, may have come back: %(other)s."),
    "may-recur-unseen": _("%(label)s, closed as effective, may have come back in a case that you can't see."),
    "handed-over": _("%(by)s handed %(label)s over to you: %(what)s"),
    "imported": _("%(by)s imported %(count)s incidents that wait for you."),
    "complaints-imported": _("%(by)s imported %(count)s complaints that wait for you."),
    "complaint-turn": _("Complaint %(label)s is waiting for you: %(what)s"),
    "complaint-message": _("The customer of %(label)s has written."),
    "complaint-letter-failed": _(
        "A letter to the customer of %(label)s can't be delivered. Reach them in another way."
    ),
    "complaint-mail-stranger": _(
        "%(label)s came by a mail that names %(other)s, which is not its sender's. See whether they belong together."
    ),
    "complaint-mail-elsewhere": _(
        "The last answer in %(label)s came from another address than the customer's: look who wrote it."
    ),
    "mailbox-flood": _("Many mails of one sender came to %(label)s: some were left in the mailbox."),
    "mailbox-failed": _("A mail to %(label)s could not be taken, after several tries."),
    "complaint-call": _("The customer of %(label)s has no e-mail address. Call them: there is a message."),
    "complaint-reply-approval": _("The reply to the customer of %(label)s waits for your approval."),
    "complaint-reply-approved": _("Your reply to the customer of %(label)s is approved. Send it."),
    "complaint-reply-returned": _("Your reply to the customer of %(label)s came back to you."),
    "complaint-dissatisfied": _(
        "The customer of %(label)s is not content with the answer; round %(cycle)s begins."
    ),
    "complaint-offered": _(
        "%(by)s asks you to take complaint %(label)s over. Accept or decline until %(due)s: %(reason)s"
    ),
    "complaint-accepted": _("%(by)s has taken complaint %(label)s over."),
    "complaint-declined": _("%(by)s declined to take complaint %(label)s over: %(reason)s"),
    "complaint-escalated": _("Complaint %(label)s was escalated to %(owner)s: %(what)s"),
    "complaint-withdrawn": _("The customer has taken complaint %(label)s back."),
    "complaint-joined": _("Complaint %(about)s was joined with %(label)s: the customer told the same."),
    "complaint-resumed": _("The clock of complaint %(label)s runs again; it is due %(due)s."),
    "complaint-restricted": _("Complaint %(label)s is visible to named people only; you are one of them."),
    "complaint-incident-moved": _("Incident %(about)s of complaint %(label)s has moved on: %(what)s"),
    "complaint-incident-closed": _(
        "Incident %(about)s of complaint %(label)s is closed: tell the customer the outcome until %(due)s."
    ),
    "complaint-incident-ended": _(
        "Incident %(about)s of complaint %(label)s has ended without measures: look at the complaint again."
    ),
    "customer-erasure": _(
        "A customer wants their data erased. %(label)s is theirs, too: look after what you hold there."
    ),
    "customer-hand-out": _(
        "A customer wants to know what is held about them. %(label)s is theirs, too: hand it out from there."
    ),
    "report-drafted": _("The monthly report %(label)s is drafted: read it, add to it, sign it."),
    "report-signed": _("The monthly report of service quality %(label)s is signed."),
    "report-corrected": _("The monthly report of service quality %(label)s was corrected."),
    "scorecards-made": _(
        "%(count)s scorecards of “%(label)s” for %(period)s are made as drafts. Look at them."
    ),
    "scorecard-issued": _("The scorecard %(label)s is issued. You may object until %(due)s."),
    "scorecard-objection": _("There is an objection to the scorecard %(label)s."),
    "scorecard-decided": _("The objection to the scorecard %(label)s was decided."),
    "scorecard-signed": _("The scorecard %(label)s is signed."),
    "suggestion-new": _("A suggestion waits for an answer, until %(due)s: %(label)s. %(title)s"),
    "suggestion-yours": _("Suggestion %(label)s is yours to carry out, until %(due)s: %(title)s"),
    "suggestion-considered": _("Your suggestion %(label)s is being considered: %(title)s"),
    "suggestion-adopted": _("Your suggestion %(label)s is adopted. Thank you! %(title)s"),
    "suggestion-declined": _(
        "Your suggestion %(label)s was declined; the reason stands beside it: %(title)s"
    ),
    "suggestion-done": _("Your suggestion %(label)s is carried out: %(title)s"),
    "thanked": _("%(by)s thanks you: %(words)s"),
    "job-done": _("%(what)s is finished: %(name)s"),
    "job-failed": _("%(what)s has failed: %(name)s"),
}


#: What is to be done, by the key that a notice or a deadline carries: "turn.confirm", "measure".
WHAT: dict[str, Promise] = {}

#: What stands where a notice of an older release lacks a parameter.
NOTHING = "–"


def name_what(key: str, text: Promise) -> None:
    """Apps above say how what is due with them is called."""
    WHAT[key] = text


def what_is_due(kind: str) -> str:
    """The key of what a deadline of this kind asks for: "confirm" -> "turn.confirm", "measure:7" -> "measure"."""
    name = kind.partition(":")[0]
    return f"turn.{name}" if f"turn.{name}" in WHAT else name


def notify(
    recipients: Iterable[Person | None],
    text: str,
    *,
    occasion: str,
    subject: str,
    url: str,
    params: dict | None = None,
) -> None:
    """Write a notice for each active recipient, nobody twice. The same occasion is never told again."""
    write(notices_to(recipients, text, occasion=occasion, subject=subject, url=url, params=params))


def notices_to(
    recipients: Iterable[Person | None],
    text: str,
    *,
    occasion: str,
    subject: str,
    url: str,
    params: dict | None,
    close: dict[str, frozenset[int]] | None = None,
) -> list[Notice]:
    """The notices for these people, not written yet. Of a case kept close the named ones only are told.

    `close`: what `named_people` says about the subjects, where it was asked for many at once.
    """
    people = {person.pk: person for person in recipients if person is not None and person.is_active}
    named = (named_people([subject]) if close is None else close).get(subject)
    if named is not None:
        people = {pk: person for pk, person in people.items() if pk in named}
    TEXTS[text]  # an unknown key is a programming error: fail here, in the writer's test
    return [
        Notice(recipient_id=pk, occasion=occasion, text=text, params=params or {}, subject=subject, url=url)
        for pk in people
    ]


def words_of_what(key: Any) -> str:
    """What is to be done in words; empty for what somebody typed."""
    return str(WHAT[key]) if isinstance(key, str) and key in WHAT else ""


# Reading -------------------------------------------------------------------------------------------------------------
def sentence(notice: Notice) -> str:
    """What the notice says, in the language and time zone that are active."""
    text = TEXTS.get(notice.text)
    if text is None:  # written by another release
        return str(notice.params.get("label", notice.subject))
    return words_in(text, notice.params)


def words_in(text: Promise, params: dict) -> str:
    """A text with its parameters as a person reads them."""
    return str(text) % _Readable(params)


class _Readable(dict):
    """The parameters as a person reads them: keys of WHAT in words, moments in the reader's zone."""

    def __missing__(self, name: str) -> str:
        return NOTHING

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value is None or value == "":
            return NOTHING
        if name == "what":
            return WHAT.get(value, value)
        moment = _moment(value)
        return moment_in_words(moment) if moment else value


def _moment(value: Any) -> dt.datetime | None:
    """A moment that was kept as text with its offset; dates and all else are shown as they are."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        moment = parse_datetime(value)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None
