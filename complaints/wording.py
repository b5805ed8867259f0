"""How acts on a complaint are told in its timeline, and what the reminders call what is due with it."""

from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from history.discretion import kept_close_by
from history.timeline import ALL, describe, in_a_row, name_field, name_things
from incidents.stages import Stage
from reminders.deliveries.customers import compose_by, see_by
from reminders.models import Deadline
from reminders.notices import name_what
from reminders.policies import rule_kind
from reminders.subjects import locate_by

from . import desk_words, limits  # noqa: F401 - desk_words registers its own
from .models import Category, Compensation, Complaint, FollowUp, Message, Survey
from .revealing import Why
from .states import Grade, Priority, State
from .surveys import letter as invitation_letter

#: The parts of a contact, as the timeline names them.
CONTACT = {"name": _("name"), "phone": _("phone"), "email": _("e-mail"), "language": _("language")}


def _of_contact(fields: list[str]) -> str:
    return in_a_row([str(CONTACT.get(name, name)) for name in fields])


#: By what somebody looked for a customer; what they typed is nowhere kept.
ASKED_BY = {
    "phone": _("phone number"),
    "email": _("e-mail address"),
    "name": _("name"),
    "reference": _("reference"),
}
describe("complaint.receive", _("put the complaint on record"), icon="message-circle")
# On its way
describe("complaint.acknowledge", _("acknowledged it to the customer"), icon="mail-check")
describe(
    "complaint.classify", _("classified it: %(category)s, priority %(priority)s"), shows=("handler", "about")
)
describe("complaint.amend", _("corrected the details"), shows=ALL)
describe("complaint.investigate", _("took up the investigation"))
describe("complaint.record_finding", _("recorded what was found"))
describe("complaint.attach", _("put files beside it"), icon="paperclip")
describe("complaint.close", _("closed it"))
describe("complaint.reopen", _("reopened it"), turn=_("Not solved: round %(round)s"), icon="rotate-ccw")
describe("complaint.withdraw", _("recorded that the customer takes it back"), icon="undo")
describe("complaint.pass_on", _("passed it on to %(to_whom)s: out of scope"))
describe("complaint.merge", _("joined it with %(merged_into)s"))
describe("complaint.merge_from", _("joined %(from)s with it"))
describe("complaint.escalate", _("escalated it to %(handler)s"), icon="trending-up")
describe(
    "complaint.pause",
    _("stopped the clock: %(waiting_for)s"),
    waiting_for=lambda code: Deadline.PauseReason(code).label,
)
describe("complaint.resume", _("let the clock run on"), icon="play")
# Who answers for it
describe("complaint.offer", _("asked %(offered_to)s to take it over"), shows=("unit",))
describe("complaint.accept", _("took it over"), shows=("handler", "unit"))
describe("complaint.decline", _("declined to take it over"))
describe("complaint.hand_over", _("handed the work of %(giver)s over to %(taker)s"))
describe("complaint.take_back", _("took the hand-over from %(taker)s to %(giver)s back"))
describe("complaint.restrict", _("made it visible to named people only"))
describe("complaint.lift", _("made it visible to its unit again"))
describe("complaint.renew_link", _("renewed the customer's link"), icon="link")
# What is said, and the answer
_way = partial(lambda ways, way: dict(ways)[way], Message.Way.choices)
describe("complaint.message", _("wrote to the customer: %(way)s"), icon="message-circle", way=_way)
describe("complaint.call_customer", _("told the customer by phone what stands on their page"))
describe(
    "complaint.customer_writes", _("put a message of the customer on record: %(way)s"), icon="inbox", way=_way
)
describe(
    "complaint.not_content", _("put on record that the customer is not content with the answer"), icon="undo"
)
describe("complaint.draft_reply", _("wrote on the reply"))
describe("complaint.submit_reply", _("asked for the approval of the reply"))
describe("complaint.approve_reply", _("approved the reply"))
describe("complaint.return_reply", _("sent the reply back"))
describe("complaint.send_reply", _("answered the customer: %(way)s"), icon="send", way=_way)
describe(
    "complaint.follow_up", _("recorded the follow-up: %(outcome)s"), icon="check",
    outcome=lambda code: FollowUp.Outcome(code).label,
)  # fmt: skip
describe("complaint.try_follow_up", _("could not reach the customer, try %(tries)s"))
describe(
    "complaint.compensate", _("recorded what the customer gets: %(kind)s %(amount)s %(currency)s"),
    kind=lambda code: Compensation.Kind(code).label, amount=lambda value: value or "",
    currency=lambda value: value or "",
)  # fmt: skip
describe("unit.set_reply_template", _("set up the reply template “%(name)s”"), icon="pencil")
describe("unit.change_reply_template", _("changed the reply template “%(name)s”"), icon="pencil")
describe("unit.retire_reply_template", _("took the reply template “%(name)s” out of use"), icon="archive")
describe("unit.set_reply_rule", _("set a rule by which replies are approved"), icon="user-check")
describe("unit.end_reply_rule", _("ended a rule by which replies are approved"), icon="user-check")
# By mail
describe(
    "complaint.mail_names_other",
    _("The mail names %(other)s, which is not its sender's: it became a complaint of its own"),
    icon="mail-question-mark",
)
describe(
    "complaint.mail_from_elsewhere",
    _("An answer came from another address than the customer's"),
    icon="mail-question-mark",
)
describe("unit.add_mailbox", _("had the mailbox %(name)s read for complaints"), icon="mailbox")
describe("unit.change_mailbox", _("changed the mailbox %(name)s"), icon="mailbox")
describe("unit.end_mailbox", _("had the mailbox %(name)s read no longer"), icon="mailbox")
# Its incident
describe("complaint.raise_incident", _("raised the incident %(incident)s from it"))
describe("complaint.join_incident", _("joined it with the incident %(incident)s"), icon="link")
describe("complaint.leave_incident", _("took it out of the incident %(incident)s"), icon="unlink")
describe(
    "complaint.incident_moved", _("The incident %(incident)s has moved on: %(stage)s"), icon="arrow-right",
    stage=lambda code: Stage(code).label,
)  # fmt: skip
describe("incident.join_complaint", _("joined a complaint with it"), icon="message-circle")
describe("incident.leave_complaint", _("took a complaint out of it"), icon="message-circle")

for _name, _label, _read in (
    ("state", pgettext_lazy("field", "state"), lambda value: State(value).label),
    ("round", pgettext_lazy("field", "round"), None),
    ("urgency", pgettext_lazy("field", "urgency"), lambda value: Grade(value).label),
    ("importance", pgettext_lazy("field", "importance"), lambda value: Grade(value).label),
    ("priority", pgettext_lazy("field", "priority"), lambda value: Priority(value).label),
    ("handler", pgettext_lazy("field", "handler"), None),
    ("about", pgettext_lazy("field", "member of staff it is about"), None),
    ("offered_to", pgettext_lazy("field", "asked to take over"), None),
):
    name_field(_name, _label, _read)

# Only the number of another complaint: whoever reads this one need not know that one.
name_things(
    "complaints.complaint",
    lambda keys: {
        pk: _("a complaint for named people only") if sensitive else number
        for pk, number, sensitive in Complaint.objects.filter(pk__in=keys).values_list(
            "pk", "number", "sensitive"
        )
    },
)
name_things("complaints.category", lambda keys: Category.objects.in_bulk(keys))
describe(
    "complaint.reveal", _("looked at the customer's contact: %(why)s"), icon="eye", why=lambda v: Why(v).label
)
describe(
    "complaint.amend_contact",
    _("corrected the customer's contact (%(fields)s)"),
    icon="pencil",
    fields=_of_contact,
)
describe("complaint.anonymise", _("erased everything personal"), icon="eraser")
describe("complaint.hand_out", _("had the customer's data packed to hand it out"), icon="download")
describe("erasure.ask", _("asked for the erasure of a customer's data"), icon="eraser")
describe("erasure.confirm", _("confirmed it: the customer's data is erased"), icon="eraser")
describe("erasure.decline", _("declined to erase the customer's data"))
describe("unit.set_retention", _("set how long personal data is kept: %(months)s months after the end"))
describe(
    "unit.apply_retention", _("erased the personal data of %(complaints)s complaints whose time was over")
)
describe("customer.find", _("looked for a customer by %(asked_by)s: %(found)s found"), asked_by=ASKED_BY.get)

#: What is to be done, as the person who is waited for reads it.
DUE = {
    "receipt": _("Acknowledge the complaint"),
    "classify": _("Classify the complaint"),
    "reply": _("Answer the customer"),
    "reply-approval": _("Approve the reply to a customer"),
    "reply-incident": _("Answer the customer once the incident is closed"),
    "takeover": _("Take the complaint over, or decline"),
    "followup": _("Ask the customer whether it helped"),
    "close": _("Close the complaint"),
    "call": _("Call the customer: there is a message for them"),
}
for _kind, _words in DUE.items():
    name_what(_kind, _words)
    rule_kind(_kind, _words, partial(limits.default_limit, _kind))


@kept_close_by("complaint")
def _named(keys: set[int] | None) -> dict[int, frozenset[int]]:
    """Sensitive complaints, and whose they are to know."""
    rows = Complaint.objects.filter(sensitive=True)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    return {
        pk: frozenset(int(token[1:]) for token in readers if token.startswith("p"))
        for pk, readers in rows.values_list("pk", "readers")
    }


@locate_by("complaint")
def _addresses(keys: set[int]) -> dict[int, str]:
    return {
        complaint.pk: complaint.get_absolute_url()
        for complaint in Complaint.objects.filter(pk__in=keys).only("number")
    }


compose_by("invitation")(invitation_letter.compose)
see_by("invitation", invitation_letter.seen_by)

describe("complaint.replied_elsewhere", _("was answered, in the other system"), icon="upload")
describe("complaint.bring_over", _("closed it, as it was in the other system"), icon="upload")
describe("complaint.invited", _("asked the customer how it was"), icon="message-square-heart")
describe("complaint.rated", _("the customer has answered the survey"), icon="message-square-heart")
describe(
    "complaint.rated_badly", _("a bad rating of the customer raised %(raised)s"), icon="message-square-heart"
)
describe("incident.invited", _("asked the customer how it was"), icon="message-square-heart")
describe("survey.make", _("made the survey"), icon="message-square-heart")
describe("survey.amend", _("changed the settings of the survey"), shows=ALL)
describe("survey.draft", _("began version %(version)s of the survey"))
describe("survey.discard", _("threw the draft of version %(version)s away"))
describe("survey.publish", _("published version %(version)s with %(questions)s questions"), icon="radio")
describe("survey.end", _("ended the survey"))
describe("survey.collect", _("put a link up at %(at)s %(place)s"), icon="qr-code")
describe("survey.collect_end", _("took the link at %(at)s %(place)s down"), icon="qr-code")
describe("survey.enter", _("typed in an answer"), icon="keyboard")
describe("survey.import_answers", _("imported %(answers)s answers from “%(source)s”"), icon="upload")
describe("survey.classify_comment", _("classified a comment"), icon="tag")
describe("survey.raise_from_comment", _("raised %(raised)s from a comment"), icon="message-circle")
describe("survey.correct", _("corrected an answer that was typed in"), icon="pencil")
for _name, _label, _read in (
    ("purpose", pgettext_lazy("field", "asked"), lambda value: Survey.Purpose(value).label),
    ("valid_days", pgettext_lazy("field", "days an invitation is valid"), None),
    ("rest_days", pgettext_lazy("field", "days until a customer is asked again"), None),
    ("bad_below", pgettext_lazy("field", "index below which a complaint is raised"), None),
):
    name_field(_name, _label, _read)
